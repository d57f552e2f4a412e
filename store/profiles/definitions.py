"""Which metrics a store holds, and how they were defined when they were computed.

What is derived can be derived again: a program that knows other metrics, or the same ones with another length of
charts, serves what fits and computes the rest from the histories when it is read, until `python -m
pipelines.recompute` has brought it. Whoever writes rows writes the metrics that the store has, so that all rows have
the same.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from schemas.metrics import STORED_METRICS, Combine, Metric
from store import layout
from store.interface import Store, StoreError
from store.settings import holds_histories

SETTING = "definitions"
K = 10
"""The length of charts, unless something else is asked for."""


@dataclass(frozen=True)
class Definition:
    """A metric as it is computed.

    Attributes:
        k: the length of its charts; 0 of a metric that is no chart.
    """

    metric: Metric
    k: int = 0

    @property
    def topic(self) -> str:
        return self.metric.topic

    def __str__(self) -> str:
        return self.metric.formula + (f", k={self.k}" if self.k else "")


def define(metric: Metric, k: int = K) -> Definition:
    """A metric with charts of the length k, if it says nothing else itself."""
    return Definition(metric, (metric.k or k) if metric.combine is Combine.TOP_K else 0)


@dataclass(frozen=True)
class Definitions:
    """The definitions of a store's topics, as texts by topic.

    Attributes:
        stored: of the topics that all rows have.
        coming: of those that rows are being given; until all have them they are computed when read.
    """

    stored: Mapping[str, str]
    coming: Mapping[str, str]

    @cached_property
    def written(self) -> tuple[Definition, ...]:
        """What is computed for a row that is written, in the order of the catalogue."""
        texts = {**self.stored, **self.coming}
        return tuple(found for metric in STORED_METRICS if (found := _parse(metric, texts.get(metric.topic))))

    @cached_property
    def served(self) -> Mapping[str, Definition]:
        """By topic what is read from the rows."""
        found = ((m.topic, _parse(m, self.stored.get(m.topic))) for m in STORED_METRICS if m.topic not in self.coming)
        return {topic: definition for topic, definition in found if definition}

    @cached_property
    def k(self) -> int:
        """The length of charts that do not say anything else."""
        lengths = {d.topic: d.k for d in self.written if d.k and d.metric.k is None}
        return next((lengths[topic] for topic in (*self.coming, *lengths) if topic in lengths), K)

    @cached_property
    def fingerprint(self) -> int:
        """64 bits which tell what rows are written with."""
        text = "\n".join(f"{d.topic}: {d}" for d in self.written)
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")

    def missing(self) -> list[str]:
        """The topics that the catalogue has and the store does not, or has otherwise."""
        return [metric.topic for metric in STORED_METRICS if metric.topic not in self.served]


NOTHING = Definitions({}, {})


def _parse(metric: Metric, text: str | None) -> Definition | None:
    """The definition that a text says, if it is one of this metric."""
    if text is None:
        return None
    formula, _, k = text.partition(", k=")
    found = Definition(metric, int(k) if k.isdigit() else 0)
    return found if formula == metric.formula and define(metric, found.k) == found else None


def texts(definitions: Iterable[Definition]) -> dict[str, str]:
    """Definitions as they are kept."""
    return {definition.topic: str(definition) for definition in definitions}


def defaults(k: int = K) -> tuple[Definition, ...]:
    """What a new store has: all metrics of the catalogue."""
    return tuple(define(metric, k) for metric in STORED_METRICS)


def of_catalogue(k: int = K) -> Definitions:
    """The definitions of a new store with charts of the length k."""
    return Definitions(texts(defaults(k)), {})


def read(store: Store) -> Definitions:
    """The definitions of a store; NOTHING if no row was written yet.

    Raises:
        StoreError: the store cannot be read.
    """
    text = store.setting(SETTING)
    return _of_layout_2(store) if text is None else _decoded(text)


def for_writing(store: Store) -> Definitions:
    """The definitions that rows have to be written with; a new store gets those of the catalogue."""
    found = read(store)
    if store.setting(SETTING) is None:  # those of a store from before they were noted are noted now
        found = of_catalogue() if found == NOTHING else found
        write(store, found)
    return found


def fitting(store: Store, k: int | None, *, whole: bool = True) -> Definitions:
    """What a run has to write: the definitions of the store, or those of the catalogue for a new one.

    Args:
        k: the length of charts that is asked for, if any.
        whole: with windows; else the metrics of all time, which replace what an earlier run wrote.

    Raises:
        StoreError: the store has charts of another length.
    """
    found = read(store)
    if found == NOTHING or not whole:
        kept = (d for d in defaults(k or K) if whole or not d.metric.windowed)
        return Definitions(texts(kept), {})
    if k is not None and k != found.k:
        raise StoreError(
            f"store {store.url} has charts of {found.k}: `python -m pipelines.recompute --store {store.url} --k {k}` "
            "gives it others, or use another --store"
        )
    return found


def keep(store: Store, wanted: Definitions) -> None:
    """Notes the definitions of what a run is about to write, unless they are known."""
    if read(store) != wanted:
        write(store, wanted)


def write(store: Store, definitions: Definitions) -> None:
    """Notes what a store's topics are defined as, and makes room for them."""
    windowed = (definition.metric.topic for definition in definitions.written if definition.metric.windowed)
    store.add_families([layout.TALLIES, *windowed])
    store.set_setting(SETTING, json.dumps({"stored": dict(definitions.stored), "coming": dict(definitions.coming)}))


