/** What a user may like, and why. */

import { avatar } from "./avatar.js";
import { h } from "./dom.js";
import { artistName, counted } from "./format.js";
import { askPatiently } from "./graphql.js";
import { empty, settle } from "./states.js";

const RECOMMENDATIONS = `query Recommendations($userId: Long!) {
  getArtistRecommendations(userId: $userId, field: ARTIST, limit: 8) {
    coldStart graphAge
    recommendations { id artist { id name } because { id name } }
  }
}`;

/** Shows recommended artists in an element. */
export function recommend(body, userId) {
  settle(body, () => askPatiently(RECOMMENDATIONS, { userId }), ({ data, problems }) => {
    if (problems.length) throw new Error(problems[0]);
    const answer = data.getArtistRecommendations;
    if (!answer?.recommendations.length) return empty("No recommendations yet: there are too few listens to compare.");
    return [
      answer.coldStart && h("p", { class: "lead" }, "Little is known about this listener, so this is what others play now."),
      h("ul", { class: "tiles" }, answer.recommendations.map(tile)),
      h("p", { class: "fresh" }, `From walks over all listens as of ${words(answer.graphAge)} ago.`),
    ];
  });
}

const words = (seconds) => (seconds < 90 ? counted(Math.round(seconds), "second") : counted(Math.round(seconds / 60), "minute"));

function tile({ id, artist, because }) {
  const reasons = because ?? [];
  return h(
    "li",
    null,
    avatar(id, 56),
    h("p", null, h("strong", null, artistName(artist ?? { id, name: "[unknown]" }))),
    reasons.length > 0 && h("p", { class: "because" }, "because you listen to ", reasons.slice(0, 2).map((reason, i) => [i ? " and " : "", artistName(reason)])),
  );
}
