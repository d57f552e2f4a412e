"""Columns as lines of text."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


class Lines(NamedTuple):
    """Whole lines of text.

    Attributes:
        text: the lines' bytes.
        starts: int32[lines + 1]: where each line starts, and the end.
    """

    text: memoryview
    starts: NDArray[np.int32]


def to_lines(columns: Iterable[Any]) -> Lines:
    """Writes columns (integers, or text without tabs and line ends) side by side, with tabs between."""
    fields = [pa.array(column).cast(pa.string()) for column in columns]
    fields[-1] = pc.binary_join_element_wise(fields[-1], "", "\n")
    lines = pc.binary_join_element_wise(*fields, "\t")
    _, starts, text = lines.buffers()
    bounds = np.frombuffer(starts, np.int32)[: len(lines) + 1] if len(lines) else np.zeros(1, np.int32)
    return Lines(memoryview(text or b"")[: bounds[-1]], bounds)


def interleave(lines: Lines, places: NDArray[np.int64], others: Iterator[bytes]) -> Iterator[memoryview | bytes]:
    """The text with one of the `others` before each line whose number is in `places`, in order."""
    bounds = [0, *lines.starts[places].tolist(), len(lines.text)]
    for number, (start, end) in enumerate(pairwise(bounds)):
        if number:
            yield next(others)
        yield lines.text[start:end]