def start(store: Store, wanted: Iterable[Definition], topics: Collection[str]) -> Definitions:
    """Notes that rows are about to be given other definitions of some topics; those of topics no longer known go."""
    found = read(store)
    known = {metric.topic for metric in STORED_METRICS}
    stored = {t: text for t, text in found.stored.items() if t in known}
    coming = {t: text for t, text in found.coming.items() if t in known}
    coming |= {t: text for t, text in texts(wanted).items() if t in topics and stored.get(t) != text}
    begun = Definitions({t: text for t, text in stored.items() if t not in coming}, coming)
    if begun != found:
        write(store, begun)
    return begun


def finish(store: Store, begun: Definitions) -> None:
    """Notes that all rows have the topics that were coming.

    Raises:
        StoreError: somebody else has begun to give them other ones.
    """
    if read(store) != begun:
        raise StoreError(f"the definitions of store {store.url} were changed meanwhile: run the recomputation again")
    if begun.coming:
        write(store, Definitions({**begun.stored, **begun.coming}, {}))


@lru_cache(maxsize=16)
def _decoded(text: str) -> Definitions:
    found = json.loads(text)
    return Definitions(found["stored"], found["coming"])


_LAYOUT_2 = (
    *("counts", "firstlisten", "lastlisten", "topartists", "topalbums", "toptracks"),
    *("topartistsperyear", "topalbumsperyear", "toptracksperyear"),
)
"""The metrics of stores from before definitions were noted, as far as their cells are still those of now; their
settings tell the length of charts."""


def _of_layout_2(store: Store) -> Definitions:
    k = store.setting("k")
    if k is None:
        return NOTHING
    return Definitions(texts(define(metric, int(k)) for metric in STORED_METRICS if metric.topic in _LAYOUT_2), {})


def remark(store: Store, recompute: str) -> str | None:
    """What is to be said of a store with histories that does not have all topics of the catalogue; None of others.

    Args:
        recompute: the command that brings them.
    """
    found = read(store) if holds_histories(store) else NOTHING
    missing = found.missing() if found != NOTHING else []
    if not missing:
        return None
    return (
        f"store {store.url} does not have {', '.join(missing)} yet: computed when read, until `{recompute}` brings them"
    )
