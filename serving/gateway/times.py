"""Points in time and days, as clients write them (RFC 3339), and as the store holds them: in seconds since 1970."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from graphql import GraphQLError, StringValueNode, ValueNode
from graphql.pyutils import inspect

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)

WANTED = {
    "DateTime": "a time with its zone, in whole seconds, is wanted, as 2011-03-13T07:06:40Z",
    "Date": "a day is wanted, as 2011-03-13",
}
FORMS = {
    "DateTime": re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.0+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII),
    "Date": re.compile(r"\d{4}-\d\d-\d\d", re.ASCII),
}
SHOWN = 40
"""Characters of what is no time that messages repeat."""


class Times:
    """One of the two scalars.

    Attributes:
        name: `DateTime` or `Date`, which stands for the first second of a day in UTC.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def parse(self, value: Any) -> int:
        """The seconds of what a client wrote.

        Raises:
            GraphQLError: it is no such time.
        """
        try:
            return self._seconds(value)
        except (TypeError, ValueError, OverflowError):
            found = inspect(value[:SHOWN] if isinstance(value, str) else value)
            raise GraphQLError(f"{self.name} cannot represent {found}: {WANTED[self.name]}") from None

    def parse_literal(self, node: ValueNode, variables: Any = None) -> int:
        """The seconds of a literal in a query.

        Raises:
            GraphQLError: it is no such time.
        """
        return self.parse(node.value if isinstance(node, StringValueNode) else None)

    def text(self, value: Any) -> str:
        """A value of the store or of a service, in seconds or written out, as clients get it.

        Raises:
            GraphQLError: it is no such time.
        """
        whole = isinstance(value, float) and value.is_integer()
        if isinstance(value, bool) or not (isinstance(value, int) or whole):
            value = self.parse(value)
        try:
            found = EPOCH + int(value) * SECOND
        except OverflowError:
            raise GraphQLError(f"{self.name} cannot represent {value} s since 1970: years are 1 to 9999") from None
        return found.date().isoformat() if self.name == "Date" else found.isoformat().replace("+00:00", "Z")

    def _seconds(self, value: Any) -> int:
        if not FORMS[self.name].fullmatch(value):
            raise ValueError
        text = f"{value}T00:00:00Z" if self.name == "Date" else value
        return (datetime.fromisoformat(text.upper()) - EPOCH) // SECOND


TIMES = {name: Times(name) for name in WANTED}
