"""Loading what the fields of one request ask for: at the same time is one read of the store, and again is none."""

from typing import Any

from strawberry.dataloader import DataLoader

from serving.gateway.reader import Reader, Trace
from serving.gateway.sources import Asked
from store.values import Wanted


class Loader:
    """The values that one request has read.

    Attributes:
        trace: what was read.
    """

    def __init__(self, reader: Reader) -> None:
        self.trace = Trace()
        self._reader = reader
        self._values: DataLoader[Wanted, Any] = DataLoader(self._load)

    async def load(self, asked: Asked) -> Any:
        """What is asked for; of a list of keys the list of values, with None for those which are null.

        Raises:
            StoreError: the store cannot be read.
        """
        if not isinstance(asked, list):
            return None if asked is None else await self._values.load(asked)
        found = iter(await self._values.load_many([one for one in asked if one is not None]))
        return [None if one is None else next(found) for one in asked]

    def forget(self) -> None:
        """Lets everything be read anew."""
        self._values.clear_all()

    async def _load(self, wanted: list[Wanted]) -> list[Any]:
        known = await self._reader.values(wanted, self.trace)
        return [known[one] for one in wanted]
