"""The steps of a plan: what each kind of field does with the value of its object."""

from collections.abc import Callable
from typing import Any, TypeAlias

from graphql import GraphQLField, is_non_null_type

from serving.gateway.directives import RestDirective, TopicDirective
from serving.gateway.groups import group
from serving.gateway.plan import Arguments, Called, Complete, Data, Grouped, Pending, Read, Step, Wave
from serving.gateway.rest import endpoint
from serving.gateway.sources import source
from serving.gateway.values import null

Scope: TypeAlias = Callable[[Arguments, Wave], Arguments]
"""From the arguments in scope to those of a field below."""


def topic_step(
    directive: TopicDirective, given: GraphQLField, name: str, scope: Scope | None, complete: Complete
) -> Step:
    """A field that reads a topic, in the next round of reads."""
    topic = source(directive, given)
    nullable = not is_non_null_type(given.type)

    def step(value: Any, arguments: Arguments, data: Data, wave: Wave) -> None:
        inner = arguments if scope is None else scope(arguments, wave)
        asked = topic.asked(value, inner)
        if asked is None:
            null(nullable=nullable)
        else:
            wave.reads.append(Read(topic, asked, data, name, complete, inner, wave.group))

    return step


def rest_step(
    directive: RestDirective, given: GraphQLField, name: str, scope: Scope | None, complete: Complete
) -> Step:
    """A field that calls a service."""
    to = endpoint(directive, given)

    def step(value: Any, arguments: Arguments, data: Data, wave: Wave) -> None:
        inner = arguments if scope is None else scope(arguments, wave)
        wave.call(Called(to, data, name, complete, inner))

    return step


def member_step(field: GraphQLField, name: str, key: str, scope: Scope | None, complete: Complete) -> Step:
    """A field of the object's value, which a service may leave out where it can be null."""
    required = is_non_null_type(field.type)

    def step(value: Any, arguments: Arguments, data: Data, wave: Wave) -> None:
        found = value[key] if required else value.get(key)
        data[name] = complete(found, arguments if scope is None else scope(arguments, wave), wave)

    return step


def argument_step(name: str, key: str, scope: Scope | None, complete: Complete) -> Step:
    """A field of a group: the argument of the same name."""

    def step(value: Any, arguments: Arguments, data: Data, wave: Wave) -> None:
        inner = arguments if scope is None else scope(arguments, wave)
        data[name] = complete(inner.get(key), inner, wave)

    return step


def group_step(given: GraphQLField, name: str, scope: Scope | None, complete: Complete) -> Step:
    """A field that only groups those below it."""
    grouped = group(given)

    def step(value: Any, arguments: Arguments, data: Data, wave: Wave) -> None:
        inner, outer = arguments if scope is None else scope(arguments, wave), wave.group
        if grouped is not None and grouped.topics:
            wave.group = Pending(outer)
            wave.groups.append(Grouped(grouped, grouped.asked(inner), data, name, wave.group))
        data[name] = complete(None, inner, wave)
        wave.group = outer

    return step
