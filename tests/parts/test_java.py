"""The lists of jars are those of what the programs ask for."""

from collections.abc import Sequence

import pytest

from tests.parts import flink, java, kafka


@pytest.mark.parametrize(
    ("program", "asked", "without"),
    [(kafka.PROGRAM, kafka.JARS, ()), (flink.PROGRAM, flink.JARS, flink.WITHOUT)],
)
def test_jars_arelisted_anew_when_others_are_asked_for(
    program: str, asked: Sequence[str], without: Sequence[str]
) -> None:
    listed = java.listed(program)
    assert listed[: len(asked)] == [*asked], "list them with `python -m tests.parts.java`"
    names = [jar.rsplit(":", 1)[0] for jar in listed]
    assert len(set(names)) == len(names)
    assert not {*names} & {*without}
