"""The wiring of one world: routes between its nodes over radio and fibre, and the quantum links beside them."""

from collections.abc import Sequence

from qflsim.network.placement import Placement
from qflsim.nodes.context import Context
from qflsim.nodes.media import Carrier
from qflsim.scenario import Scenario

from .access import AccessNetwork
from .backhaul import BackhaulNetwork
from .fibres import Fibres
from .keylinks import KeyLinks
from .listlinks import ListLinks
from .pairlinks import PairLinks
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
        self._moves = scenario.moves
        self.access = AccessNetwork(scenario, placement, ctx)
        if scenario.moves:
            self.access.select_stations()
        self.space = SpaceNetwork(scenario, placement, ctx)
        self.backhaul = BackhaulNetwork(scenario, placement, ctx, self.space, self.forget_routes)
        reached = {server: self.reached(server) for server in placement.servers}
        fibres = Fibres(scenario, placement, ctx, reached, self.backhaul.graph)
        self.keys = KeyLinks(fibres, self.space, lambda device: self.access.position(device))
        self.pairs = PairLinks(fibres)
        self.lists = ListLinks(fibres)
        self._routes: dict[tuple[str, str], Route] = {}

    def reached(self, server: str) -> tuple[str, ...]:
        """Devices that the base station of ``server`` serves now and reaches in both directions."""
        serving = self.access.serving
        return tuple(device for device in serving if serving[device] == server and self.access.reaches(device))

    def route(self, source: str, destination: str) -> Route:
        """Carriers from ``source`` to ``destination``; empty if no fibre leads there. A link on it may be in outage."""
        ends = (source, destination)
        if ends not in self._routes:
            self._routes[ends] = self._found(source, destination)
        return self._routes[ends]

    def forget_routes(self) -> None:
        """Find all routes anew from now on: a device has another station, or a fibre has failed or come back."""
        self._routes.clear()

    def onward(self, source: str, destination: str, hop: Carrier, rest: Route) -> Route | None:
        """What a message from ``source`` has before it after ``hop``, if devices move: see `Fabric`.

        A message that a device has sent up is at the station that serves it now: when a device is handed over, what it
        was sending goes on from there, and what had arrived at its old station is forwarded.
        """
        if not self._moves or (hop.medium != "access-up" and rest and rest[0].medium != "access-down"):
            return rest  # nothing moves, or it is between two stations
        place = self.access.serving[source] if hop.medium == "access-up" else hop.ends[1]
        return () if place == destination else self.route(place, destination) or None

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
