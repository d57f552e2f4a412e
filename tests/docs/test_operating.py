"""The document names the server's options and limits, with their defaults, and its example of keys is accepted."""

import dataclasses
import re
from pathlib import Path

from serving import applied, apply
from serving.arguments import options, parser
from serving.gateway.limits.request_limits import Limits
from serving.keys import Access, read_keys

TEXT = (Path(__file__).parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")


def test_the_options_are_documented() -> None:
    known = {name for action in parser()._actions for name in action.option_strings} - {"-h", "--help", "--version"}
    rows = [line.split("|")[1] for line in TEXT.splitlines() if line.startswith("| `--")]
    documented = {option for row in rows for option in re.findall(r"--[\w]+", row)}
    assert documented - {"--max_"} == known
    assert f"Default: `{options([]).host}`, `{options([]).port}`" in TEXT


def test_the_command_which_applies_a_schema_is_documented() -> None:
    command = re.search(r"^python -m serving\.apply (.*)$", TEXT, re.MULTILINE)
    assert command
    assert apply.parser().parse_args(command[1].split()) == apply.parser().parse_args(["schema.gql"])
    assert f"`{apply.KEY}`" in TEXT
    assert f"`POST {applied.PATH}`, with the content type `{applied.MEDIA_TYPE}`" in TEXT


def test_the_limits_are_documented() -> None:
    for limit in dataclasses.fields(Limits):
        assert f"| `--max_{limit.name}` | {limit.metadata['what']} | {limit.default} |\n" in TEXT


def test_the_example_of_a_file_of_keys(tmp_path: Path) -> None:
    example = re.search(r"^```text keys\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert example
    path = tmp_path / "keys"
    path.write_text(example[1])
    keys = read_keys(path)
    sent = re.search(r"-H 'X-API-Key: (\w+)'", TEXT)
    assert sent
    assert keys.access(sent[1]) is Access.READ
