"""A real broker that wants to know who asks, over TLS: stream, replay and server read one file of properties."""

import asyncio
from pathlib import Path

import pytest

from data import replay
from data.format import SAMPLE
from pipelines import profile
from pipelines.failures import PipelineError
from pipelines.runners.golang import NotBuiltError
from schemas.wire import kafka_properties
from schemas.wire.kafka_properties import PropertiesError
from schemas.wire.registry import registry
from serving.gateway.topics.producer import Kafka, Producer
from store import open_store
from tests import oracle, stored
from tests.parts.certificates import certificate
from tests.parts.kafka import Broker
from tests.parts.prism import wait_until
from tests.parts.registry import serving_schemas
from tests.parts.streams import STOP_SECONDS, streaming

PASSWORD = "a secret, with a = in it"
SETTINGS = (
    "ssl.keystore.type=PEM",
    "ssl.keystore.location={file}",
    "ssl.truststore.type=PEM",
    "ssl.truststore.location={folder}/ca.pem",
    "sasl.enabled.mechanisms=PLAIN",
    "sasl.mechanism.inter.broker.protocol=PLAIN",
    "listener.name.sasl_ssl.plain.sasl.jaas.config="
    "org.apache.kafka.common.security.plain.PlainLoginModule required "
    f'username="me" password="{PASSWORD}" user_me="{PASSWORD}";',
)


def properties(folder: Path) -> Path:
    """The file that all commands read."""
    file = folder / "kafka.properties"
    lines = [
        "# of the tests",
        "security.protocol=SASL_SSL",
        f"ssl.ca.location={folder / 'ca.pem'}",
        "sasl.mechanisms = PLAIN",
        "sasl.username=me",
        "sasl.password=${KAFKA_PASSWORD}",
    ]
    file.write_text("\n".join(lines))
    return file


def test_a_broker_with_sasl_and_tls(lmdb_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_PASSWORD", PASSWORD)
    file, config, folder = certificate(tmp_path), str(properties(tmp_path)), tmp_path / "kafka"
    folder.mkdir()
    settings = [line.replace("{file}", str(file)).replace("{folder}", str(tmp_path)) for line in SETTINGS]
    try:
        with Broker(folder, *settings, protocol="SASL_SSL") as broker:
            sample = str(Path(SAMPLE).parent)
            assert replay.main([sample, "--kafka", broker.address, "--speed", "max", "--kafka_config", config]) == 0
            with streaming(broker.address, lmdb_url, tmp_path / "log", "--kafka_config", config) as stream:
                with Path(SAMPLE).open() as lines:
                    expected = oracle.profiles(oracle.parse(lines))
                wait_until(lambda: stored.profiles(open_store(lmdb_url, create=True)) == expected)
                send_by_server(broker.address, config)
                wait_until(lambda: 2**40 in stored.profiles(open_store(lmdb_url)))
                assert stream.stop() < STOP_SECONDS
                assert not stream.said(PASSWORD)
    except NotBuiltError as error:
        pytest.skip(str(error))


def send_by_server(kafka: str, config: str) -> None:
    """Sends an event as a mutation does."""
    value = dict.fromkeys(("userId", "artistId", "albumId", "trackId", "timestamp"), 2**40)
    producer = Producer(Kafka(kafka, properties=config))
    try:
        asyncio.run(producer.send("listeningevents", 2**40, value))
    finally:
        producer.close()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nobody.knows=1", 'No such configuration property: "nobody.knows"'),
        ("security.protocol=MAYBE", 'Invalid value "MAYBE" for configuration property "security.protocol"'),
        ("\nrubbish", "line 2: write it as name=value"),
        ("sasl.password=${UNSET_PASSWORD}", r"line 1: set the variable UNSET_PASSWORD"),
    ],
)
def test_properties_that_cannot_be_are_told_at_once(text: str, message: str, lmdb_url: str, tmp_path: Path) -> None:
    file = tmp_path / "kafka.properties"
    file.write_text(text)
    with pytest.raises(PipelineError, match=f"--kafka_config {file}.*{message}"):
        profile.main(["--kafka", "x:1", "--store", lmdb_url, "--kafka_config", str(file)])


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(PropertiesError, match="No such file"):
        kafka_properties.read(str(tmp_path / "missing"))
    assert kafka_properties.read(None) == {}


def test_properties_for_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_PASSWORD", 'a"b')
    assert kafka_properties.java(kafka_properties.read(str(properties(tmp_path)))) == {
        "security.protocol": "SASL_SSL",
        "ssl.truststore.location": str(tmp_path / "ca.pem"),
        "ssl.truststore.type": "PEM",
        "sasl.mechanism": "PLAIN",
        "sasl.jaas.config": "org.apache.kafka.common.security.plain.PlainLoginModule required "
        r'username="me" password="a\"b";',
    }


def test_a_registry_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_schemas(certificate=certificate(tmp_path)) as url:
        monkeypatch.setenv("SCHEMA_REGISTRY_CA", str(tmp_path / "ca.pem"))
        assert registry(url).schema(1) is None
