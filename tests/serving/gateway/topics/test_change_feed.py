import asyncio
import time

from serving.gateway.topics.change_feed import AT_ONCE, Feed
from store import Store
from store.changes import UserChange, write

SUBSCRIBERS = 300


def test_others_get_their_turn_while_many_subscribers_are_told(store: Store) -> None:
    """Between two turns of a bystander only a few subscribers are answered."""
    told = 0

    async def run() -> list[int]:
        feed, ready = Feed(store), asyncio.Semaphore(0)

        async def follow() -> None:
            nonlocal told
            async with feed.follow(None) as subscriber:
                ready.release()
                await subscriber.take()
                work = time.perf_counter() + 0.002
                while time.perf_counter() < work:
                    pass
                told += 1

        following = [asyncio.create_task(follow()) for _ in range(SUBSCRIBERS)]
        for _ in following:
            await ready.acquire()
        turns = []
        while told < SUBSCRIBERS:
            before = told
            await asyncio.sleep(0)
            turns.append(told - before)
            if not told:
                await asyncio.to_thread(write, store, [UserChange(5, str(len(turns)).encode(), b"")])
        await asyncio.gather(*following)
        return turns

    assert max(asyncio.run(run())) <= 2 * AT_ONCE
