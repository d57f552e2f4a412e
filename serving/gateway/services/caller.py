"""Calling services for one request to the server."""

import asyncio
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from strawberry.dataloader import DataLoader

from serving.gateway.services.rest_call import Answer, Call, Keyed, failure
from serving.gateway.services.transport import Services

MOST_KEYS = 100
"""Keys that are asked for in one call."""


class CallRecord(NamedTuple):
    """A call that has ended: the service's host, the status of its answer, None if there was none, and seconds."""

    service: str
    status: int | None
    seconds: float


class RestCaller:
    """Calls services for one request: the same call is made once, and so has one answer, or one failure.

    Args:
        headers: gives those of the client's request.

    Attributes:
        records: of the calls that have ended.
    """

    def __init__(self, services: Services, headers: Callable[[], Mapping[str, str]]) -> None:
        self.records: list[CallRecord] = []
        self._services = services
        self._bytes = 0
        self._headers = headers
        self._answers: dict[Call, asyncio.Future[Answer]] = {}
        self._groups: dict[Hashable, DataLoader[Any, Answer]] = {}

    async def fetch(self, request: Call | Keyed) -> Answer:
        """The answer to a call; what is asked for several keys at the same time is one call.

        Raises:
            GraphQLError: there is none; says why.
        """
        if isinstance(request, Call):
            return await self._once(self._forwarding(request))
        if request.group not in self._groups:
            self._groups[request.group] = DataLoader(partial(self._of_keys, request), max_batch_size=MOST_KEYS)
        return await self._groups[request.group].load(request.key)

    async def _of_keys(self, request: Keyed, keys: Sequence[Any]) -> list[Answer]:
        answer = await self.fetch(request.call(keys))
        return [answer] * len(keys)

    def _forwarding(self, call: Call) -> Call:
        """The call with those headers of the client that are sent on."""
        if not call.forward:
            return call
        given = self._headers()
        sent = tuple((name, given[name]) for name in call.forward if name in given)
        return call._replace(headers=call.headers + sent, forward=())

    async def _once(self, call: Call) -> Answer:
        if call not in self._answers:
            self._answers[call] = asyncio.ensure_future(self._fetch(call))
        return await self._answers[call]

    def _count(self, call: Call, answer: Answer) -> None:
        self._bytes += len(answer.body)
        if self._bytes > self._services.limits.bytes:
            most = self._services.limits.bytes
            raise failure(call.service, f"made the answers of all services more than {most} bytes")

    async def _fetch(self, call: Call) -> Answer:
        begin, status = time.perf_counter(), None
        try:
            answer = await self._services.fetch(call)
            status = answer.status
            self._count(call, answer)
            return answer
        finally:
            self.records.append(CallRecord(call.service, status, time.perf_counter() - begin))
