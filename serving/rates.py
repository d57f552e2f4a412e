"""How often clients ask: a rate lets as many requests through at once as it names, and then one after another.

The algorithm is the generic cell rate algorithm (ITU-T I.371): of each rate of a client it keeps one number.
"""

import time
from collections.abc import Callable

from serving.rights import Access, Rate


class Meter:
    """Counts the requests of all clients of a process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._used: dict[tuple[str, Rate], float] = {}

    def wait(self, access: Access) -> float:
        """Counts a request, if it is one in time: then 0, else the seconds until the next one is."""
        if not access.rates:
            return 0
        now = self._clock()
        used = {rate: max(self._used.get((access.name, rate), now), now) for rate in access.rates}
        late = max(until + rate.seconds / rate.requests - rate.seconds - now for rate, until in used.items())
        if late > 1e-9:
            return late
        for rate, until in used.items():
            self._used[access.name, rate] = until + rate.seconds / rate.requests
        return 0
