"""How this process keeps memory that is free."""

import ctypes

_M_ARENA_MAX = -8
"""Of glibc's malloc.h: the most heaps among which threads are spread."""

HEAPS = 2


def share_heaps() -> None:
    """Lets all threads allocate from a few heaps, where the C library can be told so.

    Else each of many threads, of gRPC and of Kafka, has one of its own, and what it has freed is lost to all others: a
    stream takes three times as much memory as it uses.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, HEAPS)
