"""The events of files as columns in memory, for whoever does without a pipeline."""

import logging
from collections.abc import Sequence

from pipelines.failures import PipelineError
from pipelines.files.blocks import blocks, buffer_for, match
from pipelines.files.event_parser import EVENTS, EventParser, columns_of
from pipelines.files.parts import Part
from pipelines.files.spill import InElements
from store.histories.event_set import Columns

MOST_REJECTED = 0.01
"""The share of lines which may be no events."""

_log = logging.getLogger(__name__)


def read_events(patterns: Sequence[str]) -> Columns:
    """All events of files, repeats included: user, artist, album, track, timestamp: int64[5, events].

    Lines that are no events are left out, and a warning tells how many.

    Raises:
        PipelineError: a file is missing or cannot be read, or more than MOST_REJECTED of the lines are no events.
    """
    parser, shuffle = EventParser(shards=1), InElements()
    workspace, parts, lines, rejected = parser.workspace(), [], 0, 0
    for span in match(EVENTS, patterns):
        for block in blocks(span, parser.longest, lambda: buffer_for(parser.longest)):
            parsed = parser.parse(block, span, workspace)
            (handles, order) = shuffle.put([array for *_, array in parsed.parts]), (span.file, block.offset)
            parts += [
                Part(order, rows, wide, handle, EVENTS)
                for (_, rows, wide, _), handle in zip(parsed.parts, handles, strict=True)
            ]
            lines, rejected = lines + parsed.lines, rejected + parsed.rejected
    _judge(patterns, lines, rejected)
    return columns_of(parts, shuffle)


def _judge(patterns: Sequence[str], lines: int, rejected: int) -> None:
    if not rejected:
        return
    found = f"{rejected:,} of {lines:,} lines in {', '.join(patterns)} are no listening events"
    if rejected > MOST_REJECTED * lines:
        raise PipelineError(f"{found}: `python -m pipelines.profile` writes down which and why")
    _log.warning("%s, and are left out", found)
