"""How the results of an operation are told one after another over HTTP, and that it still goes on."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Protocol

from starlette.responses import StreamingResponse

from serving.gateway.transports.media_types import EVENT_STREAM, MULTIPART

BEAT_SECONDS = 5.0
"""Between signs of life: what is in between, such as a proxy, takes a silent connection for dead."""

HEADERS = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
"""Nothing in between keeps, changes or holds back what is told."""


class Framing(Protocol):
    """What is written around each result, in JSON.

    Attributes:
        media_type: of the whole.
        start, end, beat: what comes first and last, and where nothing was told for a while.
    """

    media_type: str
    start: bytes
    end: bytes
    beat: bytes

    def result(self, body: bytes) -> bytes:
        """A result."""


class EventStream:
    """Server-sent events, as graphql-sse has them in its mode of distinct connections. Lines end with LF."""

    media_type = EVENT_STREAM
    start = b":\n\n"
    beat = b":\n\n"
    end = b"event: complete\ndata: \n\n"

    def result(self, body: bytes) -> bytes:
        """An event `next`."""
        return b"event: next\ndata: %s\n\n" % body


class Multipart:
    """Parts of which each is an event of a subscription, as Apollo's protocol has it. Each is complete at once.

    The line that ends a part also begins the next one: who reads it need not wait for that.
    """

    media_type = f'{MULTIPART};boundary="graphql";subscriptionSpec=1.0'
    start = b"\r\n--graphql"
    beat = b"\r\ncontent-type: application/json\r\n\r\n{}\r\n--graphql"
    end = b"--\r\n"

    def result(self, body: bytes) -> bytes:
        """A part with a payload."""
        return b'\r\ncontent-type: application/json\r\n\r\n{"payload":%s}\r\n--graphql' % body


FRAMINGS: dict[str, Framing] = {EVENT_STREAM: EventStream(), MULTIPART: Multipart()}
"""By the media type that was asked for."""


def streamed(framing: Framing, results: AsyncGenerator[bytes, None]) -> StreamingResponse:
    """The response that tells results until they end, or until the client leaves."""

    async def told() -> AsyncGenerator[bytes, None]:
        yield framing.start
        async with aclosing(_framed(framing, results)) as framed:
            async for chunk in framed:
                yield chunk
        yield framing.end

    return StreamingResponse(told(), headers={**HEADERS, "content-type": framing.media_type})


async def _framed(framing: Framing, results: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(with_beats(results)) as beating:
        async for body in beating:
            yield framing.beat if body is None else framing.result(body)


async def with_beats(
    results: AsyncGenerator[bytes, None], seconds: float = BEAT_SECONDS
) -> AsyncGenerator[bytes | None, None]:
    """The results, and None whenever none came for so many seconds. Ends them if it is closed before."""
    queue: asyncio.Queue[bytes | Exception | None] = asyncio.Queue(1)
    taking = asyncio.create_task(_take(results, queue))
    try:
        while True:
            try:
                found = await asyncio.wait_for(queue.get(), seconds)
            except TimeoutError:
                yield None
                continue
            if found is None:
                return
            if isinstance(found, Exception):
                raise found
            yield found
    finally:
        taking.cancel()
        with suppress(asyncio.CancelledError):
            await taking


async def _take(results: AsyncGenerator[bytes, None], queue: "asyncio.Queue[bytes | Exception | None]") -> None:
    """Puts results into a queue, and None after the last, all in one task: generators may not change it."""
    try:
        async with aclosing(results) as closing:
            async for body in closing:
                await queue.put(body)
    except Exception as error:
        await queue.put(error)
    await queue.put(None)
