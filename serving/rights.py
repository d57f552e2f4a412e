"""What a client may do, and how often: `read`, `write`, `write TOPIC ...`, `schema`, `50/second`, `1000000/day`."""

import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from schemas.topics import CATALOGUE

READ, WRITE, SCHEMA = "read", "write", "schema"

WRITABLE = frozenset(name for name, topic in CATALOGUE.items() if topic.given)
"""The topics that can be written; all others follow from them."""

UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}

_RATE = re.compile(rf"([1-9][0-9]{{0,11}})/({'|'.join(UNITS)})")


class RightsError(ValueError):
    """Words that are no rights; says which, and what may be said."""


class Rate(NamedTuple):
    """So many requests in so many seconds."""

    requests: int
    seconds: int


@dataclass(frozen=True)
class Access:
    """What a client may do.

    Attributes:
        name: of its key, or of whom its token is about: what the log calls it.
        read: queries, subscriptions and pages.
        topics: what it may write.
        schema: applying a schema.
        rates: how often it may ask.
        claims: of its token.
        until: seconds since the epoch at which its token ends.
    """

    name: str
    read: bool = False
    topics: frozenset[str] = frozenset()
    schema: bool = False
    rates: tuple[Rate, ...] = ()
    claims: Mapping[str, Any] = field(default_factory=dict, compare=False)
    until: float | None = None

    READ: ClassVar["Access"]
    WRITE: ClassVar["Access"]

    def writes(self, topic: str | None) -> bool:
        """Whether it may write a topic; None stands for what is no topic, such as a service: for that it needs all."""
        return self.topics >= WRITABLE if topic is None else topic in self.topics


Access.READ = Access("anybody", read=True)
Access.WRITE = Access("anybody", read=True, topics=WRITABLE, schema=True)


def access_of(name: str, words: Sequence[str]) -> Access:
    """The access that words give.

    Raises:
        RightsError: one of them gives none, or none gives any.
    """
    said: set[str] = set()
    topics: set[str] = set()
    rates: list[Rate] = []
    rest = deque(words)
    while rest:
        word = rest.popleft()
        if rate := _RATE.fullmatch(word):
            rates.append(Rate(int(rate[1]), UNITS[rate[2]]))
        elif word == WRITE:
            topics |= _named(rest) or WRITABLE
        elif word not in (READ, SCHEMA):
            raise RightsError(_remedy(f"{word!r} is no right"))
        said.add(word)
    if not said & {READ, WRITE, SCHEMA}:
        raise RightsError(_remedy("there is no right"))
    return Access(name, READ in said, frozenset(topics), SCHEMA in said, tuple(rates))


def _named(rest: deque[str]) -> set[str]:
    """Takes the topics which words begin with."""
    named = set()
    while rest and rest[0] in WRITABLE:
        named.add(rest.popleft())
    return named


def _remedy(wrong: str) -> str:
    topics = ", ".join(sorted(WRITABLE))
    return f"{wrong}: write `read`, `write`, `write TOPIC ...` (of {topics}), `schema`, or rates like `50/second`"
