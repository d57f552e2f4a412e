"""What a command is called, by which its user started it, and its version."""

import argparse
import shlex
import sys
from collections.abc import Mapping
from typing import NamedTuple

from console import __version__

NAME = "profiles"
"""The console command, whose first argument names one of the commands."""


class Command(NamedTuple):
    """A command: the module which `python -m` runs, what it does, and an option that it cannot do without."""

    module: str
    help: str
    needs: str | None = None


COMMANDS: Mapping[str, Command] = {
    "load": Command("pipelines.profile", "bring events and names from files into a store"),
    "stream": Command("pipelines.profile", "keep a store up to date with Kafka", needs="--kafka"),
    "rejects": Command("pipelines.rejects", "read again what a stream rejected"),
    "backfill": Command("pipelines.backfill", "bring a range of dates into a store that is in use"),
    "recompute": Command("pipelines.recompute", "derive all again from the histories in a store"),
    "verify": Command("store.verify", "look whether a store holds what follows from its histories"),
    "serve": Command("serving", "serve a store: GraphQL and the website"),
    "apply": Command("serving.apply", "give a running server another schema"),
    "key": Command("serving.make_key", "make an API key"),
    "recommend": Command("serving.recommender", "serve recommendations, as a service of its own"),
    "generate": Command("data.generate", "write a data set of any size"),
    "replay": Command("data.replay", "send a data set to Kafka"),
}
"""The commands of `profiles`, in the order of its help."""


def program(module: str) -> str:
    """How the command that runs was started, without its options: `profiles load`, or else `python -m MODULE`."""
    return sys.argv[0] if _by_name() else f"python -m {module}"


def command_line(module: str, *arguments: str) -> str:
    """What to type to run a module, in the way in which the command that runs was started."""
    names = [f"{NAME} {name}" for name, command in COMMANDS.items() if command.module == module]
    return " ".join([names[0] if _by_name() else f"python -m {module}", *map(shlex.quote, arguments)])


def add_version(parser: argparse.ArgumentParser) -> None:
    """Adds the option --version."""
    parser.add_argument("--version", action="version", version=f"listening-profiles {__version__}")


def _by_name() -> bool:
    return sys.argv[0].startswith(f"{NAME} ")
