/** Listening activity over time as bars, against the previous period. */

import { h, put, s } from "./dom.js";
import { day, monthOf, number, plays, shortDay, shortMonth } from "./format.js";
import { buckets, lastDay } from "./range.js";

const HEIGHT = 220;
const TOP = 12;
const BASE = 192;
const LAST_LABEL = 0.95;
const LABELS = matchMedia("(max-width: 44rem)").matches ? 4 : 8;

/** Whether the numbers are shown; they stay so when the diagram is drawn again. */
let unfolded = false;

/** The words for a bucket. */
function called(first, per) {
  if (per === "DAY") return day(first);
  if (per === "MONTH") return monthOf(first);
  return per === "YEAR" ? first.slice(0, 4) : `${shortDay(first)} – ${day(lastDay(first, per))}`;
}

function tick(first, per, i, all) {
  if (per === "YEAR") return first.slice(0, 4);
  if (per === "DAY") return shortDay(first);
  if (per === "MONTH") return all.length > 24 ? (first.slice(5, 7) === "01" ? first.slice(0, 4) : "") : shortMonth(first);
  const month = (start) => lastDay(start, per).slice(0, 7);
  return i && month(all[i - 1]) === month(first) ? "" : shortMonth(`${month(first)}-01`);
}

/** The largest of a few round numbers under a maximum, as steps of the axis. */
function steps(most) {
  const unit = 10 ** Math.floor(Math.log10(Math.max(1, most)));
  const step = [0.25, 0.5, 1, 2].map((n) => Math.max(1, n * unit)).find((n) => most / n <= 4.5) ?? 2 * unit;
  return Array.from({ length: Math.floor(most / step) }, (_, i) => Math.round((i + 1) * step));
}

/**
 * A diagram of plays.
 *
 * `now` and `before` have `from`, `to` (the day after), `activity`, and `label`; `before` may be null.
 */
export function activity(per, now, before) {
  const firsts = buckets(now.from, now.to, per);
  const bars = counts(firsts, now.activity);
  const old = before && counts(buckets(before.from, before.to, per), before.activity).slice(0, firsts.length);
  const most = Math.max(1, ...bars, ...(old ?? []));
  const output = h("output", { class: "readout", "aria-live": "off" });
  const chart = drawn(per, firsts, bars, old, most);
  const peak = bars.indexOf(Math.max(...bars));
  const said = (i, lead = "") => `${lead}${called(firsts[i], per)}: ${plays(bars[i])}${old && i < old.length ? ` (${number(old[i])} in ${before.label})` : ""}`;
  pointed(chart, firsts.length, (i) => put(output, i === null ? said(peak, "Peak: ") : said(i)));
  put(output, said(peak, "Peak: "));
  return h(
    "figure",
    { class: "activity" },
    h("figcaption", null, output, legend(now, before)),
    chart,
    table(per, firsts, bars, old, before),
  );
}

function counts(firsts, found) {
  const plays = new Map(found.map((bucket) => [bucket.firstDay, Number(bucket.countPlays)]));
  return firsts.map((first) => plays.get(first) ?? 0);
}

function legend(now, before) {
  if (!before) return null;
  const entry = (kind, text) => h("span", { class: `key ${kind}` }, text);
  return h("span", { class: "legend" }, entry("now", now.label), entry("before", before.label));
}

function drawn(per, firsts, bars, old, most) {
  const x = (i) => `${(100 * i) / firsts.length}%`;
  const y = (n) => BASE - ((BASE - TOP) * n) / most;
  const gap = firsts.length > 200 ? 0.05 : 0.18;
  const every = Math.ceil(firsts.filter((first, i) => tick(first, per, i, firsts)).length / LABELS);
  let labelled = 0;
  const bar = (n, i, kind, inset) =>
    n > 0 && s("rect", { class: kind, x: x(i + inset), width: x(1 - 2 * inset), y: y(n), height: BASE - y(n), rx: firsts.length > 80 ? 1 : 3 });
  return s(
    "svg",
    {
      class: "diagram", height: HEIGHT, tabindex: 0, role: "img", "data-part": "diagram",
      "aria-label": `Plays by ${per.toLowerCase()}; left and right arrow keys read them one by one`,
    },
    steps(most).map((n) => s("line", { class: "grid", x1: 0, x2: "100%", y1: y(n), y2: y(n) })),
    old && old.map((n, i) => bar(n, i, "before", gap / 4)),
    bars.map((n, i) => bar(n, i, "now", gap)),
    s("line", { class: "base", x1: 0, x2: "100%", y1: BASE, y2: BASE }),
    steps(most).map((n) => s("text", { class: "tick", x: 0, y: y(n) - 4 }, number(n))),
    firsts.map((first, i) => {
      const text = tick(first, per, i, firsts);
      const room = i === 0 || i < firsts.length * LAST_LABEL;
      return text && labelled++ % every === 0 && room && s("text", { class: "tick", x: x(i + 0.1), y: BASE + 18 }, text);
    }),
    s("rect", { class: "cursor", width: x(1), y: TOP - 6, height: BASE - TOP + 6, visibility: "hidden" }),
  );
}

/** Calls `show` with the number of the bucket under the pointer or the keyboard's cursor, or null. */
function pointed(chart, n, show) {
  const cursor = chart.querySelector(".cursor");
  const at = () => (chart.dataset.at ? Number(chart.dataset.at) : null);
  const to = (i) => {
    chart.dataset.at = i ?? "";
    cursor.setAttribute("visibility", i === null ? "hidden" : "visible");
    if (i !== null) cursor.setAttribute("x", `${(100 * i) / n}%`);
    show(i);
  };
  chart.addEventListener("pointermove", (event) => {
    const box = chart.getBoundingClientRect();
    to(Math.min(n - 1, Math.max(0, Math.floor((n * (event.clientX - box.left)) / box.width))));
  });
  chart.addEventListener("pointerleave", () => to(null));
  chart.addEventListener("focus", () => at() !== null && to(Math.min(n - 1, at())));
  chart.addEventListener("blur", () => to(null));
  chart.addEventListener("keydown", (event) => {
    const moved = { ArrowRight: (at() ?? -1) + 1, ArrowLeft: (at() ?? n) - 1, Home: 0, End: n - 1, Escape: null }[event.key];
    if (moved === undefined) return;
    event.preventDefault();
    chart.closest("figure").querySelector("output").setAttribute("aria-live", "polite");
    to(moved === null ? null : Math.min(n - 1, Math.max(0, moved)));
  });
}

function table(per, firsts, bars, old, before) {
  const head = h("tr", null, h("th", { scope: "col" }, per.toLowerCase()), h("th", { scope: "col" }, "plays"), old && h("th", { scope: "col" }, before.label));
  const rows = () => firsts.map((first, i) => h("tr", null, h("th", { scope: "row" }, called(first, per)), h("td", null, number(bars[i])), old && h("td", null, number(old[i] ?? 0))));
  const details = h("details", { class: "numbers", open: unfolded }, h("summary", { "data-part": "unfold" }, "As a table"));
  const fill = () => details.append(h("div", { class: "scroll", tabindex: 0, "data-part": "numbers" }, h("table", null, h("thead", null, head), h("tbody", null, rows()))));
  if (unfolded) fill();
  details.addEventListener("toggle", () => {
    unfolded = details.open;
    if (details.children.length === 1) fill();
  });
  return details;
}
