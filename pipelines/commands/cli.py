"""What the commands have in common: logging, the summary, and errors without a traceback."""

import argparse
import logging
import sys
from collections.abc import Callable, Sequence

from console.program import command_line
from pipelines.commands.summary import Summary
from pipelines.failures import PipelineError, is_plain

EXIT_FAILED = 1


def command(main: Callable[[], Summary]) -> int:
    """Runs a command: its summary goes to the standard output, errors go to the standard error; the exit status."""
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S", level=logging.WARNING, force=True)
    logging.getLogger("pipelines").setLevel(logging.INFO)
    logging.root.handlers[0].addFilter(_is_news)
    try:
        summary = main()
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_FAILED
    print(described(summary, next_step(sys.argv[1:])))
    return 0


def next_step(argv: Sequence[str]) -> str:
    """The command which serves the store that a command with these arguments wrote to."""
    options = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    options.add_argument("--store")
    store = options.parse_known_args(argv)[0].store
    return command_line("serving", *(["--store", store] if store else []))


def _is_news(record: logging.LogRecord) -> bool:
    """Not the traceback of an error which is going to be told without one."""
    return not (record.name.startswith("apache_beam") and is_plain(record.getMessage()))


def described(summary: Summary, following: str) -> str:
    """The summary in words."""
    counts = summary.counts
    users = f" of {counts['users']:,} users" if "users" in counts else ""
    lines = [f"{counts.get('events', 0):,} events{users} in {summary.seconds:.1f} s"]
    lines += [
        f"{counts[name]:,} {text}"
        for name, text in (
            ("repeats", "repeated events left out"),
            ("rejected", "lines rejected"),
            ("unreadable", "messages that are still not read"),
            ("deleted", "listens taken back"),
            ("erased", "erasures of users"),
            ("artists", "names of artists"),
            ("albums", "names of albums"),
            ("tracks", "names of tracks"),
            ("renamed", "items with several names: the smallest was taken"),
        )
        if counts.get(name)
    ]
    return "\n".join([lines[0], *(f"  {line}" for line in lines[1:]), f"Next: {following}"])
