"""Mutations through a real broker: what arrives in the topics, and what is answered when the broker is away."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from confluent_kafka import Message
from fastapi import FastAPI

from schemas import DEFAULT_SCHEMA
from schemas.wire.message_keys import USUAL, key_codec
from schemas.wire.messages import FORMATS, codec
from schemas.wire.registry import registry
from serving.app import create_app
from serving.gateway.errors import NOT_DELIVERED
from serving.gateway.topics import topic_writer
from serving.gateway.topics.producer import Kafka
from serving.keys import OPEN
from serving.setup import Settings
from store import Store, open_store
from tests import oracle, stored
from tests.oracle import Event
from tests.parts.processes import HOST, free_port
from tests.parts.registry import serving_schemas
from tests.parts.streams import TOPIC, streaming
from tests.parts.topics import create, messages
from tests.serving.clients import Watched, ask, request
from tests.serving.gateway.fields.test_follow_field import EVENTS, SECONDS, receive, socket, subscribe
from tests.serving.gateway.fields.test_write_field import ITEMS, SEND, variables
from tests.serving.processes import main, started

EVENT = Event(258, 5, 6, 7, 1_000_000_000)
KEY = bytes([0, 0, 0, 0, 0, 0, 1, 2])
SENT = {"userId": 258, "artistId": 5, "albumId": 6, "trackId": 7, "timestamp": 1_000_000_000, "deleted": False}
UNKNOWN = {"id": 5, "name": "[unknown]"}
ANSWER = {"data": {"sendListeningEvent": {"userId": 258, "timestamp": 1_000_000_000, "artist": UNKNOWN}}}
REFUSED = {"sendListeningEvent": None}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Does not wait for a stream that does not run."""
    monkeypatch.setattr(topic_writer, "STREAM_SECONDS", 0.1)


@contextmanager
def sending(store: Store, kafka: Kafka, schema: Path = DEFAULT_SCHEMA) -> Iterator[FastAPI]:
    """An application which sends to Kafka, with its lifespan."""
    app = create_app(schema, store, Settings({"recommender": "http://127.0.0.1:1"}, OPEN, kafka=kafka))
    yield app
    asyncio.run(_end(app))


async def _end(app: FastAPI) -> None:
    async with app.router.lifespan_context(app):
        pass


def value_of(message: Message) -> bytes:
    value = message.value()
    assert isinstance(value, bytes)
    return value


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("kind", FORMATS)
def test_an_event_arrives_in_each_format(kind: str, empty_kafka: str, profile_store: Watched) -> None:
    create(empty_kafka, TOPIC)
    with serving_schemas() as schemas:
        with sending(profile_store, Kafka(empty_kafka, kind, schemas)) as app:
            assert ask(app, SEND, variables(EVENT)) == ANSWER
        (message,) = messages(empty_kafka, [TOPIC])
        assert key_codec(USUAL[kind], TOPIC, registry(schemas)).decode(message.key()) == EVENT.user
        assert USUAL[kind] != "long" or message.key() == KEY
        reader = codec(kind, TOPIC, "ListeningEvent", registry(schemas))
        assert reader.decode(value_of(message)) == SENT
    if kind == "json":
        assert json.loads(value_of(message)) == SENT


@pytest.mark.usefixtures("impatient")
def test_a_name_arrives(empty_kafka: str, profile_store: Watched, tmp_path: Path) -> None:
    create(empty_kafka, "artists")
    path = tmp_path / "items.gql"
    path.write_text(ITEMS)
    with sending(profile_store, Kafka(empty_kafka), path) as app:
        answer = ask(app, 'mutation { nameArtist(id: 258, item: { name: "Can" }) { id name } }')
    assert answer == {"data": {"nameArtist": {"id": 258, "name": "Can"}}}
    (message,) = messages(empty_kafka, ["artists"])
    assert (message.key(), json.loads(value_of(message))) == (KEY, {"id": 258, "name": "Can"})


def test_a_value_that_cannot_be_is_not_sent(empty_kafka: str, profile_store: Watched) -> None:
    create(empty_kafka, TOPIC)
    with sending(profile_store, Kafka(empty_kafka)) as app:
        answer = ask(app, SEND, variables(EVENT._replace(track=-1)))
    assert "trackId is -1, wanted a long" in answer["errors"][0]["message"]
    assert messages(empty_kafka, [TOPIC]) == []


