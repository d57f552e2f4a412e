"""What to do about an error of GraphQL itself, where it does not say so."""

import re
from collections.abc import Callable, Iterable, Mapping

from graphql import GraphQLError

from serving.gateway.checks.wording import choose
from serving.gateway.directives.prelude import DEFINITIONS
from serving.gateway.scalars import SCALARS

_OBJECTS = {"Input": "input type", "Output": "object type"}
_REMEDIES: Mapping[str, Callable[..., str]] = {
    r"Unknown type '\w+'\.$": lambda: f"define it, or use one of {', '.join(SCALARS)}",
    r"Unknown directive '@(\w+)'": lambda name: choose(name, DEFINITIONS, "@"),
    r"Unknown argument '\w+' on directive '@(\w+)'\.$": lambda name: f"it has {', '.join(DEFINITIONS[name].args)}",
    r"can be only one|can only be defined once|more than one": lambda: "take one of them out, or rename it",
    r"is required, but it was not provided": lambda: "add it",
    r"Query root type must be provided": lambda: "add type Query, with a field",
    r"must define one or more": lambda: "add one, or take the type out",
    r"(Input|Output) Type but got": lambda kind: f"name a scalar, an enum or an {_OBJECTS[kind]}",
    r"must not begin with '__'": lambda: "rename it",
    r"root type must be Object type": lambda: "name an object type",
    r"invalid default value": lambda: "write one of the argument's type",
    r"@\w+\(\w+:\)": lambda: "write one of the argument's type",
    r"OneOf input field \S+ must be nullable": lambda: "take the ! out",
    r"OneOf input field \S+ cannot have a default": lambda: "take the default out",
    r"cannot be provided a finite value": lambda: "let one of the fields be null",
}


def with_remedies(errors: Iterable[GraphQLError]) -> list[GraphQLError]:
    """Errors which say what to do."""
    return [GraphQLError(_with_remedy(error.message), error.nodes) for error in errors]


def _with_remedy(message: str) -> str:
    for pattern, remedy in _REMEDIES.items():
        found = re.search(pattern, message)
        if found and "?" not in message:
            return f"{message.rstrip('.')}: {remedy(*found.groups())}"
    return message
