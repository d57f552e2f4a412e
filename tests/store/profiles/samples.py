"""Events of a few users for tests, and their columns."""

from random import Random

import numpy as np

from tests.oracle import Event


def columns(events: list[Event]) -> np.ndarray:
    return np.array(events, np.int64).reshape(-1, 5).T.copy()


def random_events(seed: int, n: int, users: int = 7, span: int = 10**8) -> list[Event]:
    random = Random(seed)
    start = random.randrange(10**9)
    return [
        Event(
            random.randrange(users) * 10 ** random.randrange(10),
            random.randrange(30),
            random.randrange(60) * 2 ** random.randrange(50),
            random.randrange(200),
            start + random.randrange(span),
        )
        for _ in range(n)
    ]
