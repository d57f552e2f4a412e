/** @apollo/client: links, and what its normalised cache gives back. */
import { createHash } from "node:crypto";
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { createClient } from "graphql-ws";

const uri = `${process.argv[1]}/graphql`;
const told = {};
const http = new HttpLink({ uri });
const sha256 = (text) => createHash("sha256").update(text).digest("hex");

const PROFILE = gql`
  query Profile($userId: Long!) {
    getUserProfile(userId: $userId) {
      totalListenCount
      artistChartsPerYear { start charts { topK { countPlays artist { id name } } } }
      albumChartsPerYear { start charts { topK { countPlays album { id name } } } }
      trackChartsPerYear { start charts { topK { countPlays track { id name } } } }
    }
  }
`;
const UPDATES = gql`
  subscription Updates($userId: Long!) {
    totalListenCountUpdate(userId: $userId)
  }
`;
const LISTEN = gql`
  mutation Listen($userId: Long!, $event: ListeningEventInput!) {
    sendListeningEvent(userId: $userId, event: $event) { timestamp artist { id name } }
  }
`;

const client = new ApolloClient({ link: http, cache: new InMemoryCache() });
const variables = { userId: 1 };
const network = await client.query({ query: PROFILE, variables, fetchPolicy: "network-only" });
told.network = network.data;
told.cache = client.cache.readQuery({ query: PROFILE, variables });
told.entities = Object.keys(client.cache.extract()).filter((key) => key !== "ROOT_QUERY").map((key) => key.split(":")[0]);

const requests = [];
const watching = (url, options) => {
  requests.push(options?.method ?? "GET");
  return fetch(url, options);
};
const persisted = new ApolloClient({
  link: new PersistedQueryLink({ sha256, useGETForHashedQueries: true }).concat(new HttpLink({ uri, fetch: watching })),
  cache: new InMemoryCache(),
});
const options = { query: PROFILE, variables, fetchPolicy: "network-only" };
const [first, second] = [await persisted.query(options), await persisted.query(options)];
told.persisted = [first.data, second.data];
told.requests = requests;

/** The first event of a subscription; listens are sent until it has come. */
async function firstUpdate(link, user) {
  const subscriber = new ApolloClient({ link, cache: new InMemoryCache() });
  let timestamp = 1_400_000_000;
  return new Promise((resolve, reject) => {
    const listen = () => {
      const event = { artistId: 1, albumId: 1, trackId: 1, timestamp: timestamp++ };
      client.mutate({ mutation: LISTEN, variables: { userId: user, event } }).catch(reject);
    };
    const sending = setInterval(listen, 200);
    const following = subscriber.subscribe({ query: UPDATES, variables: { userId: user } });
    const subscription = following.subscribe({
      next(result) {
        clearInterval(sending);
        subscription.unsubscribe();
        resolve(result.data);
      },
      error: reject,
    });
  });
}

told.multipart = await firstUpdate(http, 101);
const sockets = createClient({ url: uri.replace(/^http/, "ws") });
told.socket = await firstUpdate(new GraphQLWsLink(sockets), 102);
await sockets.dispose();

const failing = new ApolloClient({ link: ApolloLink.from([http]), cache: new InMemoryCache() });
told.error = await failing
  .query({ query: gql`query { nothing }` })
  .catch((error) => error.errors[0].extensions.code);

console.log(JSON.stringify(told));
process.exit(0);
