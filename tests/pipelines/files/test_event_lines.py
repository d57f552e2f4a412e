"""Parsing events: every valid line becomes a row, every other line is reported, whatever the bytes."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.files.event_lines import MOST_DIGITS, PADDING, most_rows, parse_events, why_bad

LARGEST = 2**63 - 1


def parsed(text: bytes, room_for_bad: int = 1000) -> tuple[list[tuple[int, ...]], list[tuple[int, bytes]]]:
    """Rows, and (number, text) of bad lines."""
    buffer = np.frombuffer(text + b"9" * PADDING, np.uint8)
    columns = np.empty((5, most_rows(len(text))), np.int64)
    bad = np.empty((room_for_bad, 3), np.int64)
    position, row, line, found = 0, 0, 1, []
    while position < len(text):
        position, row, line, n, _ = parse_events(buffer, position, len(text), columns, row, bad, line)
        found += [(number, text[start:end]) for number, start, end in bad[:n].tolist()]
    return list(map(tuple, columns[:, :row].T.tolist())), found


def expected(text: bytes) -> tuple[list[tuple[int, ...]], list[tuple[int, bytes]]]:
    rows, bad = [], []
    for number, line in enumerate(text.split(b"\n")[:-1], 1):
        fields = line.removesuffix(b"\r").split(b"\t")
        good = len(fields) == 5 and all(f.isdigit() and len(f) <= MOST_DIGITS and int(f) <= LARGEST for f in fields)
        if good:
            rows.append(tuple(map(int, fields)))
        else:
            bad.append((number, line))
    return rows, bad


NUMBERS = st.one_of(
    st.integers(0, 99), st.integers(0, LARGEST + 10), st.integers(10**7 - 2, 10**8 + 2), st.integers(10**18, 10**20)
).map(lambda n: b"%d" % n)
FIELDS = st.one_of(NUMBERS, NUMBERS, NUMBERS, st.text("0123456789:/ -+a\0\r\x1f\x10é", max_size=12).map(str.encode))
LINES = st.tuples(
    st.lists(FIELDS, min_size=4, max_size=6) | st.lists(NUMBERS, min_size=5, max_size=5),
    st.sampled_from([b"\n", b"\r\n"]),
)


@settings(deadline=None, max_examples=1500)
@given(st.lists(LINES, max_size=8).map(lambda lines: b"".join(b"\t".join(fields) + end for fields, end in lines)))
@example(b"9223372036854775807\t0\t00000000\t000000000\t1\n9223372036854775808\t0\t0\t0\t0\n")
@example(b"00000000000000000001\t2\t3\t4\t5\n\n\r\n")
def test_lines_are_parsed_or_reported(text: bytes) -> None:
    assert parsed(text) == expected(text)


@settings(deadline=None, max_examples=500)
@given(st.binary(max_size=60).map(lambda b: b + b"\n"))
def test_any_bytes_are_parsed_or_reported(text: bytes) -> None:
    assert parsed(text) == expected(text)


def test_a_full_table_of_bad_lines_is_emptied_and_filled_again() -> None:
    text = b"x\n1\t2\t3\t4\t5\n" * 50
    assert parsed(text, room_for_bad=7) == expected(text)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "empty line"),
        (b"\r", "empty line"),
        (b"1\t2\t3\t4", "4 columns instead of 5"),
        (b"1\t2\t3\t4\t5\t6", "6 columns instead of 5"),
        (b"1\t2\tx\t4\t5", "not a number"),
        (b"1\t2\t\t4\t5", "not a number"),
        (b"1\t2\t3\t4\t-5", "negative number"),
        (b"1\t2\t3\t4\t9223372036854775808", "number of more than 63 bits"),
        (b"1\t2\t3\t4\t5\0", "NUL byte"),
        (b"1" * 200, "longer than 100 bytes"),
    ],
)
def test_the_reason_is_told(line: bytes, reason: str) -> None:
    assert parsed(line + b"\n")[1] == [(1, line)]
    assert why_bad(line) == reason
