"""A real Kafka broker: one node in KRaft mode."""

import base64
import subprocess
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from uuid import uuid4

from tests.parts import java
from tests.parts.processes import HOST, NotStartedError, free_port, listening

KAFKA = "4.3.1"
LOG4J = "2.25.4"
PROGRAM = "kafka"
JARS = (
    f"org.apache.kafka:kafka_2.13:{KAFKA}",
    f"org.apache.kafka:kafka-clients:{KAFKA}",
    f"org.apache.logging.log4j:log4j-slf4j-impl:{LOG4J}",
)
START_SECONDS = 60.0
ATTEMPTS = 3

_PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners={protocol}://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners={protocol}://{host}:{port}
listener.security.protocol.map={protocol}:{protocol},CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name={protocol}
log.dirs={folder}/logs
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=500
"""
_LOG4J = """
rootLogger.level=warn
rootLogger.appenderRef.stdout.ref=STDOUT
appender.stdout.type=Console
appender.stdout.name=STDOUT
appender.stdout.layout.type=PatternLayout
appender.stdout.layout.pattern=[%d] %p %m (%c)%n
"""


class Broker:
    """A broker whose data lies in `folder`; it can be stopped and started again, with its data, on its port.

    Args:
        settings: lines for its properties, which overrule ours.
        protocol: by which clients speak to it.

    Raises:
        NotBuiltError: there is no Java, or its jars cannot be had.
    """

    def __init__(self, folder: Path, *settings: str, protocol: str = "PLAINTEXT") -> None:
        self.folder = folder
        self._settings = settings
        self._protocol = protocol
        self._identity = base64.urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")
        self._class_path = java.class_path(PROGRAM)
        self._running = ExitStack()
        self._choose_ports()

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return f"{HOST}:{self._port}"

    def __enter__(self) -> "Broker":
        for attempt in range(ATTEMPTS):
            self._format()
            try:
                self.start()
            except NotStartedError:
                # A port may have been taken in between.
                if attempt == ATTEMPTS - 1:
                    raise
                self._choose_ports()
            else:
                return self
        raise AssertionError

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Starts the broker on its port, with the data it had.

        Raises:
            NotStartedError: it does not start.
        """
        command = [*self._java(), "kafka.Kafka", str(self.folder / "server.properties")]
        self._process = self._running.enter_context(
            listening(command, self._port, self.folder / "broker.log", START_SECONDS)
        )

    def stop(self) -> None:
        """Stops the broker, if it runs."""
        self._running.close()

    def kill(self) -> None:
        """Kills the broker without a chance to put anything in order."""
        self._process.kill()
        self.stop()

    def _choose_ports(self) -> None:
        self._port, self._controller = free_port(), free_port()

    def _format(self) -> None:
        place = {"host": HOST, "port": self._port, "controller": self._controller, "folder": self.folder}
        place["protocol"] = self._protocol
        properties = self.folder / "server.properties"
        properties.write_text("\n".join([_PROPERTIES.format(**place), *self._settings]))
        (self.folder / "log4j2.properties").write_text(_LOG4J)
        arguments = ["format", "--ignore-formatted", f"--cluster-id={self._identity}", "--config", str(properties)]
        subprocess.run([*self._java(), "kafka.tools.StorageTool", *arguments], check=True, capture_output=True)

    def _java(self) -> Iterable[str]:
        # A test's broker lives for a minute: it starts in half the time without the optimising compiler.
        quick = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
        logging = f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}"
        return java.java(), *quick, logging, "-cp", self._class_path