def test_the_broker_away(profile_store: Watched, caplog: pytest.LogCaptureFixture) -> None:
    """Meanwhile everybody else is answered; the address of the broker is for the log alone."""
    address = f"{HOST}:{free_port()}"
    with sending(profile_store, Kafka(address)) as app:

        async def run() -> None:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test", timeout=30) as client:
                body = {"query": SEND, "variables": variables(EVENT)}
                sent = asyncio.create_task(client.post("/graphql", json=body))
                answered = 0
                while not sent.done():
                    assert (await client.get("/health")).status_code == 200
                    answered += 1
                    await asyncio.sleep(0)  # which a request that waits for nothing does not do
                answer = (await sent).json()
                assert answered > 10
                assert (answer["data"], [error["message"] for error in answer["errors"]]) == (REFUSED, [NOT_DELIVERED])

        asyncio.run(run())
    assert f"Kafka at {address} did not take a value of listeningevents" in caplog.text


def test_a_topic_that_is_not_there(empty_kafka: str, profile_store: Watched) -> None:
    with sending(profile_store, Kafka(empty_kafka)) as app:
        answer = request(app, "POST", "/graphql", json={"query": SEND, "variables": variables(EVENT)}).json()
    assert (answer["data"], answer["errors"][0]["message"]) == (REFUSED, NOT_DELIVERED)


def test_the_registry_away(profile_store: Watched, caplog: pytest.LogCaptureFixture) -> None:
    away = f"http://{HOST}:{free_port()}"
    with sending(profile_store, Kafka(f"{HOST}:{free_port()}", "confluent", away)) as app:
        answer = ask(app, SEND, variables(EVENT))
    assert (answer["data"], answer["errors"][0]["message"]) == (REFUSED, NOT_DELIVERED)
    assert f"schema registry {away} does not answer" in caplog.text


def test_options_that_cannot_be(profile_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--kafka", "x:1", "--format", "confluent"])
    assert "name it with --registry URL" in capsys.readouterr().err
    assert main(["--store", profile_url, "--kafka", "x:1", "--registry", "x", "--port", "0"]) == 1
    assert "schema registry 'x' is of no known form" in capsys.readouterr().err


TAKE = {**variables(EVENT), "event": {**variables(EVENT)["event"], "deleted": True}}
PLAYS = "{ getUserProfile(userId: 258) { totalListenCount } }"


def test_through_the_stream_and_back(empty_kafka: str, lmdb_url: str, tmp_path: Path) -> None:
    """A mutation's event is in the next query, and subscribers are told; likewise when it is taken back."""
    create(empty_kafka, TOPIC)
    schema = tmp_path / "schema.gql"
    given = "input ListeningEventInput {"
    schema.write_text(DEFAULT_SCHEMA.read_text().replace(given, f"{given} deleted: Boolean"))
    events = [EVENT._replace(time=EVENT.time + number) for number in range(5)]

    async def run(address: str) -> None:
        async with (
            socket(address.removeprefix("http://")) as connection,
            httpx.AsyncClient(base_url=address, timeout=30) as client,
        ):

            async def post(query: str, given: dict[str, Any] | None = None) -> Any:
                return (await client.post("/graphql", json={"query": query, "variables": given})).json()

            async def write(query: str, given: dict[str, Any] | None, count: int) -> Any:
                """Afterwards the plays are counted, unless the stream took longer than the mutation waits for it."""
                begun, counted = time.monotonic(), {"data": {"getUserProfile": {"totalListenCount": count}}}
                answer = await post(query, given)
                late = time.monotonic() - begun >= topic_writer.STREAM_SECONDS
                while late and await post(PLAYS) != counted:
                    assert time.monotonic() - begun < SECONDS
                assert await post(PLAYS) == counted
                return answer

            await subscribe(connection, "one", EVENTS, userId=EVENT.user)
            for count, event in enumerate(events, 1):
                sent = {"userId": 258, "timestamp": event.time, "artist": UNKNOWN}
                assert await write(SEND, variables(event), count) == {"data": {"sendListeningEvent": sent}}
            told = None
            while told != events[-1].time:
                told = (await receive(connection))["payload"]["data"]["listeningEventUpdate"]["timestamp"]
            begun = time.monotonic()
            assert "errors" not in await post(SEND, variables(EVENT))
            assert time.monotonic() - begun < topic_writer.STREAM_SECONDS  # it is there already
            assert "errors" not in await write(SEND, TAKE, len(events) - 1)

    with streaming(empty_kafka, lmdb_url, tmp_path / "log") as stream:
        stream.wait_until_caught_up()
        with started("serving", "--open", "--store", lmdb_url, "--kafka", empty_kafka, "--schema", str(schema)) as (
            _,
            address,
        ):
            asyncio.run(run(address))
        stream.stop()
    assert stored.profiles(open_store(lmdb_url)) == oracle.profiles(events[1:])
