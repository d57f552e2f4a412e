"""What goes wrong in a pipeline, said to its user."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from store import StoreError


class PipelineError(Exception):
    """The job cannot go on; says what is wrong and the remedy."""


_KNOWN = re.compile(
    r"^(?:[\w.]+\.)?(?:PipelineError|StoreError|StoreAwayError): (.*?)(?: \[while running .*)?$", re.MULTILINE
)


def is_plain(text: str) -> bool:
    """Whether a runner's message is about an error of ours."""
    return _KNOWN.search(text) is not None or " [while running " in text


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turns errors of ours which a runner has wrapped into its own back to PipelineError, without the traceback."""
    try:
        yield
    except (PipelineError, StoreError) as error:
        raise PipelineError(_without_step(str(error))) from error
    except Exception as error:
        messages = _KNOWN.findall(str(error))
        if not messages:
            raise
        raise PipelineError(messages[-1]) from error


def _without_step(message: str) -> str:
    return re.sub(r" \[while running .*", "", message, flags=re.DOTALL)
