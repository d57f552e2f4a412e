"""The server's log: a line for what happened, whatever a client sent."""

import logging
import re
import textwrap

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class OneLine(logging.Formatter):
    """Escapes what would end a line or steer a terminal, and indents tracebacks, so that nothing passes for a line."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's name
        """The line of a record."""
        record.message = escape(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: object) -> str:  # noqa: N802  # logging's name
        """A traceback, below its line."""
        lines = super().formatException(ei).splitlines()  # type: ignore[arg-type]  # logging's tuple
        return textwrap.indent("\n".join(map(escape, lines)), "    ")


def escape(text: str) -> str:
    """The text, with its control characters and line separators as Python writes them."""
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)


def begin() -> None:
    """Writes the log of this process to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine(FORMAT))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
