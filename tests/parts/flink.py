"""A real Flink cluster for Python pipelines: `python -m tests.parts.flink FOLDER` starts one, until Ctrl-C.

Its parts are a JobManager and a TaskManager with checkpoints, the job server of Beam to which pipelines are sent, the
service which expands Java's Kafka source into them, and a pool of Python workers.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from pipelines.runners.child import tied
from tests.parts import java
from tests.parts.processes import HOST, POLL_SECONDS, NotStartedError, free_port, listening, stop

BEAM = "2.70.0"
FLINK = "1.19"
PROGRAM = "flink"
JARS = (
    f"org.apache.beam:beam-runners-flink-{FLINK}:{BEAM}",
    f"org.apache.beam:beam-sdks-java-io-kafka:{BEAM}",
    f"org.apache.beam:beam-sdks-java-expansion-service:{BEAM}",
    f"org.apache.beam:beam-sdks-java-harness:{BEAM}",
    f"org.apache.flink:flink-statebackend-rocksdb:{FLINK}.0",
    "org.apache.beam:beam-runners-java-job-service:2.65.0",
    "org.apache.kafka:kafka-clients:3.9.1",
    "com.github.jbellis:jamm:0.4.0",
    "joda-time:joda-time:2.14.0",
    "com.google.guava:guava:33.5.0-jre",
    "org.apache.avro:avro:1.11.4",
    "org.apache.commons:commons-compress:1.26.2",
    "org.apache.commons:commons-lang3:3.18.0",
    "org.xerial.snappy:snappy-java:1.1.10.5",
    "org.slf4j:slf4j-api:2.0.16",
    "org.slf4j:slf4j-simple:2.0.16",
)

WITHOUT = ("io.confluent:kafka-avro-serializer", "io.confluent:kafka-schema-registry-client")
"""They are not in Maven Central, and only needed where Java decodes the messages."""

START_SECONDS = 120.0
CHECKPOINT_SECONDS = 2

_OPENED = (
    *("java.lang", "java.lang.reflect", "java.util", "java.util.concurrent", "java.util.concurrent.atomic"),
    *("java.nio", "java.net", "java.io", "java.time", "java.text", "sun.nio.ch"),
)

_QUICK = ("-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""A test's cluster lives for a minute or two, in which the optimising compiler costs more than it saves."""

_CONFIGURATION = """
jobmanager.rpc.address: {host}
jobmanager.rpc.port: {rpc}
jobmanager.bind-host: {host}
rest.address: {host}
rest.bind-address: {host}
rest.port: {rest}
taskmanager.bind-host: {host}
taskmanager.host: {host}
taskmanager.numberOfTaskSlots: 2
classloader.resolve-order: parent-first
state.backend.type: rocksdb
state.checkpoints.dir: file://{folder}/checkpoints
state.savepoints.dir: file://{folder}/savepoints
restart-strategy.type: fixed-delay
restart-strategy.fixed-delay.attempts: 1000
restart-strategy.fixed-delay.delay: 1 s
heartbeat.interval: 1000
heartbeat.timeout: 5000
"""

_JOB_MANAGER = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
_TASK_MANAGER = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
_JOB_SERVER = "org.apache.beam.runners.flink.FlinkJobServerDriver"
_EXPANSION = "org.apache.beam.sdk.expansion.service.ExpansionService"

_JOB_MANAGER_MEMORY = {"jobmanager.memory.heap.size": "512mb", "jobmanager.memory.off-heap.size": "128mb"}
_TASK_MANAGER_MEMORY = {
    "taskmanager.cpu.cores": "2",
    "taskmanager.memory.framework.off-heap.size": "128mb",
    "taskmanager.memory.framework.heap.size": "128mb",
    "taskmanager.memory.task.heap.size": "640mb",
    "taskmanager.memory.task.off-heap.size": "0b",
    "taskmanager.memory.managed.size": "128mb",
    "taskmanager.memory.network.min": "64mb",
    "taskmanager.memory.network.max": "64mb",
    "taskmanager.memory.jvm-metaspace.size": "256mb",
    "taskmanager.memory.jvm-overhead.min": "192mb",
    "taskmanager.memory.jvm-overhead.max": "192mb",
}
_EXPANDED = (
    "--javaClassLookupAllowlistFile=*",
    "--defaultEnvironmentType=EMBEDDED",
    "--experiments=use_deprecated_read",
)


