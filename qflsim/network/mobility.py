"""How devices move: not at all, from waypoint to waypoint, or along recorded tracks."""

import math
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from qflsim.checks import Part, Recurring, quantity
from qflsim.streams import Streams
from qflsim.units import h, km, s

from .areas import Area, Disc
from .layouts import Point

__all__ = ["Knot", "Mobility", "RandomWaypoint", "Static", "Trajectory"]

Knot = tuple[float, Point]
"""A time [s] and the place [m] at that time."""


class Trajectory:
    """Where one device is at any time: straight and at constant speed from knot to knot.

    Before the first knot the device is at the first, after the last at the last. Knots are taken from ``knots`` only
    when a later time is asked for, so that a movement without end costs nothing that nobody looks at.

    Parameters
    ----------
    knots:
        Times and places, the times in ascending order; at least one, and possibly without end.

    Notes
    -----
    *Validation*: linear interpolation of numpy.
    """

    def __init__(self, knots: Iterable[Knot]) -> None:
        self._coming: Iterator[Knot] = iter(knots)
        time, place = next(self._coming)
        self._times, self._places = [time], [place]
        self._whole = False

    def at(self, time_s: float) -> Point:
        """East and north [m] at ``time_s`` [s]."""
        while not self._whole and self._times[-1] <= time_s:
            self._extend()
        after = bisect_right(self._times, time_s)
        if after in (0, len(self._times)):
            return self._places[after and after - 1]
        start, end = self._times[after - 1], self._times[after]
        (x0, y0), (x1, y1) = self._places[after - 1], self._places[after]
        way = (time_s - start) / (end - start)
        return x0 + way * (x1 - x0), y0 + way * (y1 - y0)

    def _extend(self) -> None:
        knot = next(self._coming, None)
        if knot is None:
            self._whole = True
        else:
            self._times.append(knot[0])
            self._places.append(knot[1])


@dataclass(frozen=True, kw_only=True)
class Mobility(Part, ABC):
    """A way for devices to move. One's own needs `trajectory`.

    Parameters
    ----------
    record_period:
        Time between two records of where a device is [s]; 1 s, the usual rate of satellite positioning (*assumption*).
    """

    record_period: float = quantity(
        1 * s, unit="s", above=0, recurring=Recurring("records of each device", 1e9),
        advice="give it in seconds, e.g. 1 * s",
    )  # fmt: skip

    @abstractmethod
    def trajectory(self, name: str, start: Point, site: Point, streams: Streams) -> Trajectory:
        """The way of one device.

        Parameters
        ----------
        name:
            The device.
        start:
            Where the topology placed it [m].
        site:
            Where the station of its server stands [m].
        streams:
            Random streams; what is drawn for one device comes from a stream named after it.
        """

    def check_devices(self, devices: Sequence[str]) -> None:
        """Refuse, by a ValueError, devices whose movement is not known (none by default)."""


@dataclass(frozen=True, kw_only=True)
class Static(Mobility):
    """Every device stays where the topology placed it."""

    def trajectory(self, name: str, start: Point, site: Point, streams: Streams) -> Trajectory:
        """One knot, for ever."""
        return Trajectory([(0.0, start)])


