/**
 * Subscriptions that stay: GraphQL over WebSocket (the protocol graphql-transport-ws), made again when they are lost.
 *
 * `changed(state)` is called with "connecting", "live" and "lost"; `arrived(data)` with what is pushed. Whoever needs
 * everything asks again each time it becomes "live", since what happened in between is not pushed again.
 */

import { encode } from "./graphql.js";

const PROTOCOL = "graphql-transport-ws";
const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;
const BEAT = 10_000;
const REFUSED = 4400;

export function subscribe(queries, variables, { changed, arrived }) {
  let wait = FIRST_WAIT;
  let socket = null;
  let timer = null;

  function connect() {
    clearTimeout(timer);
    changed("connecting");
    socket = new WebSocket(new URL("/graphql", location.href).href.replace(/^http/, "ws"), PROTOCOL);
    listen(socket);
  }

  function listen(mine) {
    const say = (message) => mine.readyState === WebSocket.OPEN && mine.send(encode(message));
    let alive = true;
    const beat = setInterval(() => {
      if (!alive) return mine.close();
      alive = false;
      say({ type: "ping" });
    }, BEAT);
    mine.addEventListener("open", () => say({ type: "connection_init" }));
    mine.addEventListener("message", (event) => {
      alive = true;
      const message = JSON.parse(event.data);
      if (message.type === "ping") say({ type: "pong" });
      if (message.type === "connection_ack") {
        queries.forEach((query, i) => say({ id: String(i), type: "subscribe", payload: { query, variables } }));
        wait = FIRST_WAIT;
        changed("live");
      }
      if (message.type === "next") arrived(message.payload.data);
      if (message.type === "error" || message.type === "complete") mine.close();
    });
    mine.addEventListener("close", (event) => {
      clearInterval(beat);
      if (mine !== socket) return;
      changed("lost");
      if (event.code >= REFUSED && event.code < REFUSED + 100) wait = LONGEST_WAIT;
      timer = setTimeout(connect, wait * (0.5 + Math.random()));
      wait = Math.min(LONGEST_WAIT, 2 * wait);
    });
  }

  addEventListener("online", connect);
  addEventListener("offline", () => socket.close());
  connect();
}
