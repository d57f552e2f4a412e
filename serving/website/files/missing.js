/** The page of an address that leads nowhere. */

import "./search.js";
import { h, put } from "./dom.js";

document.title = "Not found";
put(
  document.getElementById("main"),
  h(
    "div",
    { class: "nobody" },
    h("h1", null, "There is no such page"),
    h("p", null, "Listeners have the address /user/ and their id, artists /artist/ and theirs."),
    h("p", null, h("a", { class: "button", href: "/" }, "Start from the beginning")),
  ),
);
