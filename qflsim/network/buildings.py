"""Devices inside buildings, whose walls the signal of a station in the street must pass."""

import math
from dataclasses import dataclass

import numpy as np

from qflsim.checks import Part, quantity
from qflsim.units import GHz, dB, m

__all__ = ["Buildings", "Indoors", "mean_power", "wall_loss"]

LOSS_PER_METRE = 0.5  # inside a building [dB/m]


def mean_power(deviation: float) -> float:
    """Mean of a power over its median, when its decibels are normal with this standard ``deviation`` [dB]."""
    return math.exp((math.log(10) / 10 * deviation) ** 2 / 2)


def wall_loss(carrier: float, *, high: bool) -> float:
    """Loss [dB] of a signal on its way through the outer wall of a building, glass and concrete side by side.

    With the losses in dB of glass 2 + 0.2 f, of infrared-reflecting glass 23 + 0.3 f and of concrete 5 + 4 f, f in GHz:
    low-loss building 5 - 10 log(0.3 10^(-L_glass/10) + 0.7 10^(-L_concrete/10)), high-loss building
    5 - 10 log(0.7 10^(-L_reflecting/10) + 0.3 10^(-L_concrete/10)) [1]_.

    Parameters
    ----------
    carrier:
        Carrier frequency [Hz].
    high:
        Whether it is a high-loss building, with windows that keep the heat out.

    References
    ----------
    .. [1] 3GPP TR 38.901, tables 7.4.3-1 and 7.4.3-2 (from memory; the terms agree with public implementations).

    Notes
    -----
    *Validation*: 12.6975 and 26.8498 dB at 3.5 GHz, 14.2280 and 32.5257 dB at 10 GHz, 17.8288 and 37.9490 dB at 28 GHz.
    """
    frequency = carrier / GHz
    concrete = 1.0 / dB(5 + 4 * frequency)
    if high:
        return 5 - 10 * math.log10(0.7 / dB(23 + 0.3 * frequency) + 0.3 * concrete)
    return 5 - 10 * math.log10(0.3 / dB(2 + 0.2 * frequency) + 0.7 * concrete)


@dataclass(frozen=True, slots=True)
class Indoors:
    """Where in which building a device is.

    Parameters
    ----------
    high:
        Whether the building is a high-loss one.
    depth:
        Horizontal distance [m] to the outer wall, along the way to the station.
    spread:
        By how many standard deviations the wall lets less through than the median wall.
    """

    high: bool
    depth: float
    spread: float


@dataclass(frozen=True, kw_only=True)
class Buildings(Part):
    """A part of the devices is inside buildings.

    Penetration loss: outer wall (`wall_loss`), 0.5 dB per metre inside, and a normal deviation [1]_. The depth is the
    smaller of two uniform draws up to ``depth`` [1]_.

    Parameters
    ----------
    indoor_share:
        Share of the devices that are inside; 0.8 [1]_.
    high_loss_share:
        Share of high-loss buildings among the buildings; 0.2 [2]_.
    depth:
        Largest distance inside the building [m]; 25 m [1]_.
    deviation_low, deviation_high:
        Standard deviation of the loss [dB]; 4.4 and 6.5 dB [1]_.
    shadowing:
        Standard deviation of the shadowing of indoor devices [dB], in place of the cell's; 7 dB [3]_.
    correlation_shadowing:
        Distance over which the shadowing is correlated [m]; 7 m [3]_. The deviation of the wall loss is correlated over
        the same distance (*assumption*).
    correlation_building:
        Distance over which being inside is correlated [m]; 50 m [4]_. The kind of building is correlated over the same
        distance (*assumption*), the depth over ``depth`` [4]_.

    References
    ----------
    .. [1] 3GPP TR 38.901, table 7.2-1 and clause 7.4.3 (deviations and depth read in public implementations).
    .. [2] ITU-R M.2412-0, table 5 (dense urban; from memory).
    .. [3] 3GPP TR 38.901, table 7.5-6, O2I (read in the implementation of Sionna, UMa_O2I.json).
    .. [4] 3GPP TR 38.901, table 7.6.3.1-2 and clause 7.6.3.3 (read in a public implementation).

    Notes
    -----
    *Scope*: ground floor: devices keep the height of the cell's devices. A loss belongs to the place, whichever station
    sends. Who walks is in and out of buildings as the place is.

    *Validation*: six wall losses; shares and depths by their distributions.
    """

    indoor_share: float = quantity(0.8, at_least=0, at_most=1, advice="give a share, e.g. 0.8")
    high_loss_share: float = quantity(0.2, at_least=0, at_most=1, advice="give a share, e.g. 0.2")
    depth: float = quantity(25 * m, unit="m", above=0, advice="give it in metres, e.g. 25 * m")
    deviation_low: float = quantity(4.4, unit="dB", at_least=0, advice="give decibels as a number, e.g. 4.4")
    deviation_high: float = quantity(6.5, unit="dB", at_least=0, advice="give decibels as a number, e.g. 6.5")
    shadowing: float = quantity(7.0, unit="dB", at_least=0, advice="give decibels as a number, e.g. 7.0")
    correlation_shadowing: float = quantity(7 * m, unit="m", above=0, advice="give it in metres, e.g. 7 * m")
    correlation_building: float = quantity(50 * m, unit="m", above=0, advice="give it in metres, e.g. 50 * m")

    def penetration_loss(self, carrier: float, indoors: Indoors) -> float:
        """Loss [dB] from the street in front of the building to the device inside."""
        deviation = self.deviation_high if indoors.high else self.deviation_low
        inside = LOSS_PER_METRE * indoors.depth
        return max(0.0, wall_loss(carrier, high=indoors.high) + inside + deviation * indoors.spread)

    def mean_transmission(self, carrier: float) -> float:
        """Mean share of the power that reaches a device inside, over all buildings and depths.

        With a = 0.5 dB/m in nepers and depths up to D: E[exp(-a d)] = 2 / (a D) - 2 (1 - exp(-a D)) / (a D)^2.
        """
        far = LOSS_PER_METRE * math.log(10) / 10 * self.depth
        depths = 2 / far - 2 * (1 - math.exp(-far)) / far**2
        high = self.high_loss_share * mean_power(self.deviation_high) / dB(wall_loss(carrier, high=True))
        low = (1 - self.high_loss_share) * mean_power(self.deviation_low) / dB(wall_loss(carrier, high=False))
        return (high + low) * depths

    def placed(self, inside: float, kind: float, near: float, far: float, spread: float) -> Indoors | None:
        """What four uniform variables and a normal one say of a device; ``None`` if it is outside."""
        if inside >= self.indoor_share:
            return None
        return Indoors(high=kind < self.high_loss_share, depth=self.depth * min(near, far), spread=spread)

    def draw(self, rng: np.random.Generator) -> Indoors | None:
        """A device somewhere; always takes five draws from ``rng``."""
        inside, kind, near, far = rng.random(4).tolist()
        return self.placed(inside, kind, near, far, float(rng.standard_normal()))
