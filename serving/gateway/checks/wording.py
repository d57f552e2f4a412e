"""How messages about a schema name what there is to choose from."""

from collections.abc import Iterable

from graphql.pyutils import did_you_mean, suggestion_list

MOST_NAMES = 40
"""Names that a message lists."""

TELLING = 3
"""Characters of a name from which on others may be like it."""


def name_list(names: Iterable[str], prefix: str = "") -> str:
    """Names for a message."""
    listed = [prefix + name for name in sorted(names)]
    return ", ".join([*listed[:MOST_NAMES], *(["…"] if len(listed) > MOST_NAMES else [])])


def choose(name: str, names: Iterable[str], prefix: str = "") -> str:
    """The remedy for a name that there is not: those that it may be a slip of, or else all that there are."""
    given = list(names)
    similar = suggestion_list(name, given) if len(name) >= TELLING else []
    if similar:
        return did_you_mean([prefix + one for one in similar]).strip().replace("Did", "did", 1)
    return f"name one of {name_list(given, prefix)}"
