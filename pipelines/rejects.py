"""Messages that a stream rejected, read again with another format: `python -m pipelines.rejects TOPIC`."""

import argparse
import sys
import time
from collections.abc import Sequence

from console.program import add_version, program
from pipelines.commands.arguments import add_message_options, add_store_option, check_registry, store_url
from pipelines.commands.cli import command
from pipelines.commands.summary import Summary
from pipelines.failures import plain_errors


def parser() -> argparse.ArgumentParser:
    """The options of this command."""
    options = argparse.ArgumentParser(
        prog=program("pipelines.rejects"),
        description="Reads the listening events again which a stream rejected, as another format, and brings them into "
        "the store. They stay in the topic of rejects, and may be read any number of times.",
        allow_abbrev=False,
    )
    add_version(options)
    options.add_argument("topic", metavar="TOPIC", help="of the events; its rejects are in TOPIC.rejects")
    options.add_argument("--kafka", required=True, metavar="HOST:PORT", help="the broker")
    add_message_options(options)
    add_store_option(options)
    return options


def main(argv: Sequence[str] | None = None) -> Summary:
    """Runs the command; what `argv` holds is described by `--help`."""
    ours = parser().parse_args(argv)
    check_registry(ours)
    from pipelines.kafka.client import Cluster
    from pipelines.kafka.decoding import Format
    from pipelines.kafka.rejects_reader import read_again
    from store import open_store

    begun, store = time.monotonic(), store_url(ours)
    with plain_errors():
        open_store(store)
        cluster = Cluster(ours.kafka, "profiles-rejects", ours.kafka_config)
        cluster.check()
        form = Format(ours.format, ours.registry, ours.key_format, ours.latest)
        form.check()
        written, left = read_again(cluster, ours.topic, form, store)
    return Summary({"events": written, "unreadable": left}, time.monotonic() - begun)


if __name__ == "__main__":
    sys.exit(command(main))
