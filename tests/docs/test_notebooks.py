"""The examples for notebooks run, and say what the oracle says."""

import re
import subprocess
import sys
from pathlib import Path

from data.format import SAMPLE
from tests import oracle

ROOT = Path(__file__).parents[2]
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs/notebooks.md").read_text(), re.MULTILINE | re.DOTALL)


def test_the_examples(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "pipelines.profile"], cwd=tmp_path, check=True, capture_output=True)
    said = subprocess.run(
        [sys.executable, "-c", "\n".join(EXAMPLES)], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout
    with Path(SAMPLE).open() as lines:
        events = oracle.distinct(oracle.parse(lines))
    profiles = oracle.profiles(events)
    most = sorted(profiles, key=lambda user: (-profiles[user]["counts"], user))[:3]
    assert re.findall(r"'userId': (\d+)", said) == list(map(str, most))
    later = oracle.profiles(e for e in events if e.time >= 1_325_376_000)
    assert said.splitlines()[-1] == str([later[user]["counts"] for user in sorted(later)])
