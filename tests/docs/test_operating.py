"""The document names the server's options and limits, with their defaults, and its example of keys is accepted."""

import dataclasses
import re
from pathlib import Path

from serving import applied, apply, make_key
from serving.arguments import options, parser
from serving.gateway.limits.request_limits import Limits
from serving.keys import read_keys
from serving.rights import WRITABLE

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
    access = keys.access(sent[1])
    assert access
    assert access.read


def test_the_tests_of_the_threats_exist() -> None:
    table = TEXT[TEXT.index("## Threats") : TEXT.index("## Production")]
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", table)
    assert len(named) >= len([line for line in table.splitlines() if line.startswith("| ")]) - 1
    for path, name in named:
        assert f"def {name}(" in (Path(__file__).parents[1] / "serving" / path).read_text(encoding="utf-8"), (
            path,
            name,
        )


def test_the_command_which_makes_a_key_is_documented(tmp_path: Path) -> None:
    command = re.search(r"^python -m serving\.make_key (.*) --keys keys.txt$", TEXT, re.MULTILINE)
    assert command
    assert make_key.main([*command[1].split(), "--keys", str(tmp_path / "keys")]) == 0
    for topic in WRITABLE:
        assert f"`{topic}`" in TEXT
