/** relay-runtime: an environment whose network names documents of the server's list, as Relay's compiler has it. */
import runtime from "relay-runtime";

const { Environment, Network, RecordSource, Store, fetchQuery } = runtime;
const field = (name, rest = {}) => ({ alias: null, args: null, kind: "ScalarField", name, storageKey: null, ...rest });
const linked = (name, concreteType, plural, selections, args = null) => ({
  alias: null, args, concreteType, kind: "LinkedField", name, plural, selections, storageKey: null,
});
const item = (name, type) => linked(name, type, false, [field("id"), field("name")]);
const counts = linked("topK", "NamedArtistCount", true, [field("countPlays"), item("artist", "Artist")]);
const argument = [{ kind: "Variable", name: "userId", variableName: "userId" }];
const selections = [
  linked("getUserProfile", "UserProfile", false, [
    field("totalListenCount"),
    linked("artistChartsPerYear", "ArtistWindow", true, [field("start"), linked("charts", "NamedArtistCharts", false, [counts])]),
  ], argument),
];
const definitions = [{ defaultValue: null, kind: "LocalArgument", name: "userId" }];
const request = {
  kind: "Request",
  fragment: { argumentDefinitions: definitions, kind: "Fragment", metadata: null, name: "Profile", selections, type: "Query", abstractKey: null },
  operation: { argumentDefinitions: definitions, kind: "Operation", name: "Profile", selections },
  params: { cacheID: "profile", id: "profile", metadata: {}, name: "Profile", operationKind: "query", text: null },
};

const network = Network.create(async ({ id }, variables) => {
  const response = await fetch(`${process.argv[1]}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ doc_id: id, variables }),
  });
  return response.json();
});
// Relay takes ids for unique among all objects, and for strings: here they are numbers, unique among those of their type.
const getDataID = ({ id }, type) => (id === undefined ? undefined : `${type}:${id}`);
const environment = new Environment({ network, getDataID, store: new Store(new RecordSource()) });
const data = await fetchQuery(environment, request, { userId: 1 }).toPromise();
console.log(JSON.stringify(data));
