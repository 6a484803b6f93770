"""The wired side of one world: fibres between publisher, servers and what stands between them."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from qflsim.checks import ScenarioError
from qflsim.network.fibre import FifoQueue
from qflsim.network.layouts import Point
from qflsim.network.placement import Placement
from qflsim.nodes.context import Context
from qflsim.nodes.media import Carrier, FibreLink
from qflsim.nodes.outages import FibreOutages
from qflsim.scenario import Scenario
from qflsim.trace import Link

from .space import SpaceNetwork

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["BackhaulNetwork"]


class BackhaulNetwork:
    """Fibres between the sites of a scenario, and the way that a message takes over them.

    Parameters
    ----------
    scenario:
        What the world is.
    placement:
        Where everybody stands.
    ctx:
        The run's shared services.
    space:
        Satellites, which carry what no fibre can.
    changed:
        Told when a fibre has failed or is back, so that routes are found anew.

    Attributes
    ----------
    graph:
        Sites and transit nodes, joined by fibres; every edge has its ``length``, metres of fibre [m] (its route, not
        the straight line), and its ``delay`` [s], that of an idle fibre with its switches.
    transit:
        East and north [m] of the nodes that are neither servers nor the publisher, by name.

    Raises
    ------
    ScenarioError
        If two sites cannot reach each other, or a length or a name of the graph is wrong.
    """

    def __init__(
        self,
        scenario: Scenario,
        placement: Placement,
        ctx: Context,
        space: SpaceNetwork,
        changed: Callable[[], None],
    ) -> None:
        self._space = space
        self._scenario = scenario
        self._ctx = ctx
        self._routes_changed = changed
        self._sites: dict[str, Point] = {s: placement.positions[s] for s in ("publisher", *placement.servers)}
        drawn = scenario.backhaul_graph.graph(self._sites, ctx.streams.fresh("backhaul-graph"))
        self.transit = self._transit_of(drawn, placement)
        self.graph = self._measured(drawn)
        self._working = self.graph.copy()
        self._refuse_apart()
        self._ways: dict[str, dict[str, list[str]]] = {}
        self._fibres: dict[tuple[str, str], FibreLink] = {}
        self._intakes: dict[str, FifoQueue] = {}
        self._outages = self._planned()

    def path(self, source: str, destination: str) -> Sequence[Carrier]:
        """Fibres in order from site to site, the shortest way over those that work; empty if none leads there.

        Where no fibres lead, satellites do if they can, with fibres to their stations and from them.
        """
        if source not in self._ways:
            self._ways[source] = self._over_satellites(source) | self._ways_from(source)
        stations = self._ways[source].get(destination, [])
        return tuple(self._hop(first, second) for first, second in pairwise(stations))

    def record(self) -> None:
        """Write down every fibre."""
        for first, second, link in self.graph.edges(data=True):
            self._ctx.record(Link(first=first, second=second, length_m=link["length"], delay_s=link["delay"]))

    def close(self) -> None:
        """Write down the outages that last beyond the run."""
        for outages in self._outages:
            outages.close()

    def _ways_from(self, source: str) -> dict[str, list[str]]:
        """The nodes on the shortest way from ``source`` to every node that can be reached."""
        import networkx as nx

        ways: dict[str, list[str]] = nx.single_source_dijkstra_path(
            self._working, source, weight=self._scenario.backhaul_graph.metric
        )
        return ways

    def _over_satellites(self, source: str) -> dict[str, list[str]]:
        """The nodes on the quickest way over fibres and satellites, these by their mean wait."""
        import networkx as nx

        if not self._space.graph:
            return {}
        ways: dict[str, list[str]] = nx.single_source_dijkstra_path(
            nx.compose(self._working, self._space.graph), source, weight="delay"
        )
        return ways

    def _hop(self, source: str, destination: str) -> Carrier:
        up_or_down = self._space.graph.has_edge(source, destination)
        return self._space.link(source, destination) if up_or_down else self._fibre(source, destination)

    def _fibre(self, source: str, destination: str) -> FibreLink:
        """One direction of one fibre, with its queue; the same whoever asks."""
        ends = (source, destination)
        if ends not in self._fibres:
            self._fibres[ends] = self._laid(source, destination)
        return self._fibres[ends]

    def _laid(self, source: str, destination: str) -> FibreLink:
        backhaul, model = self._scenario.backhaul, self._scenario.energy.fibre

        def charge(size_bit: float) -> None:
            self._ctx.energy.charge(source, "network", model.energy(size_bit, backhaul.hops))

        if destination not in self._intakes:
            self._intakes[destination] = backhaul.intake()
        queue = backhaul.queue(self.graph.edges[source, destination]["distance"])
        return FibreLink(self._ctx, (source, destination), queue, self._intakes[destination], charge)

    def _planned(self) -> list[FibreOutages]:
        """The outages of every fibre that can have any, set on the timeline."""
        failures = self._scenario.failures
        for first, second, *_ in failures.scheduled:
            if not self.graph.has_edge(first, second):
                fibres = ", ".join(f"{a}-{b}" for a, b in list(self.graph.edges)[:4])
                raise ScenarioError(
                    f"LinkFailures.scheduled names {first}-{second}, which no fibre joins; name two ends of a fibre of "
                    f"the backhaul graph: {fibres}{' …' * (self.graph.number_of_edges() > 4)}"
                )
        random = failures.between < math.inf
        named = {frozenset(ends) for *ends, _, _ in failures.scheduled}
        return [self._outages_of(*ends) for ends in self.graph.edges if random or frozenset(ends) in named]

    def _outages_of(self, first: str, second: str) -> FibreOutages:
        rng = self._ctx.streams.fresh("failures", min(first, second), max(first, second))
        directions = (self._fibre(first, second), self._fibre(second, first))

        def changed(up: bool) -> None:
            if up:
                self._working.add_edge(first, second, **self.graph.edges[first, second])
            else:
                self._working.remove_edge(first, second)
            self._ways.clear()
            self._routes_changed()

        timetable = self._scenario.failures.outages(first, second, rng)
        return FibreOutages(self._ctx, (first, second), directions, timetable, changed)

    def _transit_of(self, drawn: "nx.Graph", placement: Placement) -> dict[str, Point]:
        """The nodes of the graph that are no sites, each with its position."""
        name = type(self._scenario.backhaul_graph).__name__
        for site in self._sites:
            if site not in drawn:
                raise ScenarioError(f"{name} leaves out {site}; add it to the graph and give it a fibre")
        transit: dict[str, Point] = {}
        for node, position in drawn.nodes(data="position"):
            if node in placement.home:
                raise ScenarioError(
                    f"{name} has a fibre to the device {node}; devices are reached by radio, name sites"
                )
            if node not in self._sites:
                if position is None:
                    raise ScenarioError(f"{name} does not say where {node} stands; give it a position (east, north)")
                transit[node] = position
        return transit

    def _measured(self, drawn: "nx.Graph") -> "nx.Graph":
        """The graph with the length and the delay of every fibre."""
        backhaul = self._scenario.backhaul
        for first, second, link in drawn.edges(data=True):
            distance = link.get("distance", math.nan)
            if not 0.0 <= distance < math.inf:
                raise ScenarioError(
                    f"the fibre between {first} and {second} must have a distance >= 0 m, got {distance!r}; "
                    "give it in metres, e.g. 20 * km"
                )
            link["length"] = backhaul.length(distance)
            link["delay"] = backhaul.queue(distance).delay_s
        return drawn

    def _refuse_apart(self) -> None:
        """Refuse a graph in which two sites that must talk cannot reach each other."""
        first = next(iter(self._sites))
        reached = self._over_satellites(first) | self._ways_from(first)
        apart = [site for site in self._sites if site not in reached]
        if apart:
            name = type(self._scenario.backhaul_graph).__name__
            raise ScenarioError(
                f"no fibre leads from {first} to {apart[0]}, and both take part in the global chain; add one between "
                f"{', '.join(apart[:4])} and the others to {name}, or use backhaul_graph=FullMesh()"
            )
