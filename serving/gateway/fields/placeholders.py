"""Texts with `{placeholders}`: what stands for an argument, a field of the object, or a secret."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

PLACEHOLDER = re.compile(r"\{((?:secret\.)?[A-Za-z_]\w*)\}")

SECRET = "secret."  # noqa: S105  # no secret itself
"""With what the names of secrets begin."""

Values: TypeAlias = Mapping[str, Any]
"""What placeholders stand for, by their names."""


class Template(NamedTuple):
    """A text with placeholders: in turn a text and a name, and a text at the end."""

    parts: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "Template":
        """The template that a text is."""
        return cls(tuple(PLACEHOLDER.split(text)))

    @property
    def names(self) -> Sequence[str]:
        """The names of the placeholders."""
        return self.parts[1::2]

    @property
    def only(self) -> str | None:
        """The name of the placeholder that is all of the text, if one is."""
        return self.parts[1] if len(self.parts) == 3 and not self.parts[0] and not self.parts[2] else None

    def rendered(self, texts: Mapping[str, str]) -> str:
        """The text with texts in the place of the placeholders."""
        return "".join(texts[part] if number % 2 else part for number, part in enumerate(self.parts))


def names_in(text: str) -> list[str]:
    """The names of the placeholders in a text."""
    return PLACEHOLDER.findall(text)


def names_in_json(value: Any) -> Iterator[str]:
    """The names of the placeholders in the strings of a JSON value."""
    if isinstance(value, str):
        yield from names_in(value)
    elif isinstance(value, list | dict):
        for item in value if isinstance(value, list) else value.values():
            yield from names_in_json(item)


def render_json(value: Any, values: Values) -> Any:
    """A JSON value whose strings are filled in: one that is a placeholder alone becomes the value as it is."""
    if isinstance(value, list):
        return [render_json(item, values) for item in value]
    if isinstance(value, dict):
        return {name: render_json(item, values) for name, item in value.items()}
    if not isinstance(value, str):
        return value
    template = Template.of(value)
    if template.only:
        return values[template.only]
    return template.rendered({name: "" if values[name] is None else text_of(values[name]) for name in template.names})


def text_of(value: Any) -> str:
    """A value in a URL or a header."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def stray(text: str) -> str | None:
    """What stands in braces in a text and is no placeholder."""
    left = re.search(r"\{[^{}]*\}?|\}", PLACEHOLDER.sub("", text))
    return left[0] if left else None
