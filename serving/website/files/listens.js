/** Listens as they happen: following those of a user, and adding one. */

import { h } from "./dom.js";
import { ask } from "./graphql.js";
import { subscribe } from "./live.js";

const LISTENS = `subscription Listens($userId: Long!) {
  listeningEventUpdate(userId: $userId) { timestamp trackId track { id name } artist { id name } }
}`;
const COUNTS = `subscription Counts($userId: Long!) { totalListenCountUpdate(userId: $userId) }`;

const PLAY = `mutation Play($userId: Long!, $event: ListeningEventInput!) {
  sendListeningEvent(userId: $userId, event: $event) { timestamp }
}`;

const STATES = {
  connecting: ["Connecting …", "New listens will appear here."],
  live: ["Live", "New listens appear here as they happen."],
  lost: ["Connection lost", "What happens meanwhile will be shown when the connection is back."],
};

/**
 * Follows a user's listens; the element that says whether it does.
 *
 * `caughtUp()` is called whenever something may have changed, `listened(event)` with each new listen.
 */
export function follow(userId, { changed, listened }) {
  const text = h("span", null);
  const state = h("p", { class: "live", role: "status" }, h("i", { "aria-hidden": "true" }), text);
  subscribe([LISTENS, COUNTS], { userId }, {
    changed(name) {
      [text.textContent, state.title] = STATES[name];
      state.dataset.state = name;
      if (name === "live") changed();
    },
    arrived(data) {
      if (data.listeningEventUpdate) listened(data.listeningEventUpdate);
      changed();
    },
  });
  return state;
}

/** A button that adds a listen of a track, now. */
export function playButton(userId, entry, words, done) {
  const button = h("button", { type: "button", class: "play", "aria-label": `Play ${words}`, title: "Play: adds a listen, now" }, "▶");
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await ask(PLAY, { userId, event: listen(userId, entry) });
      button.textContent = "✓";
      done(null);
    } catch (error) {
      button.textContent = "!";
      done(error);
    }
    setTimeout(() => {
      button.textContent = "▶";
      button.disabled = false;
    }, 1000);
  });
  return button;
}

const listen = (userId, { id, artistId, albumId }) => ({
  userId,
  artistId,
  albumId,
  trackId: id,
  timestamp: Math.floor(Date.now() / 1000),
});
