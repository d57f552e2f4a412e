"""The format of the data set: names of its files, and which files belong together. See README.md here."""

from pathlib import Path

EVENTS = "LFM-1b_LEs"
KINDS = ("artists", "albums", "tracks")
"""The kinds of items; each has a file of names."""

_MOST_DIGITS = 19

SUFFIX = ".txt"
COMPRESSIONS = ("", ".gz", ".bz2")

SAMPLE = str(Path(__file__).parent / "sample" / f"{EVENTS}{SUFFIX}")
"""The events of the bundled sample."""


def is_id(text: bytes) -> bool:
    """Whether text is a number of at most 19 digits, and below 2**63."""
    return text.isdigit() and len(text) <= _MOST_DIGITS and int(text) < 1 << 63


def items_file(kind: str) -> str:
    """The name of the file with the names of the `kind` artists, albums or tracks."""
    return f"LFM-1b_{kind}{SUFFIX}"


def siblings(events_pattern: str) -> dict[str, str | None]:
    """The files of names which belong to a file of events: in its folder, with the same ending.

    Args:
        events_pattern: path, URL or pattern of events, such as `gs://bucket/LFM-1b_LEs-sample.txt.gz`.

    Returns:
        For each kind of items the path, whether or not it exists (see also `spellings`); None if the events are not
        called `LFM-1b_LEs<anything>`.
    """
    folder, slash, name = events_pattern.rpartition("/")
    if not name.startswith(EVENTS):
        return dict.fromkeys(KINDS)
    return {kind: f"{folder}{slash}LFM-1b_{kind}{name.removeprefix(EVENTS)}" for kind in KINDS}


def spellings(path: str) -> tuple[str, ...]:
    """The path, then the same file compressed in other ways or not at all."""
    plain = path
    for compression in COMPRESSIONS[1:]:
        plain = plain.removesuffix(compression)
    return tuple(dict.fromkeys([path, *(plain + compression for compression in COMPRESSIONS)]))
