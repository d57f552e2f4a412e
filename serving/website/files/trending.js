/** What all users play most, in the newest windows. */

import { h, put } from "./dom.js";
import { artistName, moment, name } from "./format.js";
import { ask, showQuery } from "./graphql.js";
import { Ranked } from "./ranked.js";
import { card, empty, settle } from "./states.js";

const HOUR = 3600;
const DAY = 24 * HOUR;
const SHOWN = 10;
const AGAIN = 15_000;

/** The windows, with what they are called and how long they are. */
const WINDOWS = { ROLLING: ["24 hours", DAY], DAY: ["Day", DAY], HOUR: ["Hour", HOUR] };

const DAYS = `query Days { trendingArtists(window: DAY) { start } }`;
const HOURS = `query Hours($from: Long, $to: Long) { trendingArtists(window: HOUR, from: $from, to: $to) { start } }`;
const CHARTS = `query Trending($window: TrendingWindow!, $from: Long, $to: Long) {
  trendingArtists(window: $window, from: $from, to: $to) { start charts { topK { id countPlays artist { id name } } } }
  trendingAlbums(window: $window, from: $from, to: $to) { start charts { topK { id countPlays album { id name } } } }
  trendingTracks(window: $window, from: $from, to: $to) { start charts { topK { id countPlays track { id name } } } }
}`;
const KINDS = { artist: "trendingArtists", album: "trendingAlbums", track: "trendingTracks" };

/** A card with the charts of a window that can be chosen. */
export function trending(zone) {
  const body = h("div", { class: "body" });
  const segments = h("div", { class: "segments", role: "group", "aria-label": "Window" });
  const charts = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, chart(kind)]));
  const columns = h("div", { class: "columns" }, Object.entries(charts).map(([kind, chart]) => h("div", null, h("h3", null, `${kind[0].toUpperCase()}${kind.slice(1)}s`), chart.element)));
  let chosen = "ROLLING";
  let shown = null;

  function choose(window) {
    chosen = window;
    shown = null;
    mark();
    settle(body, load, show);
  }

  function mark() {
    put(segments, Object.entries(WINDOWS).map(([window, [text]]) => h("button", { type: "button", "aria-pressed": String(window === chosen), "data-part": window, click: () => choose(window) }, text)));
  }

  async function load() {
    const start = await newest(chosen);
    if (start === null) return null;
    const given = { window: chosen, from: start, to: start + 1 };
    showQuery(CHARTS, given);
    const { data } = await ask(CHARTS, given);
    return { start, data, asked: Date.now() / 1000 };
  }

  function show(found) {
    if (!found) return empty("Nothing is trending: no windows have been counted yet.");
    const same = shown === found.start;
    shown = found.start;
    for (const [kind, field] of Object.entries(KINDS)) {
      const window = found.data[field][0];
      charts[kind][same ? "update" : "set"]((window?.charts.topK ?? []).slice(0, SHOWN));
    }
    return [
      columns,
      h("p", { class: "fresh" }, "Plays from ", moment(found.start, zone), " to ", moment(found.start + WINDOWS[chosen][1] - 1, zone), " · as of ", moment(found.asked, zone)),
    ];
  }

  mark();
  settle(body, load, show);
  setInterval(async () => {
    if (document.visibilityState !== "visible" || shown === null) return;
    const window = chosen;
    const found = await load().catch(() => null); // what is shown stays, with its time
    if (found && window === chosen) put(body, show(found));
  }, AGAIN);
  return card("Trending", { class: "wide with-choice" }, segments, body);
}

function chart(kind) {
  return new Ranked((entry) => (kind === "artist" ? artistName(entry.artist) : name(entry[kind], kind)), () => empty("No plays."));
}

/** The first second of the newest window; null if there are none. */
async function newest(window) {
  const day = last(await ask(DAYS));
  if (day === null || window === "DAY") return day;
  const hour = last(await ask(HOURS, { from: day, to: day + DAY })) ?? day;
  return window === "HOUR" ? hour : hour + HOUR - DAY;
}

const last = ({ data }) => data.trendingArtists.at(-1)?.start ?? null;
