"""The commands of the document of streaming run, and its figures are those that are served."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from data.format import SAMPLE
from pipelines.kafka.figures import FIGURES
from store import open_store
from tests import oracle, prove, stored
from tests.parts.streams import STOP_SECONDS, streaming

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/streaming.md").read_text()
ADDRESS = "localhost:9092"


def commands() -> list[list[str]]:
    """The commands in code blocks, without `python`."""
    blocks = re.findall(r"^```\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
    return [line.split()[1:] for block in blocks for line in block.splitlines() if line.startswith("python ")]


def test_the_sample_is_replayed_and_streamed(empty_kafka: str, lmdb_url: str, tmp_path: Path) -> None:
    replay, profile, _ = commands()
    replayed = [part.replace(ADDRESS, empty_kafka) for part in replay]
    subprocess.run([sys.executable, *replayed], cwd=ROOT, check=True, capture_output=True)
    assert profile == ["-m", "pipelines.profile", "--kafka", ADDRESS]
    with streaming(empty_kafka, lmdb_url, tmp_path / "log") as stream:
        stream.wait_until_caught_up()
        assert stream.stop() < STOP_SECONDS
    with Path(SAMPLE).open() as lines:
        assert stored.profiles(open_store(lmdb_url)) == oracle.profiles(oracle.parse(lines))


def test_the_proof_holds(capsys: pytest.CaptureFixture[str]) -> None:
    *_, documented = commands()
    assert documented == ["-m", "tests.prove", "[DIR]"]
    assert prove.main(["--kills", "1"]) == 0
    *digests, verdict = capsys.readouterr().out.splitlines()[-4:]
    assert [line.split()[0] for line in digests] == ["batch", "stream", "replay"]
    assert len({line.split()[1] for line in digests}) == 1
    assert verdict == "equal"


def test_the_figures_are_documented() -> None:
    served = {
        f"{metric.name}_total" if metric.type == "counter" else metric.name for metric in FIGURES.registry.collect()
    }
    assert served == set(re.findall(r"^\| `(profiles_\w+)", DOCUMENT, re.MULTILINE))


def test_the_dashboard_shows_all_figures_and_no_others() -> None:
    """A histogram is shown by its buckets."""
    dashboard = json.loads((ROOT / "docs/grafana.json").read_text())
    asked = {target["expr"] for panel in dashboard["panels"] for target in panel["targets"]}
    shown = {name.removesuffix("_bucket") for expr in asked for name in re.findall(r"profiles_\w+", expr)}
    assert shown == set(re.findall(r"^\| `(profiles_\w+)", DOCUMENT, re.MULTILINE))
    legends = " ".join(target["legendFormat"] for panel in dashboard["panels"] for target in panel["targets"])
    labels = set(re.findall(r"{(\w+)}", legends))
    assert labels <= {"topic", "partition", "instance"}
