"""All that follows from the histories in a store, derived again: `python -m pipelines.recompute`."""

import argparse
import difflib
import sys
from collections.abc import Sequence

from console.program import add_version, program
from pipelines.backfill import users
from pipelines.commands.arguments import add_store_option, parse, positive, store_url
from pipelines.commands.cli import command
from pipelines.commands.summary import Summary
from schemas.metrics import METRICS

TOPICS = tuple(metric.topic for metric in METRICS if metric.stored)


def parser() -> argparse.ArgumentParser:
    """The options of this command."""
    options = argparse.ArgumentParser(
        prog=program("pipelines.recompute"),
        description="Derives the topics of all users again from the histories in a store: such as the store does not "
        "have yet, since it is older than they are, or with charts of another length. It may run while the store is "
        "read and written; until it is done, the topics concerned are computed when they are read. It may be "
        "stopped at any time, and started again.",
        epilog="All other options are Beam's, such as --runner (default: DirectRunner, on this machine).",
        allow_abbrev=False,
    )
    add_version(options)
    add_store_option(options)
    options.add_argument(
        "--topics", type=topics, default=TOPICS, metavar="NAME,NAME,...", help="only these topics (default: all)"
    )
    options.add_argument("--users", type=users, metavar="ID,ID,...", help="only these users")
    options.add_argument(
        "--k", type=positive, help="length of the charts from now on (default: that which the store has)"
    )
    return options


def topics(text: str) -> tuple[str, ...]:
    """Names of topics between commas."""
    names = tuple(text.split(","))
    for name in names:
        if name not in TOPICS:
            close = difflib.get_close_matches(name, TOPICS, 1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(TOPICS)}"
            raise argparse.ArgumentTypeError(f"{name} is no topic that rows hold: {hint}")
    return names


def main(argv: Sequence[str] | None = None) -> Summary:
    """Runs the job; what `argv` holds is described by `--help`."""
    ours, beam_options = parse(parser(), argv)
    from pipelines.recomputation import Recomputation, run

    return run(Recomputation(store_url(ours), ours.topics, ours.users, ours.k), beam_options)


if __name__ == "__main__":
    sys.exit(command(main))
