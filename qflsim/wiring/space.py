"""The satellites of one world: the stations that receive their light, and the messages that they carry."""

from qflsim.checks import ScenarioError
from qflsim.network.backhaul_graphs import check_known
from qflsim.network.earth import GroundSite
from qflsim.network.placement import Placement
from qflsim.network.relay import Visibility
from qflsim.network.satellite import Satellite
from qflsim.nodes.context import Context
from qflsim.nodes.satellites import Downlink, Received, SpaceLink
from qflsim.quantum.keyblocks import KeyBlock
from qflsim.scenario import Scenario
from qflsim.units import day, degree

__all__ = ["SpaceNetwork"]

_PATIENCE = 3 * day  # within which [s] a satellite must come by, in whatever light


class SpaceNetwork:
    """Satellites that pass over servers and bring them keys, or messages where no fibre does.

    Parameters
    ----------
    scenario:
        What the world is.
    placement:
        Where everybody stands.
    ctx:
        The run's shared services.

    Attributes
    ----------
    stations:
        Names of the stations of each satellite, by its name.
    graph:
        Satellites that carry messages, each joined to its stations; every edge has a ``delay`` [s], the mean wait for
        a pass.
    listeners:
        Told of every block of key that a satellite and a station have distilled.

    Raises
    ------
    ScenarioError
        If a satellite is called as a node is, a station is no server, or a satellite never passes over one.
    """

    def __init__(self, scenario: Scenario, placement: Placement, ctx: Context) -> None:
        import networkx as nx

        self._ctx = ctx
        self.stations: dict[str, tuple[str, ...]] = {}
        self.graph: nx.Graph = nx.Graph()
        self.listeners: list[Received] = []
        self._links: dict[tuple[str, str], SpaceLink] = {}
        for satellite in scenario.satellites:
            if satellite.name in placement.positions:
                raise ScenarioError(
                    f"Satellite.name must differ from the names of all nodes, got {satellite.name!r}; e.g. 'micius'"
                )
            sites = _sites(satellite, placement)
            self.stations[satellite.name] = tuple(sites)
            Downlink(ctx, satellite, sites, self._received)
            self._add_relay(satellite, sites)

    def link(self, source: str, destination: str) -> SpaceLink:
        """The radio up from a station to a satellite, or down from there."""
        return self._links[source, destination]

    def _received(self, satellite: str, station: str, block: KeyBlock) -> None:
        for listener in self.listeners:
            listener(satellite, station, block)

    def _add_relay(self, satellite: Satellite, sites: dict[str, GroundSite]) -> None:
        """Links up and down, if the satellite carries messages."""
        relay, ctx = satellite.relay, self._ctx
        if relay is None:
            return
        for station, site in sites.items():
            visibility = Visibility(satellite.orbit, site, relay.minimum_elevation)

            def charge(duration: float, station: str = station, power: float = relay.station_power) -> None:
                ctx.energy.charge(station, "radio", power * duration)

            for ends, rate in (
                ((station, satellite.name), relay.up_rate),
                ((satellite.name, station), relay.down_rate),
            ):
                self._links[ends] = SpaceLink(ctx, ends, rate, visibility, charge)
            self.graph.add_edge(station, satellite.name, delay=visibility.mean_wait(_PATIENCE))


def _sites(satellite: Satellite, placement: Placement) -> dict[str, GroundSite]:
    """The stations of a satellite, each of which it must pass over at all."""
    for station in satellite.stations:
        check_known("Satellite.stations", station, placement.servers)
    sites = {station: placement.site(station) for station in satellite.stations or placement.servers}
    lowest = satellite.minimum_elevation
    if satellite.relay is not None:
        lowest = max(lowest, satellite.relay.minimum_elevation)
    for station, site in sites.items():
        if not satellite.orbit.passes(site, 0.0, _PATIENCE, lowest):
            raise ScenarioError(
                f"{satellite.name} does not pass over {station} ({site.latitude / degree:.1f} N, "
                f"{site.longitude / degree:.1f} E) higher than {lowest / degree:.0f} degrees in "
                f"{_PATIENCE / day:.0f} days; use another orbit, other stations, or a lower minimum_elevation"
            )
    return sites
