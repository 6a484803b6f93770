"""The satellites of one world and the stations that receive their light."""

from qflsim.checks import ScenarioError
from qflsim.network.backhaul_graphs import check_known
from qflsim.network.earth import GroundSite
from qflsim.network.placement import Placement
from qflsim.network.satellite import Satellite
from qflsim.nodes.context import Context
from qflsim.nodes.satellites import Downlink, Received
from qflsim.quantum.keyblocks import KeyBlock
from qflsim.scenario import Scenario
from qflsim.units import day, degree

__all__ = ["SpaceNetwork"]

_PATIENCE = 3 * day  # within which [s] a satellite must come by, in whatever light


class SpaceNetwork:
    """Satellites that pass over servers and bring them keys.

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
    listeners:
        Told of every block of key that a satellite and a station have distilled.

    Raises
    ------
    ScenarioError
        If a satellite is called as a node is, a station is no server, or a satellite never passes over one.
    """

    def __init__(self, scenario: Scenario, placement: Placement, ctx: Context) -> None:
        self.stations: dict[str, tuple[str, ...]] = {}
        self.listeners: list[Received] = []
        for satellite in scenario.satellites:
            if satellite.name in placement.positions:
                raise ScenarioError(
                    f"Satellite.name must differ from the names of all nodes, got {satellite.name!r}; e.g. 'micius'"
                )
            sites = _sites(satellite, placement)
            self.stations[satellite.name] = tuple(sites)
            Downlink(ctx, satellite, sites, self._received)

    def _received(self, satellite: str, station: str, block: KeyBlock) -> None:
        for listener in self.listeners:
            listener(satellite, station, block)


def _sites(satellite: Satellite, placement: Placement) -> dict[str, GroundSite]:
    """The stations of a satellite, each of which it must pass over at all."""
    for station in satellite.stations:
        check_known("Satellite.stations", station, placement.servers)
    sites = {station: placement.site(station) for station in satellite.stations or placement.servers}
    for station, site in sites.items():
        if not satellite.orbit.passes(site, 0.0, _PATIENCE, satellite.minimum_elevation):
            raise ScenarioError(
                f"{satellite.name} does not pass over {station} ({site.latitude / degree:.1f} N, "
                f"{site.longitude / degree:.1f} E) higher than {satellite.minimum_elevation / degree:.0f} degrees in "
                f"{_PATIENCE / day:.0f} days; use another orbit, other stations, or a lower minimum_elevation"
            )
    return sites
