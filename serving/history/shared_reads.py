"""Reading the histories of users: who asks for one that is about to be read waits for that read."""

import asyncio
from collections.abc import Sequence

from serving.history.lanes import Lane
from store import Store
from store.layout import USERS, row_key


class SharedReads:
    """Reads packed histories. A read that has begun is not shared: it may not see what was written since."""

    def __init__(self, store: Store, lane: Lane) -> None:
        self._store = store
        self._lane = lane
        self._coming: dict[int, asyncio.Task[Sequence[bytes] | None]] = {}

    async def get(self, user: int) -> Sequence[bytes] | None:
        """The packed months of a user, as they are now; None for an unknown user.

        Raises:
            BusyError: too many reads wait.
            StoreError: the store cannot be read.
        """
        coming = self._coming.get(user)
        if coming is None:
            coming = self._coming[user] = asyncio.ensure_future(self._lane.run(lambda: self._read(user)))
            coming.add_done_callback(lambda done: self._forget(user, done))
        return await asyncio.shield(coming)

    def _read(self, user: int) -> Sequence[bytes] | None:
        self._coming.pop(user, None)
        row = self._store.rows(USERS, [row_key(user)], families=["history"]).get(row_key(user))
        return None if row is None else [cell.value for cell in row]

    def _forget(self, user: int, done: "asyncio.Task[Sequence[bytes] | None]") -> None:
        if self._coming.get(user) is done:
            del self._coming[user]
        if not done.cancelled():
            done.exception()  # who asked may be gone
