"""Values of messages, in every format, and what is none."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.wire import avro
from schemas.wire.messages import FORMATS, codec
from schemas.wire.record_fields import MessageError
from schemas.wire.registry import RegistryError, Schema, registry
from tests.parts.registry import serving_schemas

EVENT = {"userId": 402, "artistId": 0, "albumId": 2**63 - 1, "trackId": 2, "timestamp": 1_400_000_000, "deleted": False}
ITEM = {"id": 3, "name": 'Mötley "Crüe" \x17'}
LONGS = st.integers(0, 2**63 - 1)


@pytest.mark.parametrize("kind", FORMATS)
@given(ids=st.lists(LONGS, min_size=5, max_size=5), deleted=st.booleans())
def test_events_come_back(kind: str, ids: list[int], deleted: bool) -> None:
    events = codec(kind, "listeningevents", "ListeningEvent", registry("mock://back"))
    event = dict(zip(EVENT, [*ids, deleted], strict=True))
    assert events.decode(events.encode(event)) == event


@pytest.mark.parametrize("kind", FORMATS)
@given(number=LONGS, name=st.text())
def test_items_come_back(kind: str, number: int, name: str) -> None:
    items = codec(kind, "artists", "Item", registry("mock://back"))
    assert items.decode(items.encode({"id": number, "name": name})) == {"id": number, "name": name}


def test_the_forms_are_those_of_the_specifications() -> None:
    assert codec("json", "artists", "Item").encode({"id": 1, "name": "ü"}) == '{"id":1,"name":"ü"}'.encode()
    plain = codec("avro", "artists", "Item").encode({"id": 1, "name": "foo"})
    assert plain == b"\x02\x06foo"
    mock = registry("mock://forms")
    mock.register("other-value", Schema('"long"'))
    assert codec("confluent", "artists", "Item", mock).encode({"id": 1, "name": "foo"}) == b"\0\0\0\0\x02" + plain


def test_fields_with_a_default_may_be_left_out() -> None:
    short = {name: value for name, value in EVENT.items() if name != "deleted"}
    assert codec("json", "listeningevents", "ListeningEvent").decode(b'{"userId":402, "artistId":0,"albumId":'
        b'9223372036854775807,"trackId":2,"timestamp":1400000000, "more":[]}') == EVENT  # fmt: skip
    written = avro.encode("ListeningEvent", EVENT).removesuffix(b"\0")
    assert codec("avro", "listeningevents", "ListeningEvent").decode(written) == EVENT
    mock = registry("mock://short")
    fields = [{"name": name, "type": "long"} for name in reversed(short)]
    number = mock.register("x", Schema(json.dumps({"type": "record", "name": "ListeningEvent", "fields": fields})))
    value = b"\0" + number.to_bytes(4, "big") + b"".join(avro.encode("long", v) for v in reversed(short.values()))
    assert codec("confluent", "listeningevents", "ListeningEvent", mock).decode(value) == EVENT


BAD: list[tuple[str, bytes, str]] = [
    ("json", b"", "no JSON"),
    ("json", b"[1]", "the value is an array, wanted a record ListeningEvent"),
    ("json", b'{"userId":1}', "no field artistId"),
    ("json", b'{"userId":"1","artistId":1,"albumId":1,"trackId":1,"timestamp":1}', "userId is a string, wanted a long"),
    (
        "json",
        b'{"userId":true,"artistId":1,"albumId":1,"trackId":1,"timestamp":1}',
        "userId is a boolean, wanted a long",
    ),
    ("json", b'{"userId":1.0,"artistId":1,"albumId":1,"trackId":1,"timestamp":1}', "userId is a double, wanted a long"),
    (
        "json",
        b'{"userId":-1,"artistId":1,"albumId":1,"trackId":1,"timestamp":1}',
        "userId is -1, wanted a long that is not negative",
    ),
    (
        "json",
        b'{"userId":9223372036854775808,"artistId":1,"albumId":1,"trackId":1,"timestamp":1}',
        "userId is a double|at most 63 bits",
    ),
    (
        "json",
        b'{"userId":1,"artistId":1,"albumId":1,"trackId":1,"timestamp":1,"deleted":1}',
        "deleted is a long, wanted a boolean",
    ),
    ("avro", b"", "no Avro"),
    ("avro", b"\x02\x02\x02\x02", "no Avro"),
    ("avro", b"\x02\x02\x02\x02\x02\x00\x00", "bytes after the end"),
    ("avro", b"\x01\x02\x02\x02\x02", "userId is -1, wanted"),
    ("avro", b"\xff" * 60, "no Avro"),
    ("confluent", b"\x01\0\0\0\x01\x02", "not in Confluent's wire format"),
    ("confluent", b"\0\0\0", "not in Confluent's wire format"),
    ("confluent", b"\0\0\0\x03\xe7\x02", "the registry has no schema 999"),
]


@pytest.mark.parametrize(("kind", "data", "reason"), BAD)
def test_what_is_no_event_is_told(kind: str, data: bytes, reason: str) -> None:
    with pytest.raises(MessageError, match=reason):
        codec(kind, "listeningevents", "ListeningEvent", registry("mock://bad")).decode(data)


@pytest.mark.parametrize("kind", FORMATS)
@given(data=st.binary())
def test_rubbish_never_crashes(kind: str, data: bytes) -> None:
    events = codec(kind, "listeningevents", "ListeningEvent", registry("mock://rubbish"))
    try:
        found = events.decode(data)
    except MessageError:
        return
    assert found.keys() == EVENT.keys()


def test_a_registry_by_url() -> None:
    with serving_schemas() as url:
        writer = codec("confluent", "artists", "Item", registry(url))
        data = writer.encode(ITEM)
        assert codec("confluent", "artists", "Item", registry(f"{url}/")).decode(data) == ITEM
        assert writer.encode(ITEM) == data
        assert registry(url).schema(99) is None
        with pytest.raises(RegistryError, match=f"{url}: .*: 422 "):
            registry(url).register("artists-value", Schema("rubbish"))
    with pytest.raises(RegistryError, match=f"{url} does not answer"):
        registry(url).schema(1)


def test_a_registry_needs_a_url_of_a_known_form() -> None:
    with pytest.raises(RegistryError, match="use http://"):
        registry("ftp://x")
    with pytest.raises(ValueError, match="needs a schema registry"):
        codec("confluent", "artists", "Item")


def test_the_mock_registry_has_no_schema_before_it_is_registered() -> None:
    mock: Any = registry("mock://empty")
    assert mock.schema(1) is None
    assert mock is registry("mock://empty")
    assert mock is not registry("mock://other")
