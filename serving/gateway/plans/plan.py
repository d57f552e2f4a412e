"""Answering a query by a plan that was compiled from its text, rather than by visiting each field of each object.

What remains for a request is to copy values, and to load what the fields ask for, in waves: one read for the keys that
are known from arguments, one for the keys in what came back, and so on. A plan knows the good case only. In any other
it gives up (`Unplanned`), and the ordinary executor answers, with its errors.
"""

import asyncio
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from serving.gateway.context import Context
from serving.gateway.fields.field import GROUP, Arguments, LoadedField
from serving.gateway.services.rest_call import Call, Keyed
from store.values import Wanted

Data: TypeAlias = dict[str, Any]

MOST_WAVES = 50
"""Of a plan: each level of a query is one at most, so no plan comes near."""


class Unplanned(Exception):  # noqa: N818  # no error: the executor has to answer
    """The ordinary executor has to answer."""


@dataclass(eq=False)
class PendingGroup:
    """A group of which the first wave tells whether it is there; what is in it is prepared meanwhile."""

    above: "PendingGroup | None"
    null: bool = False
    calls: list["Load"] = dataclasses.field(default_factory=list)


class Load(NamedTuple):
    """What a field asks for, and where its value goes."""

    field: LoadedField[Any]
    request: Any
    data: Data
    name: str
    complete: "Complete"
    arguments: Arguments
    group: PendingGroup | None


class GroupLoad(NamedTuple):
    """What a group asks for, which may turn out to be null."""

    field: LoadedField[Any]
    request: Any
    data: Data
    name: str
    group: PendingGroup


class Wave:
    """What is loaded at the same time.

    Attributes:
        arguments: those in the query's text that depend on variables, by their number in the plan.
        group: what the fields belong to that are visited now, if it may turn out to be null.
    """

    def __init__(self, arguments: Sequence[Arguments]) -> None:
        self.arguments = arguments
        self.group: PendingGroup | None = None
        self.reads: list[Load] = []
        self.calls: list[Load] = []
        self.groups: list[GroupLoad] = []

    def wanted(self) -> list[Wanted]:
        """All that is to be read, with repeats."""
        wanted: list[Wanted] = []
        for request in (*[load.request for load in self.reads], *[load.request for load in self.groups]):
            if isinstance(request, list):
                wanted.extend(one for one in request if one is not None)
            else:
                wanted.append(request)
        return wanted

    def add(self, load: Load) -> None:
        """Loads a value; calls a service for a group that may turn out to be null not before it is known."""
        if not isinstance(load.request, Call | Keyed):
            self.reads.append(load)
        else:
            (self.calls if load.group is None else load.group.calls).append(load)

    def fill(self, known: Mapping[Wanted, Any], answers: Sequence[Any], following: "Wave") -> None:
        """Puts what was loaded where it belongs; what it refers to is wanted in the `following` wave."""
        for field, request, data, name, group in self.groups:
            absent = field.value(request, _look_up(request, known)) is None
            group.null = absent or (group.above is not None and group.above.null)
            if group.null:
                data[name] = None
            else:
                following.calls += group.calls
        for load in self.reads:
            if load.group is None or not load.group.null:
                _put(load, _look_up(load.request, known), following)
        for load, answer in zip(self.calls, answers, strict=True):
            _put(load, answer, following)


def _look_up(request: Any, known: Mapping[Wanted, Any]) -> Any:
    return [known.get(one) for one in request] if isinstance(request, list) else known[request]


def _put(load: Load, loaded: Any, following: Wave) -> None:
    field, request, data, name, complete, arguments, _ = load
    data[name] = complete(field.value(request, loaded), arguments, following)


Step: TypeAlias = Callable[[Any, Arguments, Data, Wave], None]
"""Puts one field of an object into its data, or sees to it: from the object's value, and the arguments in scope."""

Complete: TypeAlias = Callable[[Any, Arguments, Wave], Any]
"""From a value to what is answered, and to what it refers to."""


@dataclass(frozen=True)
class Plan:
    """How a query is answered.

    Attributes:
        root: prepares the answer.
        arguments: computes those that depend on variables, from these.
    """

    root: Complete
    arguments: Callable[[Any], Sequence[Arguments]]

    async def run(self, context: Context, variables: Any) -> Data:
        """The data of the answer.

        Raises:
            Unplanned: it is not the good case. So is any other exception, which the executor will meet, too.
        """
        wave = Wave(self.arguments(variables))
        data: Data = self.root(GROUP, {}, wave)
        for _ in range(MOST_WAVES):
            if not (wave.reads or wave.calls or wave.groups):
                return data
            following = Wave(wave.arguments)
            known, answers = await _fetch(context, wave)
            wave.fill(known, answers, following)
            wave = following
        raise Unplanned


async def _fetch(context: Context, wave: Wave) -> tuple[Mapping[Wanted, Any], Sequence[Any]]:
    reading = context.topics.reader.values(wave.wanted(), context.values.trace)
    if not wave.calls:
        return await reading, ()
    known, *answers = await asyncio.gather(reading, *(context.rest.fetch(load.request) for load in wave.calls))
    return known, answers
