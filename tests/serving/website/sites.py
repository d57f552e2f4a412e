"""Stores with listeners for the pages, and servers over them."""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from data.format import KINDS, SAMPLE
from pipelines import profile
from schemas.wire import avro
from store import Cell, Store, open_store
from store.histories.event_set import unite
from store.layout import row_key
from store.profiles import union
from tests import oracle
from tests.oracle import Event
from tests.parts.processes import HOST, listening
from tests.store.profiles.samples import columns

LISTENER = 37455511
"""The listener of the sample who listens most."""

HOSTILE = 666
BEYOND = 2**53 + 1
"""A listener whose names are hostile, and one whose id JavaScript's numbers cannot hold."""

HOSTILE_NAMES = (
    '<img src=x onerror="window.hacked=1">',
    "</script><script>window.hacked=2</script>",
    "'\"><svg/onload=window.hacked=3>",
    "javascript:window.hacked=4",
    "${window.hacked=5} {{7*7}}",
    "‮evil‬ עברית العربية",
    "👩‍👩‍👧‍👦 🏳️‍🌈 ﷽",
    "nul\0bell\x07esc\x1b[31m",
    "line\nbreak\ttab",
    "x" * 3000,
)
FIRST_HOSTILE = 900_001
HOSTILE_START = 1_262_347_200
"""2010-01-01T12:00:00Z"""


def sample() -> list[Event]:
    """The events of the sample, each once."""
    return oracle.distinct(oracle.parse(Path(SAMPLE).read_text().splitlines()))


def history(user: int) -> list[Event]:
    """The listens of a listener of the sample."""
    return [event for event in sample() if event.user == user]


def names() -> Mapping[str, Mapping[int, str]]:
    """The names of the sample's items, by kind."""
    return {kind: oracle.names(Path(SAMPLE).with_name(f"LFM-1b_{kind}.txt")) for kind in KINDS}


def hostile_history() -> list[Event]:
    """The listens of HOSTILE: the item of each name is played one time less than the one before."""
    n = len(HOSTILE_NAMES)
    items = [FIRST_HOSTILE + i for i in range(n) for _ in range(n - i)]
    return [Event(HOSTILE, item, item, item, HOSTILE_START + 600 * i) for i, item in enumerate(items)]


def load_sample(url: str) -> None:
    """Loads the sample."""
    with tempfile.TemporaryDirectory() as folder:
        profile.main(["--events", SAMPLE, "--store", url, "--rejects", f"{folder}/rejects.tsv"])


def fill(url: str) -> None:
    """Loads the sample, and adds the two listeners."""
    load_sample(url)
    store = open_store(url)
    listen(store, [*hostile_history(), Event(BEYOND, BEYOND, BEYOND, BEYOND, HOSTILE_START)])
    for kind in KINDS:
        items = [(FIRST_HOSTILE + i, name) for i, name in enumerate(HOSTILE_NAMES)]
        store.write(kind, [(row_key(key), [Cell("item", b"item", _item(key, name))]) for key, name in items])
    store.close()


def listen(store: Store, events: list[Event]) -> None:
    """Adds listens."""
    union.write(store, unite(columns(events)))


def _item(key: int, name: str) -> bytes:
    return avro.encode("Item", {"id": key, "name": name})


@contextmanager
def serving(url: str, port: int, log: Path) -> Iterator[str]:
    """The address of a server that runs until the end of the context."""
    command = [sys.executable, "-m", "serving", "--open", "--store", url, "--host", HOST, "--port", str(port)]
    with listening(command, port, log):
        yield f"http://{HOST}:{port}"
