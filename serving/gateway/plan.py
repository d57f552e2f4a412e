"""Answering a query by a plan that was compiled from its text, rather than by visiting each field of each object.

What remains for a request is to copy values, and to read what they refer to, in waves: one read for the keys that are
known from arguments, one for the keys in what came back, and so on. A plan knows the good case only. In any other it
gives up (`Unplanned`), and the ordinary executor answers, with its errors.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from serving.gateway.context import Context
from serving.gateway.groups import Group
from serving.gateway.rest import Endpoint
from serving.gateway.sources import Asked, TopicSource
from store.values import Address, Wanted

Arguments: TypeAlias = Mapping[str, Any]
Data: TypeAlias = dict[str, Any]

MOST_WAVES = 50
"""Of a plan: each level of a query is one at most, so no plan comes near."""


class Unplanned(Exception):  # noqa: N818  # no error: the executor has to answer
    """The ordinary executor has to answer."""


@dataclass(eq=False)
class Pending:
    """A group of which the first wave tells whether it has a value; what is in it is prepared meanwhile."""

    above: "Pending | None"
    null: bool = False
    calls: list["Called"] = field(default_factory=list)


class Read(NamedTuple):
    """A topic's value that is wanted, and where it goes."""

    source: TopicSource
    asked: Asked
    data: Data
    name: str
    complete: "Complete"
    arguments: Arguments
    group: Pending | None


class Called(NamedTuple):
    """A service's answer that is wanted, and where it goes."""

    to: Endpoint
    data: Data
    name: str
    complete: "Complete"
    arguments: Arguments


class Grouped(NamedTuple):
    """A group that may turn out to be null."""

    group: Group
    asked: list[Address | None]
    data: Data
    name: str
    state: Pending


class Wave:
    """What is read at the same time.

    Attributes:
        given: the arguments in the query's text that depend on variables, by their number in the plan.
        group: what the fields belong to that are visited now, if it may turn out to be null.
    """

    def __init__(self, given: Sequence[Arguments]) -> None:
        self.given = given
        self.group: Pending | None = None
        self.reads: list[Read] = []
        self.calls: list[Called] = []
        self.groups: list[Grouped] = []

    def wanted(self) -> list[Wanted]:
        """All that is to be read, with repeats."""
        wanted: list[Wanted] = []
        for asked in (*[read.asked for read in self.reads], *[group.asked for group in self.groups]):
            if isinstance(asked, list):
                wanted.extend(one for one in asked if one is not None)
            elif asked is not None:
                wanted.append(asked)
        return wanted

    def call(self, called: Called) -> None:
        """Calls a service; for a group that may turn out to be null not before it is known."""
        (self.calls if self.group is None else self.group.calls).append(called)

    def fill(self, known: Mapping[Wanted, Any], answers: Sequence[Any], following: "Wave") -> None:
        """Puts what was read where it belongs; what it refers to is wanted in the `following` wave."""
        for group, keys, data, name, state in self.groups:
            state.null = (state.above is not None and state.above.null) or not group.held(_found(keys, known))
            if state.null:
                data[name] = None
            else:
                following.calls += state.calls
        for source, asked, data, name, complete, arguments, pending in self.reads:
            if pending is None or not pending.null:
                data[name] = complete(source.given(asked, _found(asked, known)), arguments, following)
        for called, answer in zip(self.calls, answers, strict=True):
            called.data[called.name] = called.complete(answer, called.arguments, following)


def _found(asked: Any, known: Mapping[Wanted, Any]) -> Any:
    return [known.get(one) for one in asked] if isinstance(asked, list) else known[asked]


Step: TypeAlias = Callable[[Any, Arguments, Data, Wave], None]
"""Puts one field of an object into its data, or sees to it: from the object's value, and the arguments in scope."""

Complete: TypeAlias = Callable[[Any, Arguments, Wave], Any]
"""From a value that was read to what is answered, and to what it refers to."""


@dataclass(frozen=True)
class Plan:
    """How a query is answered.

    Attributes:
        root: prepares the answer.
        given: computes the arguments that depend on variables, from these.
    """

    root: Complete
    given: Callable[[Any], Sequence[Arguments]]

    async def run(self, context: Context, variables: Any) -> Data:
        """The data of the answer.

        Raises:
            Unplanned: it is not the good case. So is any other exception, which the executor will meet, too.
        """
        wave = Wave(self.given(variables))
        data: Data = self.root(None, {}, wave)
        for _ in range(MOST_WAVES):
            if not (wave.reads or wave.calls or wave.groups):
                return data
            following = Wave(wave.given)
            known, answers = await _fetch(context, wave)
            wave.fill(known, answers, following)
            wave = following
        raise Unplanned


async def _fetch(context: Context, wave: Wave) -> tuple[Mapping[Wanted, Any], Sequence[Any]]:
    reading = context.topics.reader.values(wave.wanted(), context.values.trace)
    if not wave.calls:
        return await reading, ()
    known, *answers = await asyncio.gather(reading, *(context.rest(c.to, c.arguments) for c in wave.calls))
    return known, answers
