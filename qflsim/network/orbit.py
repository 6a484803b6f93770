"""A satellite's orbit from published elements, and when it passes over a site."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import Part, quantity
from qflsim.units import day, degree

from .earth import GroundSite, sun_elevation, turned
from .twoline import MICIUS, check_lines, epoch
from .windows import highest, windows

__all__ = ["Look", "Orbit", "Pass", "slant_range"]

Floats = NDArray[np.float64]

LIGHT = 299_792_458.0  # speed of light [m/s]

_STEP = 60.0  # the longest step [s] in search of passes


class Look(NamedTuple):
    """Where a satellite stands as seen from a site; every item has one value per time asked for."""

    elevation: Floats
    """Above the horizon [rad], refraction left out."""
    azimuth: Floats
    """From north over east [rad], 0 to 2 pi."""
    range_m: Floats
    """Straight distance [m]."""

    @property
    def delay_s(self) -> Floats:
        """Time of flight of light, one way [s]."""
        return self.range_m / LIGHT


@dataclass(frozen=True, kw_only=True)
class Orbit(Part):
    """A satellite moves as its two-line elements say, by SGP4; simulated time 0 is a UTC instant.

    Parameters
    ----------
    tle:
        The two lines; those of Micius in December 2016 by default.
    start:
        The UTC instant of simulated time 0, ISO 8601; by default the evening before the downlink of Liao et al. [2]_.
    maximum_age:
        Longest time [s] between the elements' epoch and ``start``; 14 days is a scenario choice: SGP4 loses 1 to 3 km
        a day in a low orbit [1]_, some seconds of a pass after a fortnight.

    Raises
    ------
    ValueError
        If the elements are malformed or out of date, or describe an orbit that has decayed.

    References
    ----------
    .. [1] D. A. Vallado, P. Crawford, R. Hujsak, T. S. Kelso, "Revisiting Spacetrack Report #3", AIAA 2006-6753: SGP4
       as the ``sgp4`` package implements it.
    .. [2] S.-K. Liao et al., "Satellite-to-ground quantum key distribution", Nature 549, 43 (2017).

    Notes
    -----
    *Scope*: positions in the frame of SGP4 (TEME) are turned by the mean sidereal time; UT1 is taken for UTC, and
    refraction, polar motion and nutation are left out, together less than 0.1 degree above 10 degrees. No manoeuvres.

    *Validation*: positions and passes against skyfield; the pass of [2]_, 645 km at its nearest; circular orbits.
    """

    tle: tuple[str, str] = MICIUS
    start: str = "2016-12-19T12:00:00Z"
    maximum_age: float = quantity(14 * day, unit="s", above=0, advice="give it in seconds, e.g. 14 * day")

    def check(self) -> None:
        """Refuse elements that are malformed or too old, and a start that is no instant."""
        check_lines(self.tle)
        age = (self.instant - epoch(self.tle)).total_seconds()
        if abs(age) > self.maximum_age:
            raise ValueError(
                f"Orbit.tle is out of date: its epoch {epoch(self.tle):%Y-%m-%d %H:%M} UTC lies {abs(age) / day:.1f} "
                f"days {'before' if age > 0 else 'after'} Orbit.start = {self.start!r}, and maximum_age is "
                f"{self.maximum_age / day:g} days; use elements of that time, another start, or a larger maximum_age"
            )
        self.positions(np.zeros(1))

    @property
    def instant(self) -> datetime:
        """Simulated time 0."""
        try:
            instant = datetime.fromisoformat(self.start)
        except ValueError:
            raise ValueError(
                f"Orbit.start must be a UTC instant, got {self.start!r}; write e.g. '2016-12-19T12:00:00Z'"
            ) from None
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)

    @property
    def period(self) -> float:
        """Time [s] of one revolution, from node to node, by the mean motion of the elements."""
        return day / float(self.tle[1][52:63])

    def days(self, times: Floats) -> Floats:
        """Julian days (UTC) of simulated ``times`` [s]."""
        return np.asarray(sum(self._epoch_days()) + np.asarray(times) / day)

    def positions(self, times: Floats) -> Floats:
        """Earth-fixed coordinates [m] at simulated ``times`` [s], shape (n, 3).

        Raises
        ------
        ValueError
            If SGP4 finds no orbit then, e.g. because the satellite has decayed.
        """
        from sgp4.api import SGP4_ERRORS

        whole, fraction = self._epoch_days()
        times = np.asarray(times, dtype=np.float64)
        errors, inertial, _ = _satellite(self.tle).sgp4_array(np.full(times.shape, whole), fraction + times / day)
        if errors.any():
            first = int(np.flatnonzero(errors)[0])
            reason = SGP4_ERRORS.get(int(errors[first]), f"error {errors[first]}")
            raise ValueError(f"Orbit.tle gives no position {times[first]:.6g} s after its start: {reason}")
        return turned(1e3 * inertial, whole + fraction + times / day)

    def look(self, site: GroundSite, times: Floats) -> Look:
        """Elevation, azimuth and range as seen from ``site`` at simulated ``times`` [s]."""
        sight = (self.positions(times) - site.position) @ site.axes.T
        distance = np.linalg.norm(sight, axis=1)
        azimuth = np.mod(np.arctan2(sight[:, 0], sight[:, 1]), 2.0 * math.pi)
        return Look(np.arcsin(sight[:, 2] / distance), azimuth, distance)

    def sun(self, site: GroundSite, times: Floats) -> Floats:
        """Elevation [rad] of the Sun at ``site`` at simulated ``times`` [s]."""
        return sun_elevation(site, self.days(times))

    def passes(
        self,
        site: GroundSite,
        start_s: float,
        end_s: float,
        minimum_elevation: float = 10 * degree,
        sun_at_most: float = 90 * degree,
    ) -> "list[Pass]":
        """All passes over ``site`` between two simulated times [s], in order; one under way at an end is cut there.

        Parameters
        ----------
        minimum_elevation:
            Elevation [rad] above which the satellite counts as visible.
        sun_at_most:
            Elevation of the Sun [rad] at which the sky is dark enough; 90 degrees is no condition. A pass across
            dusk or dawn is cut there.
        """

        def margin(times: Floats) -> Floats:
            above = self.look(site, times).elevation - minimum_elevation
            return above if sun_at_most >= math.pi / 2 else np.minimum(above, sun_at_most - self.sun(site, times))

        step = min(_STEP, self.period / 64.0)
        return [self._pass(site, rise, end) for rise, end in windows(margin, start_s, end_s, step)]

    def _pass(self, site: GroundSite, rise: float, end: float) -> "Pass":
        top = highest(lambda times: self.look(site, times).elevation, rise, end)
        return Pass(self, site, rise, top, end, float(self.look(site, np.array([top])).elevation[0]))

    def _epoch_days(self) -> tuple[float, float]:
        """Julian day of simulated time 0 in two parts: the midnight before it, and the fraction since."""
        instant = self.instant
        midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight.toordinal() + 1_721_424.5, (instant - midnight).total_seconds() / day


@dataclass(frozen=True, slots=True)
class Pass:
    """A satellite crosses the sky over a site, from its rise to its set.

    Parameters
    ----------
    orbit, site:
        Which satellite, seen from where.
    rise_s, culmination_s, set_s:
        Simulated times [s] at which it comes into view, stands highest, and goes out of view.
    maximum_elevation:
        Elevation [rad] when it stands highest.
    """

    orbit: Orbit
    site: GroundSite
    rise_s: float
    culmination_s: float
    set_s: float
    maximum_elevation: float

    @property
    def duration_s(self) -> float:
        """Time in view [s]."""
        return self.set_s - self.rise_s

    def look(self, times: Floats) -> Look:
        """Elevation, azimuth and range at simulated ``times`` [s]."""
        return self.orbit.look(self.site, times)


def slant_range(height: float, elevation: float, radius: float = 6_371_008.8) -> float:
    """Distance [m] to a satellite at ``height`` [m] over a spherical Earth that stands at ``elevation`` [rad].

    sqrt((R sin e)^2 + 2 R h + h^2) - R sin e, by the law of cosines; the height itself at the zenith.
    """
    down = radius * math.sin(elevation)
    return math.sqrt(down**2 + 2.0 * radius * height + height**2) - down


@lru_cache(maxsize=64)
def _satellite(tle: tuple[str, str]) -> Any:
    from sgp4.api import Satrec

    return Satrec.twoline2rv(*tle)
