from collections.abc import Iterator

import pytest

from pipelines.runners.golang import NotBuiltError
from tests.parts.kafka import Broker


@pytest.fixture(scope="module")
def faint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """HOST:PORT of a broker which counts as gone, 1.5 s after each sign of life, for some seconds."""
    try:
        with Broker(tmp_path_factory.mktemp("faint"), "broker.heartbeat.interval.ms=4000") as broker:
            yield broker.address
    except NotBuiltError as error:
        pytest.skip(str(error))
