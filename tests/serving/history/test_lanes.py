import asyncio
import threading
from collections.abc import Sequence
from functools import partial

import pytest

from serving.history import lanes
from serving.history.lanes import LONG_BYTES, BusyError, Lane, Lanes
from serving.history.shared_reads import SharedReads
from store import Row, Store, open_store
from store.histories.event_set import unite
from store.layout import USERS, row_key
from store.profiles import union
from tests.oracle import Event
from tests.serving.clients import Watched
from tests.serving.listeners import NOBODY, USER
from tests.store.profiles.samples import columns


def test_a_long_answer_does_not_hold_up_a_short_one() -> None:
    async def run() -> None:
        go = threading.Event()
        both = Lanes()
        long = asyncio.create_task(both.of(LONG_BYTES).run(go.wait))
        assert await both.of(LONG_BYTES - 1).run(lambda: "short") == "short"
        assert not long.done()
        go.set()
        assert await long
        both.close()

    asyncio.run(run())


def test_only_so_many_wait_and_who_is_gone_is_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "MOST_WAITING", 2)
    computed: list[int] = []

    async def run() -> None:
        go, lane = threading.Event(), Lane("a test's")

        def compute(number: int) -> None:
            go.wait()
            computed.append(number)

        inside = [asyncio.create_task(lane.run(partial(compute, number))) for number in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            await lane.run(lambda: computed.append(9))
        inside[1].cancel()
        await asyncio.wait([inside[1]])
        go.set()
        await asyncio.wait(inside)
        await lane.run(lambda: computed.append(3))
        lane.close()

    asyncio.run(run())
    assert computed == [0, 2, 3]


class Slow(Watched):
    """A store whose reads of rows wait to be let go."""

    def __init__(self, inner: Store) -> None:
        super().__init__(inner)
        self.began = threading.Semaphore(0)
        self.go = threading.Semaphore(0)
        self.read_rows: list[Sequence[bytes]] = []

    def rows(self, table: str, keys: Sequence[bytes], families: Sequence[str] | None = None) -> dict[bytes, Row]:
        self.read_rows.append(keys)
        self.began.release()
        self.go.acquire()
        return super().rows(table, keys, families)


def test_who_asks_for_what_is_about_to_be_read_waits_for_it(lmdb_url: str) -> None:
    store = open_store(lmdb_url, create=True)
    union.write(store, unite(columns([Event(USER, 1, 2, 3, 4)])))
    slow = Slow(store)

    async def run() -> list[Sequence[bytes] | None]:
        lane = Lane("a test's")
        reads = SharedReads(slow, lane)
        first = asyncio.create_task(reads.get(USER))
        await asyncio.to_thread(slow.began.acquire)
        others = [asyncio.create_task(reads.get(user)) for user in (USER, USER, NOBODY, USER)]
        await asyncio.sleep(0)
        for _ in range(3):
            slow.go.release()
        found = await asyncio.gather(first, *others)
        lane.close()
        return list(found)

    found = asyncio.run(run())
    assert slow.read_rows == [[row_key(USER)], [row_key(USER)], [row_key(NOBODY)]]  # what had begun was not shared
    history = [cell.value for cell in store.rows(USERS, [row_key(USER)], families=["history"])[row_key(USER)]]
    assert found == [history, history, history, None, history]
    store.close()
