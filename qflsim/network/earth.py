"""The Earth under a satellite: where a site stands, how the Earth has turned, where the Sun is.

Angles are in radians, lengths in metres, times in Julian days of UTC. UT1 is taken for UTC, which differ by less
than 0.9 s (420 m on the equator); the motion of the pole (15 m), refraction (0.1 degree at 10 degrees above the
horizon) and the parallax of the Sun are left out.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import Part, quantity

__all__ = [
    "MEAN_RADIUS", "GroundSite", "geographic", "projected", "sidereal_angle", "sun_direction", "sun_elevation",
    "turned",
]  # fmt: skip

Floats = NDArray[np.float64]

MEAN_RADIUS = 6_371_008.8
"""Mean radius of the Earth [m], (2a + b)/3 of WGS 84: the sphere on which east and north are laid out."""

_EQUATOR = 6_378_137.0  # semi-major axis of WGS 84 [m]
_FLATTENING = 1.0 / 298.257223563
_J2000 = 2_451_545.0
_TURN = 2.0 * math.pi


@dataclass(frozen=True, kw_only=True)
class GroundSite(Part):
    """A place on the Earth, by geodetic coordinates of WGS 84.

    Parameters
    ----------
    latitude:
        North of the equator [rad].
    longitude:
        East of Greenwich [rad].
    height:
        Above the ellipsoid [m].

    References
    ----------
    .. [1] NIMA TR8350.2, "Department of Defense World Geodetic System 1984": a = 6378137 m, 1/f = 298.257223563.
    """

    latitude: float = quantity(
        unit="rad", at_least=-math.pi / 2, at_most=math.pi / 2, advice="give it in radians, e.g. 40.4 * degree"
    )
    longitude: float = quantity(
        unit="rad", at_least=-math.pi, at_most=_TURN, advice="give it in radians, e.g. 117.6 * degree"
    )
    height: float = quantity(0.0, unit="m", at_least=-500, at_most=10e3, advice="give it in metres, e.g. 890 * m")

    @property
    def position(self) -> Floats:
        """Earth-fixed coordinates [m], shape (3,): towards Greenwich, towards 90 degrees east, towards north."""
        sine = math.sin(self.latitude)
        squared = _FLATTENING * (2.0 - _FLATTENING)
        normal = _EQUATOR / math.sqrt(1.0 - squared * sine**2)
        across = (normal + self.height) * math.cos(self.latitude)
        along = (normal * (1.0 - squared) + self.height) * sine
        return np.array([across * math.cos(self.longitude), across * math.sin(self.longitude), along])

    @property
    def axes(self) -> Floats:
        """East, north and up as Earth-fixed unit vectors, shape (3, 3), one per row."""
        sine, cosine = math.sin(self.latitude), math.cos(self.latitude)
        sl, cl = math.sin(self.longitude), math.cos(self.longitude)
        return np.array([[-sl, cl, 0.0], [-sine * cl, -sine * sl, cosine], [cosine * cl, cosine * sl, sine]])


def sidereal_angle(days: Floats) -> Floats:
    """Greenwich mean sidereal time [rad] at Julian days of UT1: by how much the Earth has turned under the stars.

    References
    ----------
    .. [1] S. Aoki et al., "The new definition of Universal Time", Astron. Astrophys. 105, 359 (1982): IAU 1982.
    """
    centuries = (days - _J2000) / 36_525.0
    seconds = 67_310.54841 + centuries * (
        876_600.0 * 3600.0 + 8_640_184.812866 + centuries * (0.093104 - 6.2e-6 * centuries)
    )
    return np.asarray(np.mod(seconds, 86_400.0) * _TURN / 86_400.0)


def turned(vectors: Floats, days: Floats) -> Floats:
    """Earth-fixed coordinates of vectors of the mean equator, shape (n, 3), at Julian days, shape (n,)."""
    angle = sidereal_angle(days)
    sine, cosine = np.sin(angle), np.cos(angle)
    x, y, z = vectors.T
    return np.stack([cosine * x + sine * y, cosine * y - sine * x, z], axis=1)


def sun_direction(days: Floats) -> Floats:
    """Unit vectors to the Sun along the mean equator and equinox of date, shape (n, 3), at Julian days, shape (n,).

    References
    ----------
    .. [1] The Astronomical Almanac, section C, "Low precision formulas for the Sun's coordinates": within 0.01 degree
       from 1950 to 2050.
    """
    n = days - _J2000
    mean = np.radians(280.460 + 0.9856474 * n)
    anomaly = np.radians(357.528 + 0.9856003 * n)
    longitude = mean + np.radians(1.915) * np.sin(anomaly) + np.radians(0.020) * np.sin(2.0 * anomaly)
    obliquity = np.radians(23.439 - 0.0000004 * n)
    sine = np.sin(longitude)
    return np.stack([np.cos(longitude), np.cos(obliquity) * sine, np.sin(obliquity) * sine], axis=1)


def sun_elevation(site: GroundSite, days: Floats) -> Floats:
    """Height [rad] of the Sun's centre above the horizon of ``site``, negative at night, shape (n,)."""
    return np.asarray(np.arcsin(np.clip(turned(sun_direction(days), days) @ site.axes[2], -1.0, 1.0)))


def geographic(origin: tuple[float, float], east: float, north: float) -> tuple[float, float]:
    """Latitude and longitude [rad] of a point ``east`` and ``north`` [m] of an origin (latitude, longitude) [rad].

    Azimuthal equidistant projection of the sphere: distance and direction from the origin are true, and distances
    between two other points at most d apart and from the origin are too long by up to (d/R)^2/6, 0.6 % at 1200 km.
    """
    distance = math.hypot(east, north)
    if distance == 0.0:
        return origin
    arc, heading = distance / MEAN_RADIUS, math.atan2(east, north)
    sine = math.sin(origin[0]) * math.cos(arc) + math.cos(origin[0]) * math.sin(arc) * math.cos(heading)
    latitude = math.asin(min(1.0, max(-1.0, sine)))
    turn = math.atan2(
        math.sin(heading) * math.sin(arc) * math.cos(origin[0]), math.cos(arc) - math.sin(origin[0]) * sine
    )
    return latitude, math.remainder(origin[1] + turn, _TURN)


def projected(origin: tuple[float, float], latitude: float, longitude: float) -> tuple[float, float]:
    """East and north [m] of a place (latitude, longitude) [rad] as seen from an origin: the inverse of `geographic`."""
    turn = longitude - origin[1]
    east = math.cos(latitude) * math.sin(turn)
    north = math.cos(origin[0]) * math.sin(latitude) - math.sin(origin[0]) * math.cos(latitude) * math.cos(turn)
    along = math.sin(origin[0]) * math.sin(latitude) + math.cos(origin[0]) * math.cos(latitude) * math.cos(turn)
    across = math.hypot(east, north)
    if across == 0.0:
        return 0.0, 0.0
    scale = MEAN_RADIUS * math.atan2(across, along) / across
    return east * scale, north * scale
