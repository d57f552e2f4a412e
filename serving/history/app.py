"""The history service as an ASGI application: REST over a store."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated, Any, Literal

import orjson
from fastapi import FastAPI, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BeforeValidator

from serving.history import zones
from serving.history.known_users import RecentUsers
from serving.history.lanes import RETRY_SECONDS, BusyError, Lanes
from serving.history.listening import Period, Question, listening
from serving.history.shared_reads import SharedReads
from store import Store, StoreError
from store.histories.months import unpack

log = logging.getLogger("serving.history")

LARGEST_ID = 2**63 - 1
LONGEST_CHART = 100
ALL_PERIODS = ", ".join(Period)

WANTED = {
    "userId": f"a whole number from 0 to {LARGEST_ID}",
    "from": f"a day from {date.min} to {date.max}",
    "to": f"a day from {date.min} to {date.max}, the one after the last",
    "timeZone": "the name of an IANA time zone, such as Europe/Berlin",
    "per": f"one of {ALL_PERIODS}",
    "limit": f"a whole number from 1 to {LONGEST_CHART}",
    "startsWith": f"up to {len(str(LARGEST_ID))} digits",
}
"""What each parameter has to be."""


def _zone(name: str) -> str:
    if name not in zones.names():
        raise ValueError
    return name


UserId = Annotated[int, Path(alias="userId", ge=0, le=LARGEST_ID, description=WANTED["userId"])]
First = Annotated[date | None, BeforeValidator(date.fromisoformat), Query(alias="from", description=WANTED["from"])]
End = Annotated[date | None, BeforeValidator(date.fromisoformat), Query(alias="to", description=WANTED["to"])]
Zone = Annotated[str, BeforeValidator(_zone), Query(alias="timeZone", description=WANTED["timeZone"])]
Per = Annotated[Period, Query(description=WANTED["per"])]
Limit = Annotated[int, Query(ge=1, le=LONGEST_CHART, description=WANTED["limit"])]
Prefix = Annotated[str, Query(alias="startsWith", pattern=r"^[0-9]{0,19}$", description=WANTED["startsWith"])]


def create_app(store: Store) -> FastAPI:
    """The service over a store."""
    recent, lanes = RecentUsers(store), Lanes()
    reads = SharedReads(store, lanes.short)

    async def get_listening(  # the parameters of the URL
        user: UserId, first: First = None, end: End = None, zone: Zone = "UTC", per: Per = Period.DAY, limit: Limit = 10
    ) -> Response:
        """What a user listened to from the day `from` until the day before `to`; status 404 for an unknown user."""
        as_of = int(time.time())
        row = await reads.get(user)
        if row is None:
            return _json({"detail": f"there is no user {user}"}, 404)
        question = Question(first, end, zone, per, limit)
        found = await lanes.of(sum(map(len, row))).run(lambda: listening(unpack(row), question))
        return _json({"asOf": as_of, **found})

    async def get_users(prefix: Prefix = "", limit: Limit = 10) -> Response:
        """Users whose id begins with `startsWith`, last active ones first."""
        activity = await lanes.short.run(recent.get)
        return _json(activity.answer(prefix, limit))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(_compile)
        yield
        lanes.close()

    app = FastAPI(title="History", lifespan=lifespan)
    app.add_api_route("/listening/{userId}", get_listening)
    app.add_api_route("/users", get_users)
    app.add_exception_handler(RequestValidationError, _refuse)
    app.add_exception_handler(StoreError, _unavailable)
    app.add_exception_handler(BusyError, _busy)
    return app


def _compile() -> None:
    """Compiles what answers need, or loads it from the cache, so that no request has to wait for it."""
    no_events = unpack([b"\0"])
    listening(no_events, Question(None, None, "UTC", Period.DAY, LONGEST_CHART))


def _json(found: Any, status: Literal[200, 400, 404, 503] = 200) -> Response:
    return Response(orjson.dumps(found), status, media_type="application/json")


async def _refuse(_: Request, error: Exception) -> Response:
    """Status 400, with the parameters that are wrong and what each has to be."""
    problems = error.errors() if isinstance(error, RequestValidationError) else ()
    names = dict.fromkeys(str(problem["loc"][-1]) for problem in problems)
    return _json({"detail": "; ".join(f"{name} must be {WANTED[name]}" for name in names)}, 400)


async def _busy(_: Request, error: Exception) -> Response:
    response = _json({"detail": "too many answers wait: try again later"}, 503)
    response.headers["retry-after"] = str(RETRY_SECONDS)
    return response


async def _unavailable(_: Request, error: Exception) -> Response:
    log.error("the store cannot be read", exc_info=error)
    return _json({"detail": "the store is unavailable: try again later"}, 503)
