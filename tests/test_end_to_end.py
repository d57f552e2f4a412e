"""From files to GraphQL: every profile equals the oracle's, with all names, on both homes of the store."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data import generate
from data.format import KINDS, SAMPLE, siblings
from schemas import DEFAULT_SCHEMA
from schemas.topics import UNKNOWN_NAME
from serving.app import create_app
from store import open_store
from tests import lfm, oracle
from tests.pipelines.jobs import run_profile
from tests.serving.clients import Watched, ask

QUERY = """query ($userId: Long!) { getUserProfile(userId: $userId) {
    totalListenCount firstListenEvent lastListenEvent
    artistCharts { topK { id countPlays artist { id name } } }
    albumCharts { topK { id countPlays album { id name } } }
    trackCharts { topK { id countPlays track { id name } } }
} }"""


def bundled(_: Path) -> Path:
    return Path(SAMPLE)


def real(_: Path) -> Path:
    return lfm.sample()


def generated(folder: Path) -> Path:
    """Events in order of time, with malformed lines, repeats, conflicts and ids without a name."""
    generate.main(["--events", "30_000", "--seed", "7", "--order", "time", "--bad", "0.005", str(folder)])
    return folder / "LFM-1b_LEs.txt"


def served(profile: dict[str, Any], names: dict[str, dict[int, str]]) -> dict[str, Any]:
    """What the GraphQL query shall answer for a user of the oracle."""
    answer = {
        "totalListenCount": profile["counts"],
        "firstListenEvent": profile["firstlisten"],
        "lastListenEvent": profile["lastlisten"],
    }
    for kind in KINDS:
        item = kind.removesuffix("s")
        chart = [
            {**count, item: {"id": count["id"], "name": names[kind].get(count["id"], UNKNOWN_NAME)}}
            for count in profile[f"top{kind}"]["topK"]
        ]
        answer[f"{item}Charts"] = {"topK": chart}
    return answer


@pytest.mark.parametrize("make", [bundled, real, generated])
def test_every_profile_equals_the_oracle(make: Callable[[Path], Path], store_url: str, tmp_path: Path) -> None:
    events = make(tmp_path)
    run_profile(events, store_url, "--rejects", str(tmp_path / "rejects.tsv"))
    expected = oracle.profiles(oracle.parse(line for line in events.read_bytes().split(b"\n") if oracle.is_valid(line)))
    names = {kind: oracle.names(Path(str(path))) for kind, path in siblings(str(events)).items()}
    store = Watched(open_store(store_url))
    app = create_app(DEFAULT_SCHEMA, store)
    for user, profile in expected.items():
        store.reads.clear()
        assert ask(app, QUERY, {"userId": user}) == {"data": {"getUserProfile": served(profile, names)}}
        assert len(store.reads) == 2
    assert ask(app, QUERY, {"userId": max(expected) + 1}) == {"data": {"getUserProfile": None}}
    unknown = {count["id"] for p in expected.values() for k in KINDS for count in p[f"top{k}"]["topK"]}
    assert make is not generated or unknown - set().union(*names.values())
    store.close()
