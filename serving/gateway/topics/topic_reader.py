"""Reading topics for all requests of a server: together, outside the event loop, and names not again for a while."""

import asyncio
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, NamedTuple, TypeAlias

from graphql import GraphQLError

from schemas.topics import CATALOGUE
from serving.gateway.limits.request_limits import Limits
from serving.gateway.topics.cache import MISSING, Cache
from store import Store, values
from store.layout import USERS
from store.profiles.computed import computed
from store.values import Address, Page, Wanted

IN_FLIGHT = 4
"""Reads of the store at a time; what is wanted meanwhile is the next read."""

RANGES_AT_ONCE = 16
"""Ranges and pages in a read, each of which may give thousands of values; more are another read."""

NAMES = 100_000
"""Names that are kept."""

NAME_SECONDS = 60.0
"""How old a name may be."""

CACHED = frozenset(name for name, topic in CATALOGUE.items() if topic.given and topic.place.column)
"""The topics whose values are kept: the items' names, which hardly ever change."""


@dataclass
class StoreRead:
    """One read of the store, as it concerns a request.

    Attributes:
        keys: how many keys, ranges and pages were read, by topic.
        seconds: that it took.
        computed: the topics whose values the store does not have: they were computed from histories.
    """

    keys: Counter[str]
    seconds: float
    computed: Collection[str] = ()


class _Answer(NamedTuple):
    """What a read of the store gave for several requests together."""

    values: Mapping[Wanted, Any]
    seconds: float
    computed: Collection[str]


@dataclass
class Trace:
    """What was read for a request.

    Attributes:
        explained: note `as_of`, which is one more key of each user.
        keys: how many keys, ranges and pages were read.
        listed: how many values ranges and pages gave.
        cached: values that were not read, since their topics' values are kept.
        as_of: the time of the newest event that counts in what was read, in seconds since the epoch.
    """

    explained: bool = False
    reads: list[StoreRead] = field(default_factory=list)
    keys: int = 0
    listed: int = 0
    cached: int = 0
    as_of: int | None = None

    def start_over(self) -> None:
        """Counts from the beginning what is held against the limits."""
        self.keys = self.listed = 0


Waiting: TypeAlias = tuple[Sequence[Wanted], "asyncio.Future[_Answer]"]


class TopicReader:
    """Reads the topics of a store for any number of requests at the same time."""

    def __init__(self, store: Store, limits: Limits | None = None, name_seconds: float = NAME_SECONDS) -> None:
        self._store = store
        self._limits = limits or Limits()
        self._pool = ThreadPoolExecutor(IN_FLIGHT, "store")
        self._waiting: list[Waiting] = []
        self._running = 0
        self._names: Cache[Wanted] = Cache(NAMES, name_seconds)

    async def values(self, wanted: Sequence[Wanted], trace: Trace) -> dict[Wanted, Any]:
        """What is wanted, and what the store has of it, as `store.values.read` gives it.

        Raises:
            GraphQLError: it is more than one request may read.
            StoreError: the store cannot be read.
        """
        known = self._from_cache(wanted)
        missing = [one for one in dict.fromkeys(wanted) if one not in known]
        trace.cached += len(known)
        trace.keys += len(missing)
        if trace.keys > self._limits.cost:
            raise GraphQLError(f"the query reads {trace.keys} keys or more; {self._limits.cost} are allowed")
        for part in _parts(missing):
            known |= await self._read(part, trace)
            if trace.keys + trace.listed > self._limits.values:
                raise GraphQLError(
                    f"the query reads {trace.keys + trace.listed} values or more; {self._limits.values} are allowed"
                )
        return known

    async def _read(self, wanted: Sequence[Wanted], trace: Trace) -> dict[Wanted, Any]:
        newest = _newest(wanted) if trace.explained else []
        answer = await self._from_store([*wanted, *newest])
        keys = Counter(one.topic for one in wanted)
        trace.reads.append(StoreRead(keys, answer.seconds, sorted(keys.keys() & answer.computed)))
        times = (trace.as_of, *(answer.values[one] for one in newest))
        trace.as_of = max((time for time in times if time is not None), default=None)
        found = {one: answer.values[one] for one in wanted}
        trace.listed += sum(len(value) for value in found.values() if isinstance(value, list))
        for one, value in found.items():
            if one.topic in CACHED and isinstance(one, Address):
                self._names.put(one, value)
        return found

    def forget(self, address: Address) -> None:
        """Lets the value of an address be read anew."""
        self._names.forget(address)

    def close(self) -> None:
        """Ends the threads."""
        self._pool.shutdown(wait=False)

    def _from_cache(self, wanted: Sequence[Wanted]) -> dict[Wanted, Any]:
        self._names.age()
        found = ((one, self._names.get(one)) for one in wanted if one.topic in CACHED)
        return {one: value for one, value in found if value is not MISSING}

    async def _from_store(self, wanted: Sequence[Wanted]) -> _Answer:
        answer: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, answer))
        if self._running < IN_FLIGHT:
            self._start()
        return await answer

    def _start(self) -> None:
        batch = self._next()
        self._running += 1
        loop = asyncio.get_running_loop()
        loop.run_in_executor(self._pool, _read_all, self._store, batch).add_done_callback(
            lambda done: self._finish(batch, done)
        )

    def _next(self) -> Sequence[Waiting]:
        """Those who wait, up to as many ranges as are read at once."""
        ranges = list(accumulate(_ranges(wanted) for wanted, _ in self._waiting))
        some = max(bisect_right(ranges, RANGES_AT_ONCE), 1)
        batch, self._waiting = self._waiting[:some], self._waiting[some:]
        return batch

    def _finish(self, batch: Sequence[Waiting], done: "asyncio.Future[_Answer]") -> None:
        self._running -= 1
        if self._waiting:
            self._start()
        error = done.exception()
        for _, answer in batch:
            if answer.done():  # nobody waits for it any more
                continue
            if error:
                answer.set_exception(error)
            else:
                answer.set_result(done.result())


def _ranges(wanted: Sequence[Wanted]) -> int:
    return sum(not isinstance(one, Address) for one in wanted)


def _parts(wanted: Sequence[Wanted]) -> list[Sequence[Wanted]]:
    """What is to be read one after the other: as a rule all at once, but not too many ranges."""
    ranges = [one for one in wanted if not isinstance(one, Address)]
    if len(ranges) <= RANGES_AT_ONCE:
        return [wanted] if wanted else []
    first = [one for one in wanted if isinstance(one, Address)] + ranges[:RANGES_AT_ONCE]
    others = range(RANGES_AT_ONCE, len(ranges), RANGES_AT_ONCE)
    return [first, *(ranges[start : start + RANGES_AT_ONCE] for start in others)]


def _newest(wanted: Sequence[Wanted]) -> list[Address]:
    """Where the times of the newest events of the users are whose values are wanted."""
    users = (one.key for one in wanted if not isinstance(one, Page) and CATALOGUE[one.topic].place.table == USERS)
    return [Address("lastlisten", user) for user in dict.fromkeys(users)]


def _read_all(store: Store, batch: Sequence[Waiting]) -> _Answer:
    start = time.perf_counter()
    wanted = list(dict.fromkeys(one for wanted, _ in batch for one in wanted))
    found = dict(zip(wanted, values.read(store, wanted), strict=True))
    return _Answer(found, time.perf_counter() - start, computed(store).keys())
