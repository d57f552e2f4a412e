"""Which failures of a runner a stream survives."""

import pytest

from pipelines.runners.watch import FAILURES_SECONDS, MOST_FAILURES, Failures

PANIC = "Pipeline job-001 failed in state FAILED: panic in stage.Execute: nil pointer dereference\ngoroutine 113"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, in seconds, as its last entry."""
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[-1])
    return now


def test_failures_now_and_then_are_survived(clock: list[float], caplog: pytest.LogCaptureFixture) -> None:
    failures = Failures()
    for _ in range(3 * MOST_FAILURES):
        failures.survive(RuntimeError(PANIC))
        clock.append(clock[-1] + FAILURES_SECONDS / (MOST_FAILURES - 1))
    assert {record.getMessage() for record in caplog.records} == {
        f"the runner failed, starting again: {PANIC.replace(chr(10), ' ')}"
    }


def test_failures_one_after_the_other_are_not(clock: list[float]) -> None:
    failures = Failures()
    for _ in range(MOST_FAILURES - 1):
        failures.survive(RuntimeError(PANIC))
        clock.append(clock[-1] + 1)
    with pytest.raises(RuntimeError, match="panic in stage"):
        failures.survive(RuntimeError(PANIC))


@pytest.mark.parametrize(
    "said",
    ["Traceback …\npipelines.errors.PipelineError: topic t was made anew", "KeyError: 7 [while running 'WriteEvents']"],
)
def test_errors_of_ours_are_not(said: str) -> None:
    with pytest.raises(RuntimeError):
        Failures().survive(RuntimeError(said))
