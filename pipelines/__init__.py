"""Pipelines which bring listening events into the store, on Apache Beam."""

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipelines.profile_table import profiles as profiles


def _is_news(record: logging.LogRecord) -> bool:
    """Not what Beam says of each optional cloud client that is not installed: who needs one gets an error."""
    return not record.getMessage().startswith(("Failed to import ", "apitools not found"))


for _name in ("apache_beam.io.filesystems", None):
    logging.getLogger(_name).addFilter(_is_news)


def __getattr__(name: str) -> Any:
    """`profiles`, imported when it is asked for."""
    if name != "profiles":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pipelines.profile_table import profiles

    return profiles
