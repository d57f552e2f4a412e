"""Which media type a client wants most, of those that an answer can have (RFC 9110, 12.5.1)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
EVENT_STREAM = "text/event-stream"
MULTIPART = "multipart/mixed"
HTML = "text/html"

STREAMS = frozenset({EVENT_STREAM, MULTIPART})
"""What only clients understand that name it: `*/*` does not mean it."""

LONGEST = 500
"""Characters of the header that are looked at."""

_ITEM = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
_PARAMETER = re.compile(r';\s*([^\s=;]+)\s*=\s*(?:"([^"]*)"|([^;\s]*))')


@dataclass(frozen=True)
class MediaRange:
    """One item of a header Accept.

    Attributes:
        name: as `text/html`, `text/*` or `*/*`, in lower case.
        parameters: those of the media type, by their lower-case names.
        quality: from 0, not at all, to 1.
    """

    name: str
    parameters: Mapping[str, str]
    quality: float

    def matches(self, media_type: str) -> int:
        """How specifically it means a media type; 0 if it does not."""
        if self.name == media_type:
            return 3 if _is_meant(self) else 0
        if media_type in STREAMS:
            return 0
        return 2 if self.name == f"{media_type.partition('/')[0]}/*" else int(self.name == "*/*")


def parse_accept(header: str) -> list[MediaRange]:
    """The items of a header Accept, in its order."""
    return [_media_range(item) for item in _ITEM.findall(header[:LONGEST]) if item.strip()]


@lru_cache(1024)
def preferred(header: str, offered: tuple[str, ...]) -> str | None:
    """The media type of most quality; of several the first that is no stream, and then the first of the header.

    Args:
        offered: in the order of the server's own preference, which counts last.
    """
    ranges = parse_accept(header)
    wanted = {}
    for order, media_type in enumerate(offered):
        matching = [(item.matches(media_type), -place) for place, item in enumerate(ranges)]
        specific, place = max(matching, default=(0, 0))
        if specific and (quality := ranges[-place].quality):
            wanted[media_type] = (-quality, media_type in STREAMS, -place, order)
    return min(wanted, key=wanted.__getitem__, default=None)


def _media_range(item: str) -> MediaRange:
    name = item.partition(";")[0].strip().lower()
    parameters = {key.lower(): quoted or plain for key, quoted, plain in _PARAMETER.findall(item)}
    return MediaRange(name, parameters, _quality(parameters.pop("q", "1")))


def _quality(text: str) -> float:
    """What is no number counts as most: it was not left out on purpose."""
    return min(1.0, float(text)) if re.fullmatch(r"\d(\.\d*)?", text) else 1.0


def _is_meant(item: MediaRange) -> bool:
    """Whether parts of a multipart answer would be events of a subscription, and not of `@defer`."""
    return item.name != MULTIPART or "deferspec" not in item.parameters or "subscriptionspec" in item.parameters
