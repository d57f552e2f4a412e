/** Plays by weekday and hour, as a table whose cells are coloured. */

import { h } from "./dom.js";
import { WEEKDAYS, plays } from "./format.js";

const LEVELS = 7;

const hour = (n) => `${String(n).padStart(2, "0")}:00`;

export function heatmap(weekHours) {
  const most = Math.max(1, ...weekHours.flat().map(Number));
  const cell = (n, weekday, at) =>
    h(
      "td",
      { class: `l${Math.ceil((LEVELS * Number(n)) / most)}`, title: `${WEEKDAYS[weekday]} ${hour(at)}: ${plays(n)}` },
      h("span", null, n),
    );
  const row = (hours, weekday) =>
    h(
      "tr",
      null,
      h("th", { scope: "row" }, h("abbr", { title: WEEKDAYS[weekday] }, WEEKDAYS[weekday].slice(0, 3))),
      hours.map((n, at) => cell(n, weekday, at)),
    );
  const heads = weekHours[0].map((_, at) => h("th", { scope: "col" }, h("span", { class: at % 6 ? "hidden" : null }, hour(at).slice(0, 2))));
  return h(
    "table",
    { class: "heat" },
    h("caption", null, peak(weekHours, most)),
    h("thead", null, h("tr", null, h("td"), heads)),
    h("tbody", null, weekHours.map(row)),
  );
}

function peak(weekHours, most) {
  const weekday = weekHours.findIndex((hours) => hours.map(Number).includes(most));
  if (weekday < 0) return "No plays.";
  const at = weekHours[weekday].map(Number).indexOf(most);
  return `Most on ${WEEKDAYS[weekday]}s from ${hour(at)} to ${hour((at + 1) % 24)}: ${plays(most)}.`;
}
