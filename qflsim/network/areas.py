"""Where moving devices move: a disc around a station, or a rectangle over several."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from qflsim.checks import Part, quantity
from qflsim.units import km, m

from .layouts import Point

__all__ = ["Area", "Disc", "Rectangle"]


@dataclass(frozen=True, kw_only=True)
class Area(Part, ABC):
    """A convex part of the plane. One's own needs these three; a straight way between two of its points stays in it."""

    @abstractmethod
    def point(self, rng: np.random.Generator, site: Point) -> Point:
        """A place [m], uniform over the area; ``site`` is the station of the device that moves there."""

    @property
    @abstractmethod
    def longest_way(self) -> float:
        """No two points of the area are farther apart [m]."""

    @property
    @abstractmethod
    def mean_way(self) -> float:
        """Expected distance [m] between two independent points, each uniform over the area."""


@dataclass(frozen=True, kw_only=True)
class Disc(Area):
    """A disc, by default around the station of the device's own server.

    The mean distance of two points is 128 R / (45 pi) [1]_.

    Parameters
    ----------
    radius:
        Its radius R [m]; 500 m is an *assumption*: half the default distance between two servers.
    centre:
        East and north of its centre [m]; ``None`` for the device's own station.

    References
    ----------
    .. [1] H. Solomon, *Geometric Probability*, SIAM (1978), chapter 2 (from memory).
    """

    radius: float = quantity(500 * m, unit="m", above=0, advice="give it in metres, e.g. 500 * m")
    centre: tuple[float, float] | None = quantity(None, unit="m", advice="give (east, north) in metres")

    def point(self, rng: np.random.Generator, site: Point) -> Point:
        """The squared distance from the centre is uniform, and so is the direction."""
        east, north = site if self.centre is None else self.centre
        distance, angle = self.radius * math.sqrt(rng.random()), 2 * math.pi * rng.random()
        return east + distance * math.cos(angle), north + distance * math.sin(angle)

    @property
    def longest_way(self) -> float:
        """The diameter [m]."""
        return 2 * self.radius

    @property
    def mean_way(self) -> float:
        """128 R / (45 pi) [m]."""
        return 128 * self.radius / (45 * math.pi)


@dataclass(frozen=True, kw_only=True)
class Rectangle(Area):
    """A rectangle along the axes, the same for all devices: a street, a square, a quarter.

    With sides a, b and diagonal d the mean distance of two points is [1]_
    (a^3/b^2 + b^3/a^2 + d (3 - a^2/b^2 - b^2/a^2) + (5/2)((b^2/a) ln((a + d)/b) + (a^2/b) ln((b + d)/a))) / 15.

    Parameters
    ----------
    west, east, south, north:
        Its edges [m]. The default holds the three cells of the default topology.

    References
    ----------
    .. [1] B. Ghosh, "Random distances within a rectangle and between two rectangles", Bull. Calcutta Math. Soc. 43
       (1951) (from memory; checked by drawing points).
    """

    west: float = quantity(-0.5 * km, unit="m", advice="give it in metres, e.g. -500 * m")
    east: float = quantity(1.5 * km, unit="m", advice="give it in metres, e.g. 1.5 * km")
    south: float = quantity(-0.5 * km, unit="m", advice="give it in metres, e.g. -500 * m")
    north: float = quantity(1.4 * km, unit="m", advice="give it in metres, e.g. 1.4 * km")

    def check(self) -> None:
        """Refuse a rectangle turned inside out."""
        for low, high in (("west", "east"), ("south", "north")):
            if not getattr(self, low) < getattr(self, high):
                raise ValueError(
                    f"Rectangle.{low} must be < {high} = {getattr(self, high):g} m, got {getattr(self, low)!r}; "
                    f"exchange the two"
                )

    def point(self, rng: np.random.Generator, site: Point) -> Point:
        """Both coordinates are uniform; the device's station makes no difference."""
        east = self.west + rng.random() * (self.east - self.west)
        return east, self.south + rng.random() * (self.north - self.south)

    @property
    def longest_way(self) -> float:
        """The diagonal [m]."""
        return math.hypot(self.east - self.west, self.north - self.south)

    @property
    def mean_way(self) -> float:
        """Ghosh's mean distance [m]."""
        a, b, d = self.east - self.west, self.north - self.south, self.longest_way
        edges = a**3 / b**2 + b**3 / a**2 + d * (3 - (a / b) ** 2 - (b / a) ** 2)
        return (edges + 2.5 * (b**2 / a * math.log((a + d) / b) + a**2 / b * math.log((b + d) / a))) / 15
