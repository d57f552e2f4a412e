"""The recommender as an ASGI application: REST over the graph."""

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import orjson
from fastapi import FastAPI, Query, Request, Response
from fastapi import Path as InPath
from fastapi.exceptions import RequestValidationError
from pydantic import BeforeValidator

from serving.recommender.answers import add_names, listeners, recommendations
from serving.recommender.graph_files import folder_for
from serving.recommender.keeper import Keeper, State
from serving.recommender.ranking import DEFAULTS, Algorithm, Walks
from serving.recommender.user_plays import FIELDS
from store import Store

LARGEST_ID = 2**63 - 1
MOST_ITEMS = 100
MOST_WALKS = 10_000
SHORTEST_WALK, LONGEST_WALK = 3, 200

PATIENCE_SECONDS = 3.0
"""How long a request waits for the first graph; the gateway waits five seconds for an answer."""

WANTED = {
    "userId": f"a whole number from 0 to {LARGEST_ID}",
    "itemId": f"a whole number from 0 to {LARGEST_ID}",
    "field": f"one of {', '.join(FIELDS)}",
    "limit": f"a whole number from 1 to {MOST_ITEMS}",
    "walks": f"a whole number from 1 to {MOST_WALKS}",
    "walkLength": f"a whole number from {SHORTEST_WALK} to {LONGEST_WALK}",
    "resetProbability": "a number from 0 to less than 1",
    "algorithm": f"one of {', '.join(Algorithm)}",
    "seed": f"a whole number from 0 to {LARGEST_ID}",
    "explain": "true or false",
}
"""What each parameter has to be."""

log = logging.getLogger("serving.recommender")


def _field(given: str) -> str:
    if given.lower() not in FIELDS:
        raise ValueError
    return given.lower()


UserId = Annotated[int, InPath(alias="userId", ge=0, le=LARGEST_ID, description=WANTED["userId"])]
ItemId = Annotated[int, InPath(alias="itemId", ge=0, le=LARGEST_ID, description=WANTED["itemId"])]
Field = Annotated[str, BeforeValidator(_field), InPath(description=WANTED["field"])]
Limit = Annotated[int, Query(ge=1, le=MOST_ITEMS, description=WANTED["limit"])]
NumberOfWalks = Annotated[int | None, Query(ge=1, le=MOST_WALKS, description=WANTED["walks"])]
Length = Annotated[
    int | None, Query(alias="walkLength", ge=SHORTEST_WALK, le=LONGEST_WALK, description=WANTED["walkLength"])
]
Reset = Annotated[
    float | None,
    Query(alias="resetProbability", ge=0, lt=1, allow_inf_nan=False, description=WANTED["resetProbability"]),
]
Which = Annotated[Algorithm, Query(description=WANTED["algorithm"])]
Seed = Annotated[int | None, Query(ge=0, le=LARGEST_ID, description=WANTED["seed"])]
Explain = Annotated[bool, Query(description=WANTED["explain"])]


def create_app(store: Store, folder: Path | None = None) -> FastAPI:
    """The service over a store. It follows the store from its start, or the first request, until its end.

    Args:
        folder: where the graph is, or is built; by default what belongs to the store.
    """
    keeper = Keeper(store, folder or folder_for(store.url))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        keeper.start()
        yield
        await asyncio.to_thread(keeper.stop)

    async def get_recommendations(  # the parameters of the URL
        user: UserId,
        field: Field,
        limit: Limit = 10,
        walks: NumberOfWalks = None,
        length: Length = None,
        reset: Reset = None,
        algorithm: Which = Algorithm.PATHS,
        seed: Seed = None,
        explain: Explain = False,
    ) -> Response:
        """Items that a user may like and does not know yet, best first."""
        default = DEFAULTS[algorithm]
        how = Walks(
            default.walks if walks is None else walks,
            default.length if length is None else length,
            default.reset if reset is None else reset,
        )
        state = await _state(keeper)
        seed = secrets.randbits(63) if seed is None else seed
        found = await asyncio.to_thread(recommendations, state.views[field], user, algorithm, how, seed, limit, explain)
        await asyncio.to_thread(add_names, store, field, found["recommendations"])
        return _json({**found, **_age(state)})

    async def get_listeners(item: ItemId, field: Field, limit: Limit = 10) -> Response:
        """Who plays an item: how many users, how often, and who most; status 404 if nobody does."""
        state = await _state(keeper)
        found = await asyncio.to_thread(listeners, state.views[field], item, limit)
        if found is None:
            return _json({"detail": f"nobody plays the {field} {item}"}, 404)
        return _json({**found, **_age(state)})

    async def health() -> Response:
        state = await _state(keeper)
        edges = {field: view.edges for field, view in state.views.items()}
        return _json({"status": "ok", "edges": edges, **_age(state)})

    app = FastAPI(title="Recommender", lifespan=lifespan)
    app.state.keeper = keeper
    app.add_api_route("/recommendation/{userId}/{field}", get_recommendations)
    app.add_api_route("/listeners/{field}/{itemId}", get_listeners)
    app.add_api_route("/health", health)
    app.add_exception_handler(RequestValidationError, _refuse)
    app.add_exception_handler(NotReadyError, _not_ready)
    return app


class NotReadyError(Exception):
    """There is no graph yet."""


async def _state(keeper: Keeper) -> State:
    keeper.start()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while keeper.state is None:
        if time.monotonic() > deadline:
            raise NotReadyError
        await asyncio.sleep(0.02)
    return keeper.state


def _age(state: State) -> Mapping[str, float]:
    return {"graphAge": round(max(0.0, time.time() - state.as_of), 3), "graphBuilt": int(state.built)}


def _json(found: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(found), status, headers, media_type="application/json")


async def _refuse(_: Request, error: Exception) -> Response:
    """Status 400, with the parameters that are wrong and what each has to be."""
    problems = error.errors() if isinstance(error, RequestValidationError) else ()
    names = dict.fromkeys(str(problem["loc"][-1]) for problem in problems)
    return _json({"detail": "; ".join(f"{name} must be {WANTED[name]}" for name in names)}, 400)


async def _not_ready(_: Request, error: Exception) -> Response:
    return _json({"detail": "the graph is being built: try again later"}, 503, {"retry-after": "5"})
