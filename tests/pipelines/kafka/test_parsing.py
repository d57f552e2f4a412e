"""Columns from values of messages: what the compiled code reads is what the codecs read."""

import time
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.kafka.decoding import EventDecoder, Events, Format, NameDecoder
from schemas.wire import avro
from schemas.wire.message_keys import key_of
from schemas.wire.messages import FORMATS, codec
from schemas.wire.record_fields import MessageError
from schemas.wire.registry import registry

FIELDS = ("userId", "artistId", "albumId", "trackId", "timestamp")
LONGS = st.integers(0, 2**63 - 1) | st.integers(0, 300) | st.integers(10**17, 10**19)


class Message:
    """A message, as confluent_kafka would make it."""

    def __init__(self, value: bytes | None, key: bytes | None = None, offset: int = 0, millis: int = 5000) -> None:
        self._value, self._key, self._offset, self._millis = value, key, offset, millis

    def value(self) -> bytes | None:
        return self._value

    def key(self) -> bytes | None:
        return self._key

    def offset(self) -> int:
        return self._offset

    def timestamp(self) -> tuple[int, int]:
        return 1, self._millis


def decoded(kind: str, values: list[bytes]) -> tuple[list[list[Any]], list[tuple[int, str]]]:
    """The rows, and the offsets and reasons of the rejects."""
    decoder = EventDecoder(Format(kind, "mock://parsing"), "listeningevents")
    events, rejects = decoder.decode([Message(value, offset=i) for i, value in enumerate(values)])
    rows = [[*row, bool(deleted)] for row, deleted in zip(events.columns.T.tolist(), events.deleted, strict=True)]
    return rows, [(reject.message.offset(), reject.reason) for reject in rejects]


def expected(kind: str, values: list[bytes]) -> tuple[list[list[Any]], list[tuple[int, str]]]:
    events = codec(kind, "listeningevents", "ListeningEvent", registry("mock://parsing"))
    rows, rejects = [], []
    for i, value in enumerate(values):
        try:
            rows.append(list(events.decode(value).values()))
        except MessageError as error:
            rejects.append((i, str(error)))
    return rows, rejects


def events_as(kind: str, rows: list[tuple[list[int], bool]]) -> list[bytes]:
    events = codec(kind, "listeningevents", "ListeningEvent", registry("mock://parsing"))
    return [events.encode(dict(zip((*FIELDS, "deleted"), (*ids, deleted), strict=True))) for ids, deleted in rows]


@pytest.mark.parametrize("kind", FORMATS)
@given(st.lists(st.tuples(st.lists(st.integers(0, 2**63 - 1), min_size=5, max_size=5), st.booleans()), max_size=8))
def test_events_are_read(kind: str, rows: list[tuple[list[int], bool]]) -> None:
    assert decoded(kind, events_as(kind, rows)) == ([[*ids, deleted] for ids, deleted in rows], [])


@pytest.mark.parametrize("kind", FORMATS)
@given(
    st.tuples(st.lists(LONGS.filter(lambda n: n < 2**63), min_size=5, max_size=5), st.booleans()),
    st.integers(0, 200),
    st.binary(max_size=3),
    st.integers(0, 3),
)
def test_damaged_events_are_read_as_by_the_codec(
    kind: str, row: tuple[list[int], bool], at: int, put: bytes, cut: int
) -> None:
    (value,) = events_as(kind, [row])
    damaged = value[:at] + put + value[at + cut :]
    assert decoded(kind, [value, damaged, value]) == expected(kind, [value, damaged, value])


JSON_NUMBERS = LONGS | st.integers(-5, 0) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=2)


@given(st.dictionaries(st.sampled_from([*FIELDS, "deleted", "x"]), JSON_NUMBERS | st.booleans() | st.none()), st.text())
def test_any_json_is_read_as_by_the_codec(value: dict[str, Any], more: str) -> None:
    full = {**dict.fromkeys(FIELDS, 7), **value}
    values = [orjson.dumps(v, option=o) for v in (value, full) for o in (0, orjson.OPT_INDENT_2) if _fits(v)]
    values += [b" " + value + b"\n\t" for value in values] + [
        value + more.encode("utf-8", "replace") for value in values
    ]
    assert decoded("json", values) == expected("json", values)


def _fits(value: dict[str, Any]) -> bool:
    return all(not isinstance(v, int) or v < 2**64 for v in value.values())


