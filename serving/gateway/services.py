"""Calls of REST services, by logical host: a service listens at an address, or is an application in this process."""

import asyncio
import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urlsplit

import httpx
from graphql import GraphQLError
from starlette.types import ASGIApp

from serving.gateway.limits import Limits
from serving.gateway.rest import Answer, Call, Endpoint, call, failure, service_of, value

Service: TypeAlias = str | ASGIApp
"""Where a service is: the URL that stands for scheme and host of the schema's, or the application itself."""


class Services:
    """The services which fields with `@rest` call.

    Nothing but the schema and the addresses given here says what is called: there are no proxies from the environment,
    no cookies, and no redirections.
    """

    def __init__(self, services: Mapping[str, Service] | None = None, limits: Limits | None = None) -> None:
        self._services = dict(services or {})
        self._limits = limits or Limits()

    @cached_property
    def _network(self) -> httpx.AsyncBaseTransport:
        return httpx.AsyncHTTPTransport(trust_env=False)

    async def aclose(self) -> None:
        """Ends the connections."""
        await self._network.aclose()

    async def fetch(self, made: Call) -> Answer:
        """The answer to a call.

        Raises:
            GraphQLError: there is none in time, or one that is too long.
        """
        transport, url = self._located(made)
        try:
            async with asyncio.timeout(self._limits.service_seconds):
                return await self._exchange(made, transport, url)
        except TimeoutError:
            raise failure(made, f"did not answer within {self._limits.service_seconds:g} s") from None
        except httpx.TransportError as error:
            raise failure(made, f"cannot be reached ({type(error).__name__})") from None

    async def _exchange(self, made: Call, transport: httpx.AsyncBaseTransport, url: str) -> Answer:
        headers = {"accept": "application/json", "accept-encoding": "identity"}
        if made.body is not None:
            headers["content-type"] = "application/json"
        request = httpx.Request(made.method, url, headers=headers, content=made.body)
        response = await transport.handle_async_request(request)
        try:
            return Answer(response.status_code, await self._body(made, response))
        finally:
            await response.aclose()

    def _located(self, made: Call) -> tuple[httpx.AsyncBaseTransport, str]:
        service = self._services.get(made.service)
        netloc = urlsplit(made.url).netloc
        if isinstance(service, str):
            return self._network, service.rstrip("/") + made.url.partition(netloc)[2]
        if service is not None:
            return httpx.ASGITransport(service), made.url
        name = service_of(made.url)
        if name is None:
            return self._network, made.url
        raise GraphQLError(f"there is no service {name!r}: start the server with --service {name}=URL")

    async def _body(self, made: Call, response: httpx.Response) -> bytes:
        """The body as it is: nobody asked for a compressed one, which could grow without bounds."""
        body = bytearray()
        async for part in response.aiter_raw():
            body += part
            if len(body) > self._limits.service_bytes:
                raise failure(made, f"answered with more than {self._limits.service_bytes} bytes")
        return bytes(body)


class Called(NamedTuple):
    """A call that was made: the service's host, the status of its answer, None if there was none, and seconds."""

    service: str
    status: int | None
    seconds: float


class RestCaller:
    """Calls services for one request: the same call is made once, and so has one answer, or one failure.

    Attributes:
        calls: those that have ended.
    """

    def __init__(self, services: Services) -> None:
        self.calls: list[Called] = []
        self._services = services
        self._made: dict[Call, asyncio.Future[Answer]] = {}

    async def __call__(self, to: Endpoint, arguments: Mapping[str, Any]) -> Any:
        """The value of a field, from its endpoint and the arguments in scope; enum values come as their names.

        Raises:
            GraphQLError: there is none; says why.
        """
        made = call(to, arguments)
        if made not in self._made:
            self._made[made] = asyncio.ensure_future(self._fetch(made))
        return value(to, made, await self._made[made])

    async def _fetch(self, made: Call) -> Answer:
        begin, status = time.perf_counter(), None
        try:
            answer = await self._services.fetch(made)
            status = answer.status
            return answer
        finally:
            self.calls.append(Called(made.service, status, time.perf_counter() - begin))
