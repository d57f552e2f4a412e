"""Sending values to topics in Kafka, for servers whose store is kept up to date by a stream."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Thread
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka import Producer as Client

from schemas.topics import CATALOGUE
from schemas.wire import kafka_properties
from schemas.wire.message_keys import USUAL, key_codec
from schemas.wire.messages import codec
from schemas.wire.registry import RegistryError, registry

SECONDS = 3.0
"""How long the broker, and before it the registry, may take until a value counts as not sent."""

_POLL_SECONDS = 0.1
_CONFIG = {
    "acks": "all",
    "enable.idempotence": True,
    "linger.ms": 0,
    "message.timeout.ms": int(SECONDS * 1000),
    "reconnect.backoff.max.ms": 1000,
    "log_level": 2,
}


class DeliveryError(Exception):
    """A value is not known to have arrived in its topic; says where, and why."""


@dataclass(frozen=True)
class Kafka:
    """Where topics are fed from Kafka.

    Attributes:
        address: HOST:PORT of a broker, or several between commas.
        format: of the values, one of `schemas.wire.messages.FORMATS`.
        registry: URL of the schema registry, for those that lie in one.
        properties: the file of --kafka_config, if there is one.
        key: of the keys, one of `schemas.wire.message_keys.KEY_FORMATS`; None for what is usual with the values.
    """

    address: str
    format: str = "json"
    registry: str | None = None
    key: str | None = None
    properties: str | None = None


class Producer:
    """Sends values to the topics of a broker, which need not be there yet.

    Raises:
        RegistryError: the URL of the registry is of no known form.
        PropertiesError: the file of properties cannot be used.
    """

    def __init__(self, kafka: Kafka) -> None:
        self._kafka = kafka
        schemas = registry(kafka.registry) if kafka.registry else None
        given = [topic for topic in CATALOGUE.values() if topic.given]
        self._codecs = {topic.name: codec(kafka.format, topic.name, topic.value, schemas) for topic in given}
        form = kafka.key or USUAL[kafka.format]
        self._keys = {topic.name: key_codec(form, topic.name, schemas) for topic in given}
        self._client = Client(
            {**kafka_properties.read(kafka.properties), "bootstrap.servers": kafka.address, **_CONFIG}
        )
        self._open = True
        self._thread = Thread(target=self._poll, name="producer", daemon=True)
        self._thread.start()

    async def send(self, topic: str, key: int, value: Mapping[str, Any]) -> None:
        """Sends a value, and waits until all replicas in sync have it.

        Raises:
            DeliveryError: that is not known within the time; the value may arrive nevertheless.
        """
        loop = asyncio.get_running_loop()
        delivered: asyncio.Future[None] = loop.create_future()
        encoded, data = await self._encode(topic, key, value)
        try:
            self._client.produce(
                topic,
                data,
                encoded,
                on_delivery=lambda error, _: loop.call_soon_threadsafe(_deliver, delivered, error),
            )
            await delivered
        except (BufferError, KafkaException) as error:
            raise DeliveryError(f"Kafka at {self._kafka.address} did not take a value of {topic}: {error}") from error

    def close(self) -> None:
        """Waits for what is on its way, within the time, and ends the thread."""
        self._client.flush(SECONDS)
        self._open = False
        self._thread.join()

    async def _encode(self, topic: str, key: int, value: Mapping[str, Any]) -> tuple[bytes, bytes]:
        # In a thread: the first value in a registry's format has its schema registered.
        try:
            return await asyncio.wait_for(asyncio.to_thread(self._encoded, topic, key, value), SECONDS)
        except (RegistryError, TimeoutError) as error:
            reason = str(error) or f"schema registry {self._kafka.registry} does not answer within {SECONDS:g} s"
            raise DeliveryError(f"no value of {topic} can be sent: {reason}") from error

    def _encoded(self, topic: str, key: int, value: Mapping[str, Any]) -> tuple[bytes, bytes]:
        return self._keys[topic].encode(key), self._codecs[topic].encode(value)

    def _poll(self) -> None:
        while self._open:
            self._client.poll(_POLL_SECONDS)


def _deliver(delivered: "asyncio.Future[None]", error: Any) -> None:
    if delivered.done():  # nobody waits for it any more
        return
    if error is None:
        delivered.set_result(None)
    else:
        delivered.set_exception(KafkaException(error))
