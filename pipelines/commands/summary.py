"""What a command did."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Summary:
    """What was done: the counts of the metrics, and how long it took, in seconds."""

    counts: Mapping[str, int]
    seconds: float
