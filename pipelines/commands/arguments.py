"""The options of the jobs: ours are parsed here, all others are Beam's; what neither knows is refused."""

import argparse
import difflib
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from data.format import KINDS
from pipelines.failures import PipelineError
from schemas.wire.message_keys import KEY_FORMATS
from schemas.wire.messages import FORMATS, REGISTERED
from store import DEFAULT_STORE
from store.urls import VARIABLE

if TYPE_CHECKING:  # Beam takes seconds to import, which who asks for --help need not wait for
    from apache_beam.options.pipeline_options import PipelineOptions
    from apache_beam.runners.runner import PipelineRunner

EARLIEST, LATEST = "earliest", "latest"
"""Where a topic begins and ends."""

LOCAL_RUNNERS = ("DirectRunner", "FnApiRunner")
_SAFE_MODE = "in_memory"


def add_input_options(parser: argparse.ArgumentParser, events: Sequence[str] | None) -> None:
    """Adds the options which every job that reads events has; `events` is the default of --events."""
    parser.add_argument(
        "--events",
        nargs="+",
        metavar="PATTERN",
        default=events,
        required=events is None,
        help="files of listening events, or globs of such: plain, .gz or .bz2, on any of Beam's filesystems"
        + ("" if events is None else " (default: the bundled sample)"),
    )
    add_store_option(parser)
    parser.add_argument(
        "--rejects",
        metavar="PATH",
        default="data/rejects.tsv",
        help="receives lines which cannot be used, with the reasons (default: %(default)s)",
    )
    parser.add_argument(
        "--max_rejected",
        type=share,
        default=0.01,
        metavar="SHARE",
        help="stop before anything is written if more than this share of the lines is unusable (default: %(default)s)",
    )


def add_store_option(parser: argparse.ArgumentParser) -> None:
    """Adds the option that names the store."""
    parser.add_argument(
        "--store",
        help=f"lmdb:FOLDER or bigtable://PROJECT/INSTANCE (default: the variable PROFILE_STORE, else {DEFAULT_STORE})",
    )


def add_name_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options for the files of names."""
    for kind in KINDS:
        parser.add_argument(
            f"--{kind}",
            nargs="+",
            metavar="PATTERN",
            help=f"files with the names of {kind} (default: LFM-1b_{kind}*.txt beside the events)",
        )


def add_stream_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options for reading a stream in place of files."""
    parser.add_argument(
        "--kafka",
        metavar="HOST:PORT",
        help="read listening events and names from the topics of this broker instead of files, until SIGTERM",
    )
    parser.add_argument("--topic", default="listeningevents", help="of the events (default: %(default)s)")
    add_message_options(parser)
    parser.add_argument(
        "--max_unreadable",
        type=share,
        default=0.95,
        metavar="SHARE",
        help="stop, and commit nothing, if more than this share of the first messages of a partition cannot be read "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--from",
        dest="begin",
        type=begin,
        default=EARLIEST,
        metavar="TIME",
        help="where a store begins that has read nothing of a topic of events yet: earliest, latest, or a date, in UTC "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--trending_since",
        type=midnight,
        metavar="DATE",
        help="leave out windows of what is trending which began before this day, like 2012-03-01, in UTC "
        "(default: 30 days ago)",
    )
    parser.add_argument(
        "--expansion_service",
        metavar="HOST:PORT",
        help="read through Java's KafkaIO, which this service expands: on runners other than PrismRunner "
        "(default: read in Python)",
    )
    parser.add_argument(
        "--metrics_port",
        type=int,
        metavar="PORT",
        help="serve figures for Prometheus there, or with 0 at any free port (default: nowhere)",
    )


def add_message_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say how messages are written, and how to get at them."""
    parser.add_argument(
        "--kafka_config",
        metavar="FILE",
        help="properties of Kafka's client, such as those of SASL and TLS: lines of name=value; ${NAME} is a variable",
    )
    parser.add_argument("--format", choices=FORMATS, default="json", help="of the messages (default: %(default)s)")
    parser.add_argument(
        "--key_format",
        choices=KEY_FORMATS,
        help="of the keys (default: confluent where --format needs a registry, else long)",
    )
    parser.add_argument("--registry", metavar="URL", help="schema registry, for --format confluent or protobuf")
    parser.add_argument(
        "--latest",
        type=latest,
        metavar="DATE",
        help="reject events after this day, like 2030-01-01, in UTC, or more than a day after `now` "
        "(default: none, and count these)",
    )


def check_registry(ours: argparse.Namespace) -> None:
    """Raises PipelineError if a format needs a schema registry and there is none."""
    if not ours.registry and {ours.format, ours.key_format} & {*REGISTERED}:
        raise PipelineError(f"--format {ours.format} needs the schema registry: name it with --registry URL")


def store_url(ours: argparse.Namespace) -> str:
    """The store which the options, or else the environment, name."""
    return str(ours.store or os.environ.get(VARIABLE) or DEFAULT_STORE)


def midnight(text: str) -> int:
    """The first second of a date, in UTC, since the epoch."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a date like 2012-03-01") from None
    return int(day.timestamp())


def begin(text: str) -> int | str:
    """The first second of a date, in UTC, or `earliest` or `latest`."""
    return text if text in (EARLIEST, LATEST) else midnight(text)


def latest(text: str) -> int | str:
    """The first second of a date, in UTC, or `now`."""
    return text if text == "now" else midnight(text)


def share(text: str) -> float:
    """A share, from 0 to 1."""
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def positive(text: str) -> int:
    """A number above 0."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def parse(parser: argparse.ArgumentParser, argv: Sequence[str] | None) -> tuple[argparse.Namespace, "PipelineOptions"]:
    """Our options and Beam's; exits with a usage message if an option is neither."""
    ours, others = parser.parse_known_args(argv)
    from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions

    beam = argparse.ArgumentParser(add_help=False, allow_abbrev=False, conflict_handler="resolve")
    for options in PipelineOptions.__subclasses__():
        options._add_argparse_args(beam)
    _, unknown = beam.parse_known_args(others)
    # A job server knows options of its own, which Beam asks it for.
    if unknown and not PipelineOptions(others).view_as(PortableOptions).job_endpoint:
        known = [name for p in (parser, beam) for name in p._option_string_actions]
        close = difflib.get_close_matches(unknown[0].partition("=")[0], known, 1)
        parser.error(f"no option {unknown[0]}" + (f": did you mean {close[0]}?" if close else ""))
    return ours, PipelineOptions(others)


def runner(options: "PipelineOptions") -> tuple["PipelineRunner | None", bool]:
    """The runner, or None for the one that Beam chooses by name, and whether it runs in this process.

    Raises:
        PipelineError: the runner is asked to run in a mode which loses data.
    """
    from apache_beam.options.pipeline_options import StandardOptions
    from apache_beam.runners.portability.fn_api_runner import FnApiRunner

    name = options.view_as(StandardOptions).runner or "DirectRunner"
    mode = options.get_all_options().get("direct_running_mode", _SAFE_MODE)
    if name not in LOCAL_RUNNERS:
        return None, False
    if mode != _SAFE_MODE:
        raise PipelineError(f"--direct_running_mode={mode} loses data in this version of Beam: leave the option out")
    return FnApiRunner(), True
