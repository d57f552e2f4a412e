"""What the page docs/from-naive-to-fast.md shows: the steps, how they are run, and their code."""

import inspect
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import NamedTuple


class Step(NamedTuple):
    """A step: its title, the module that is run, and what of modules the page shows, as `module:name`."""

    title: str
    module: str
    shown: tuple[str, ...]


_PEERS, _STEPS = "tests.bench.peers.beam_profiles", "tests.docs.steps"
STEPS: Mapping[str, Step] = {
    "naive": Step("1. an element is an event", _PEERS, (f"{_PEERS}:parse", f"{_PEERS}:top", f"{_PEERS}:main")),
    "batches": Step(
        "2. an element is a batch of lines",
        f"{_STEPS}.batches",
        (f"{_STEPS}.batches:by_user", f"{_STEPS}.batches:Profile", f"{_STEPS}.batches:build"),
    ),
    "columns": Step(
        "3. a batch is columns",
        f"{_STEPS}.columns",
        (f"{_STEPS}.columns:parse", f"{_STEPS}.columns:unite", f"{_STEPS}.columns:History"),
    ),
    "shards": Step(
        "4. a key is a shard of users",
        f"{_STEPS}.shards",
        (f"{_STEPS}.shards:by_shard", f"{_STEPS}.shards:show", f"{_STEPS}.shards:build"),
    ),
    "ours": Step("5. compiled kernels: ours", "pipelines.profile", ()),
}

CODE = tuple(name for name, step in STEPS.items() if step.shown)
"""The steps whose code the page shows."""


def command(step: str, events: Path, out: Path) -> list[str]:
    """The command which runs a step; the last one makes a store, the others a file of a line for each user."""
    module = STEPS[step].module
    if step == "ours":
        rejects = str(out.with_name("rejects.tsv"))
        options = ["--events", str(events), "--store", f"lmdb:{out}", "--rejects", rejects, "--only", "profiles"]
        return [sys.executable, "-m", module, *options]
    return [sys.executable, "-m", module, str(events), str(out), *(["drop"] if step == "naive" else [])]


def shown(step: str) -> str:
    """The code that the page shows of a step."""
    parts = (part.partition(":") for part in STEPS[step].shown)
    code = "\n\n".join(inspect.getsource(getattr(import_module(module), name)) for module, _, name in parts)
    return f"```python\n{code}```"
