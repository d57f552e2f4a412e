/**
 * Ranges of days, as they stand in the page's address: nothing (all time), `year=2012`, `month=2012-03`, or
 * `from=2012-03-01&to=2012-03-14`, both days included. A day is a text like 2012-03-31.
 */

import { day, monthOf } from "./format.js";

const DAY = 86_400_000;
const LONGEST_BY_DAY = 62;
const LONGEST_BY_WEEK = 750;
const LONGEST_BY_MONTH = 366 * 20;

export const ALL = { kind: "all" };

const number = (iso) => Date.parse(`${iso}T00:00:00Z`) / DAY;
const isoOf = (days) => new Date(days * DAY).toISOString().slice(0, 10);
export const addDays = (iso, n) => isoOf(number(iso) + n);
const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text ?? "") && !Number.isNaN(number(text)) && isoOf(number(text)) === text;
const isYear = (text) => /^(?!0000)\d{4}$/.test(text ?? "") && text !== "9999";
const firstOf = (year, month) => `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-01`;

/** The range in an address's parameters; all time if there is none that makes sense. */
export function read(parameters) {
  const [year, month, from, to] = ["year", "month", "from", "to"].map((name) => parameters.get(name));
  if (isYear(year)) return { kind: "year", year: Number(year) };
  if (isDay(`${month}-01`) && isYear(month.slice(0, 4))) {
    return { kind: "month", year: Number(month.slice(0, 4)), month: Number(month.slice(5)) };
  }
  return isDay(from) && isDay(to) && from <= to && to < "9999" ? { kind: "days", from, to } : ALL;
}

/** The parameters that stand for a range. */
export function write(range) {
  if (range.kind === "year") return { year: String(range.year).padStart(4, "0") };
  if (range.kind === "month") return { month: firstOf(range.year, range.month).slice(0, 7) };
  return range.kind === "days" ? { from: range.from, to: range.to } : {};
}

/** The first day, and the day after the last; nulls for all time. */
export function bounds(range) {
  if (range.kind === "year") return { from: firstOf(range.year, 1), to: firstOf(range.year + 1, 1) };
  if (range.kind === "month") {
    const next = range.month === 12 ? firstOf(range.year + 1, 1) : firstOf(range.year, range.month + 1);
    return { from: firstOf(range.year, range.month), to: next };
  }
  return range.kind === "days" ? { from: range.from, to: addDays(range.to, 1) } : { from: null, to: null };
}

/** The range of the same kind before (-1) or after (1) it; null if there is none. */
export function shift(range, by) {
  const moved = shifted(range, by);
  return moved && read(new URLSearchParams(write(moved))).kind === moved.kind ? moved : null;
}

function shifted(range, by) {
  if (range.kind === "year") return { ...range, year: range.year + by };
  if (range.kind === "month") {
    const months = range.year * 12 + range.month - 1 + by;
    return { kind: "month", year: Math.floor(months / 12), month: (months % 12) + 1 };
  }
  if (range.kind === "all") return null;
  const length = number(range.to) - number(range.from) + 1;
  return { kind: "days", from: addDays(range.from, by * length), to: addDays(range.to, by * length) };
}

/** What a range is called. */
export function label(range) {
  if (range.kind === "year") return String(range.year);
  if (range.kind === "month") return monthOf(firstOf(range.year, range.month));
  if (range.kind === "all") return "All time";
  return range.from === range.to ? day(range.from) : `${day(range.from)} – ${day(range.to)}`;
}

/** The length of the buckets in which activity is shown best; `days` is how long all time is. */
export function period(range, days) {
  const { from, to } = bounds(range);
  const length = from ? number(to) - number(from) : days;
  if (length <= LONGEST_BY_DAY) return "DAY";
  if (length <= LONGEST_BY_WEEK) return "WEEK";
  return length <= LONGEST_BY_MONTH ? "MONTH" : "YEAR";
}

const STEPS = {
  DAY: (iso) => addDays(iso, 1),
  WEEK: (iso) => addDays(iso, 7),
  MONTH: (iso) => (iso.slice(5, 7) === "12" ? firstOf(Number(iso.slice(0, 4)) + 1, 1) : firstOf(Number(iso.slice(0, 4)), Number(iso.slice(5, 7)) + 1)),
  YEAR: (iso) => firstOf(Number(iso.slice(0, 4)) + 1, 1),
};
const STARTS = {
  DAY: (iso) => iso,
  WEEK: (iso) => addDays(iso, -((number(iso) + 3) % 7 + 7) % 7),
  MONTH: (iso) => `${iso.slice(0, 7)}-01`,
  YEAR: (iso) => `${iso.slice(0, 4)}-01-01`,
};

/** The first days of all buckets from the day `from` until before the day `to`, at most `most`. */
export function buckets(from, to, per, most = 800) {
  const found = [];
  for (let at = STARTS[per](from); at < to && found.length < most; at = STEPS[per](at)) found.push(at);
  return found;
}

/** The last day of a bucket. */
export const lastDay = (first, per) => addDays(STEPS[per](first), -1);

export const daysBetween = (from, to) => number(to) - number(from);
