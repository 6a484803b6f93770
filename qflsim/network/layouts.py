"""How the sites of the edge servers lie in the plane."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import pairwise

from qflsim.checks import Part

__all__ = ["HEXAGONAL", "HexagonalSites", "LineSites", "Point", "RingSites", "SiteLayout"]

Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class SiteLayout(Part, ABC):
    """A rule that places any number of sites at a given spacing. One's own needs this one method."""

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


HEXAGONAL = HexagonalSites()


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
