/** A year in music as one picture, to be shown and to be saved. */

import { s } from "./dom.js";
import { counted, day, number, plays, title } from "./format.js";

export const WIDTH = 1080;
export const HEIGHT = 1350;
const MARGIN = 84;
const FONT = "ui-sans-serif, system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";
const COLUMN = 390;

/** Text in a picture: what is written from right to left keeps to itself (U+2068 and U+2069). */
function text(words, x, y, size, attributes) {
  return s("text", { x, y, "font-size": size, "font-family": FONT, fill: "#fff", ...attributes }, `\u2068${words}\u2069`);
}

const pen = document.createElement("canvas").getContext("2d");

/** As much of some words as fits into a width. */
function cut(words, width, font) {
  pen.font = font;
  const letters = [...new Intl.Segmenter("en").segment(words)].map(({ segment }) => segment);
  for (let n = letters.length; n > 0; n--) {
    const shown = n < letters.length ? `${letters.slice(0, n).join("").trimEnd()}…` : words;
    if (pen.measureText(shown).width <= width) return shown;
  }
  return "…";
}

/** The picture of a year's answer. */
export function poster(user, year, listening) {
  return s(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, role: "img", "aria-label": `${year} in music of listener ${user}, as a picture` },
    background(),
    text("YEAR IN MUSIC", MARGIN, 128, 30, { "letter-spacing": 6, opacity: 0.85, "font-weight": 600 }),
    text(year, MARGIN - 8, 300, 190, { "font-weight": 800, "letter-spacing": -8 }),
    text(`Listener ${user}`, MARGIN, 356, 32, { opacity: 0.85 }),
    months(listening.activity),
    ranked("Top artists", listening.artistCharts.topK, "artist", MARGIN),
    ranked("Top tracks", listening.trackCharts.topK, "track", WIDTH / 2 + 20),
    figures(listening),
  );
}

function background() {
  const stop = (offset, colour) => s("stop", { offset, "stop-color": colour });
  return [
    s("defs", null, s("linearGradient", { id: "poster-sky", x1: 0, y1: 0, x2: 0.7, y2: 1 }, stop(0, "#40279e"), stop(0.55, "#7b2d8b"), stop(1, "#c2405f"))),
    s("rect", { width: WIDTH, height: HEIGHT, fill: "url(#poster-sky)" }),
    s("circle", { cx: WIDTH - 60, cy: 120, r: 330, fill: "#fff", opacity: 0.06 }),
    s("circle", { cx: 90, cy: HEIGHT - 110, r: 260, fill: "#fff", opacity: 0.05 }),
  ];
}

/** The plays of the months as bars. */
function months(activity) {
  const found = new Map(activity.map((bucket) => [Number(bucket.firstDay.slice(5, 7)), Number(bucket.countPlays)]));
  const most = Math.max(1, ...found.values());
  const [width, base, height] = [(WIDTH - 2 * MARGIN) / 12, 590, 170];
  return Array.from({ length: 12 }, (_, i) => {
    const tall = Math.max(6, (height * (found.get(i + 1) ?? 0)) / most);
    return [
      s("rect", { x: MARGIN + i * width + 7, y: base - tall, width: width - 14, height: tall, rx: 8, fill: "#fff", opacity: found.has(i + 1) ? 0.92 : 0.25 }),
      text("JFMAMJJASOND"[i], MARGIN + (i + 0.5) * width, base + 34, 22, { "text-anchor": "middle", opacity: 0.8 }),
    ];
  });
}

function ranked(heading, entries, kind, x) {
  return [
    text(heading, x, 710, 28, { opacity: 0.85, "font-weight": 600 }),
    entries.map((entry, i) => {
      const y = 768 + i * 68;
      return [
        text(i + 1, x, y, 34, { "font-weight": 800, opacity: 0.6 }),
        text(cut(title(entry[kind], kind), COLUMN, `650 31px ${FONT}`), x + 42, y, 31, { "font-weight": 650 }),
        text(plays(entry.countPlays), x + 42, y + 29, 21, { opacity: 0.8 }),
      ];
    }),
  ];
}

function figures(listening) {
  const all = [
    [number(listening.countPlays), "plays"],
    [number(listening.countArtists), "artists"],
    [number(listening.newArtists.count), "of them new"],
    [listening.longestStreak ? counted(listening.longestStreak.countDays, "day") : "–", "longest streak"],
  ];
  const width = (WIDTH - 2 * MARGIN) / all.length;
  const most = listening.mostActiveDay;
  return [
    s("line", { x1: MARGIN, x2: WIDTH - MARGIN, y1: 1110, y2: 1110, stroke: "#fff", "stroke-opacity": 0.35, "stroke-width": 2 }),
    all.map(([value, name], i) => [
      text(value, MARGIN + i * width, 1184, 50, { "font-weight": 800, "letter-spacing": -1.5 }),
      text(name, MARGIN + i * width, 1222, 24, { opacity: 0.85 }),
    ]),
    most && text(`Most on ${day(most.day)}: ${plays(most.countPlays)}`, MARGIN, 1284, 26, { opacity: 0.85 }),
  ];
}

/** Lets the visitor save a picture as an SVG file. */
export function save(picture, name) {
  const file = new Blob([new XMLSerializer().serializeToString(picture)], { type: "image/svg+xml" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