@dataclass(frozen=True, kw_only=True)
class RandomWaypoint(Mobility):
    """A device walks straight to a random place, rests there, and walks on to the next, as people and cars roughly do.

    Waypoints are uniform over the area; each way has a speed of its own, uniform in ``speed``, each rest a duration
    uniform in ``pause``. At time 0 the movement is in its stationary state already [1]_, so that averages neither
    drift nor decay: the device rests with probability E[pause] / (E[pause] + E[way] E[1/v]), anywhere, with the
    rest of a pause chosen in proportion to its length before it; otherwise it is on a way chosen in proportion to its
    length, anywhere along it, at a speed of density proportional to 1/v. The place where the topology put it is not
    used.

    Parameters
    ----------
    speed:
        Slowest and fastest speed [m/s]; 2 to 4 km/h, around the 3 km/h of pedestrians in [2]_. Zero is refused: the
        mean speed would fall for ever, as ever more devices crawl [3]_.
    pause:
        Shortest and longest rest [s]; up to a minute is an *assumption*.
    area:
        Where the waypoints lie.

    References
    ----------
    .. [1] W. Navidi, T. Camp, "Stationary distributions for the random waypoint mobility model", IEEE Trans. Mobile
       Comput. 3(1) (2004).
    .. [2] ITU-R M.2412-0, table 5 (evaluation configurations; from memory).
    .. [3] J. Yoon, M. Liu, B. Noble, "Random waypoint considered harmful", IEEE INFOCOM 2003.
    .. [4] E. Hyytia, P. Lassila, J. Virtamo, "Spatial node distribution of the random waypoint mobility model with
       applications", IEEE Trans. Mobile Comput. 5(6) (2006).

    Notes
    -----
    *Scope*: no streets, no crowds, and, as a known trait of the model, more devices in the middle of the area than
    at its edge.

    *Validation*: density over a disc [4]_, share at rest, mean speed, at time 0 and later.
    """

    speed: tuple[float, float] = quantity(
        (2 * km / h, 4 * km / h), unit="m/s", above=0, advice="give slowest and fastest, e.g. (2 * km / h, 4 * km / h)"
    )
    pause: tuple[float, float] = quantity(
        (0.0, 60 * s), unit="s", at_least=0, advice="give shortest and longest, e.g. (0 * s, 60 * s)"
    )
    area: Area = Disc()

    def check(self) -> None:
        """Refuse bounds in the wrong order."""
        for name in ("speed", "pause"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"RandomWaypoint.{name} must be (smallest, largest), got {(low, high)!r}; swap them")

    @property
    def mean_way_time(self) -> float:
        """Expected time [s] from waypoint to waypoint: E[way] E[1/v]."""
        low, high = self.speed
        slowness = math.log(high / low) / (high - low) if high > low else 1 / low
        return self.area.mean_way * slowness

    @property
    def resting_share(self) -> float:
        """Share of the time, and of the devices at any time, at rest."""
        pause = sum(self.pause) / 2
        return pause / (pause + self.mean_way_time)

    @property
    def mean_speed(self) -> float:
        """Expected speed [m/s] at any time, rests included."""
        return (1 - self.resting_share) * self.area.mean_way / self.mean_way_time

    def trajectory(self, name: str, start: Point, site: Point, streams: Streams) -> Trajectory:
        """A walk without end, drawn from the device's own stream as far as it is asked for."""
        return Trajectory(self._walk(streams.fresh("mobility", name), site))

    def _walk(self, rng: np.random.Generator, site: Point) -> Iterator[Knot]:
        if rng.random() < self.resting_share:
            time, place = self._rest_left(rng), self.area.point(rng, site)
            yield 0.0, place
        else:
            here, place, speed = self._under_way(rng, site)
            yield 0.0, here
            time = math.dist(here, place) / speed
            yield time, place
            time += rng.uniform(*self.pause)
        while True:
            yield time, place
            onward = self.area.point(rng, site)
            time += math.dist(place, onward) / rng.uniform(*self.speed)
            place = onward
            yield time, place
            time += rng.uniform(*self.pause)

    def _rest_left(self, rng: np.random.Generator) -> float:
        """What is left at time 0 of a pause chosen in proportion to its length: density p in [low, high]."""
        low, high = self.pause
        pause = math.sqrt(low**2 + rng.random() * (high**2 - low**2))
        return pause * rng.random()

    def _under_way(self, rng: np.random.Generator, site: Point) -> tuple[Point, Point, float]:
        """Place at time 0, waypoint ahead and speed, on a way chosen in proportion to its length and slowness."""
        while True:
            behind, ahead = self.area.point(rng, site), self.area.point(rng, site)
            if rng.random() * self.area.longest_way < math.dist(behind, ahead):
                break
        gone = rng.random()
        here = behind[0] + gone * (ahead[0] - behind[0]), behind[1] + gone * (ahead[1] - behind[1])
        low, high = self.speed
        return here, ahead, low * (high / low) ** rng.random()
