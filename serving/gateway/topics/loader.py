"""Loading what the fields of one request ask for: at the same time is one read of the store, and again is none."""

from typing import Any, TypeAlias

from strawberry.dataloader import DataLoader

from serving.gateway.topics.topic_reader import TopicReader, Trace
from store.values import Address, Wanted

TopicRequest: TypeAlias = Wanted | list[Address | None]
"""One thing that is wanted of a topic, or a list of keys, of which some may be null."""


class Loader:
    """The values that one request has read.

    Attributes:
        trace: what was read.
    """

    def __init__(self, reader: TopicReader) -> None:
        self.trace = Trace()
        self._reader = reader
        self._values: DataLoader[Wanted, Any] = DataLoader(self._load)

    async def load(self, request: TopicRequest) -> Any:
        """What is requested; of a list of keys the list of values, with None for those which are null.

        Raises:
            StoreError: the store cannot be read.
        """
        if not isinstance(request, list):
            return await self._values.load(request)
        found = iter(await self._values.load_many([one for one in request if one is not None]))
        return [None if one is None else next(found) for one in request]

    async def _load(self, wanted: list[Wanted]) -> list[Any]:
        known = await self._reader.values(wanted, self.trace)
        return [known[one] for one in wanted]
