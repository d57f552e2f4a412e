/** A year in music. */

import "./search.js";
import { activity } from "./activity.js";
import { avatar } from "./avatar.js";
import { h, put } from "./dom.js";
import { artistName, counted, day, name, number, plays, share, weekday } from "./format.js";
import { ask, id, showQuery } from "./graphql.js";
import { heatmap } from "./heatmap.js";
import { fromAddress } from "./picker.js";
import { poster, save } from "./poster.js";
import { YEAR } from "./queries.js";
import { bounds } from "./range.js";
import { freshness } from "./sections.js";
import { settle } from "./states.js";

const [, , userText, year] = location.pathname.split("/");
const user = id(userText);
const range = { kind: "year", year: Number(year) };
const { zone } = fromAddress();
const given = { userId: user, ...bounds(range), timeZone: zone };
const main = put(document.getElementById("main"), h("div", { class: "body" }));

function shown({ data, problems }) {
  showQuery(YEAR, given);
  document.title = `${year} in music · listener ${user}`;
  const listening = data.getUserProfile?.listening;
  if (!listening && problems.length) throw new Error(problems[0]);
  if (!listening) return nothing(`Nobody has the id ${user}`, "/", "See who is listening");
  if (!listening.countPlays) return nothing(`Listener ${user} played nothing in ${year}`, `/user/${user}`, "Their profile");
  return summary(listening);
}

const nothing = (words, href, text) =>
  h("div", { class: "nobody" }, h("h1", null, words), h("p", null, h("a", { class: "button", href }, text)));

function summary(listening) {
  const picture = poster(user, year, listening);
  return h(
    "article",
    { class: "year" },
    opening(listening),
    part("Artists of the year", "first", top(listening.artistCharts.topK, (entry) => artistName(entry.artist), listening.countPlays)),
    part("Albums of the year", "second", top(listening.albumCharts.topK, (entry) => [name(entry.album, "album"), by(entry)], listening.countPlays)),
    part("Tracks of the year", "third", top(listening.trackCharts.topK, (entry) => [name(entry.track, "track"), by(entry)], listening.countPlays)),
    part("Through the year", "fourth", activity("MONTH", { ...bounds(range), activity: listening.activity, label: year }, null)),
    days(listening),
    part("Hours of the week", "second", heatmap(listening.weekHours)),
    discoveries(listening),
    h(
      "section",
      { class: "part poster" },
      h("h2", null, "To keep"),
      picture,
      h("button", { type: "button", click: () => save(picture, `${year}-in-music-of-${user}.svg`) }, "Download as SVG"),
    ),
    h("div", null, freshness(listening, zone), h("p", null, h("a", { href: `/user/${user}?year=${year}` }, "All figures of the year"))),
  );
}

const by = (entry) => h("span", { class: "by" }, artistName(entry.artist));
const part = (heading, kind, ...children) => h("section", { class: `part ${kind}` }, h("h2", null, heading), children);

function opening(listening) {
  const perDay = Number(listening.countPlays) / Number(listening.countDays);
  return h(
    "header",
    { class: "part opening" },
    h("p", { class: "whose" }, avatar(user, 40), h("a", { href: `/user/${user}` }, `Listener ${user}`)),
    h("h1", null, h("span", null, year), " in music"),
    h("p", { class: "big" }, h("strong", null, number(listening.countPlays)), " plays"),
    h(
      "p",
      null,
      `of ${counted(listening.countTracks, "track")} on ${counted(listening.countAlbums, "album")} by ${counted(listening.countArtists, "artist")}, on ${counted(listening.countDays, "day")} — ${number(Math.round(perDay))} a day.`,
    ),
  );
}

function top(entries, show, total) {
  const [first, ...rest] = entries;
  const line = (entry) => [h("span", { class: "named" }, show(entry)), h("span", { class: "plays" }, plays(entry.countPlays), " · ", share(entry.countPlays, total))];
  return h("ol", { class: "top-five" }, h("li", { class: "winner" }, line(first)), rest.map((entry) => h("li", null, line(entry))));
}

function days({ mostActiveDay: most, longestStreak: streak }) {
  return h(
    "section",
    { class: "part pair third" },
    h("h2", { class: "hidden" }, "Days"),
    h("div", null, h("p", null, "Most active day"), h("p", { class: "big" }, h("strong", null, number(most.countPlays)), " plays"), h("p", null, `on ${weekday(most.day)}, ${day(most.day)}`)),
    h("div", null, h("p", null, "Longest streak"), h("p", { class: "big" }, h("strong", null, number(streak.countDays)), Number(streak.countDays) === 1 ? " day" : " days"), h("p", null, streak.firstDay === streak.lastDay ? `on ${day(streak.firstDay)}` : `from ${day(streak.firstDay)} to ${day(streak.lastDay)}`)),
  );
}

function discoveries({ newArtists: { count, topK }, countArtists }) {
  const known = Number(countArtists) - Number(count);
  const words = count ? ` new ${Number(count) === 1 ? "artist" : "artists"}, and ${number(known)} from before` : "No new artists: a year with old friends";
  return part(
    "Discoveries",
    "first",
    h("p", { class: "big" }, count ? h("strong", null, number(count)) : null, words),
    h("ul", { class: "chips" }, topK.map((entry) => h("li", null, avatar(entry.id, 24), artistName(entry.artist), h("span", { class: "by" }, plays(entry.countPlays))))),
  );
}

settle(main.firstChild, () => ask(YEAR, given), shown);
