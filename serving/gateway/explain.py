"""How a query was answered, for clients that want to know: what was read, how long it took, and of when the data is."""

from collections.abc import Mapping, Sequence
from typing import Any

from serving.gateway.context import Context
from serving.gateway.services.caller import CallRecord
from serving.gateway.topics.topic_reader import Trace

HEADER = "x-explain"
EXTENSION = "explain"
"""The request's header, or extension, that asks for it; also the extension of the answer that holds it."""


def is_wanted(extensions: Mapping[str, Any] | None, context: Context | None) -> bool:
    """Whether a request asks for an explanation."""
    headers = context.request.headers if context and context.request else {}
    return bool((extensions or {}).get(EXTENSION)) or headers.get(HEADER, "").lower() in ("1", "true")


def explanation(trace: Trace, calls: Sequence[CallRecord], *, planned: bool, seconds: float) -> dict[str, Any]:
    """The extension of the answer.

    Args:
        trace: what was read.
        calls: of services.
        planned: whether a plan answered, rather than the ordinary executor.
        seconds: that it took.
    """
    return {
        EXTENSION: {
            "answeredBy": "plan" if planned else "executor",
            "ms": _milliseconds(seconds),
            "reads": [
                {"keys": dict(sorted(r.keys.items())), "computed": [*r.computed], "ms": _milliseconds(r.seconds)}
                for r in trace.reads
            ],
            "calls": [
                {"service": call.service, "status": call.status, "ms": _milliseconds(call.seconds)} for call in calls
            ],
            "cachedNames": trace.cached,
            "asOf": trace.as_of,
        }
    }


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)
