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
from serving.history.listening import Period, Question, listening
from store import Store, StoreError
from store.histories.months import unpack
from store.layout import USERS, row_key

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
    recent = RecentUsers(store)

    async def get_listening(  # the parameters of the URL
        user: UserId, first: First = None, end: End = None, zone: Zone = "UTC", per: Per = Period.DAY, limit: Limit = 10
    ) -> Response:
        """What a user listened to from the day `from` until the day before `to`; status 404 for an unknown user."""
        found = await asyncio.to_thread(_listening, store, user, Question(first, end, zone, per, limit))
        return _json(found or {"detail": f"there is no user {user}"}, 200 if found else 404)

    async def get_users(prefix: Prefix = "", limit: Limit = 10) -> Response:
        """Users whose id begins with `startsWith`, last active ones first."""
        activity = await asyncio.to_thread(recent.get)
        return _json(activity.answer(prefix, limit))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(_compile)
        yield

    app = FastAPI(title="History", lifespan=lifespan)
    app.add_api_route("/listening/{userId}", get_listening)
    app.add_api_route("/users", get_users)
    app.add_exception_handler(RequestValidationError, _refuse)
    app.add_exception_handler(StoreError, _unavailable)
    return app


def _compile() -> None:
    """Compiles what answers need, or loads it from the cache, so that no request has to wait for it."""
    no_events = unpack([b"\0"])
    listening(no_events, Question(None, None, "UTC", Period.DAY, LONGEST_CHART))


def _listening(store: Store, user: int, question: Question) -> dict[str, Any] | None:
    as_of = int(time.time())
    row = store.rows(USERS, [row_key(user)], families=["history"]).get(row_key(user))
    if row is None:
        return None
    return {"asOf": as_of, **listening(unpack([cell.value for cell in row]), question)}


def _json(found: Any, status: Literal[200, 400, 404, 503] = 200) -> Response:
    return Response(orjson.dumps(found), status, media_type="application/json")


async def _refuse(_: Request, error: Exception) -> Response:
    """Status 400, with the parameters that are wrong and what each has to be."""
    problems = error.errors() if isinstance(error, RequestValidationError) else ()
    names = dict.fromkeys(str(problem["loc"][-1]) for problem in problems)
    return _json({"detail": "; ".join(f"{name} must be {WANTED[name]}" for name in names)}, 400)


async def _unavailable(_: Request, error: Exception) -> Response:
    log.error("the store cannot be read", exc_info=error)
    return _json({"detail": "the store is unavailable: try again later"}, 503)
