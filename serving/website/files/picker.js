/** The choice of a range of days and of a time zone. */

import { h, put } from "./dom.js";
import { ALL, bounds, addDays, label, shift, write, read } from "./range.js";

const KINDS = { all: "All time", year: "Year", month: "Month", days: "Days" };

/** The visitor's time zone. */
export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

const zones = () => ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];

/** Whether the browser knows a time zone; it may have another name for it in its list. */
function isZone(name) {
  try {
    return Boolean(name && new Intl.DateTimeFormat("en", { timeZone: name }));
  } catch {
    return false;
  }
}

/** Range and time zone as they stand in an address. */
export function fromAddress(address = location) {
  const parameters = new URLSearchParams(address.search);
  const zone = parameters.get("timeZone");
  return { range: read(parameters), zone: isZone(zone) ? zone : ownZone() };
}

/** The address for a choice. */
export function toAddress({ range, zone }) {
  const parameters = new URLSearchParams({ ...write(range), ...(zone === ownZone() ? {} : { timeZone: zone }) });
  return parameters.size ? `${location.pathname}?${parameters}` : location.pathname;
}

const option = (zone) => h("option", { value: zone }, zone.replaceAll("_", " "));

/** A picker that calls `choose({range, zone})`; `show` makes it show a choice, `first` and `last` being days with plays. */
export class Picker {
  constructor(choose) {
    this.choose = choose;
    this.choice = null;
    this.days = ["2000-01-01", "2000-01-01"];
    this.kinds = h("div", { class: "segments", role: "group", "aria-label": "Kind of range" });
    this.fields = h("div", { class: "fields" });
    this.zone = h("select", { "aria-label": "Time zone", change: () => this.pick({ zone: this.zone.value }) }, zones().map(option));
    this.element = h(
      "form",
      { class: "picker", "aria-label": "Range of days", submit: (event) => event.preventDefault() },
      this.kinds,
      this.fields,
      h("span", { class: "zone" }, this.zone),
    );
  }

  pick(change) {
    this.choose({ ...this.choice, ...change });
  }

  show(choice, first, last) {
    this.choice = choice;
    this.days = [first, last];
    put(this.kinds, Object.entries(KINDS).map(([kind, text]) => this.kind(kind, text)));
    put(this.fields, this.step(-1, "‹", "Earlier"), this.inputs(), this.step(1, "›", "Later"));
    if (![...this.zone.options].some(({ value }) => value === choice.zone)) this.zone.append(option(choice.zone));
    this.zone.value = choice.zone;
  }

  kind(kind, text) {
    const pressed = this.choice.range.kind === kind;
    return h("button", { type: "button", "aria-pressed": String(pressed), "data-part": kind, click: () => this.pick({ range: this.start(kind) }) }, text);
  }

  /** The range of a kind which comes first: the last one with plays, within or around the present choice. */
  start(kind) {
    const [first, last] = this.days;
    const to = bounds(this.choice.range).to;
    const end = to && addDays(to, -1) < last ? addDays(to, -1) : last;
    const [year, month] = end.split("-").map(Number);
    if (kind === "year") return { kind, year };
    if (kind === "month") return { kind, year, month };
    return kind === "days" ? { kind, from: end > first ? addDays(end, -29) : first, to: end } : ALL;
  }

  step(by, text, name) {
    const to = shift(this.choice.range, by);
    if (this.choice.range.kind === "all") return null;
    return h("button", { type: "button", class: "step", "aria-label": name, "data-part": name, disabled: !to, click: () => this.pick({ range: to }) }, text);
  }

  inputs() {
    const { range } = this.choice;
    if (range.kind === "all") return null;
    if (range.kind === "year") return this.years(range.year);
    if (range.kind === "month") return this.input("month", "Month", write(range).month, (value) => ({ month: value }));
    return [
      this.input("date", "First day", range.from, (value) => ({ from: value, to: value > range.to ? value : range.to })),
      h("span", { "aria-hidden": "true" }, "–"),
      this.input("date", "Last day", range.to, (value) => ({ from: value < range.from ? value : range.from, to: value })),
    ];
  }

  years(year) {
    const [first, last] = this.days.map((day) => Number(day.slice(0, 4)));
    const all = Array.from({ length: Math.min(200, last - first + 1) }, (_, i) => last - i);
    if (!all.includes(year)) all.push(year);
    const select = h("select", { "aria-label": "Year", "data-part": "year-of", change: () => this.pick({ range: { kind: "year", year: Number(select.value) } }) }, all.sort((a, b) => b - a).map((n) => h("option", { value: n, selected: n === year }, n)));
    return select;
  }

  input(type, name, value, parameters) {
    const input = h("input", { type, value, required: true, "aria-label": name, "data-part": name, change: () => input.value && this.pick({ range: read(new URLSearchParams(parameters(input.value))) }) });
    return input;
  }
}

/** What a choice is called. */
export const called = ({ range }) => label(range);
