"""How the sites of the edge servers lie in the plane, and where on the Earth that plane is."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import pairwise

from qflsim.checks import Part, quantity
from qflsim.units import degree, km

from .earth import projected

__all__ = ["HEXAGONAL", "GeographicSites", "HexagonalSites", "LineSites", "Point", "RingSites", "SiteLayout"]

Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class SiteLayout(Part, ABC):
    """A rule that places any number of sites at a given spacing. One's own needs this one method.

    Parameters
    ----------
    origin:
        Latitude and longitude [rad] of the point from which east and north are counted, which matters for satellites
        alone; the telescope of Xinglong, the ground station of `qflsim.network.orbit.Orbit`'s default satellite.
    """

    origin: tuple[float, float] = quantity(
        (40.39587 * degree, 117.57746 * degree), unit="rad", at_least=-2 * math.pi, at_most=2 * math.pi,
        advice="give (latitude, longitude) in radians, e.g. (40.4 * degree, 117.6 * degree)",
    )  # fmt: skip

    def check(self) -> None:
        """Refuse a latitude beyond the poles."""
        if abs(self.origin[0]) > math.pi / 2:
            raise ValueError(
                f"{type(self).__name__}.origin must have a latitude from -90 to 90 degrees, got {self.origin!r} rad; "
                "give (latitude, longitude), e.g. (40.4 * degree, 117.6 * degree)"
            )

    @abstractmethod
    def sites(self, count: int, spacing: float) -> tuple[Point, ...]:
        """Positions [m] of ``count`` sites whose nearest neighbours are ``spacing`` [m] apart."""


@dataclass(frozen=True, kw_only=True)
class HexagonalSites(SiteLayout):
    """Sites lie on a triangular grid, so that their cells are hexagons: one in the middle, then ring by ring.

    Another site moves none of the others.

    References
    ----------
    .. [1] ITU-R M.2412-0 (hexagonal grid of sites in the evaluation configurations).
    """

    def sites(self, count: int, spacing: float) -> tuple[Point, ...]:
        """Positions [m] of ``count`` sites, spiralling outwards from the origin."""
        places = [(0.0, 0.0)]
        ring = 0
        while len(places) < count:
            ring += 1
            places += _hexagon(ring, spacing)
        return tuple(places[:count])


@dataclass(frozen=True, kw_only=True)
class LineSites(SiteLayout):
    """Sites lie along a straight street. Another site moves none of the others."""

    def sites(self, count: int, spacing: float) -> tuple[Point, ...]:
        """Positions [m] of ``count`` sites, from the origin to the east."""
        return tuple((i * spacing, 0.0) for i in range(count))


@dataclass(frozen=True, kw_only=True)
class RingSites(SiteLayout):
    """Sites lie on a circle, neighbours ``spacing`` apart. Another site widens the circle and moves them all."""

    def sites(self, count: int, spacing: float) -> tuple[Point, ...]:
        """Positions [m] of ``count`` sites on a circle around the origin, the first to the east."""
        radius = spacing / (2 * math.sin(math.pi / count)) if count > 1 else 0.0
        angles = (2 * math.pi * i / count for i in range(count))
        return tuple((radius * math.cos(angle), radius * math.sin(angle)) for angle in angles)


@dataclass(frozen=True, kw_only=True)
class GeographicSites(SiteLayout):
    """Sites lie in cities, given by latitude and longitude; the spacing is not looked at.

    The plane is the azimuthal equidistant projection around the origin: distances from there are true, those between
    two others at most 0.6 % too long within 1200 km of it.

    Parameters
    ----------
    places:
        Latitude and longitude [rad] of each site, one for every server.

    Raises
    ------
    ValueError
        If a place lies more than 5000 km from the origin, where the plane misleads, or their number is wrong.
    """

    places: tuple[tuple[float, float], ...] = quantity(
        unit="rad", at_least=-2 * math.pi, at_most=2 * math.pi,
        advice="give (latitude, longitude) in radians, e.g. ((39.9 * degree, 116.4 * degree),)",
    )  # fmt: skip

    def check(self) -> None:
        """Refuse places far from the origin."""
        super().check()
        for place in self.places:
            far = math.hypot(*projected(self.origin, *place))
            if far > _FARTHEST:
                raise ValueError(
                    f"GeographicSites.places must lie within {_FARTHEST / km:g} km of the origin, got {place!r} rad at "
                    f"{far / km:.0f} km; give an origin among them, e.g. origin=({place[0]:.4g}, {place[1]:.4g})"
                )

    def sites(self, count: int, spacing: float) -> tuple[Point, ...]:
        """East and north [m] of the places as seen from the origin."""
        if count != len(self.places):
            raise ValueError(
                f"GeographicSites.places must name one place for each of {count} servers, got {len(self.places)}; "
                f"give as many, or servers={len(self.places)}"
            )
        return tuple(projected(self.origin, *place) for place in self.places)


HEXAGONAL = HexagonalSites()

_FARTHEST = 5000 * km


def _hexagon(ring: int, spacing: float) -> list[Point]:
    """The 6 * ring grid points at ``ring`` steps from the origin, counter-clockwise from the east."""
    corners = [(math.cos(k * math.pi / 3), math.sin(k * math.pi / 3)) for k in range(7)]
    places = []
    for (x0, y0), (x1, y1) in pairwise(corners):
        for step in range(ring):
            along = step / ring
            x, y = x0 + along * (x1 - x0), y0 + along * (y1 - y0)
            places.append((ring * spacing * x, ring * spacing * y))
    return places
