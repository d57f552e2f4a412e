/** The first page: who is listening, and what is trending. */

import "./search.js";
import { avatar } from "./avatar.js";
import { h, put } from "./dom.js";
import { ago, fresh, moment, number, plays } from "./format.js";
import { ask } from "./graphql.js";
import { ownZone } from "./picker.js";
import { card, empty, settle } from "./states.js";
import { trending } from "./trending.js";

const USERS = `query Users {
  getUsers(limit: 12) { asOf countUsers users { userId lastListenEvent totalListenCount } }
}`;

const zone = ownZone();
const users = h("div", { class: "body" });

function begin() {
  document.title = "Listening profiles";
  put(
    document.getElementById("main"),
    h("div", { class: "welcome" }, h("h1", null, "Who listens to what, ", h("em", null, "right now")), h("p", null, "Profiles of listeners, exact to the last listen and live as they play. Choose a listener, or type an id above.")),
    h("div", { class: "grid" }, trending(zone), card("Recently active", { class: "wide" }, users)),
  );
  settle(users, () => ask(USERS), ({ data, problems }) => listed(data.getUsers, problems));
}

function listed(found, problems) {
  if (!found) throw new Error(problems[0]);
  if (!found.countUsers) return empty("Nobody has listened to anything yet.", h("p", null, h("code", null, "python -m pipelines.profile --runner=DirectRunner"), " loads the sample."));
  return [h("ul", { class: "people" }, found.users.map(person)), fresh(found.asOf, zone, ` · ${number(found.countUsers)} listeners in all`)];
}

function person({ userId, lastListenEvent, totalListenCount }) {
  return h(
    "li",
    null,
    h("a", { href: `/user/${userId}` }, avatar(userId, 44), h("span", { class: "who" }, h("strong", null, userId), h("span", null, plays(totalListenCount ?? 0)))),
    h("span", { class: "when", title: "last listen" }, moment(lastListenEvent, zone), h("span", { class: "by" }, ago(lastListenEvent))),
  );
}

begin();
