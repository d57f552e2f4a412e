/** The search for a user in the head of every page. */

import { h, put } from "./dom.js";
import { ask } from "./graphql.js";

const PAUSE = 150;

const USERS = `query Users($startsWith: String) {
  getUsers(startsWith: $startsWith, limit: 8) { users { userId totalListenCount } }
}`;

const form = document.querySelector(".search");
const input = form.elements.user;
const problem = document.getElementById("search-problem");
let waiting;

input.addEventListener("input", () => {
  clearTimeout(waiting);
  say("");
  if (/^\d{1,19}$/.test(input.value)) waiting = setTimeout(suggest, PAUSE);
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const wanted = input.value.trim();
  if (/^\d{1,19}$/.test(wanted)) location.assign(`/user/${BigInt(wanted)}`);
  else say("A user’s id is a whole number.");
});

function say(text) {
  problem.textContent = text;
  input.setAttribute("aria-invalid", String(text !== ""));
}

async function suggest() {
  const wanted = input.value;
  try {
    const { data } = await ask(USERS, { startsWith: wanted });
    if (input.value !== wanted) return;
    const users = data.getUsers?.users ?? [];
    put(document.getElementById("found"), users.map((user) => h("option", { value: user.userId }, `${user.totalListenCount} plays`)));
  } catch {
    // Suggestions are a convenience: without them the id can still be typed.
  }
}
