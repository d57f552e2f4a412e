"""Profiles of users from files of listening events: `python -m pipelines.profile`."""

import argparse
import logging
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.program import add_version, program
from data.format import KINDS, SAMPLE, siblings, spellings
from pipelines.commands.arguments import (
    add_input_options,
    add_name_options,
    add_stream_options,
    check_registry,
    parse,
    positive,
    store_url,
)
from pipelines.commands.cli import command
from pipelines.commands.summary import Summary
from pipelines.failures import PipelineError

if TYPE_CHECKING:
    from apache_beam.options.pipeline_options import PipelineOptions

_log = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    """The options of this command."""
    options = argparse.ArgumentParser(
        prog=program("pipelines.profile"),
        description="Reads listening events in the format of LFM-1b and brings the profile of every user into a store: "
        "counts, first and last listen, charts, plays per day, charts per month and year, and the history itself. "
        "What the store already holds is united with the events: repeats and order do not matter.",
        epilog="All other options are Beam's, such as --runner (default: DirectRunner, on this machine).",
        allow_abbrev=False,
    )
    add_version(options)
    add_input_options(options, [SAMPLE])
    add_name_options(options)
    options.add_argument(
        "--deleted", nargs="+", metavar="PATTERN", help="files in the format of events: listens which were taken back"
    )
    options.add_argument(
        "--erased",
        nargs="+",
        metavar="PATTERN",
        help="files of lines `user TAB seconds`: all listens of the user up to that time are erased, for ever",
    )
    options.add_argument("--k", type=positive, help="length of the charts of a new store (default: 10)")
    options.add_argument(
        "--only",
        choices=["profiles"],
        help="leave out histories, windows and names; replaces what an earlier such run wrote",
    )
    add_stream_options(options)
    options.add_argument(
        "--shards", type=positive, help="number of shards of users (default: by the size of the input)"
    )
    return options


def main(argv: Sequence[str] | None = None) -> Summary:
    """Runs the job; what `argv` holds is described by `--help`."""
    ours, beam_options = parse(parser(), argv)
    return _stream(ours, beam_options) if ours.kafka else _load(ours, beam_options)


def _load(ours: argparse.Namespace, beam_options: "PipelineOptions") -> Summary:
    from pipelines.batch import Job, run
    from pipelines.files.event_parser import DELETED, ERASED

    job = Job(
        events=ours.events,
        names={} if ours.only else _names(ours),
        store=store_url(ours),
        rejects=ours.rejects,
        max_rejected=ours.max_rejected,
        k=ours.k,
        whole=ours.only is None,
        shards=ours.shards,
        deletions={kind: patterns for kind in (DELETED, ERASED) if (patterns := getattr(ours, kind))},
    )
    return run(job, beam_options)


def _stream(ours: argparse.Namespace, beam_options: "PipelineOptions") -> Summary:
    from pipelines import stream
    from pipelines.kafka.decoding import Format

    if ours.only:
        raise PipelineError("--only profiles leaves out the histories, which a stream needs: leave the option out")
    check_registry(ours)
    streamed = stream.Stream(
        kafka=ours.kafka,
        topic=ours.topic,
        format=Format(ours.format, ours.registry, ours.key_format, ours.latest, ours.max_unreadable),
        store=store_url(ours),
        k=ours.k,
        trending_since=ours.trending_since,
        expansion_service=ours.expansion_service,
        metrics_port=ours.metrics_port,
        begin=ours.begin,
        properties=ours.kafka_config,
    )
    return stream.run(streamed, beam_options)


def _names(ours: argparse.Namespace) -> dict[str, Sequence[str]]:
    """The files of names: those named, or those which lie beside the events."""
    names: dict[str, Sequence[str]] = {}
    for kind in KINDS:
        named = getattr(ours, kind)
        beside = {path for events in ours.events if (path := _beside(kind, events))}
        if named or beside:
            names[kind] = named or sorted(beside)
        else:
            _log.warning("no names of %s: there is no such file beside the events; name it with --%s", kind, kind)
    return names


def _beside(kind: str, events: str) -> str | None:
    from pipelines.files.blocks import exists

    sibling = siblings(events)[kind]
    return next(filter(exists, spellings(sibling)), None) if sibling else None


if __name__ == "__main__":
    sys.exit(command(main))
