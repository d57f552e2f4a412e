"""Following the changes of users' rows, for any number of subscribers: the store is asked while there is one."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from serving.gateway import codes
from store import Store, StoreError
from store.changes import Follower, UserChange

log = logging.getLogger("serving.gateway")

POLL_SECONDS = 0.2
"""Between two looks at the change feed."""

MOST_WAITING = 1000
"""Changes that may wait for a subscriber; one that lets more wait is told so, and ended."""


AT_ONCE = 4
"""Subscribers that are woken before the event loop turns to others."""

CALM_SECONDS = 0.001
"""A turn of the event loop in which there was little to do."""

MOST_TURNS = 20
"""Of the event loop, which may have much to do for others."""


async def _calm() -> None:
    """Waits until those who were woken are answered, as a rule."""
    for _ in range(MOST_TURNS):
        begin = time.monotonic()
        await asyncio.sleep(0)
        if time.monotonic() - begin < CALM_SECONDS:
            return


@dataclass(eq=False)
class Subscriber:
    """One who follows the changes of a user, or of all.

    Attributes:
        waiting: the changes not yet taken.
        lost: whether there were too many of them.
    """

    user: int | None
    waiting: list[UserChange] = field(default_factory=list)
    lost: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, changes: Sequence[UserChange]) -> bool:
        """Adds changes to those that wait; whether there are any for this subscriber."""
        mine = [change for change in changes if self.user in (None, change.user)]
        if not mine:
            return False
        self.lost = self.lost or len(self.waiting) + len(mine) > MOST_WAITING
        if not self.lost:
            self.waiting += mine
        self.news.set()
        return True

    async def take(self) -> Sequence[UserChange]:
        """The changes since the last call, as soon as there are any.

        Raises:
            GraphQLError: there are too many.
        """
        await self.news.wait()
        self.news.clear()
        if self.lost:
            message = f"more than {MOST_WAITING} changes wait to be taken: subscribe again, and take them faster"
            raise codes.refusal(message, codes.TOO_MANY)
        taken, self.waiting = self.waiting, []
        return taken


class Feed:
    """The changes of a store, from one look at it for all subscribers."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._subscribers: set[Subscriber] = set()
        self._following: asyncio.Task[None] | None = None

    @property
    def subscribers(self) -> int:
        """How many there are."""
        return len(self._subscribers)

    @asynccontextmanager
    async def follow(self, user: int | None) -> AsyncIterator[Subscriber]:
        """A subscriber to the changes of a user, or of all, until the end of the context."""
        subscriber = Subscriber(user)
        self._subscribers.add(subscriber)
        if self._following is None:
            self._following = asyncio.create_task(self._follow())
        try:
            yield subscriber
        finally:
            self._subscribers.discard(subscriber)
            if not self._subscribers:
                await self._stop()

    async def _stop(self) -> None:
        following, self._following = self._following, None
        if following is not None:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following

    async def _hand_out(self, changes: Sequence[UserChange]) -> None:
        """Offers changes to the subscribers, a few at a time, so that others get their turn, however many these are."""
        woken = 0
        for subscriber in [*self._subscribers]:
            woken += subscriber.offer(changes)
            if woken == AT_ONCE:
                await _calm()
                woken = 0

    async def _follow(self) -> None:
        """Hands out what appears in the change feed. While the store cannot be read, nothing does."""
        follower: Follower | None = None
        failed = False
        while True:
            try:
                if follower is None:
                    follower = await asyncio.to_thread(Follower, self._store)
                changes = await asyncio.to_thread(follower.read)
                failed = False
            except StoreError:
                if not failed:
                    log.exception("changes cannot be followed at present")
                failed, changes = True, []
            if changes:
                await self._hand_out(changes)
            await asyncio.sleep(POLL_SECONDS)
