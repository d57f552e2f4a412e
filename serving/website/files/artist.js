/** An artist's page: who listens to them most. */

import "./search.js";
import { avatar } from "./avatar.js";
import { h, put } from "./dom.js";
import { clock, name, number, title } from "./format.js";
import { askPatiently, id, showQuery } from "./graphql.js";
import { ownZone } from "./picker.js";
import { Ranked } from "./ranked.js";
import { card, empty, failed, settle } from "./states.js";

const ARTIST = `query Artist($artistId: Long!) {
  artist(id: $artistId) { name }
  getListeners(field: ARTIST, itemId: $artistId, limit: 25) { listeners plays top { userId plays } }
}`;

const artist = id(location.pathname.split("/")[2]);
const main = put(document.getElementById("main"), h("div", { class: "body" }));

function shown({ data, problems }) {
  const item = { id: artist, name: data.artist?.name ?? "[unknown]" };
  const found = data.getListeners;
  document.title = title(item, "artist");
  showQuery(ARTIST, { artistId: artist });
  if (!found && problems.length) return [head(item), failed(new Error(problems[0]), begin)];
  return [head(item), found?.listeners ? figures(found) : empty("Nobody has listened to this artist yet.")];
}

const head = (item) =>
  h("header", { class: "hero" }, avatar(item.id, 88), h("div", null, h("h1", null, h("span", { class: "kicker" }, "Artist"), name(item, "artist"))));

function figures({ listeners, plays, top }) {
  const chart = new Ranked((entry) => h("a", { href: `/user/${entry.id}` }, entry.id), () => empty("Nobody."));
  chart.set(top.map((entry) => ({ id: entry.userId, countPlays: entry.plays })), plays);
  const total = (text, value) => h("div", null, h("dt", null, text), h("dd", null, value));
  return [
    h("dl", { class: "totals" }, total("Listeners", number(listeners)), total("Plays", number(plays)), total("Plays per listener", number(Math.round(Number(plays) / Number(listeners))))),
    h("p", { class: "fresh" }, "Asked at ", clock(Date.now() / 1000, ownZone()), "; a listen counts here within seconds."),
    h("div", { class: "grid" }, card("Top listeners", { class: "wide" }, chart.element)),
  ];
}

function begin() {
  settle(main.firstChild, () => askPatiently(ARTIST, { artistId: artist }), shown);
}

begin();
