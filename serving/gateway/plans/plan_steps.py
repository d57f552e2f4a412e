"""The steps of a plan: what is done for a field of an object, by how it comes to its value."""

from collections.abc import Callable
from typing import Any, TypeAlias

from serving.gateway.fields.field import GROUP, Arguments, LoadedField, PresentField
from serving.gateway.plans.plan import Complete, Data, GroupLoad, Load, PendingGroup, Step, Wave

Enter: TypeAlias = Callable[[Arguments, Wave], Arguments]
"""From the arguments in scope to those of a field below."""


def present_step(field: PresentField, name: str, enter: Enter | None, complete: Complete) -> Step:
    """A field whose value is there; a group, too."""

    def step(value: Any, arguments: Arguments, data: Data, wave: Wave) -> None:
        inner = arguments if enter is None else enter(arguments, wave)
        data[name] = complete(field.value(value, inner), inner, wave)

    return step


def load_step(field: LoadedField[Any], name: str, enter: Enter | None, complete: Complete) -> Step:
    """A field whose value is loaded in the next wave."""

    def step(value: Any, arguments: Arguments, data: Data, wave: Wave) -> None:
        inner = arguments if enter is None else enter(arguments, wave)
        request = field.request(value, inner)
        if request is None:
            data[name] = complete(None, inner, wave)
        else:
            wave.add(Load(field, request, data, name, complete, inner, wave.group))

    return step


def group_step(field: LoadedField[Any], name: str, enter: Enter | None, complete: Complete) -> Step:
    """A group that may turn out to be null in the next wave: what is in it is asked for at the same time."""

    def step(value: Any, arguments: Arguments, data: Data, wave: Wave) -> None:
        inner, outer = arguments if enter is None else enter(arguments, wave), wave.group
        wave.group = PendingGroup(outer)
        wave.groups.append(GroupLoad(field, field.request(value, inner), data, name, wave.group))
        data[name] = complete(GROUP, inner, wave)
        wave.group = outer

    return step
