/** urql, with its graphcache and persisted queries, and subscriptions as graphql-sse and graphql-ws carry them. */
import { Client, fetchExchange, gql, subscriptionExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { persistedExchange } from "@urql/exchange-persisted";
import { createClient as createEvents } from "graphql-sse";
import { createClient as createSockets } from "graphql-ws";

const url = `${process.argv[1]}/graphql`;
const told = {};
const CHARTS = gql`
  query Charts($userId: Long!) {
    getUserProfile(userId: $userId) {
      artistChartsPerYear { start charts { topK { countPlays artist { id name } } } }
      albumChartsPerYear { start charts { topK { countPlays album { id name } } } }
    }
  }
`;
const variables = { userId: 1 };
const none = () => null;
const keys = Object.fromEntries(
  ["UserProfile", "ArtistWindow", "AlbumWindow", "NamedArtistCharts", "NamedAlbumCharts", "NamedArtistCount", "NamedAlbumCount"]
    .map((type) => [type, none]),
);
const bare = (value) => JSON.parse(JSON.stringify(value, (key, inner) => (key === "__typename" ? undefined : inner)));

const plain = new Client({ url, exchanges: [fetchExchange], preferGetMethod: false });
const plainly = await plain.query(CHARTS, variables).toPromise();
told.error = plainly.error?.message ?? null;
told.plain = bare(plainly.data);

const cached = new Client({
  url,
  preferGetMethod: false,
  exchanges: [cacheExchange({ keys }), persistedExchange({ preferGetForPersistedQueries: true }), fetchExchange],
});
await cached.query(CHARTS, variables).toPromise();
const again = await cached.query(CHARTS, variables, { requestPolicy: "cache-only" }).toPromise();
told.cached = bare(again.data);
const code = await plain.query("query { nothing }", {}).toPromise();
told.code = code.error.graphQLErrors[0].extensions.code;

const LISTEN = `mutation ($userId: Long!, $event: ListeningEventInput!) {
  sendListeningEvent(userId: $userId, event: $event) { timestamp }
}`;

/** The first value of an asynchronous sequence; listens of a user are sent until it has come. */
async function first(user, subscribe) {
  let timestamp = 1_400_000_000;
  const listen = () =>
    plain.mutation(LISTEN, { userId: user, event: { artistId: 1, albumId: 1, trackId: 1, timestamp: timestamp++ } }).toPromise();
  const sending = setInterval(listen, 200);
  try {
    return await new Promise(subscribe);
  } finally {
    clearInterval(sending);
  }
}

const updates = (user) => ({ query: `subscription { totalListenCountUpdate(userId: ${user}) }` });
const streaming = new Client({ url, preferGetMethod: false, exchanges: [fetchExchange], fetchSubscriptions: true });
told.fetched = await first(201, (resolve) => streaming.subscription(updates(201).query, {}).subscribe((r) => resolve(r.data ?? String(r.error))));

for (const [name, singleConnection, user] of [["distinct", false, 202], ["single", true, 203]]) {
  const events = createEvents({ url, singleConnection, retryAttempts: 0 });
  told[name] = await first(user, (resolve, reject) => events.subscribe(updates(user), { next: resolve, error: reject, complete() {} }));
  told[`${name}Query`] = await new Promise((resolve, reject) =>
    events.subscribe({ query: "{ __typename }" }, { next: resolve, error: reject, complete() {} }),
  );
  events.dispose();
}

const sockets = createSockets({ url: url.replace(/^http/, "ws") });
told.socket = await first(204, (resolve, reject) => sockets.subscribe(updates(204), { next: resolve, error: reject, complete() {} }));
told.refused = await new Promise((resolve) =>
  sockets.subscribe({ query: "subscription {" }, { next() {}, error: (errors) => resolve(errors[0].extensions.code), complete() {} }),
);
const forwarding = new Client({
  url,
  preferGetMethod: false,
  exchanges: [
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: (request) => ({ subscribe: (sink) => ({ unsubscribe: sockets.subscribe(request, sink) }) }),
    }),
  ],
});
told.forwarded = await first(205, (resolve) => forwarding.subscription(updates(205).query, {}).subscribe((r) => resolve(r.data ?? String(r.error))));

console.log(JSON.stringify(told));
process.exit(0);
