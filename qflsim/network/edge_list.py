"""A backhaul graph written down edge by edge, with switches and relays of its own."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qflsim.checks import quantity

from .backhaul_graphs import BackhaulGraph, check_known
from .layouts import Point

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["EdgeList"]


@dataclass(frozen=True, kw_only=True)
class EdgeList(BackhaulGraph):
    """Every fibre is named by its two ends, and switches or trusted relays may stand between the sites.

    Parameters
    ----------
    edges:
        Fibres as (one end, other end) or (one end, other end, distance [m]); the distance is that between the ends as
        the crow flies unless it is given. The scenario's backhaul makes metres of cable of it: with
        ``Fibre(route_factor=1)`` what is given is the length of the cable.
    transit:
        Nodes that are neither servers nor the publisher, as (name, east [m], north [m]).

    Examples
    --------
    >>> chain = EdgeList(edges=(("publisher", "server-1", 0.0), ("server-1", "relay"), ("relay", "server-2", 40e3)),
    ...                  transit=(("relay", 30e3, 0.0),))
    >>> chain.nodes
    ('relay',)
    """

    edges: tuple[tuple[str, str] | tuple[str, str, float], ...] = quantity(
        unit="m", at_least=0, advice="give (end, end) or (end, end, metres), e.g. ('server-1', 'server-2', 20 * km)"
    )
    transit: tuple[tuple[str, float, float], ...] = quantity(
        (), unit="m", advice="give (name, east, north) in metres, e.g. ('relay-1', 5 * km, 0.0)"
    )

    @property
    def nodes(self) -> tuple[str, ...]:
        """Names of the transit nodes."""
        return tuple(name for name, *_ in self.transit)

    def check(self) -> None:
        """Refuse loops, fibres and transit nodes that are named twice."""
        super().check()
        for name in self.nodes:
            if self.nodes.count(name) > 1:
                raise ValueError(f"EdgeList.transit must name every node once, got {name!r} twice; rename one")
        seen: set[frozenset[str]] = set()
        for first, second, *_ in self.edges:
            if first == second:
                raise ValueError(f"EdgeList.edges must join two nodes, got {first!r} with itself; leave the edge out")
            if frozenset((first, second)) in seen:
                raise ValueError(
                    f"EdgeList.edges must name every fibre once, got {first}-{second} twice; leave one out"
                )
            seen.add(frozenset((first, second)))

    def graph(self, sites: Mapping[str, Point], rng: np.random.Generator) -> "nx.Graph":
        """Sites and transit nodes with the fibres named."""
        import networkx as nx

        for name in self.nodes:
            if name in sites:
                raise ValueError(f"EdgeList.transit names {name!r}, which is a site already; rename the transit node")
        positions = dict(sites) | {name: (east, north) for name, east, north in self.transit}
        graph = nx.Graph()
        graph.add_nodes_from(sites)
        for name in self.nodes:
            graph.add_node(name, position=positions[name])
        for first, second, *given in self.edges:
            for end in (first, second):
                check_known("EdgeList.edges", end, list(positions))
            distance = given[0] if given else math.dist(positions[first], positions[second])
            graph.add_edge(first, second, distance=distance)
        return graph
