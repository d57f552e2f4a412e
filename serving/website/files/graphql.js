/** Asking GraphQL. */

const SLOW = 20_000;
const PAUSE = 1500;

/** A failure with words for people. */
export class Failure extends Error {}

/**
 * The data and the messages of errors that a query gives.
 *
 * Throws a Failure where there are no data at all.
 */
export async function ask(query, variables = {}) {
  const body = await answered(query, variables);
  const problems = (body.errors ?? []).map((error) => error.message);
  if (!body.data) throw new Failure(problems[0] ?? "The server gave no answer.");
  return { data: body.data, problems };
}

/** Likewise, but asks some more times while a service has problems: the recommender first has to build its graph. */
export async function askPatiently(query, variables, attempts = 8) {
  const answer = await ask(query, variables);
  if (!answer.problems.length || attempts <= 1) return answer;
  await new Promise((resolve) => setTimeout(resolve, PAUSE));
  return askPatiently(query, variables, attempts - 1);
}

async function answered(query, variables) {
  let response;
  try {
    response = await fetch("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: encode({ query, variables }),
      signal: AbortSignal.timeout(SLOW),
    });
    return decode(await response.text());
  } catch (error) {
    if (error.name === "TimeoutError") throw new Failure("The server did not answer in time.");
    throw new Failure(response ? "The server’s answer makes no sense." : "The server cannot be reached.");
  }
}

/** JSON whose whole numbers beyond 2^53 are exact: as BigInt. */
export const decode = (text) =>
  JSON.parse(text, (_, value, context) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "")
      ? BigInt(context.source)
      : value,
  );

export const encode = (value) =>
  JSON.stringify(value, (_, item) => (typeof item === "bigint" ? exact(item) : item));

const exact = (item) => (JSON.rawJSON ? JSON.rawJSON(String(item)) : Number(item));

/** The id in a path, exact if the browser can tell. */
export function id(text) {
  const value = BigInt(text);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** Lets the foot of the page lead to GraphiQL with its query. */
export function showQuery(query, variables) {
  const parameters = new URLSearchParams({ q: query, variables: encode(variables) });
  document.getElementById("query")?.setAttribute("href", `/graphql?${parameters}`);
}
