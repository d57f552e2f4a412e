/** A picture for a user or an artist, made of nothing but the id. */

import { s } from "./dom.js";

const SIDE = 5;

function mixed(id) {
  let hash = 2166136261;
  for (const digit of String(id)) hash = Math.imul(hash ^ digit.charCodeAt(0), 16777619);
  return () => {
    hash = Math.imul(hash ^ (hash >>> 15), 2246822507);
    hash = Math.imul(hash ^ (hash >>> 13), 3266489909);
    return (hash ^= hash >>> 16) >>> 0;
  };
}

/** A symmetric pattern of squares in the id's own colour. */
export function avatar(id, size) {
  const next = mixed(id);
  const hue = next() % 360;
  const squares = [];
  for (let column = 0; column < (SIDE + 1) / 2; column++) {
    for (let row = 0; row < SIDE; row++) {
      if (next() % 5 < 2) continue;
      for (const x of new Set([column, SIDE - 1 - column])) squares.push(s("rect", { x: x + 1, y: row + 1, width: 1, height: 1 }));
    }
  }
  return s(
    "svg",
    { class: "avatar", viewBox: `0 0 ${SIDE + 2} ${SIDE + 2}`, width: size, height: size, "aria-hidden": "true" },
    s("rect", { width: SIDE + 2, height: SIDE + 2, fill: `hsl(${hue} 62% 90%)` }),
    s("g", { "shape-rendering": "crispEdges", fill: `hsl(${(hue + 25) % 360} 58% 46%)` }, squares),
  );
}
