"""Times as whole numbers of 1/8 µs, so that the end of one slice equals the begin of the next exactly or not at all."""

import math

__all__ = ["microseconds", "ticks"]

_PER_SECOND = 8e6


def ticks(seconds: float) -> int:
    """The nearest tick to a time [s]."""
    return math.floor(seconds * _PER_SECOND + 0.5)


def microseconds(ticks: int) -> float:
    """A number of ticks in µs, exactly: eighths are sums of powers of two."""
    return ticks / 8.0
