"""How servers average their models over a graph (which is not agreement: nothing is voted on)."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import Part, quantity
from qflsim.learning.averaging import metropolis

__all__ = ["Mixing", "RandomGraph", "Ring", "Star", "Spokes"]

Floats = NDArray[np.float64]
Hop = list[tuple[int, int]]

_DRAWS = 1000  # graphs drawn in search of a connected one


@dataclass(frozen=True, kw_only=True)
class Mixing(Part, ABC):
    """A way to average models between servers: x_i <- sum over j of W_ij x_j with doubly stochastic W.

    Rows that sum to 1 keep equal models equal, columns that sum to 1 keep the mean;
    `qflsim.learning.averaging.contraction` says by how much one step shrinks the disagreement.

    Parameters
    ----------
    steps:
        Steps of averaging in a round, all with the round's W: each sends its messages, and each server goes on with
        what it computed in the one before.
    """

    steps: int = quantity(1, at_least=1, most=1_000, advice="give a whole number, e.g. 2")

    @abstractmethod
    def matrix(self, servers: int, rng: np.random.Generator) -> Floats:
        """The weights W of one round, shape (servers, servers), entries >= 0, rows and columns summing to 1."""

    def check_servers(self, servers: int) -> None:
        """Refuse, before anything runs, a number of servers for which there is no matrix."""
        self.matrix(servers, np.random.default_rng(0))

    def exchanges(self, matrix: Floats) -> list[Hop]:
        """Who sends its model to whom in a step, hop after hop, as pairs (sender, receiver); a hop goes at once.

        By default one hop, in which j sends to i wherever W_ij > 0.
        """
        receivers, senders = np.nonzero(matrix)
        return [[(int(j), int(i)) for i, j in zip(receivers, senders, strict=True) if i != j]]


@dataclass(frozen=True, kw_only=True)
class Star(Mixing):
    """One server collects all models, averages them exactly and hands the mean back: W = 11^T/n.

    Parameters
    ----------
    hub:
        Index of the server in the middle.

    Notes
    -----
    *Scope*: two hops, 2 (n - 1) messages; the hub is a single point of failure and a bottleneck. Not `Spokes`,
    where the others hear of the hub alone.

    *Validation*: contraction 0.

    References
    ----------
    .. [1] H. B. McMahan et al., "Communication-efficient learning of deep networks from decentralized data",
       AISTATS 2017, arXiv:1602.05629.
    """

    hub: int = quantity(0, at_least=0, advice="write the index of a server, e.g. 0")

    def check(self) -> None:
        """Refuse steps that would change nothing."""
        if self.steps > 1:
            raise ValueError(
                f"Star.steps must be 1, got {self.steps}: after one step every server has the mean; leave it out"
            )

    def matrix(self, servers: int, rng: np.random.Generator) -> Floats:
        """All weights 1/n."""
        refuse_none(servers)
        return np.full((servers, servers), 1.0 / servers)

    def check_servers(self, servers: int) -> None:
        """Refuse a hub that is none of the servers."""
        _check_hub(self, self.hub, servers)

    def exchanges(self, matrix: Floats) -> list[Hop]:
        """Up to the hub, then down from it; the last server stands in for a hub that is missing."""
        hub = min(self.hub, len(matrix) - 1)
        others = [i for i in range(len(matrix)) if i != hub]
        return [[(i, hub) for i in others], [(hub, i) for i in others]]


@dataclass(frozen=True, kw_only=True)
class Spokes(Mixing):
    """Every server averages with the one in the middle, and hears of the others only through it, step by step.

    Metropolis weights of the star graph: 1/n on every edge, so that the middle gets the mean of all in one step, and
    every other keeps (n - 1)/n of its own model.

    Parameters
    ----------
    hub:
        Index of the server in the middle.

    Notes
    -----
    *Scope*: one hop, 2 (n - 1) messages a step; the models of different servers stay different.

    *Validation*: contraction 1 - 1/n [1]_, reached where two servers off the middle differ.

    References
    ----------
    .. [1] L. Xiao, S. Boyd, "Fast linear iterations for distributed averaging", Systems & Control Letters 53, 65
       (2004), with its Metropolis weights.
    """

    hub: int = quantity(0, at_least=0, advice="write the index of a server, e.g. 0")

    def matrix(self, servers: int, rng: np.random.Generator) -> Floats:
        """Metropolis weights of the star graph; the last server stands in for a hub that is missing."""
        refuse_none(servers)
        adjacency, hub = np.zeros((servers, servers), dtype=bool), min(self.hub, servers - 1)
        adjacency[hub], adjacency[:, hub] = True, True
        return metropolis(adjacency)

    def check_servers(self, servers: int) -> None:
        """Refuse a hub that is none of the servers."""
        _check_hub(self, self.hub, servers)


@dataclass(frozen=True, kw_only=True)
class Ring(Mixing):
    """Every server averages with its two neighbours on a ring, weights 1/3.

    Two servers are each other's only neighbour (weights 1/2); one server keeps its model.

    Notes
    -----
    *Scope*: one hop, 2n messages a step for n >= 3; the models of different servers stay different.

    *Validation*: contraction (1 + 2 cos(2 pi/n))/3 for n >= 5 and 1/3 for n = 4 [1]_; it is reached by the
    eigenvector cos(2 pi i/n).

    References
    ----------
    .. [1] L. Xiao, S. Boyd, "Fast linear iterations for distributed averaging", Systems & Control Letters 53, 65
       (2004), with its Metropolis weights.
    .. [2] X. Lian et al., "Can decentralized algorithms outperform centralized algorithms?", NeurIPS 2017,
       arXiv:1705.09056: ring weights 1/3.
    """

    def matrix(self, servers: int, rng: np.random.Generator) -> Floats:
        """Metropolis weights of the ring."""
        refuse_none(servers)
        adjacency = np.zeros((servers, servers), dtype=bool)
        here = np.arange(servers)
        adjacency[here, (here + 1) % servers] = adjacency[(here + 1) % servers, here] = True
        return metropolis(adjacency)


@dataclass(frozen=True, kw_only=True)
class RandomGraph(Mixing):
    """Every round draws a new connected random graph, and servers average over its edges.

    An Erdos-Renyi graph G(n, p), drawn again until it is connected, with Metropolis weights. All steps of a round go
    over the same graph.

    Parameters
    ----------
    probability:
        Chance of each edge; a large graph is connected only well above ln(n)/n [2]_.

    Raises
    ------
    ValueError
        By `matrix`, if 1000 draws give no connected graph.

    Notes
    -----
    *Scope*: the law is that of G(n, p) given that it is connected.

    *Validation*: every W doubly stochastic, symmetric, contraction < 1; p = 1 gives W = 11^T/n.

    References
    ----------
    .. [1] L. Xiao, S. Boyd, "Fast linear iterations for distributed averaging", Systems & Control Letters 53, 65
       (2004), with its Metropolis weights.
    .. [2] P. Erdos, A. Renyi, "On random graphs I", Publicationes Mathematicae 6, 290 (1959).
    """

    probability: float = quantity(0.5, above=0.0, at_most=1.0, advice="write e.g. 0.5")

    def matrix(self, servers: int, rng: np.random.Generator) -> Floats:
        """Metropolis weights of a connected random graph."""
        refuse_none(servers)
        upper = np.triu_indices(servers, k=1)

        def draw() -> NDArray[np.bool_]:
            adjacency = np.zeros((servers, servers), dtype=bool)
            adjacency[upper] = rng.random(len(upper[0])) < self.probability
            return adjacency | adjacency.T

        return over_connected(
            draw,
            f"RandomGraph(probability={self.probability:g})",
            f"a probability above ln(n)/n = {np.log(servers) / servers:.2g}",
        )


def over_connected(draw: Callable[[], NDArray[np.bool_]], who: str, advice: str) -> Floats:
    """Metropolis weights of the first graph drawn that is connected.

    Raises
    ------
    ValueError
        If none of many is, saying of whom, and what to write instead.
    """
    import networkx as nx

    for _ in range(_DRAWS):
        adjacency = draw()
        if nx.is_connected(nx.from_numpy_array(adjacency)):
            return metropolis(adjacency)
    raise ValueError(f"{who} gave no connected graph of {len(adjacency)} servers in {_DRAWS} draws; write {advice}")


def refuse_none(servers: int) -> None:
    """Refuse to mix among no servers at all."""
    if servers < 1:
        raise ValueError(f"mixing needs at least one server, got {servers}")


def _check_hub(mixing: Mixing, hub: int, servers: int) -> None:
    if hub >= servers:
        name = type(mixing).__name__
        raise ValueError(f"{name}.hub must be < {servers}, the number of servers, got {hub}; write e.g. 0")
