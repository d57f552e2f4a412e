/** The parts of a user's page, from the answer to its query. */

import { activity } from "./activity.js";
import { avatar } from "./avatar.js";
import { h } from "./dom.js";
import { ago, artistName, counted, dateOf, day, difference, fresh, moment, number, plays, weekday } from "./format.js";
import { heatmap } from "./heatmap.js";
import { addDays, bounds, label, lastDay, shift } from "./range.js";
import { empty } from "./states.js";

/** The head of the page; `profile` is null until it is known. */
export function heading(user, profile, zone, live) {
  const since = profile && [
    "Listening since ", dateOf(profile.firstListenEvent, zone),
    " · last listen ", moment(profile.lastListenEvent, zone), ` (${ago(profile.lastListenEvent)})`,
  ];
  return h(
    "header",
    { class: "hero" },
    avatar(user, 88),
    h(
      "div",
      null,
      h("h1", null, h("span", { class: "kicker" }, "Listener"), ` ${user}`),
      h("p", { class: "since" }, since ?? " "),
      profile && h("p", { class: "total" }, h("strong", null, number(profile.totalListenCount)), " listens in all"),
    ),
    live,
  );
}

const TILES = [
  ["countPlays", "Plays"], ["countArtists", "Artists"], ["countAlbums", "Albums"],
  ["countTracks", "Tracks"], ["countDays", "Days with plays"],
];

/** The totals of a range, with what they were in the range before. */
export function tiles(listening, before, range) {
  const change = (name) => {
    const [now, then] = [Number(listening[name]), Number(before?.[name] ?? 0)];
    if (!then) return null;
    return h("dd", { class: `change ${now < then ? "down" : "up"}` }, `${difference(now, then)} on ${label(shift(range, -1))}`);
  };
  return h("dl", { class: "totals" }, TILES.map(([name, text]) => h("div", null, h("dt", null, text), h("dd", null, number(listening[name])), change(name))));
}

/** Activity over time, against the range before. */
export function activityOf(listening, before, range, per) {
  const found = listening.activity;
  const { from, to } = bounds(range);
  const now = {
    from: from ?? found[0]?.firstDay,
    to: to ?? (found.length ? addDays(lastDay(found.at(-1).firstDay, per), 1) : null),
    activity: found,
    label: label(range),
  };
  if (!now.to || !(found.length || before?.activity.length)) return empty("No plays on these days.");
  const previous = before && { ...bounds(shift(range, -1)), activity: before.activity, label: label(shift(range, -1)) };
  return activity(per, now, previous);
}

/** The most active day, and the streaks. */
export function landmarks(listening) {
  const { mostActiveDay: most, longestStreak: longest, latestStreak: latest } = listening;
  if (!most) return empty("No plays on these days.");
  const mark = (name, value, ...more) => h("div", null, h("dt", null, name), h("dd", null, h("strong", null, value), h("span", null, more)));
  const days = (streak) => (streak.firstDay === streak.lastDay ? day(streak.firstDay) : `${day(streak.firstDay)} – ${day(streak.lastDay)}`);
  return h(
    "dl",
    { class: "marks" },
    mark("Most active day", plays(most.countPlays), `${weekday(most.day)}, ${day(most.day)}`),
    mark("Longest streak", counted(longest.countDays, "day"), days(longest)),
    mark("Latest streak", counted(latest.countDays, "day"), days(latest)),
    mark("On a day with plays", counted(Math.round(Number(listening.countPlays) / Number(listening.countDays)), "play"), "on average"),
  );
}

export const hoursOf = (listening) => (listening.countPlays ? heatmap(listening.weekHours) : empty("No plays on these days."));

/** The artists who were not listened to before. */
export function newArtists(listening, range) {
  const { count, topK } = listening.newArtists;
  if (!count) return empty("No artist was new on these days.");
  return [
    h("p", { class: "lead" }, h("strong", null, number(count)), ` discovered in ${label(range)}`),
    h("ul", { class: "chips" }, topK.map((entry) => h("li", null, avatar(entry.id, 24), artistName(entry.artist), h("span", { class: "by" }, number(entry.countPlays))))),
  ];
}

/** Links to the years in music. */
export function years(user, first, last) {
  const [from, to] = [Number(first.slice(0, 4)), Number(last.slice(0, 4))];
  const all = Array.from({ length: Math.min(50, to - from + 1) }, (_, i) => to - i);
  return h("nav", { class: "years", "aria-label": "Years in music" }, h("h2", null, "Years in music"), h("ul", null, all.map((year) => h("li", null, h("a", { href: `/user/${user}/${year}`, "data-part": year }, year)))));
}

export const freshness = (listening, zone) => fresh(listening.asOf, zone, ` in ${zone.replaceAll("_", " ")}, counted from all listens until then.`);
