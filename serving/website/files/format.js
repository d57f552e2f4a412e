/** Numbers, times and names as people read them. */

import { h } from "./dom.js";

const LANGUAGE = "en-GB";
const UNKNOWN = "[unknown]";
const LONGEST_NAME = 200;

const numbers = new Intl.NumberFormat(LANGUAGE);
const shares = new Intl.NumberFormat(LANGUAGE, { style: "percent", maximumFractionDigits: 1 });
const differences = new Intl.NumberFormat(LANGUAGE, { style: "percent", maximumFractionDigits: 0, signDisplay: "exceptZero" });
const spans = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" });

export const number = (n) => numbers.format(n);
export const share = (part, whole) => shares.format(whole ? Number(part) / Number(whole) : 0);

/** By how much a number has grown or shrunk: "+12%", "−3%", "×17". */
export const difference = (now, before) =>
  now >= 10 * before ? `×${number(Math.round(now / before))}` : differences.format((now - before) / before);

/** "1 play", "2,041 plays". */
export const plays = (n) => counted(n, "play");
export const counted = (n, noun) => `${number(n)} ${noun}${Number(n) === 1 ? "" : "s"}`;

const formats = new Map();

function formatted(date, zone, options) {
  const key = JSON.stringify([zone, options]);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(LANGUAGE, { timeZone: zone, ...options }));
  return formats.get(key).format(date);
}

/** A day like 2012-03-31 in words. */
export const day = (iso) => ofDay(iso, { day: "numeric", month: "long", year: "numeric" });
export const shortDay = (iso) => ofDay(iso, { day: "numeric", month: "short" });
export const monthOf = (iso) => ofDay(iso, { month: "long", year: "numeric" });
export const shortMonth = (iso) => ofDay(iso, { month: "short" });
export const weekday = (iso) => ofDay(iso, { weekday: "long" });

function ofDay(iso, options) {
  const date = new Date(`${iso}T00:00:00Z`);
  return Number.isNaN(date.getTime()) ? iso : formatted(date, "UTC", options);
}

/** The weekdays, Monday first. */
export const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7].map((n) => weekday(`2024-01-0${n}`));

/** A time in seconds since the epoch, as an element. */
export const moment = (seconds, zone) =>
  time(seconds, zone, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
export const dateOf = (seconds, zone) => time(seconds, zone, { day: "numeric", month: "long", year: "numeric" });
export const clock = (seconds, zone) => time(seconds, zone, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** The day, like 2012-03-31, that a time lies in. */
export const dayAt = (seconds, zone) => {
  const date = new Date(Math.min(Number(seconds), LAST_DAY) * 1000);
  const parts = Object.fromEntries(new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(date).map((part) => [part.type, part.value]));
  return `${parts.year.padStart(4, "0")}-${parts.month}-${parts.day}`;
};

/** The last day of the year 9998, as far as ranges go. */
const LAST_DAY = 253_370_678_400;

/** The last second that a browser can tell the date of. */
const LAST_SECOND = 8.64e12;

function time(seconds, zone, options) {
  if (seconds > LAST_SECOND) return h("time", null, `${seconds} s after 1970`);
  const date = new Date(Number(seconds) * 1000);
  return h("time", { datetime: date.toISOString(), title: `in the time zone ${zone}` }, formatted(date, zone, options));
}

const UNITS = [["year", 31_556_952], ["month", 2_629_746], ["day", 86_400], ["hour", 3600], ["minute", 60]];

/** How long ago: "yesterday", "5 minutes ago". */
export function ago(seconds, now = Date.now() / 1000) {
  const passed = now - Number(seconds);
  const [unit, length] = UNITS.find(([, size]) => Math.abs(passed) >= size) ?? ["second", 1];
  return unit === "second" ? "just now" : spans.format(-Math.floor(passed / length), unit);
}

/** How fresh figures are. */
export const fresh = (asOf, zone, ...more) => h("p", { class: "fresh" }, "As of ", clock(asOf, zone), ...more);

/** A name as it can be seen: control characters as their pictures, unpaired surrogates as a mark, at some length. */
export function visible(text) {
  const shown = text
    .slice(0, LONGEST_NAME)
    .toWellFormed()
    .replace(/[\u0000-\u001f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)))
    .replace(/\u007f/g, "\u2421")
    .replace(/[\u0080-\u009f\ufffe\uffff]/g, "\ufffd");
  return text.length > LONGEST_NAME ? `${shown}…` : shown;
}

/** The words that stand for an item ("artist", "album" or "track"). */
export function title(item, kind) {
  if (!item || item.name === UNKNOWN) return `Unknown ${kind} ${item ? item.id : ""}`.trim();
  return item.name.trim() ? visible(item.name) : `Untitled ${kind}`;
}

/** An item's name as an element of its own direction of writing, which leads to `href` if there is one. */
export function name(item, kind, href) {
  const dull = !item || item.name === UNKNOWN || !item.name.trim();
  const text = h("bdi", { class: dull ? "dull" : null }, title(item, kind));
  return href ? h("a", { href }, text) : text;
}

export const artistName = (item) => name(item, "artist", `/artist/${item.id}`);
