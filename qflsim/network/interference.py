"""What the cells of a network do to each other, all of them sending on the same band."""

import math
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from .capacity import noise_power
from .cell import RadioCell
from .layouts import Point
from .surroundings import Surroundings

__all__ = ["Interference", "coupled_loads", "noise_rise"]

FAINTEST = 1e-4  # interference over noise below which a cell counts as not heard
_PLACES = 100
_GOLDEN = math.pi * (3.0 - math.sqrt(5.0))  # angle between neighbours of a sunflower [rad]
_CONVERGED = 1e-12
_SWEEPS = 10_000


def noise_rise(heard: Mapping[str, float], activity: Mapping[str, float]) -> float:
    """Noise and interference over noise alone, (N + I) / N = 1 + sum a_k I_k / N.

    Parameters
    ----------
    heard:
        Interference over noise from each other cell that is heard while it sends, I_k / N.
    activity:
        How much each cell sends, a_k: 1 all the time, 0 never.
    """
    return 1.0 + sum(activity[station] * power for station, power in heard.items())


class Interference:
    """How strongly each cell is heard in the others while it sends, over the noise of the receiver.

    Uplink: a station hears the devices of another cell, wherever in its disc one sends, with the power
    P_device G_device G_stray E[1 / L] / (k T B F); the mean goes over the disc, line of sight, shadowing and buildings.
    Downlink: a device hears another station with P_station G_stray G_device / L at its own place. G_stray is the gain
    of a station's array towards what it does not point at.

    Parameters
    ----------
    cell:
        What kind of cells they are.
    sites:
        Where the stations stand [m].
    radius, nearest:
        Largest and smallest distance of devices from their own station [m].
    surroundings:
        Where channels come from.

    Notes
    -----
    *Scope*: a cell that is heard at less than 1e-4 of the noise, or beyond the distance for which its path loss is
    defined, counts as not heard.

    *Validation*: SINR of two cells in closed form; the mean over the disc against draws of devices.
    """

    def __init__(
        self,
        cell: RadioCell,
        sites: Mapping[str, Point],
        radius: float,
        nearest: float,
        surroundings: Surroundings,
    ) -> None:
        self._cell = cell
        self._sites = sites
        self._disc = _spread(radius, nearest)
        self._surroundings = surroundings
        self._means: dict[float, float] = {}

    def at_station(self, station: str) -> dict[str, float]:
        """Interference over noise at ``station``, by the cell whose devices send."""
        cell = self._cell
        if not cell.interference:
            return {}
        scale = cell.device_power * cell.device_gain * cell.stray / noise_power(cell.bandwidth, cell.station_noise)
        distances = {other: math.dist(self._sites[other], self._sites[station]) for other in self._sites}
        return _audible((other, scale * self._mean(d)) for other, d in distances.items() if other != station)

    def at_place(self, station: str, place: Point) -> dict[str, float]:
        """Interference over noise at a device at ``place`` [m] whom ``station`` serves, by the station that sends."""
        cell = self._cell
        if not cell.interference:
            return {}
        others = (other for other in self._sites if other != station)
        turned = cell.stray / cell.station_gain
        return _audible((other, self._surroundings.channel(other, place).snr_down * turned) for other in others)

    def _mean(self, distance: float) -> float:
        """Mean of 1 / L between a station and a device in a cell ``distance`` [m] away."""
        nearest, farthest = self._cell.distances
        key = round(distance, 6)
        if key not in self._means:
            ways = [max(nearest, math.hypot(distance + east, north)) for east, north in self._disc]
            self._means[key] = math.fsum(self._cell.mean_gain(way) for way in ways if way <= farthest) / len(ways)
        return self._means[key]


def coupled_loads(load: Callable[[str, float], float], heard: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Loads of cells that disturb each other by being loaded: the fixed point l_i = f_i(1 + sum l_k I_ik / N).

    Iterated from no load at all, the loads only grow; they end at the smallest fixed point, or pass 1 [1]_ [2]_.

    Parameters
    ----------
    load:
        ``load(station, rise)`` is the load of a cell, a share of its band, when noise and interference are ``rise``
        times the noise alone; it grows with the rise.
    heard:
        For each station, interference over noise from each other cell that it hears.

    Returns
    -------
    dict
        Load of each cell. If one of them is 1 or more there is no fixed point, and the cells are overloaded.

    References
    ----------
    .. [1] I. Siomina, D. Yuan, "Analysis of cell load coupling for LTE network planning and optimization", IEEE Trans.
       Wireless Commun. 11(6), 2287 (2012).
    .. [2] R. D. Yates, "A framework for uplink power control in cellular radio systems", IEEE J. Sel. Areas Commun.
       13(7) (1995): monotone convergence of standard interference functions.

    Notes
    -----
    *Validation*: two equal cells with f(x) = c x in closed form, l = c / (1 - c I).
    """
    loads = dict.fromkeys(heard, 0.0)
    for _ in range(_SWEEPS):
        following = {station: load(station, noise_rise(heard[station], loads)) for station in heard}
        change = max((abs(following[station] - loads[station]) for station in heard), default=0.0)
        loads = following
        if change <= _CONVERGED or max(loads.values(), default=0.0) >= 1.0:
            break
    return loads


def _audible(powers: Iterable[tuple[str, float]]) -> dict[str, float]:
    return {station: power for station, power in powers if power >= FAINTEST}


def _spread(radius: float, nearest: float) -> list[Point]:
    """Places that fill a disc evenly around the origin, as the seeds of a sunflower do."""
    shares = (np.arange(_PLACES) + 0.5) / _PLACES
    distances = np.sqrt(nearest**2 + shares * (radius**2 - nearest**2)).tolist()
    return [(d * math.cos(i * _GOLDEN), d * math.sin(i * _GOLDEN)) for i, d in enumerate(distances)]
