"""When a quantity that changes smoothly with time is not negative: windows found by sampling, then by halving."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["highest", "windows"]

Floats = NDArray[np.float64]
OfTime = Callable[[Floats], Floats]

_HALVINGS = 40
_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0


def windows(margin: OfTime, start: float, end: float, step: float) -> list[tuple[float, float]]:
    """Times [s] from and until which ``margin`` is not negative, between ``start`` and ``end`` [s].

    Parameters
    ----------
    margin:
        Of times, shape (n,); it has at most one maximum or minimum in any two steps.
    step:
        Sampling step [s]. A window, or a gap, between two samples is found all the same: extremes are searched for.
    """
    if not end > start:
        return []
    times = np.linspace(start, end, max(3, math.ceil((end - start) / step) + 1))
    values = margin(times)
    peaks = np.concatenate([_peaks(margin, times, values), _peaks(lambda at: -margin(at), times, -values)])
    times = np.concatenate([times, peaks])
    values = np.concatenate([values, margin(peaks)]) if len(peaks) else values
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    inside = values >= 0.0
    turns = np.flatnonzero(inside[:-1] != inside[1:])
    borders = _crossings(margin, times[turns], times[turns + 1], inside[turns]).tolist()
    if inside[0]:
        borders.insert(0, start)
    if inside[-1]:
        borders.append(end)
    return list(zip(borders[::2], borders[1::2], strict=True))


def highest(value: OfTime, start: float, end: float) -> float:
    """Time [s] between ``start`` and ``end`` at which ``value`` is largest."""
    times = np.linspace(start, end, 33)
    top = int(np.argmax(value(times)))
    low, high = times[max(0, top - 1)], times[min(32, top + 1)]
    peak = float(_maxima(value, np.array([low]), np.array([high]))[0])
    candidates = np.array([peak, times[top]])
    return float(candidates[np.argmax(value(candidates))])


def _peaks(value: OfTime, times: Floats, values: Floats) -> Floats:
    """Where ``value`` is largest around samples below zero that are no smaller than their neighbours."""
    tops = 1 + np.flatnonzero((values[1:-1] < 0.0) & (values[1:-1] >= values[:-2]) & (values[1:-1] >= values[2:]))
    return _maxima(value, times[tops - 1], times[tops + 1]) if len(tops) else times[:0]


def _crossings(margin: OfTime, low: Floats, high: Floats, inside: NDArray[np.bool_]) -> Floats:
    """Where ``margin`` changes its sign, between times with ``inside`` and others, all at once."""
    for _ in range(_HALVINGS if len(low) else 0):
        middle = 0.5 * (low + high)
        same = (margin(middle) >= 0.0) == inside
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return 0.5 * (low + high)


def _maxima(value: OfTime, low: Floats, high: Floats) -> Floats:
    """Golden-section search for the maximum within each pair of times, all at once."""
    for _ in range(_HALVINGS):
        span = _GOLDEN * (high - low)
        left, right = high - span, low + span
        up = value(left) < value(right)
        low, high = np.where(up, left, low), np.where(up, high, right)
    return 0.5 * (low + high)
