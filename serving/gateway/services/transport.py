"""Calls of REST services, by logical host: a service listens at an address, or is an application in this process."""

import asyncio
import logging
from collections.abc import Mapping
from functools import cached_property
from typing import TypeAlias
from urllib.parse import urlsplit

import httpx
from starlette.types import ASGIApp

from serving.gateway import codes
from serving.gateway.limits.request_limits import Limits
from serving.gateway.services.answer_cache import AnswerCache
from serving.gateway.services.destinations import Destinations, NotListedError, Outside
from serving.gateway.services.rest_call import Answer, Call, failure, service_of

IDEMPOTENT = frozenset({"GET", "PUT", "DELETE"})
"""The methods whose calls may be repeated (RFC 9110, section 9.2.2)."""

PASSING = frozenset({502, 503, 504})
"""Statuses of a service which may answer a moment later."""

RETRIES = (0.05, 0.2)
"""Seconds before a call is repeated, each time."""

log = logging.getLogger("serving.gateway")

Service: TypeAlias = str | ASGIApp
"""Where a service is: the URL that stands for scheme and host of the schema's, or the application itself."""


class Services:
    """The services which fields with `@rest` call.

    Nothing but the schema and the addresses given here says what is called: there are no proxies from the environment,
    no cookies, and no redirections.

    Attributes:
        limits: of the answers.
    """

    def __init__(
        self,
        services: Mapping[str, Service] | None = None,
        limits: Limits | None = None,
        destinations: Destinations | None = None,
    ) -> None:
        self._destinations = destinations or Destinations()
        self._services = dict(services or {})
        self.limits = limits or Limits()
        self._kept = AnswerCache(self.limits.service_cache)

    @cached_property
    def _network(self) -> httpx.AsyncBaseTransport:
        return httpx.AsyncHTTPTransport(trust_env=False)

    @cached_property
    def _outside(self) -> httpx.AsyncBaseTransport:
        return Outside(self._network, self._destinations)

    async def aclose(self) -> None:
        """Ends the connections."""
        await self._network.aclose()

    async def fetch(self, call: Call) -> Answer:
        """The answer to a call.

        Raises:
            GraphQLError: there is none in time, or one that is too long.
        """
        known = self._kept.get(call)
        if known:
            return known
        transport, url = self._locate(call)
        try:
            async with asyncio.timeout(self.limits.service_seconds):
                return await self._persevere(call, transport, url)
        except TimeoutError:
            raise failure(call.service, f"did not answer within {self.limits.service_seconds:g} s") from None
        except httpx.InvalidURL:
            raise failure(call.service, "has no valid URL in the schema") from None
        except NotListedError as error:
            raise failure(call.service, str(error)) from None
        except httpx.TransportError as error:
            raise failure(call.service, f"cannot be reached ({type(error).__name__})") from None

    async def _persevere(self, call: Call, transport: httpx.AsyncBaseTransport, url: str) -> Answer:
        """The answer; a call which may be repeated is, if the service cannot answer just now."""
        for pause in RETRIES if call.method in IDEMPOTENT else ():
            try:
                answer = await self._exchange(call, transport, url)
                if answer.status not in PASSING:
                    return answer
            except NotListedError:
                raise
            except httpx.TransportError as error:
                log.info("service %s is called again: %s", call.service, type(error).__name__)
            await asyncio.sleep(pause)
        return await self._exchange(call, transport, url)

    async def _exchange(self, call: Call, transport: httpx.AsyncBaseTransport, url: str) -> Answer:
        headers = {"accept": "application/json", "accept-encoding": "identity"}
        if call.body is not None:
            headers["content-type"] = "application/json"
        headers |= dict(call.headers)
        request = httpx.Request(call.method, url, headers=headers, content=call.body)
        response = await transport.handle_async_request(request)
        try:
            ours = isinstance(transport, httpx.ASGITransport)
            answer = Answer(response.status_code, await self._body(call, response), ours)
            self._kept.put(call, answer, response.headers)
            return answer
        finally:
            await response.aclose()

    def _locate(self, call: Call) -> tuple[httpx.AsyncBaseTransport, str]:
        service = self._services.get(call.service)
        netloc = urlsplit(call.url).netloc
        if isinstance(service, str):
            return self._network, service.rstrip("/") + call.url.partition(netloc)[2]
        if service is not None:
            return httpx.ASGITransport(service), call.url
        name = service_of(call.url)
        if name is None:
            return self._outside, call.url
        message = f"there is no service {name!r}: start the server with --service {name}=URL"
        raise codes.refusal(message, codes.DOWNSTREAM)

    async def _body(self, call: Call, response: httpx.Response) -> bytes:
        """The body as it is: nobody asked for a compressed one, which could grow without bounds."""
        body = bytearray()
        async for part in response.aiter_raw():
            body += part
            if len(body) > self.limits.service_bytes:
                raise failure(call.service, f"answered with more than {self.limits.service_bytes} bytes")
        return bytes(body)
