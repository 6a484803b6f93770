"""Multipliers that turn what people write into SI floats: ``150 * m``, ``10 * GHz``, ``dBm(23)``.

Inside qflsim every quantity is a plain float in SI units (seconds, metres, hertz, watts, joules, bits);
these names exist so that a scenario file reads like the paper it implements.

References
----------
.. [1] BIPM, *The International System of Units*, 9th edition (2019), tables 2 to 8.
"""

import math

__all__ = [
    "GB", "GHz", "Gbit", "Hz", "J", "K", "MB", "MHz", "MW", "Mbit", "THz", "W", "bit", "byte", "dB", "dBm", "day",
    "degree", "h", "kB", "kHz", "kJ", "kW", "kbit", "km", "km2", "m", "mJ", "mW", "minute", "mm", "ms", "ns",
    "ppm", "ps", "s", "to_dB", "to_dBm", "us",
]  # fmt: skip

s = 1.0
ms, us, ns, ps = 1e-3, 1e-6, 1e-9, 1e-12
minute, h, day = 60.0, 3600.0, 86400.0

m = 1.0
mm, km = 1e-3, 1e3
km2 = 1e6

Hz = 1.0
kHz, MHz, GHz, THz = 1e3, 1e6, 1e9, 1e12

bit = 1.0
kbit, Mbit, Gbit = 1e3, 1e6, 1e9
byte = 8.0
kB, MB, GB = 8e3, 8e6, 8e9

W = 1.0
mW, kW, MW = 1e-3, 1e3, 1e6
J = 1.0
mJ, kJ = 1e-3, 1e3

K = 1.0
ppm = 1e-6
degree = math.pi / 180.0


def dB(value: float) -> float:
    """Ratio that ``value`` decibels stand for: 10^(value/10)."""
    return float(10.0 ** (value / 10.0))


def dBm(value: float) -> float:
    """Power [W] that ``value`` decibels above one milliwatt stand for: 10^(value/10) mW."""
    return float(1e-3 * 10.0 ** (value / 10.0))


def to_dB(ratio: float) -> float:
    """Decibels of a power ratio: 10 log10(ratio)."""
    return 10.0 * math.log10(ratio)


def to_dBm(power: float) -> float:
    """Decibels above one milliwatt of a power [W]: 10 log10(power / 1 mW)."""
    return 10.0 * math.log10(power / 1e-3)
