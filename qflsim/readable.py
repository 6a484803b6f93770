"""Quantities as people read them: with SI prefixes, times in minutes, hours and days once seconds grow long."""

import math

from .units import day, h, minute

__all__ = ["axis_unit", "share", "show", "show_time", "time_unit"]

_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"))
_TIMES = ((2 * day, day, "d"), (2 * h, h, "h"), (10 * minute, minute, "min"))


def axis_unit(largest: float, unit: str) -> tuple[float, str]:
    """Divisor and prefixed unit in which values up to ``largest`` are best read, e.g. ``(1e6, "MJ")``."""
    size = abs(largest)
    if not math.isfinite(size) or size == 0.0:
        return 1.0, unit
    smallest = 1.0 if unit in ("B", "bit") else _PREFIXES[-1][0]  # there are no millibits
    for factor, prefix in _PREFIXES:
        if size >= factor * (1 - 5e-4) or factor <= smallest:
            return factor, prefix + unit
    return 1.0, unit


def time_unit(largest: float) -> tuple[float, str]:
    """Divisor and unit in which times [s] up to ``largest`` are best read, e.g. ``(3600.0, "h")``."""
    for least, factor, unit in _TIMES:
        if abs(largest) >= least:
            return factor, unit
    return axis_unit(largest, "s")


def show(value: float, unit: str) -> str:
    """A value with three significant digits and a prefixed unit, e.g. ``"45.3 MJ"``; NaN as ``"none"``."""
    return _show(value, *axis_unit(value, unit))


def show_time(seconds: float) -> str:
    """A time with three significant digits in ms, s, min, h or d, e.g. ``"27.1 h"``; NaN as ``"none"``."""
    return _show(seconds, *time_unit(seconds))


def share(part: float, whole: float) -> str:
    """``part`` in per cent of ``whole``, e.g. ``"93.1 %"``.

    What is there but tiny shows as ``"< 0.1 %"``, and what is nearly but not quite all with as many digits as it
    takes to tell, e.g. ``"99.998 %"``.
    """
    if not whole > 0.0:
        return "0 %"
    percent = 100.0 * part / whole
    if 0.0 < percent < 0.05:
        return "< 0.1 %"
    if percent == 0.0 or abs(percent - 100.0) < 1e-9:
        return f"{percent:.0f} %"
    digits = 1 if percent > 100.0 else max(1, math.ceil(-math.log10(2.0 * (100.0 - percent)) + 1e-12))
    return f"{percent:.{digits}f} %"


def _show(value: float, factor: float, unit: str) -> str:
    if math.isnan(value):
        return "none"
    scaled = value / factor
    if abs(scaled) >= 999.5 or scaled == int(scaled):
        return f"{scaled:,.0f} {unit}"
    return f"{scaled:#.3g}".rstrip(".") + f" {unit}"
