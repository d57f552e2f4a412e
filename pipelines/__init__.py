"""Pipelines which bring listening events into the store, on Apache Beam."""

import logging

# Beam warns at import of each of its optional cloud clients that is not installed. Who needs one gets an error then.
logging.disable(logging.WARNING)
import apache_beam.runners.portability.fn_api_runner  # noqa: E402, F401

logging.disable(logging.NOTSET)
