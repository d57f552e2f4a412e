"""Lines which are no listening events, as a damaged file holds them."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

_BLOCK = 1024

_KINDS: tuple[Callable[[list[str]], bytes], ...] = (
    lambda fields: b"",
    lambda fields: "\t".join(fields[:4]).encode(),
    lambda fields: "\t".join([*fields, "1"]).encode(),
    lambda fields: ",".join(fields).encode(),
    lambda fields: "\t".join([*fields[:2], "", *fields[3:]]).encode(),
    lambda fields: "\t".join([*fields[:3], f"-{fields[3]}", fields[4]]).encode(),
    lambda fields: "\t".join([*fields[:4], f"{fields[4]}.5"]).encode(),
    lambda fields: "\t".join([*fields[:4], "yesterday"]).encode(),
    lambda fields: "\t".join([fields[0], f"{fields[1]}O", *fields[2:]]).encode(),
    lambda fields: "\t".join([str(2**63), *fields[1:]]).encode(),
    lambda fields: "\t".join([*fields[:2], fields[2] * 5 + "0" * 20, *fields[3:]]).encode(),
    lambda fields: "\t".join([*fields[:4], f"{fields[4][:5]}\0{fields[4][5:]}"]).encode(),
    lambda fields: "\t".join(fields).encode("utf-16-le"),
    lambda fields: b"\xff\xfe" + fields[0].encode(),
)


def bad_lines(seed: int) -> Iterator[bytes]:
    """Malformed lines with their line ends, without end: wrong columns, letters, signs, too large numbers, NULs."""
    rng = np.random.default_rng([seed, 3])
    while True:
        kinds = rng.integers(0, len(_KINDS), _BLOCK).tolist()
        numbers = rng.integers(1, [50_000_000, 1_000_000, 3_000_000, 9_000_000, 300_000_000], (_BLOCK, 5))
        numbers[:, 4] += 1_108_000_000
        for kind, fields in zip(kinds, numbers.tolist(), strict=True):
            yield _KINDS[kind](list(map(str, fields))) + b"\n"


def bad_places(seed: int, events: int, share: float) -> NDArray[np.int64]:
    """Before which events a malformed line stands, ascending, for that `share` of all lines to be malformed."""
    rng = np.random.default_rng([seed, 4])
    places = rng.integers(0, events + 1, round(events * share / (1 - share)))
    return np.sort(places)
