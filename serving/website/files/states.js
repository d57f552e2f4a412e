/** What stands where there are no figures: still loading, nothing there, or an error. */

import { h, put } from "./dom.js";

const LONG = 3000;

/** A card: a titled part of the page; its body is what `body` names. */
export function card(title, attributes, ...children) {
  const id = `card-${title.toLowerCase().replace(/[^a-z]+/g, "-")}`;
  return h(
    "section",
    { ...attributes, class: `card ${attributes?.class ?? ""}`.trim(), "aria-labelledby": id },
    h("h2", { id }, title),
    ...children,
  );
}

export const empty = (text, ...more) => h("div", { class: "state" }, h("p", null, text), ...more);

export const failed = (error, retry) =>
  h(
    "div",
    { class: "state failed", role: "alert" },
    h("p", null, h("strong", null, "That did not work. "), error.message),
    retry && h("button", { class: "quiet", type: "button", click: retry }, "Try again"),
  );

/** Lines that stand for what is to come; says so if it takes long. */
export function loading(lines = 4) {
  const words = h("p", { class: "slow" });
  const state = h("div", { class: "state loading", "aria-busy": "true" }, h("span", { class: "hidden" }, "Loading"));
  for (let i = 0; i < lines; i++) state.append(h("span", { class: `bone bone-${i % 4}`, "aria-hidden": "true" }));
  state.append(words);
  setTimeout(() => (words.textContent = "This takes longer than usual …"), LONG);
  return state;
}

/** Fills an element with what a promise gives, by way of `show`; with the error if it fails, and a way to try again. */
export async function settle(element, make, show) {
  put(element, loading());
  try {
    put(element, show(await make()));
  } catch (error) {
    console.error(error);
    put(element, failed(error, () => settle(element, make, show)));
  }
}
