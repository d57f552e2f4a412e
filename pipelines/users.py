"""Writing the histories of users: each row is united with what the store holds of the user, in one atomic step."""

from dataclasses import dataclass

from pipelines.listens import unite_parts
from pipelines.reading import Part
from pipelines.shuffle import Shuffle
from store import Store, layout
from store.profiles import union
from store.profiles.events import flat
from store.profiles.rows import Rows, rows_of


@dataclass(frozen=True)
class UserMerger:
    """Unites the events of a shard of users, computes their rows, and writes them.

    Attributes:
        k: length of the charts.
        whole: write histories and windows too.
        announce: tell of changed rows in the change feed.
    """

    shuffle: Shuffle
    k: int
    whole: bool
    announce: bool

    def unite(self, parts: list[Part]) -> Part:
        """The parts as one part."""
        columns = flat(unite_parts(parts, self.shuffle))
        (handle,) = self.shuffle.put([columns])
        return Part(min(part.order for part in parts), columns.shape[1], True, handle, parts[0].kind)

    def compute(self, parts: list[Part]) -> tuple[int, Rows]:
        """The rows of the users in the parts, were they new, and the number of events read."""
        return sum(part.rows for part in parts), rows_of(unite_parts(parts, self.shuffle), self.k, whole=self.whole)

    def write(self, store: Store, computed: tuple[int, Rows]) -> dict[str, int]:
        """Writes the rows. Whole ones are united with the histories in the store; profiles alone replace."""
        read, rows = computed
        if self.whole:
            union.write(store, rows, self.k, announce=self.announce)
        else:
            store.write(layout.USERS, rows)
        return {"users": len(rows.events.users), "events": len(rows.events), "repeats": read - len(rows.events)}
