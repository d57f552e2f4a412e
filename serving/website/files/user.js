/** A user's page. */

import "./search.js";
import { announce, h, put } from "./dom.js";
import { artistName, dayAt, name, number, title } from "./format.js";
import { ask, id, showQuery } from "./graphql.js";
import { follow, playButton } from "./listens.js";
import { Picker, fromAddress, toAddress } from "./picker.js";
import { PROFILE } from "./queries.js";
import { bounds, daysBetween, label, period, shift } from "./range.js";
import { Ranked } from "./ranked.js";
import { recommend } from "./recommendations.js";
import { activityOf, freshness, heading, hoursOf, landmarks, newArtists, tiles, years } from "./sections.js";
import { card, empty, failed, loading } from "./states.js";

const TOGETHER = 50;
const RECONCILE = 60_000;
const NOTICE = 8000;
const MANY_DAYS = 3000;
const KINDS = { artist: "artistCharts", album: "albumCharts", track: "trackCharts" };

const user = id(location.pathname.split("/")[2]);
const main = document.getElementById("main");

const none = () => empty("No plays on these days.");
const by = (entry) => h("span", { class: "by" }, artistName(entry.artist));
const charts = {
  artist: new Ranked((entry) => artistName(entry.artist), none),
  album: new Ranked((entry) => [name(entry.album, "album"), by(entry)], none),
  track: new Ranked((entry) => [name(entry.track, "track"), by(entry)], none, play),
};
const parts = Object.fromEntries(
  ["heading", "tiles", "activity", "landmarks", "hours", "new", "years", "fresh", "recommended"].map((part) => [part, h("div", { class: "body" })]),
);
const discoveries = card("New artists", { class: "third" }, parts.new);
const notices = h("div", { class: "notices" });
const picker = new Picker(choose);

/** What is chosen, the profile if it is known, the choice whose figures are shown, and the number of the last question. */
let choice = fromAddress();
let profile = null;
let shown = null;
let question = 0;
let live = null;
let soon = null;

function frame() {
  return [
    parts.heading,
    notices,
    picker.element,
    h(
      "div",
      { class: "grid" },
      h("div", { class: "wide" }, parts.tiles, parts.fresh),
      card("Listening activity", { class: "two-thirds" }, parts.activity),
      card("Landmarks", { class: "third" }, parts.landmarks),
      card("Top artists", { class: "third" }, charts.artist.element),
      card("Top albums", { class: "third" }, charts.album.element),
      card("Top tracks", { class: "third" }, charts.track.element),
      card("Hours of the week", { class: "two-thirds" }, parts.hours),
      discoveries,
      card("You may like", { class: "wide" }, parts.recommended),
    ),
    parts.years,
  ];
}

function begin() {
  put(main, frame());
  for (const part of ["tiles", "activity", "landmarks", "hours", "new", "recommended"]) put(parts[part], loading());
  for (const chart of Object.values(charts)) put(chart.element, loading(6));
  put(parts.heading, heading(user, null));
  mark();
  load();
  setInterval(() => document.visibilityState === "visible" && load(), RECONCILE);
  addEventListener("popstate", () => change(fromAddress()));
}

function choose(next) {
  history.pushState(null, "", toAddress(next));
  change(next);
}

function change(next) {
  choice = next;
  mark();
  load();
}

/** Shows what is chosen, also before its figures are there. */
function mark() {
  document.title = `Listener ${user} · ${label(choice.range)}`;
  main.setAttribute("aria-busy", "true");
  picker.show(choice, ...days());
}

/** The first and the last day with plays, as far as they are known. */
function days() {
  const { zone } = choice;
  return profile ? [dayAt(profile.firstListenEvent, zone), dayAt(profile.lastListenEvent, zone)] : ["2000-01-01", dayAt(Date.now() / 1000, zone)];
}

function variables() {
  const { range, zone } = choice;
  const previous = shift(range, -1);
  const before = previous ? bounds(previous) : { from: null, to: null };
  const per = period(range, profile ? daysBetween(...days()) : MANY_DAYS);
  return { userId: user, ...bounds(range), timeZone: zone, per, compare: previous !== null, previousFrom: before.from, previousTo: before.to };
}

/** Asks for what is chosen and shows it; an answer that is no longer wanted is dropped. */
async function load() {
  const mine = ++question;
  const [wanted, given] = [choice, variables()];
  try {
    const { data, problems } = await ask(PROFILE, given);
    if (mine !== question) return;
    showQuery(PROFILE, given);
    answer(data.getUserProfile, problems, wanted, given.per);
  } catch (error) {
    if (mine === question) fail(error);
  }
}

function answer(found, problems, wanted, per) {
  if (!found) return unknown();
  const first = profile === null;
  profile = found;
  if (first && variables().per !== per) return load();
  if (!found.listening) return fail(new Error(problems[0] ?? "The history of this user is not stored."));
  if (!live) recommend(parts.recommended, user);
  live ??= follow(user, { changed, listened });
  show(found, wanted, per);
}

function show({ listening, before }, wanted, per) {
  const { range, zone } = wanted;
  const same = shown === wanted;
  shown = wanted;
  main.setAttribute("aria-busy", "false");
  if (!same) picker.show(choice, ...days());
  put(parts.heading, heading(user, profile, zone, live));
  put(parts.tiles, tiles(listening, before, range));
  put(parts.fresh, freshness(listening, zone));
  put(parts.activity, activityOf(listening, before, range, per));
  put(parts.landmarks, landmarks(listening));
  put(parts.hours, hoursOf(listening));
  put(parts.new, newArtists(listening, range));
  discoveries.hidden = range.kind === "all"; // once, all of them were new
  put(parts.years, years(user, ...days()));
  for (const [kind, field] of Object.entries(KINDS)) {
    const chart = charts[kind];
    const moves = chart[same ? "update" : "set"](listening[field].topK, listening.countPlays);
    for (const { entry, rank } of moves ?? []) say(`${title(entry[kind], kind)} is now number ${rank + 1} of the ${kind}s.`);
  }
}

function fail(error) {
  main.setAttribute("aria-busy", "false");
  if (shown === choice) return say(`${error.message} The figures are those of before.`, true);
  const again = failed(error, () => load());
  put(parts.tiles, again);
  for (const part of ["activity", "landmarks", "hours", "new"]) put(parts[part], empty("No figures."));
  for (const chart of Object.values(charts)) put(chart.element, empty("No figures."));
}

function unknown() {
  document.title = "Unknown listener";
  put(main, h("div", { class: "nobody" }, h("h1", null, `Nobody has the id ${user}`), h("p", null, "No listens of such a user are stored."), h("p", null, h("a", { class: "button", href: "/" }, "See who is listening"))));
}

// ---- Live ----

/** Asks again, once for what comes together. */
function changed() {
  clearTimeout(soon);
  soon = setTimeout(load, TOGETHER);
}

function listened(event) {
  say(["New listen: ", name(event.track, "track"), " by ", artistName(event.artist)]);
}

function play(entry) {
  const words = `${title(entry.track, "track")} by ${title(entry.artist, "artist")}`;
  return playButton(user, entry, words, (error) => (error ? say(`Not played: ${error.message}`, true) : load()));
}

/** Says something on the page and to those who listen to it. */
function say(words, bad = false) {
  const line = h("p", { class: bad ? "bad" : null }, words);
  notices.append(line);
  announce(line.textContent);
  setTimeout(() => line.remove(), NOTICE);
}

begin();
