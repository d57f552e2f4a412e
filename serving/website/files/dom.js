/** Elements made from data. Text stays text, whatever is in it. */

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element; an attribute that is a function listens to the event of its name. */
export const h = (name, attributes, ...children) => filled(document.createElement(name), attributes, children);

/** An SVG element, likewise. */
export const s = (name, attributes, ...children) => filled(document.createElementNS(SVG, name), attributes, children);

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...present(children));
  return element;
}

/** Replaces what is in an element; nulls and false are left out. The focus stays where it was, if that is still there, or else on the part of the same `data-part`, and that at its `data-at`. */
export function put(element, ...children) {
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  const { part, at } = focused?.dataset ?? {}; // who loses the focus may forget its place
  element.replaceChildren(...present(children));
  const again = element.contains(focused) ? focused : part && element.querySelector(`[data-part="${part}"]`);
  if (again && at) again.dataset.at = at;
  again?.focus({ preventScroll: true });
  return element;
}

const present = (children) => children.flat(Infinity).filter((child) => child != null && child !== false);

const REMEMBERED = 5;

/** Says something to those who listen to the page. */
export function announce(text) {
  const all = document.getElementById("announcements");
  all.append(h("p", null, text));
  if (all.children.length > REMEMBERED) all.firstChild.remove();
}
