"""Where publisher, servers and devices stand."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice

from qflsim.checks import Part, quantity
from qflsim.streams import Streams
from qflsim.units import km, m

from .earth import GroundSite, geographic
from .layouts import HEXAGONAL, Point, SiteLayout

__all__ = ["DenseCell", "Placement", "device_name", "server_name"]

MOST_DEVICES = 50_000
"""Devices of a world: MNIST has little more than one image for each, and each has a radio channel, keys and a store."""


def server_name(server: int) -> str:
    """Name of the ``server``-th server, counted from 1."""
    return f"server-{server}"


def device_name(server: int, device: int) -> str:
    """Name of the ``device``-th device of the ``server``-th server, both counted from 1."""
    return f"device-{server}-{device}"


@dataclass(frozen=True, slots=True)
class Placement:
    """Positions of all nodes of one run, and which device belongs to which server.

    Parameters
    ----------
    positions:
        East and north of every node [m], by name: the publisher, then the servers, then the devices.
    home:
        The server of every device, by names.
    origin:
        Latitude and longitude [rad] of the point from which east and north are counted.
    """

    positions: Mapping[str, Point]
    home: Mapping[str, str]
    origin: tuple[float, float]

    @property
    def servers(self) -> tuple[str, ...]:
        """Names of the servers, in order."""
        return tuple(name for name in self.positions if name != "publisher" and name not in self.home)

    def devices(self, server: str) -> tuple[str, ...]:
        """Names of the devices of ``server``, in order."""
        return tuple(device for device, home in self.home.items() if home == server)

    def site(self, name: str) -> GroundSite:
        """Where on the Earth a node stands, at the height of the ellipsoid."""
        latitude, longitude = geographic(self.origin, *self.positions[name])
        return GroundSite(latitude=latitude, longitude=longitude)

    def distance(self, first: str, second: str) -> float:
        """Straight-line distance [m] between two nodes."""
        return math.dist(self.positions[first], self.positions[second])


@dataclass(frozen=True, kw_only=True)
class DenseCell(Part):
    """A few edge servers each serve a disc full of quantum devices in a dense city.

    Every device is placed uniformly over the ring between the nearest distance and the radius of its server's disc,
    from a random stream of its own: adding a device or a server moves no other device.

    Parameters
    ----------
    servers:
        Number of edge servers, each at its own base station.
    devices_per_server:
        Number of quantum devices of each server, the same for all or one for each.
    radius:
        Radius of a server's disc [m]; 150 m is a scenario choice of the order of dense urban sites, 200 m apart [1]_.
    spacing:
        Distance between neighbouring servers [m]; 1 km is a scenario choice: edge servers are sparser than
        base stations.
    nearest:
        Smallest horizontal distance between a device and its station [m]; 10 m [2]_.
    layout:
        How the servers lie.
    publisher:
        East and north of the task publisher [m]; at the origin, beside the first server of the default layout.
    names:
        Names of the devices, server after server; empty for ``device-1-1``, ``device-1-2``, … by server and number.
        Whatever is drawn for a device is drawn by its name: its place around its station, its batches, its shots.

    References
    ----------
    .. [1] ITU-R M.2412-0, table 5 (dense urban: 200 m between sites; from memory).
    .. [2] 3GPP TR 38.901, table 7.2-1 (urban micro: at least 10 m).

    Notes
    -----
    *Scope*: flat. Discs of neighbouring servers may overlap; a device belongs to the server around which it was placed,
    unless it moves.

    *Validation*: share of devices within distance d is (d^2 - nearest^2)/(radius^2 - nearest^2) (Kolmogorov-Smirnov).
    """

    servers: int = quantity(3, at_least=1, most=1_000, advice="give a whole number, e.g. 3")
    devices_per_server: int | tuple[int, ...] = quantity(
        5, at_least=1, most=MOST_DEVICES, advice="give a whole number, e.g. 5, or one for each server, e.g. (2, 2, 1)"
    )
    radius: float = quantity(150 * m, unit="m", above=0, at_most=5000, advice="give it in metres, e.g. 150 * m")
    spacing: float = quantity(1 * km, unit="m", above=0, advice="give it in metres, e.g. 1 * km")
    nearest: float = quantity(10 * m, unit="m", at_least=0, advice="give it in metres, e.g. 10 * m")
    layout: SiteLayout = HEXAGONAL
    publisher: tuple[float, float] = quantity((0.0, 0.0), unit="m", advice="give (east, north) in metres")
    names: tuple[str, ...] = quantity((), advice="give one for every device, e.g. ('device-a', 'device-b')")

    def check(self) -> None:
        """Refuse a disc with no room for devices, and numbers and names that do not fit the servers."""
        per_server = self.devices_per_server
        if isinstance(per_server, tuple) and len(per_server) != self.servers:
            raise ValueError(
                f"DenseCell.devices_per_server must have one number for each of {self.servers} servers, got "
                f"{per_server!r}; give as many, or one number for all"
            )
        if sum(self.counts) > MOST_DEVICES:
            raise ValueError(
                f"DenseCell.servers and devices_per_server must make <= {MOST_DEVICES} devices (more is too much to "
                f"simulate), got {sum(self.counts)}; lower one of them"
            )
        if self.names:
            self._check_names()
        if self.radius <= self.nearest:
            raise ValueError(
                f"DenseCell.radius must be > nearest = {self.nearest:g} m, got {self.radius!r}; give e.g. 150 * m"
            )

    def _check_names(self) -> None:
        count, given = sum(self.counts), len(set(self.names))
        if given < len(self.names) or given != count:
            raise ValueError(
                f"DenseCell.names must be {count} different names, one for every device, got {len(self.names)}, "
                f"{given} of them different; leave them out for device-1-1 and so on"
            )
        for name in self.names:
            if not re.fullmatch(r"device-[A-Za-z0-9._-]+", name):
                raise ValueError(
                    f"DenseCell.names must begin with 'device-' and go on with letters, digits, '.', '_' and '-', got "
                    f"{name!r}; e.g. 'device-a'"
                )

    @property
    def counts(self) -> tuple[int, ...]:
        """Number of devices of every server, in order."""
        per_server = self.devices_per_server
        return per_server if isinstance(per_server, tuple) else (per_server,) * self.servers

    @property
    def devices(self) -> tuple[str, ...]:
        """Names of all devices, server after server."""
        numbered = ((s, d) for s, count in enumerate(self.counts, start=1) for d in range(1, count + 1))
        return self.names or tuple(device_name(s, d) for s, d in numbered)

    def central(self) -> "DenseCell":
        """The same devices, by name, around one server: the first one, which then aggregates for all.

        They hold the same data, draw the same batches and stand as far from their station as before, so that a run of
        each differs in nothing but who aggregates, and how far messages go.
        """
        return replace(self, servers=1, devices_per_server=sum(self.counts), names=self.devices)

    @property
    def area(self) -> float:
        """Area of one server's disc [m^2]."""
        return math.pi * self.radius**2

    def place(self, streams: Streams) -> Placement:
        """Positions of all nodes, each device's drawn from ``streams("place", device)``."""
        sites = self.layout.sites(self.servers, self.spacing)
        positions: dict[str, Point] = {"publisher": self.publisher}
        positions |= {server_name(s): site for s, site in enumerate(sites, start=1)}
        home: dict[str, str] = {}
        names = iter(self.devices)
        for s, (site, count) in enumerate(zip(sites, self.counts, strict=True), start=1):
            for device in islice(names, count):
                home[device] = server_name(s)
                positions[device] = self._around(site, device, streams)
        return Placement(positions, home, self.layout.origin)

    def _around(self, site: Point, device: str, streams: Streams) -> Point:
        rng = streams.fresh("place", device)
        share, angle = rng.random(), 2 * math.pi * rng.random()
        # uniform over the area: the squared distance is uniform
        distance = math.sqrt(self.nearest**2 + share * (self.radius**2 - self.nearest**2))
        return site[0] + distance * math.cos(angle), site[1] + distance * math.sin(angle)
