"""The console command `profiles`: `profiles load` is `python -m pipelines.profile`, and so on.

Modules are imported only when their command runs.
"""

import argparse
import runpy
import sys
from collections.abc import Sequence

from console.program import COMMANDS, NAME, Command, add_version

_ALONE = {"-h", "--help", "--version"}
"""Options which say all that is wanted."""


def parser() -> argparse.ArgumentParser:
    """The parser of the name of a command."""
    made = argparse.ArgumentParser(
        NAME,
        usage=f"{NAME} COMMAND [OPTION ...]",
        description="Real-time customer profiles for a music service, from files and streams.",
        epilog=f"`{NAME} COMMAND --help` tells the options of a command.",
    )
    add_version(made)
    commands = made.add_subparsers(title="commands", metavar="COMMAND ...", dest="command", required=True)
    for name, command in COMMANDS.items():
        commands.add_parser(name, help=command.help, add_help=False)
    return made


def main() -> None:
    """Runs the command that the first argument names, as `python -m` runs its module."""
    name = parser().parse_args(sys.argv[1:2]).command
    command = COMMANDS[name]
    sys.argv = [f"{NAME} {name}", *_complete(command, sys.argv[2:])]
    runpy.run_module(command.module, run_name="__main__")


def _complete(command: Command, given: Sequence[str]) -> list[str]:
    """The arguments, and the option which the command needs, if it is not there: its parser then asks for the value."""
    named = {argument.partition("=")[0] for argument in given}
    return [*given] if command.needs is None or named & {command.needs, *_ALONE} else [*given, command.needs]
