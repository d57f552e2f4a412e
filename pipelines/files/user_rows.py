"""Writing the histories of users: each row is united with what the store holds of the user, in one atomic step."""

from dataclasses import dataclass

from pipelines.files.event_parser import DELETED, ERASED, EVENTS, columns_of
from pipelines.files.parts import Part
from pipelines.files.spill import Shuffle
from store import Store, layout
from store.histories import deletions
from store.histories.deletions import Deletions
from store.histories.event_set import flat, unite
from store.profiles import union
from store.profiles.definitions import Definitions
from store.profiles.rows import Rows, rows_of


@dataclass(frozen=True)
class UserMerger:
    """Unites the events of a shard of users, computes their rows, and writes them.

    Attributes:
        definitions: the metrics to compute.
        whole: write histories and windows too.
        announce: tell of changed rows in the change feed.
    """

    shuffle: Shuffle
    definitions: Definitions
    whole: bool
    announce: bool

    def unite(self, parts: list[Part]) -> list[Part]:
        """The parts with one part for all events."""
        events, others = _split(parts)
        if not events:
            return others
        columns = flat(unite(columns_of(events, self.shuffle)))
        (handle,) = self.shuffle.put([columns])
        return [Part(min(part.order for part in events), columns.shape[1], True, handle, EVENTS), *others]

    def compute(self, parts: list[Part]) -> tuple[int, Rows, Deletions]:
        """The number of events read, the rows of their users, were they new, and the deletions."""
        events, others = _split(parts)
        columns = columns_of(events, self.shuffle)
        gone = self._deletions(others) if others else deletions.NONE
        if gone and not self.whole:
            columns = deletions.standing(columns, deletions.settled(gone))
        return sum(part.rows for part in events), rows_of(unite(columns), self.definitions, whole=self.whole), gone

    def write(self, store: Store, computed: tuple[int, Rows, Deletions]) -> dict[str, int]:
        """Writes the rows. Whole ones are united with the histories in the store; profiles alone replace."""
        read, rows, gone = computed
        if self.whole:
            union.write(store, rows, gone, announce=self.announce)
        else:
            store.write(layout.USERS, rows)
        counts = {"users": len(rows.events.users), "events": len(rows.events), "repeats": read - len(rows.events)}
        return counts | ({DELETED: gone.taken.shape[1], ERASED: gone.erased.shape[1]} if gone else {})

    def _deletions(self, parts: list[Part]) -> Deletions:
        taken = columns_of([part for part in parts if part.kind == DELETED], self.shuffle)
        erased = columns_of([part for part in parts if part.kind == ERASED], self.shuffle)
        return Deletions(deletions.taken_back(taken), deletions.marks(erased))


def _split(parts: list[Part]) -> tuple[list[Part], list[Part]]:
    """The parts with events, and those with deletions."""
    return [part for part in parts if part.kind == EVENTS], [part for part in parts if part.kind != EVENTS]
