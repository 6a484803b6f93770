"""Where publisher, servers and devices stand."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from qflsim.checks import Part, quantity
from qflsim.streams import Streams
from qflsim.units import km, m

from .earth import GroundSite, geographic
from .layouts import HEXAGONAL, Point, SiteLayout

__all__ = ["DenseCell", "Placement", "device_name", "server_name"]


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
        Number of quantum devices of each server.
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

    servers: int = quantity(3, at_least=1, advice="give a whole number, e.g. 3")
    devices_per_server: int = quantity(5, at_least=1, advice="give a whole number, e.g. 5")
    radius: float = quantity(150 * m, unit="m", above=0, at_most=5000, advice="give it in metres, e.g. 150 * m")
    spacing: float = quantity(1 * km, unit="m", above=0, advice="give it in metres, e.g. 1 * km")
    nearest: float = quantity(10 * m, unit="m", at_least=0, advice="give it in metres, e.g. 10 * m")
    layout: SiteLayout = HEXAGONAL
    publisher: tuple[float, float] = quantity((0.0, 0.0), unit="m", advice="give (east, north) in metres")

    def check(self) -> None:
        """Refuse a disc with no room for devices."""
        if self.radius <= self.nearest:
            raise ValueError(
                f"DenseCell.radius must be > nearest = {self.nearest:g} m, got {self.radius!r}; give e.g. 150 * m"
            )

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
        for s, site in enumerate(sites, start=1):
            for d in range(1, self.devices_per_server + 1):
                device = device_name(s, d)
                home[device] = server_name(s)
                positions[device] = self._around(site, device, streams)
        return Placement(positions, home, self.layout.origin)

    def _around(self, site: Point, device: str, streams: Streams) -> Point:
        rng = streams.fresh("place", device)
        share, angle = rng.random(), 2 * math.pi * rng.random()
        # uniform over the area: the squared distance is uniform
        distance = math.sqrt(self.nearest**2 + share * (self.radius**2 - self.nearest**2))
        return site[0] + distance * math.cos(angle), site[1] + distance * math.sin(angle)
