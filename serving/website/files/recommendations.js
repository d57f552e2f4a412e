/** What a user may like, and why. */

import { avatar } from "./avatar.js";
import { h } from "./dom.js";
import { artistName, title } from "./format.js";
import { ask } from "./graphql.js";
import { empty, settle } from "./states.js";

const RECOMMENDATIONS = `query Recommendations($userId: Long!) {
  getArtistRecommendations(userId: $userId, field: ARTIST, limit: 8) {
    recommendations { id artist { id name } }
  }
}`;

/** Shows recommended artists in an element. */
export function recommend(body, userId) {
  settle(body, () => ask(RECOMMENDATIONS, { userId }), ({ data, problems }) => {
    if (problems.length) throw new Error(problems[0]);
    const found = data.getArtistRecommendations?.recommendations ?? [];
    return found.length ? h("ul", { class: "tiles" }, found.map(tile)) : empty("No recommendations yet: there are too few listens to compare.");
  });
}

function tile({ id, artist, because }) {
  const reasons = because ?? [];
  return h(
    "li",
    null,
    avatar(id, 56),
    h("p", null, h("strong", null, artistName(artist ?? { id, name: "[unknown]" }))),
    reasons.length > 0 && h("p", { class: "because" }, "because you listen to ", reasons.slice(0, 2).map((item, i) => [i ? " and " : "", h("bdi", null, title(item, "artist"))])),
  );
}
