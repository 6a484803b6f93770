"""How far replications lie apart in a figure: Student's interval, or of two, which leave it endless, their range."""

from collections.abc import Sequence

from qflsim.intervals import Interval, interval

__all__ = ["spread", "told_of_spread"]

_ENOUGH = 3
"""Replications from which on an interval is shown: of two values it is 25 times as wide as what they differ by."""


def spread(values: Sequence[float], geometric: bool = False, within: tuple[float, float] | None = None) -> Interval:
    """Mean of replications with its interval at 95 %, or the range of two, cut to what a measure can be."""
    made = interval(values, geometric=geometric)
    low, high = (made.low, made.high) if made.count >= _ENOUGH else (min(values), max(values))
    if within is not None:
        low, high = max(low, within[0]), min(high, within[1])
    return Interval(made.mean, low, high, made.count)


def told_of_spread(replications: int) -> str:
    """What bars and bands are."""
    return "95 % intervals" if replications >= _ENOUGH else "their range"
