from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.rates import Meter
from serving.rights import Access, Rate


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.floats(0, 3), max_size=60), st.integers(1, 5), st.sampled_from([1, 2, 10]))
def test_never_more_than_twice_as_many_in_any_span_and_never_refused_who_keeps_to_it(
    pauses: list[float], requests: int, seconds: int
) -> None:
    clock = Clock()
    meter, access = Meter(clock), Access("a", rates=(Rate(requests, seconds),))
    passed: deque[float] = deque()
    for pause in pauses:
        clock.now += pause
        wait = meter.wait(access)
        recent = sum(clock.now - time < seconds - 1e-6 for time in passed)
        if wait == 0:
            passed.append(clock.now)
            assert recent < 2 * requests
        else:
            assert recent > 0
            clock.now += wait
            assert meter.wait(access) == 0
            passed.append(clock.now)


@pytest.mark.parametrize("requests", [1, 10, 1000])
def test_as_many_at_once_and_then_one_by_one(requests: int) -> None:
    clock = Clock()
    meter, access = Meter(clock), Access("a", rates=(Rate(requests, 10),))
    assert [meter.wait(access) for _ in range(requests)] == [0] * requests
    assert meter.wait(access) == pytest.approx(10 / requests)
    assert meter.wait(Access("b", rates=access.rates)) == 0
    assert meter.wait(Access("c")) == 0
    clock.now += 10 / requests
    assert meter.wait(access) == 0
    assert meter.wait(access) > 0


def test_the_strictest_of_several_rates_counts_and_a_refused_request_counts_for_none() -> None:
    clock = Clock()
    meter, access = Meter(clock), Access("a", rates=(Rate(1, 1), Rate(3, 86400)))
    for _ in range(3):
        assert meter.wait(access) == 0
        assert meter.wait(access) > 0
        clock.now += 1
    assert meter.wait(access) > 20_000
