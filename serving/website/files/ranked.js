/** Charts as ranked bars, which show how positions move. */

import { h, put, s } from "./dom.js";
import { number, plays, share } from "./format.js";

const SEEN = Symbol("entry");

/**
 * A chart.
 *
 * `show(entry)` gives the elements of an entry's name, `empty()` what stands for no entries, and `act(entry)` a button.
 * An entry has `id` and `countPlays`; with a total of plays, it also shows its share.
 */
export class Ranked {
  constructor(show, empty, act) {
    this.list = h("ol", { class: "ranked" });
    this.element = h("div", null, this.list);
    this.show = show;
    this.empty = empty;
    this.act = act;
    this.items = new Map();
  }

  /** Shows a chart anew; nothing has moved. */
  set(entries, total) {
    this.items.clear();
    this.list.replaceChildren();
    this.update(entries, total);
    for (const item of this.items.values()) move(item, 0);
  }

  /** Shows a later state of the same chart, with the moves since then; the moves that are worth telling. */
  update(entries, total) {
    const before = new Map([...this.items.keys()].map((key, rank) => [key, rank]));
    const places = this.places();
    const next = new Map(entries.map((entry) => [String(entry.id), this.items.get(String(entry.id)) ?? this.item(entry)]));
    const focus = document.activeElement;
    for (const [key, item] of this.items) if (!next.has(key)) item.remove();
    this.list.append(...[...next.values()].filter((item, i) => this.list.children[i] !== item || !item.isConnected));
    [...next.values()].forEach((item, i) => this.list.children[i] !== item && this.list.insertBefore(item, this.list.children[i]));
    this.items = next;
    const most = Number(entries[0]?.countPlays ?? 1);
    const moves = entries.flatMap((entry, rank) => this.fill(entry, rank, before, most, total));
    this.slide(places);
    this.element.replaceChildren(entries.length ? this.list : this.empty());
    if (this.element.contains(focus)) focus.focus({ preventScroll: true });
    return moves;
  }

  item(entry) {
    const bar = s("rect", { height: "100%", rx: 7 });
    const item = h(
      "li",
      null,
      s("svg", { class: "bar", "aria-hidden": "true" }, bar),
      h("span", { class: "rank" }),
      h("span", { class: "named" }, this.show(entry)),
      h("span", { class: "moved" }),
      h("span", { class: "count" }),
      this.act && h("span", { class: "act" }, this.act(entry)),
    );
    item[SEEN] = { bar, plays: null };
    return item;
  }

  fill(entry, rank, before, most, total) {
    const item = this.items.get(String(entry.id));
    const seen = item[SEEN];
    seen.bar.setAttribute("width", `${Math.max(1, (100 * Number(entry.countPlays)) / most)}%`);
    item.querySelector(".rank").textContent = rank + 1;
    put(item.querySelector(".count"), h("strong", null, number(entry.countPlays)), total !== undefined && h("span", { class: "share" }, share(entry.countPlays, total)));
    item.title = total === undefined ? plays(entry.countPlays) : `${number(entry.countPlays)} of ${plays(total)}`;
    const grown = seen.plays !== null && seen.plays !== entry.countPlays;
    seen.plays = entry.countPlays;
    if (grown) flash(item);
    if (!before.size) return [];
    const old = before.get(String(entry.id));
    move(item, old === undefined ? "new" : old - rank);
    return old !== rank && (grown || old === undefined) ? [{ entry, rank, old }] : [];
  }

  places() {
    return new Map([...this.items].map(([key, item]) => [key, item.getBoundingClientRect().top]));
  }

  slide(places) {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    for (const [key, item] of this.items) {
      const way = (places.get(key) ?? NaN) - item.getBoundingClientRect().top;
      if (way) item.animate([{ transform: `translateY(${way}px)` }, { transform: "none" }], { duration: 500, easing: "ease-out" });
    }
  }
}

function flash(item) {
  item.classList.remove("flash");
  void item.offsetWidth; // a new start of the animation
  item.classList.add("flash");
}

function move(item, by) {
  const place = item.querySelector(".moved");
  if (by === "new") put(place, h("span", { class: "up" }, "new"));
  else if (!by) put(place);
  else {
    const words = `${by > 0 ? "up" : "down"} ${Math.abs(by)}`;
    put(place, h("span", { class: by > 0 ? "up" : "down", "aria-label": words, role: "img" }, `${by > 0 ? "▲" : "▼"} ${Math.abs(by)}`));
  }
}
