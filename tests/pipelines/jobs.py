"""Running the jobs in tests."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random

from pipelines import backfill, profile
from pipelines.commands.summary import Summary
from tests.oracle import Event


def write_events(path: Path, events: Iterable[Event]) -> Path:
    """A file of events."""
    path.write_text("".join("\t".join(map(str, event)) + "\n" for event in events))
    return path


def deletions(folder: Path, taken: Iterable[Event], erased: Iterable[tuple[int, int]]) -> list[str]:
    """The options for events that are taken back, and users erased up to times in seconds."""
    marks = folder / "erased.tsv"
    marks.write_text("".join(f"{user}\t{time}\n" for user, time in erased))
    return ["--deleted", str(write_events(folder / "deleted.tsv", taken)), "--erased", str(marks)]


def random_events(seed: int, n: int = 3000, users: int = 40, years: int = 3) -> list[Event]:
    """Events with repeats, conflicts of album, and several events in a second."""
    random = Random(seed)
    events = [
        Event(
            random.randrange(users) * 1001,
            random.randrange(30),
            random.randrange(60),
            random.randrange(200),
            1_300_000_000 + random.randrange(years * 365) * 86_400 + random.randrange(50),
        )
        for _ in range(n)
    ]
    return (
        events
        + random.sample(events, n // 50)
        + [e._replace(album=e.album + 1) for e in random.sample(events, n // 50)]
    )


def run_profile(events: Path | Sequence[Path], store: str, *options: str) -> Summary:
    """`python -m pipelines.profile` in this process; rejects go beside the first file of events."""
    paths = [events] if isinstance(events, Path) else events
    rejects = paths[0].parent / "rejects.tsv"
    return profile.main(["--events", *map(str, paths), "--store", store, "--rejects", str(rejects), *options])


def run_backfill(events: Path, store: str, *options: str) -> Summary:
    """`python -m pipelines.backfill` in this process."""
    rejects = events.parent / "rejects.tsv"
    return backfill.main(["--events", str(events), "--store", store, "--rejects", str(rejects), *options])
