"""The profile as an endpoint written by hand: `python -m tests.bench.peers.profile_fastapi STORE PORT`.

The same two reads, in a thread as ours are, put together by loops, and orjson: as lean as an endpoint gets.
"""

import asyncio
import sys
from typing import Any

import orjson
import uvicorn
from fastapi import FastAPI, Response

from schemas.topics import UNKNOWN_NAME
from schemas.wire import avro
from store import CellKey, open_store
from store.layout import USERS, row_key

STORE = open_store(sys.argv[1])
LONGS = {"totalListenCount": b"counts", "firstListenEvent": b"firstlisten", "lastListenEvent": b"lastlisten"}
CHARTS = {"artist": "artists", "album": "albums", "track": "tracks"}
app = FastAPI()


@app.get("/profile/{user}")
async def profile(user: int) -> Response:
    """The answer of GraphQL, byte for byte."""
    return Response(orjson.dumps({"data": {"getUserProfile": await assembled(user)}}), media_type="application/json")


async def assembled(user: int) -> dict[str, Any]:
    """The profile: its values, then all names at once."""
    columns = [*LONGS.values(), *(b"top" + table.encode() for table in CHARTS.values())]
    cells = [CellKey(USERS, row_key(user), "profile", column) for column in columns]
    found = await asyncio.to_thread(STORE.get, cells)
    answer: dict[str, Any] = {n: avro.decode("long", v or b"") for n, v in zip(LONGS, found[:3], strict=True)}
    charts = {kind: avro.decode("Charts", value or b"")["topK"] for kind, value in zip(CHARTS, found[3:], strict=True)}
    wanted = [CellKey(CHARTS[k], row_key(count["id"]), "item", b"item") for k, top in charts.items() for count in top]
    names = iter(await asyncio.to_thread(STORE.get, wanted))
    for kind, top in charts.items():
        answer[f"{kind}Charts"] = {"topK": [named(kind, count, next(names)) for count in top]}
    return answer


def named(kind: str, count: dict[str, int], data: bytes | None) -> dict[str, Any]:
    """An entry of a chart."""
    item = {"id": count["id"], "name": UNKNOWN_NAME} if data is None else avro.decode("Item", data)
    return {"id": count["id"], kind: item, "countPlays": count["countPlays"]}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[2]), log_level="warning")
