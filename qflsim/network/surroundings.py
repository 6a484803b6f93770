"""What stands around the stations of a network: who is seen from where, and in whose shadow, as functions of place."""

import math
from collections.abc import Mapping
from functools import cache

from qflsim.streams import Streams

from .buildings import Indoors
from .cell import Channel, RadioCell
from .field import RandomField
from .layouts import Point

__all__ = ["Surroundings"]

_ROUNDING = 1e-9  # by which a device placed at the farthest distance may lie beyond it


class Surroundings:
    """The channels between the stations of one kind of cell and any place in the plane.

    Line of sight: a correlated variable u, uniform at every place, is held against the probability; a place is seen if
    u < P_LOS(d) [1]_. Shadowing: a normal variable of its own for places in sight, out of sight and inside buildings,
    each with its deviation and correlation distance. Each station has its own fields; a part of the variance of the
    shadowing may be common to all (``RadioCell.shadowing_common`` [2]_). Buildings are the same for all stations.

    So two devices at one place hear the same, a device that moves hears gradual changes, and a device more changes
    nothing for the others.

    Parameters
    ----------
    cell:
        What kind of cells they are.
    sites:
        Where the stations stand [m].
    streams:
        Random streams; a field's is named after what it is of and its station.

    References
    ----------
    .. [1] 3GPP TR 38.901, clause 7.6.3.3 (its smooth passage between the two states is left out).
    .. [2] 3GPP TR 36.814, table A.2.1.1-1: correlation of 0.5 between sites; TR 38.901: none.

    Notes
    -----
    *Validation*: share of places in sight, and correlation, mean and deviation of the shadowing.
    """

    def __init__(self, cell: RadioCell, sites: Mapping[str, Point], streams: Streams) -> None:
        self._cell = cell
        self._sites = sites
        self._streams = streams
        self._field = cache(self._drawn)
        self._latest: dict[str, tuple[Point, Channel]] = {}

    def channel(self, station: str, place: Point) -> Channel:
        """The channel between ``station`` and a device at ``place`` [m].

        Nearer than the cell is defined for, it is that at the nearest distance; farther away nothing is received.
        """
        latest = self._latest.get(station)
        if latest is None or latest[0] != place:  # whoever moves is heard by all stations, and asks for each twice
            latest = self._latest[station] = (place, self._found(station, place))
        return latest[1]

    def _found(self, station: str, place: Point) -> Channel:
        cell = self._cell
        nearest, farthest = cell.distances
        distance = math.dist(place, self._sites[station])
        if distance > farthest * (1 + _ROUNDING):
            return cell.silent()
        distance = min(max(nearest, distance), farthest)
        indoors = self.indoors(place)
        seen = self._field("line-of-sight", station, cell.correlation_sight).uniform(place)
        los = seen < cell.los_probability(cell.outdoor_distance(distance, indoors))
        return cell.channel(distance, los, self._shadowing(station, place, los, indoors), indoors)

    def indoors(self, place: Point) -> Indoors | None:
        """The building that ``place`` [m] is in; ``None`` in the open."""
        buildings = self._cell.buildings
        if buildings is None:
            return None
        block, depth = buildings.correlation_building, buildings.depth
        return buildings.placed(
            self._field("indoors", "inside", block).uniform(place),
            self._field("indoors", "kind", block).uniform(place),
            self._field("indoors", "near", depth).uniform(place),
            self._field("indoors", "far", depth).uniform(place),
            self._field("indoors", "wall", buildings.correlation_shadowing).at(place),
        )

    def _shadowing(self, station: str, place: Point, los: bool, indoors: Indoors | None) -> float:
        """Deviation [dB] from the median path loss."""
        cell = self._cell
        if indoors is not None and cell.buildings is not None:
            state, deviation, distance = "indoors", cell.buildings.shadowing, cell.buildings.correlation_shadowing
        elif los:
            state, deviation, distance = "sight", cell.shadowing_los, cell.correlation_los
        else:
            state, deviation, distance = "no-sight", cell.shadowing_nlos, cell.correlation_nlos
        common = cell.shadowing_common
        own = self._field(f"shadowing-{state}", station, distance).at(place)
        if not common:
            return deviation * own
        shared = self._field(f"shadowing-{state}", "", distance).at(place)
        return deviation * (math.sqrt(1.0 - common) * own + math.sqrt(common) * shared)

    def _drawn(self, what: str, whose: str, correlation: float) -> RandomField:
        return RandomField(correlation, self._streams.fresh(what, whose))
