"""Which sites the backhaul joins: a graph of publisher, servers and what stands between them."""

import difflib
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np

from qflsim.checks import Part, quantity

from .layouts import Point

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["BackhaulGraph", "FullMesh", "LineGraph", "RingGraph", "StarGraph", "WaxmanGraph"]

PUBLISHER = "publisher"

_METRICS = ("delay", "length")
_DRAWS = 1000  # graphs drawn in search of a connected one


@dataclass(frozen=True, kw_only=True)
class BackhaulGraph(Part, ABC):
    """The fibres of the backhaul, and by which measure a message finds its way over them.

    A graph of one's own derives from this class and gives `graph`. What a fibre between two of its nodes is like, the
    scenario's `Backhaul` says.

    Parameters
    ----------
    metric:
        What the way of a message is shortest in: ``"delay"`` [s] of idle fibres and their switches, or ``"length"`` [m]
        of fibre. Where two ways are equally short, the order of sites and edges decides, the same in every run.
    """

    metric: str = quantity("delay", advice="give 'delay' or 'length'")

    def check(self) -> None:
        """Refuse a measure that no link has."""
        if self.metric not in _METRICS:
            raise ValueError(f"{type(self).__name__}.metric must be 'delay' or 'length', got {self.metric!r}")

    @abstractmethod
    def graph(self, sites: Mapping[str, Point], rng: np.random.Generator) -> "nx.Graph":
        """The sites joined by fibres.

        Parameters
        ----------
        sites:
            East and north [m] of the publisher, then of the servers, by name and in order.
        rng:
            For what is random about the graph.

        Returns
        -------
        networkx.Graph
            Every edge has a ``distance`` [m]: that between its ends as the crow flies, or another that stands for it.
            A node that is none of the sites is a *transit node*, a switch or a trusted relay, and has a ``position``
            (east and north [m]).
        """


@dataclass(frozen=True, kw_only=True)
class FullMesh(BackhaulGraph):
    """Every two sites have a fibre of their own."""

    def graph(self, sites: Mapping[str, Point], rng: np.random.Generator) -> "nx.Graph":
        """The complete graph of the sites."""
        return joined(sites, combinations(sites, 2))


@dataclass(frozen=True, kw_only=True)
class RingGraph(BackhaulGraph):
    """Each server has a fibre to the next and the last one to the first; the publisher to the server nearest to it."""

    def graph(self, sites: Mapping[str, Point], rng: np.random.Generator) -> "nx.Graph":
        """The ring of the servers in their order; two servers have one fibre."""
        servers = _servers(sites)
        closing = [(servers[-1], servers[0])] if len(servers) > 2 else []
        return joined(sites, [_nearest(sites), *pairwise(servers), *closing])


@dataclass(frozen=True, kw_only=True)
class LineGraph(BackhaulGraph):
    """Each server has a fibre to the next; the publisher has one to the server nearest to it."""

    def graph(self, sites: Mapping[str, Point], rng: np.random.Generator) -> "nx.Graph":
        """The line of the servers in their order."""
        return joined(sites, [_nearest(sites), *pairwise(_servers(sites))])


@dataclass(frozen=True, kw_only=True)
class StarGraph(BackhaulGraph):
    """One site has a fibre to every other, the publisher included.

    Parameters
    ----------
    hub:
        Name of the site in the middle, a server or the publisher.
    """

    hub: str = quantity("server-1", advice="give the name of a site, e.g. 'server-1'")

    def graph(self, sites: Mapping[str, Point], rng: np.random.Generator) -> "nx.Graph":
        """The star around the hub."""
        check_known("StarGraph.hub", self.hub, list(sites))
        return joined(sites, [(self.hub, site) for site in sites if site != self.hub])


@dataclass(frozen=True, kw_only=True)
class WaxmanGraph(BackhaulGraph):
    """Servers that are near each other are likelier to have a fibre; the publisher has one to the nearest server.

    P(fibre) = probability * exp(-d / (decay * L)) for two servers at distance d, L the largest distance between two
    servers [1]_; drawn again until the graph is connected.

    Parameters
    ----------
    probability:
        Chance of a fibre between two servers at the same place; 1 is an *assumption*.
    decay:
        How slowly the chance falls with distance, as a share of the largest one; 0.4 is an *assumption*.

    Raises
    ------
    ValueError
        By `graph`, if 1000 draws give no connected graph.

    References
    ----------
    .. [1] B. M. Waxman, "Routing of multipoint connections", IEEE J. Sel. Areas Commun. 6, 1617 (1988).

    Notes
    -----
    *Scope*: the law is that of the Waxman graph given that it is connected; drawn once for a run.

    *Validation*: share of fibres at a distance against the formula; probability 1 and a large decay give the full mesh.
    """

    probability: float = quantity(1.0, above=0, at_most=1, advice="give a probability, e.g. 1.0")
    decay: float = quantity(0.4, above=0, advice="give a share of the largest distance, e.g. 0.4")

    def graph(self, sites: Mapping[str, Point], rng: np.random.Generator) -> "nx.Graph":
        """A connected draw."""
        import networkx as nx

        pairs = list(combinations(_servers(sites), 2))
        distances = np.array([math.dist(sites[first], sites[second]) for first, second in pairs])
        farthest = distances.max(initial=0.0) or 1.0
        chances = self.probability * np.exp(-distances / (self.decay * farthest))
        for _ in range(_DRAWS):
            laid = rng.random(len(pairs)) < chances
            drawn = joined(sites, [_nearest(sites), *(pair for pair, there in zip(pairs, laid, strict=True) if there)])
            if nx.is_connected(drawn):
                return drawn
        raise ValueError(
            f"WaxmanGraph(probability={self.probability:g}, decay={self.decay:g}) gave no connected graph of "
            f"{len(sites) - 1} servers in {_DRAWS} draws; raise probability or decay"
        )


def joined(positions: Mapping[str, Point], pairs: Iterable[tuple[str, str]]) -> "nx.Graph":
    """A graph of nodes at ``positions`` [m] with the given edges, each as long as its ends are apart."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(positions)
    for first, second in pairs:
        graph.add_edge(first, second, distance=math.dist(positions[first], positions[second]))
    return graph


def check_known(field: str, name: str, known: Sequence[str]) -> None:
    """Refuse the name of a node that is not there, with the nearest one that is."""
    if name in known:
        return
    near = difflib.get_close_matches(name, known, n=1)
    advice = f"did you mean {near[0]!r}?" if near else f"the nodes are {', '.join(known[:8])}{' …' * (len(known) > 8)}"
    raise ValueError(f"{field} names the unknown node {name!r}; {advice}")


def _servers(sites: Mapping[str, Point]) -> list[str]:
    return [site for site in sites if site != PUBLISHER]


def _nearest(sites: Mapping[str, Point]) -> tuple[str, str]:
    """The publisher and the server nearest to it, the first of equally near ones."""
    return PUBLISHER, min(_servers(sites), key=lambda server: math.dist(sites[PUBLISHER], sites[server]))
