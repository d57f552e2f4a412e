"""Calling services for one request to the server."""

import asyncio
import time
from typing import NamedTuple

from serving.gateway.services.rest_call import Answer, Call, failure
from serving.gateway.services.transport import Services


class CallRecord(NamedTuple):
    """A call that has ended: the service's host, the status of its answer, None if there was none, and seconds."""

    service: str
    status: int | None
    seconds: float


class RestCaller:
    """Calls services for one request: the same call is made once, and so has one answer, or one failure.

    Attributes:
        records: of the calls that have ended.
    """

    def __init__(self, services: Services) -> None:
        self.records: list[CallRecord] = []
        self._services = services
        self._bytes = 0
        self._answers: dict[Call, asyncio.Future[Answer]] = {}

    async def fetch(self, call: Call) -> Answer:
        """The answer to a call.

        Raises:
            GraphQLError: there is none; says why.
        """
        if call not in self._answers:
            self._answers[call] = asyncio.ensure_future(self._fetch(call))
        return await self._answers[call]

    def _count(self, call: Call, answer: Answer) -> None:
        self._bytes += len(answer.body)
        if self._bytes > self._services.limits.bytes:
            raise failure(call, f"made the answers of all services more than {self._services.limits.bytes} bytes")

    async def _fetch(self, call: Call) -> Answer:
        begin, status = time.perf_counter(), None
        try:
            answer = await self._services.fetch(call)
            status = answer.status
            self._count(call, answer)
            return answer
        finally:
            self.records.append(CallRecord(call.service, status, time.perf_counter() - begin))
