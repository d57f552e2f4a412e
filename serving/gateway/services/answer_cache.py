"""Answers of services that may be given again, as long as the service says (RFC 9111), in bounded memory."""

import time
from collections import OrderedDict
from collections.abc import Mapping

from serving.gateway.services.rest_call import Answer, Call

LONGEST = 3600.0
"""Seconds that an answer is kept at most, whatever the service says."""

REPLAYABLE = 200
REFUSALS = frozenset({"no-store", "no-cache", "private"})


class AnswerCache:
    """Answers by call, the least recently used of which are let go.

    Args:
        size: bytes of bodies that are kept at most.
    """

    def __init__(self, size: int) -> None:
        self._most = size
        self._size = 0
        self._answers: OrderedDict[Call, tuple[float, Answer]] = OrderedDict()

    def get(self, call: Call) -> Answer | None:
        """The answer to a call, if there is one that is still fresh."""
        until, answer = self._answers.get(call, (0.0, None))
        if answer is None:
            return None
        if until <= time.monotonic():
            self._forget(call)
            return None
        self._answers.move_to_end(call)
        return answer

    def put(self, call: Call, answer: Answer, headers: Mapping[str, str]) -> None:
        """Keeps an answer that came with these headers, if they allow it."""
        seconds = freshness(headers) if call.method == "GET" and answer.status == REPLAYABLE else 0.0
        if seconds <= 0 or len(answer.body) > self._most:
            return
        if call in self._answers:
            self._forget(call)
        self._answers[call] = time.monotonic() + min(seconds, LONGEST), answer
        self._size += len(answer.body)
        while self._size > self._most:
            self._forget(next(iter(self._answers)))

    def _forget(self, call: Call) -> None:
        _, answer = self._answers.pop(call)
        self._size -= len(answer.body)


def freshness(headers: Mapping[str, str]) -> float:
    """The seconds that an answer may be given again to anybody; 0 if the service does not say that it may."""
    directives = dict(_directive(part) for part in headers.get("cache-control", "").split(","))
    if REFUSALS & directives.keys() or headers.get("vary", "").strip().lower() not in ("", "accept", "accept-encoding"):
        return 0.0
    said = directives.get("s-maxage", directives.get("max-age", ""))
    return float(_whole(said) - _whole(headers.get("age", ""))) if said else 0.0


def _directive(part: str) -> tuple[str, str]:
    name, _, value = part.strip().partition("=")
    return name.lower(), value.strip('"')


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
