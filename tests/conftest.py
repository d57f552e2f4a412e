import gc
import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from subprocess import CalledProcessError
from uuid import uuid4

import pytest
from hypothesis import settings

from pipelines.runners.golang import NotBuiltError
from serving.recommender.graph_files import folder_for
from store import Store, open_store
from tests.parts import bigtable, compiled
from tests.parts.kafka import Broker
from tests.parts.preparation import preparing
from tests.parts.topics import delete_all

settings.register_profile("unhurried", deadline=None)  # a first call may compile, and the machine may be busy
settings.load_profile("unhurried")


_meanwhile = ExitStack()


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors, for some tests wait for most of their time."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1) + 1


def pytest_sessionstart(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):  # workers start when this is done
        _meanwhile.enter_context(preparing())
        if session.config.getoption("numprocesses", None):
            compiled.fill()


def pytest_sessionfinish() -> None:
    _meanwhile.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first: at the end no worker shall be busy with it alone."""
    items.sort(key=_turn)


def pytest_collection_finish() -> None:
    """What was imported stays: collections need not go through it again and again."""
    gc.collect()
    gc.freeze()


def _turn(item: pytest.Item) -> int:
    if item.get_closest_marker("long"):
        return 0
    return 1 if "broker" in getattr(item, "fixturenames", ()) else 2


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    error = call.excinfo.value if call.excinfo else None
    if isinstance(error, CalledProcessError):  # what a command printed is no part of the error's own message
        said = [text.decode() if isinstance(text, bytes) else text for text in (error.stdout, error.stderr) if text]
        report.sections.append(("the command printed", "\n".join(said)))
    return report


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """HOST:PORT of a running emulator of Bigtable."""
    try:
        with bigtable.emulator(tmp_path_factory.mktemp("emulator")) as host:
            yield host
    except NotBuiltError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A running Kafka broker; who stops it starts it again."""
    try:
        with Broker(tmp_path_factory.mktemp("kafka")) as broker:
            yield broker
    except NotBuiltError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def kafka(broker: Broker) -> str:
    """HOST:PORT of a running Kafka broker."""
    return broker.address


@pytest.fixture
def empty_kafka(kafka: str) -> str:
    """HOST:PORT of a running Kafka broker without topics."""
    delete_all(kafka)
    return kafka


@pytest.fixture
def lmdb_url(tmp_path: Path) -> str:
    """The URL of a new store in a folder."""
    return f"lmdb:{tmp_path / 'store'}"


@pytest.fixture
def bigtable_url(emulator: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a new store in the emulator, for this process and those it starts."""
    monkeypatch.setenv("BIGTABLE_EMULATOR_HOST", emulator)
    url = f"bigtable://tests/{uuid4().hex}"
    yield url
    shutil.rmtree(folder_for(url), ignore_errors=True)  # of a server's recommender, if there was one


@pytest.fixture(params=["lmdb", "bigtable"])
def store_url(request: pytest.FixtureRequest) -> str:
    """The URL of a new store in each of its homes."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """A new store in each of its homes."""
    store = open_store(store_url, create=True)
    yield store
    store.close()