class Flink:
    """A cluster whose logs, checkpoints and savepoints lie in `folder`, from entering the context to its end.

    Raises:
        NotBuiltError: there is no Java, or its jars cannot be had.
        NotStartedError: a part does not start.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._class_path = java.class_path(PROGRAM)
        self._running = ExitStack()
        self._rpc, self._rest, self._jobs, self._expansion, self._workers = (free_port() for _ in range(5))

    def __enter__(self) -> "Flink":
        place = {"host": HOST, "rpc": self._rpc, "rest": self._rest, "folder": self.folder}
        (self.folder / "flink-conf.yaml").write_text(_CONFIGURATION.format(**place))
        with ExitStack() as self._running:
            self._listen("job-manager", self._rest, self._flink(_JOB_MANAGER, _JOB_MANAGER_MEMORY))
            self.start_task_manager()
            self._listen("job-server", self._jobs, self._java(_JOB_SERVER, *self._job_server()))
            self._listen("expansion", self._expansion, self._java(_EXPANSION, str(self._expansion), *_EXPANDED))
            self._listen("workers", self._workers, self._worker_pool())
            self._running = self._running.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    @property
    def options(self) -> list[str]:
        """The options with which a pipeline runs here."""
        return [
            "--runner=PortableRunner",
            f"--job_endpoint={HOST}:{self._jobs}",
            "--environment_type=EXTERNAL",
            f"--environment_config={HOST}:{self._workers}",
            f"--expansion_service={HOST}:{self._expansion}",
            "--experiments=use_deprecated_read",
            "--parallelism=2",
            f"--checkpointing_interval={CHECKPOINT_SECONDS * 1000}",
            "--finish_bundle_before_checkpointing",
        ]

    def start_task_manager(self) -> None:
        """Starts a TaskManager; it is ready when the JobManager knows of it."""
        command = self._flink(_TASK_MANAGER, _TASK_MANAGER_MEMORY)
        with (self.folder / "task-manager.log").open("ab") as log:
            self._task_manager = subprocess.Popen(tied(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._running.callback(stop, self._task_manager)
        deadline = time.monotonic() + START_SECONDS
        while not self._has_room():
            if self._task_manager.poll() is not None or time.monotonic() > deadline:
                raise NotStartedError(f"no TaskManager: {(self.folder / 'task-manager.log').read_text()}")
            time.sleep(POLL_SECONDS)

    def kill_task_manager(self) -> None:
        """Kills the TaskManager without a chance to put anything in order."""
        self._task_manager.kill()
        self._task_manager.wait()

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The JobManager's answer: to GET, or with a body to POST."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://{HOST}:{self._rest}{path}", data, {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=START_SECONDS) as answer:
            return json.load(answer)

    def jobs(self, state: str = "RUNNING") -> list[str]:
        """The jobs that are in a state."""
        return [job["jid"] for job in self.ask("/jobs/overview")["jobs"] if job["state"] == state]

    def checkpoints(self, job: str) -> int:
        """How many checkpoints of a job are complete."""
        return int(self.ask(f"/jobs/{job}/checkpoints")["counts"]["completed"])

    def stop_with_savepoint(self, job: str) -> str:
        """Ends a job; where its state lies, for --savepoint_path."""
        folder = f"file://{self.folder}/savepoints"
        request = self.ask(f"/jobs/{job}/savepoints", {"target-directory": folder, "cancel-job": True})["request-id"]
        deadline = time.monotonic() + START_SECONDS
        while (answer := self.ask(f"/jobs/{job}/savepoints/{request}"))["status"]["id"] != "COMPLETED":
            if time.monotonic() > deadline:
                raise TimeoutError(f"no savepoint of job {job}: {answer}")
            time.sleep(POLL_SECONDS)
        return str(answer["operation"]["location"])

    def _has_room(self) -> bool:
        """Whether the JobManager, once it answers, has a TaskManager with free slots."""
        with suppress(urllib.error.HTTPError):
            return any(manager["freeSlots"] for manager in self.ask("/taskmanagers")["taskmanagers"])
        return False

    def _listen(self, name: str, port: int, command: Sequence[str]) -> None:
        self._running.enter_context(listening(command, port, self.folder / f"{name}.log", START_SECONDS))

    def _java(self, main: str, *arguments: str) -> list[str]:
        opened = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED]
        logging = "-Dorg.slf4j.simpleLogger.defaultLogLevel=info"
        return [java.java(), *_QUICK, *opened, logging, "-cp", self._class_path, main, *arguments]

    def _flink(self, main: str, settings: Mapping[str, str]) -> list[str]:
        given = [part for name, value in settings.items() for part in ("-D", f"{name}={value}")]
        return self._java(main, "--configDir", str(self.folder), *given)

    def _job_server(self) -> list[str]:
        return [
            f"--flink-master={HOST}:{self._rest}",
            f"--flink-conf-dir={self.folder}",
            f"--job-host={HOST}",
            f"--job-port={self._jobs}",
            "--artifact-port=0",
            "--expansion-port=0",
            f"--artifacts-dir={self.folder}/artifacts",
        ]

    def _worker_pool(self) -> list[str]:
        # The pool starts workers as `python`, which must be this one.
        path = f"PATH={Path(sys.executable).parent}:{os.environ.get('PATH', '')}"
        module = "apache_beam.runners.worker.worker_pool_main"
        return ["/usr/bin/env", path, sys.executable, "-m", module, f"--service_port={self._workers}"]


def main() -> None:
    """Starts a cluster in a folder, and says with which options pipelines run on it."""
    options = argparse.ArgumentParser("python -m tests.parts.flink", description=__doc__)
    options.add_argument("folder", type=Path, help="for logs, checkpoints and savepoints")
    folder = options.parse_args().folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with Flink(folder) as flink:
        print(" ".join(flink.options), flush=True)
        with suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
