"""A part of a data set again, into a store that is in use: `python -m pipelines.backfill`."""

import argparse
import sys
from collections.abc import Sequence

from console.program import add_version, command_line, program
from data.format import is_id
from pipelines.commands.arguments import add_input_options, midnight, parse, store_url
from pipelines.commands.cli import command
from pipelines.commands.summary import Summary
from pipelines.failures import PipelineError
from store import StoreError, open_store, settings


def parser() -> argparse.ArgumentParser:
    """The options of this command."""
    options = argparse.ArgumentParser(
        prog=program("pipelines.backfill"),
        description="Brings events of a range of dates, and of some users, into a store which already has data, and "
        "computes anew all that follows: events which the store lacks are added, whatever else it holds stays. "
        "It may run while the store is read and written, may be stopped at any time, and may be run again: what is "
        "there already is not written twice.",
        epilog="All other options are Beam's, such as --runner (default: DirectRunner, on this machine).",
        allow_abbrev=False,
    )
    add_version(options)
    add_input_options(options, None)
    options.add_argument(
        "--from", dest="start", type=midnight, metavar="DATE", help="first day, like 2012-03-01, in UTC"
    )
    options.add_argument("--to", dest="end", type=midnight, metavar="DATE", help="the day after the last one, in UTC")
    options.add_argument("--users", type=users, metavar="ID,ID,...", help="only these users")
    return options


def users(text: str) -> frozenset[int]:
    """Ids of users between commas."""
    ids = text.split(",")
    if not all(is_id(user.encode()) for user in ids):
        raise argparse.ArgumentTypeError(f"{text} is not a list of ids like 402,1007")
    return frozenset(map(int, ids))


def main(argv: Sequence[str] | None = None) -> Summary:
    """Runs the job; what `argv` holds is described by `--help`."""
    ours, beam_options = parse(parser(), argv)
    if ours.start is not None and ours.end is not None and ours.start >= ours.end:
        raise PipelineError("--from must be before --to, which is the day after the last one")
    from pipelines.batch import Job, run
    from pipelines.files.event_parser import Selection

    store = store_url(ours)
    _check_data(store)
    job = Job(
        events=ours.events,
        names={},
        store=store,
        rejects=ours.rejects,
        max_rejected=ours.max_rejected,
        selection=Selection(ours.start, ours.end, ours.users),
    )
    return run(job, beam_options)


def _check_data(url: str) -> None:
    """Raises PipelineError if the store has no data yet."""
    try:
        new = settings.is_new(open_store(url))
    except StoreError as error:
        raise PipelineError(str(error)) from error
    if new:
        load = command_line("pipelines.profile", "--store", url)
        raise PipelineError(f"store {url} has no data yet: `{load}` brings it there")


if __name__ == "__main__":
    sys.exit(command(main))
