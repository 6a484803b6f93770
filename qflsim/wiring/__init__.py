"""The wiring of one world: routes between its nodes over radio and fibre, and the QKD links beside them."""

from collections.abc import Sequence

from qflsim.network.placement import Placement
from qflsim.nodes.context import Context
from qflsim.nodes.media import Carrier
from qflsim.scenario import Scenario

from .access import AccessNetwork
from .backhaul import BackhaulNetwork
from .keylinks import KeyLinks
from .space import SpaceNetwork

__all__ = ["Wiring"]

Route = Sequence[Carrier]


class Wiring:
    """Links between the placed nodes of a scenario.

    Parameters
    ----------
    scenario:
        What the world is.
    placement:
        Where everybody stands.
    ctx:
        The run's shared services.

    Raises
    ------
    ScenarioError
        If background traffic overloads a cell, or two nodes that need QKD keys have no path within reach.
    """

    def __init__(self, scenario: Scenario, placement: Placement, ctx: Context) -> None:
        self._placement = placement
        self.access = AccessNetwork(scenario, placement, ctx)
        self.space = SpaceNetwork(scenario, placement, ctx)
        self.backhaul = BackhaulNetwork(scenario, placement, ctx, self.space, self.forget_routes)
        reached = {server: self.reached(server) for server in placement.servers}
        self.keys = KeyLinks(scenario, placement, ctx, reached, self.backhaul.graph, self.space)
        self._routes: dict[tuple[str, str], Route] = {}

    def reached(self, server: str) -> tuple[str, ...]:
        """Devices of ``server`` that its base station reaches in both directions."""
        return tuple(device for device in self._placement.devices(server) if self.access.reaches(device))

    def route(self, source: str, destination: str) -> Route:
        """Carriers from ``source`` to ``destination``; empty if no fibre leads there. A link on it may be in outage."""
        ends = (source, destination)
        if ends not in self._routes:
            self._routes[ends] = self._found(source, destination)
        return self._routes[ends]

    def forget_routes(self) -> None:
        """Find all routes anew from now on: a device has another station, or a fibre has failed or come back."""
        self._routes.clear()

    def _found(self, source: str, destination: str) -> Route:
        """Sidelink within a cell, else up to a station, over the backhaul, and down from a station."""
        serving = self.access.serving
        leaves, arrives = serving.get(source), serving.get(destination)
        if leaves and leaves == arrives and (direct := self.access.sidelink(source, destination)):
            return (direct,)
        first, last = leaves or source, arrives or destination
        middle = () if first == last else self.backhaul.path(first, last)
        if first != last and not middle:
            return ()
        up = (self.access.up(source),) if leaves else ()
        down = (self.access.down(destination),) if arrives else ()
        return (*up, *middle, *down)
