"""Load for a server: connections that are kept open, each with one request at a time."""

import asyncio
import time
from collections.abc import Sequence
from itertools import cycle


async def load(port: int, paths: Sequence[str], connections: int, seconds: float) -> list[float]:
    """The seconds that each request took; raises ValueError for an answer which is none."""
    took: list[float] = []
    following, end = cycle(paths), time.perf_counter() + seconds

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (start := time.perf_counter()) < end:
            writer.write(f"GET {next(following)} HTTP/1.1\r\nhost: recommender\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise ValueError(head.decode())
            await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split(b"\r")[0]))
            took.append(time.perf_counter() - start)
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(connection() for _ in range(connections)))
    return took
