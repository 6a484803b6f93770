"""A satellite that sends quantum keys to stations on the ground whenever it passes over them at night."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import Part, quantity
from qflsim.quantum.finite_bb84 import FiniteKeyBB84
from qflsim.quantum.finite_key import BlockProtocol
from qflsim.quantum.satellite import PassProfile
from qflsim.units import MHz, degree

from .earth import GroundSite
from .optics import OpticalDownlink
from .orbit import Orbit, Pass
from .relay import SatelliteRelay
from .windows import windows

__all__ = ["Contact", "Satellite"]

Floats = NDArray[np.float64]

_MICIUS_BOXES = FiniteKeyBB84(
    protocol=BlockProtocol(
        intensities=(0.8, 0.1, 0.0), probabilities=(0.5, 0.25, 0.25), key_basis=0.76, deviation="chernoff"
    ),
    pulse_rate=100 * MHz,
    detector_efficiency=0.5,
    dark_count_yield=2e-7,
    misalignment=0.01,
    dead_time=0.0,
    after_pulse=0.0,
)

_STEP = 5.0  # how closely [s] it is looked at which of two stations sees the satellite higher
_SHORTEST = 1.0  # a shorter contact [s] is none
_TIE = 1e-9  # elevation [rad] by which the first of two equal stations leads


@dataclass(frozen=True, slots=True)
class Contact:
    """One satellite's light on one station: a pass, or the part of it in which the satellite points there.

    Parameters
    ----------
    station:
        Name of the station.
    over:
        The pass.
    optics:
        The light's way down.
    start_s, end_s:
        Simulated times [s] between which the satellite points at the station.
    """

    station: str
    over: Pass
    optics: OpticalDownlink
    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """How long the contact lasts [s]."""
        return self.end_s - self.start_s

    @property
    def maximum_elevation(self) -> float:
        """Elevation [rad] at which the satellite stands highest during the contact."""
        top = min(max(self.over.culmination_s, self.start_s), self.end_s)
        return float(self.over.look(np.array([top])).elevation[0])

    def losses(self, times: Floats) -> Floats:
        """Loss [dB] from satellite to detectors at simulated ``times`` [s]."""
        look = self.over.look(times)
        return self.optics.loss(look.elevation, look.range_m)

    def profile(self, step: float = 1.0) -> PassProfile:
        """Loss against time in equal slices of at most ``step`` [s]."""
        count = max(2, math.ceil(self.duration_s / step))
        times = self.start_s + (np.arange(count, dtype=np.float64) + 0.5) * (self.duration_s / count)
        return PassProfile(times, self.losses(times))


@dataclass(frozen=True, kw_only=True)
class Satellite(Part):
    """A satellite with a telescope that sends light pulses down to one station at a time, and may carry messages.

    Parameters
    ----------
    name:
        Its name in tables and in the key network.
    orbit:
        How it moves, and which instant simulated time 0 is.
    optics:
        What the light loses on its way down.
    boxes:
        Sender in orbit and receivers on the ground. Pulse rate, intensities, their shares and the detectors are those
        of [1]_; four detectors with 25 dark counts a second and gates of 2 ns click 2e-7 times a pulse. A misalignment
        of 1 %, the error rate of [1]_, and a key basis chosen with 0.76, near the best for a pass, are *assumptions*.
    stations:
        Names of the sites with a telescope; every server if none is named.
    minimum_elevation:
        Elevation [rad] above which it sends; 19 degrees, where the 273 s of [1]_ begin and end.
    relay:
        Carries messages between its stations where no fibre does; none by default.
    sun_at_most:
        Elevation of the Sun [rad] at the station at which the sky is dark enough: -12 degrees, the end of nautical
        twilight, is an *assumption*; 90 degrees for day and night.

    References
    ----------
    .. [1] S.-K. Liao et al., "Satellite-to-ground quantum key distribution", Nature 549, 43 (2017), arXiv:1707.00542.

    Notes
    -----
    *Scope*: it turns from one station to the next at once and points at the one over which it stands highest.
    Every night is clear. Energy and memory of the satellite are not modelled.

    *Validation*: the pass of [1]_: 645 km at its nearest, 1200 km at either end of its 273 s.
    """

    name: str = "micius"
    orbit: Orbit = Orbit()
    optics: OpticalDownlink = OpticalDownlink()
    boxes: FiniteKeyBB84 = _MICIUS_BOXES
    stations: tuple[str, ...] = ()
    minimum_elevation: float = quantity(
        19 * degree, unit="rad", at_least=0, below=math.pi / 2, advice="give it in radians, e.g. 19 * degree"
    )
    sun_at_most: float = quantity(
        -12 * degree, unit="rad", at_least=-math.pi / 2, at_most=math.pi / 2,
        advice="give it in radians, e.g. -12 * degree",
    )  # fmt: skip

    relay: SatelliteRelay | None = None

    def passes(self, site: GroundSite, start_s: float, end_s: float) -> list[Pass]:
        """Passes over ``site`` between two simulated times [s], high enough and in the dark, in order."""
        return self.orbit.passes(site, start_s, end_s, self.minimum_elevation, self.sun_at_most)

    def contacts(self, sites: Mapping[str, GroundSite], start_s: float, end_s: float) -> list[Contact]:
        """Who gets the satellite's light when, between two simulated times [s], in order; contacts do not overlap.

        Where it passes over several stations at once, it points at the one over which it stands highest.

        Parameters
        ----------
        sites:
            The stations, by name.
        """
        passes = [(name, over) for name, site in sites.items() for over in self.passes(site, start_s, end_s)]
        parts = [
            Contact(name, over, self.optics, begin, end)
            for number, (name, over) in enumerate(passes)
            for begin, end in _turns(number, [other for _, other in passes])
            if end - begin >= _SHORTEST
        ]
        return sorted(parts, key=lambda contact: contact.start_s)


def _turns(number: int, passes: Sequence[Pass]) -> list[tuple[float, float]]:
    """The parts of one of the passes in which no other station sees the satellite higher.

    Of two that see it equally high the first one counts.
    """
    own = passes[number]
    rivals = [
        (other, _TIE if number < i else -_TIE)
        for i, other in enumerate(passes)
        if i != number and other.rise_s < own.set_s and own.rise_s < other.set_s
    ]
    if not rivals:
        return [(own.rise_s, own.set_s)]

    def lead(times: Floats) -> Floats:
        above = own.look(times).elevation
        least = np.full(times.shape, math.pi)
        for other, tie in rivals:
            there = (times >= other.rise_s) & (times <= other.set_s)
            least = np.where(there, np.minimum(least, above - other.look(times).elevation + tie), least)
        return least

    return windows(lead, own.rise_s, own.set_s, _STEP)