@pytest.mark.parametrize(
    "text",
    [
        '{"userId":01,"artistId":1,"albumId":1,"trackId":1,"timestamp":1}',
        '{"userId":1,"userId":2,"artistId":1,"albumId":1,"trackId":1,"timestamp":1}',
        '{"userId":1,"artistId":1,"albumId":1,"trackId":1,"timestamp":1,}',
        '{"userId":1,"artistId":1,"albumId":1,"trackId":1,"timestamp":1} {}',
        '{"userId":1 "artistId":1,"albumId":1,"trackId":1,"timestamp":1}',
        '{"userId":9223372036854775807,"artistId":0,"albumId":1,"trackId":1,"timestamp":1,"deleted":true}',
        '{"user\\u0049d":1,"artistId":1,"albumId":1,"trackId":1,"timestamp":1,"deleted":false}',
        '{"userId":1,"artistId":1,"albumId":1,"trackId":1,"timestamp":1,"deleted":null}',
        '{"userId":1,"artistId":1,"albumId":1,"trackId":1,"timestamp":1,"deleted":tru',
        '{"userId":1e3,"artistId":1,"albumId":1,"trackId":1,"timestamp":1}',
        *(
            f'{space}{{"userId":1,"artistId":1,"albumId":1,{space}"trackId":1,"timestamp":1}}{space}'
            for space in "\t\n\v\f\r \xa0"
        ),
        "{}",
        "{",
        "",
        '{"userId"',
        '{"userId":',
    ],
)
def test_json_at_its_edges(text: str) -> None:
    assert decoded("json", [text.encode()]) == expected("json", [text.encode()])


def test_tombstones_and_rubbish_among_events() -> None:
    event = avro.encode("ListeningEvent", {**dict.fromkeys(FIELDS, 9), "deleted": True})
    messages = [
        Message(event, offset=3),
        Message(None, key_of(5), 4, 7999),
        Message(b"\xff", offset=5),
        Message(None, b"?", 6),
    ]
    events, rejects = EventDecoder(Format("avro"), "listeningevents").decode(messages)
    assert events.columns.tolist() == [[9]] * 5
    assert events.deleted.tolist() == [True]
    assert events.erased.tolist() == [[5], [7]]
    assert (events.accepted, events.earliest, events.latest) == (5.0, 7, 9)
    assert sorted((r.message.offset(), r.reason.partition(" (")[0]) for r in rejects) == [
        (5, "no Avro of this schema"),
        (6, "the key is 1 bytes, 3f, wanted 8 bytes"),
    ]


@pytest.mark.parametrize("millis", [-1, -5000, -(2**62), 2**62, 10**15])
def test_tombstones_of_impossible_times_are_rejected(millis: int) -> None:
    """Also among good ones, and what they are read beside counts."""
    messages = [Message(None, key_of(5), 3, millis), Message(None, key_of(6), 4, 9999)]
    events, rejects = EventDecoder(Format(), "listeningevents").decode(messages)
    assert events.erased.tolist() == [[6], [9]]
    assert [(r.message.offset(), f"the tombstone's time is {millis} ms" in r.reason) for r in rejects] == [(3, True)]
    assert 0 < events.accepted <= time.time()


@pytest.mark.parametrize(("latest", "accepted"), [(None, [0, 1, 2]), ("now", [0]), (1_500_000_000, [0])])
def test_impossible_times_of_events_are_rejected_by_option(latest: int | str | None, accepted: list[int]) -> None:
    times = (1_400_000_000, 1_400_000_000_000, 2**63 - 1)
    values = [orjson.dumps(dict.fromkeys(FIELDS, 5) | {"timestamp": at}) for at in times]
    decoder = EventDecoder(Format(latest=latest), "listeningevents")
    events, rejects = decoder.decode([Message(value, offset=i) for i, value in enumerate(values)])
    assert events.columns[-1].tolist() == [times[i] for i in accepted]
    assert [r.message.offset() for r in rejects] == [i for i in range(3) if i not in accepted]
    assert all("looks like milliseconds" in reject.reason for reject in rejects)


def test_no_messages_are_no_events() -> None:
    events, rejects = EventDecoder(Format(), "listeningevents").decode([])
    assert events == Events(events.columns, events.deleted, events.erased, events.accepted)
    assert events.columns.shape == (5, 0)
    assert events.erased.shape == (2, 0)
    assert events.latest is None
    assert not rejects
    assert np.issubdtype(events.columns.dtype, np.int64)


def test_the_last_name_counts() -> None:
    def item(number: int, name: str) -> bytes:
        return orjson.dumps({"id": number, "name": name})

    messages = [
        Message(item(1, "old")),
        Message(item(2, "kept")),
        Message(b"[]", offset=7),
        Message(item(1, "new")),
        Message(None, key_of(3)),
    ]
    names, rejects = NameDecoder(Format(), "artists", "artists").decode(messages)
    assert names.names == {1: "new", 2: "kept", 3: None}
    assert [(r.message.offset(), r.reason) for r in rejects] == [(7, "the value is an array, wanted a record Item")]
