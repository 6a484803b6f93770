"""How servers average their models over a graph (which is not agreement: nothing is voted on)."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import Part, quantity

__all__ = ["Mixing", "RandomGraph", "Ring", "Star", "contraction", "global_mean", "metropolis", "mix"]

Floats = NDArray[np.float64]
Hop = list[tuple[int, int]]

_DRAWS = 1000  # graphs drawn in search of a connected one


@dataclass(frozen=True, kw_only=True)
class Mixing(Part, ABC):
    """A way to average models between servers: x_i <- sum over j of W_ij x_j with doubly stochastic W.

    Rows that sum to 1 keep equal models equal, columns that sum to 1 keep the mean; `contraction` says by how much
    one round shrinks the disagreement.
    """

    @abstractmethod
    def matrix(self, servers: int, rng: np.random.Generator) -> Floats:
        """The weights W of one round, shape (servers, servers), entries >= 0, rows and columns summing to 1."""

    def check_servers(self, servers: int) -> None:
        """Refuse, before anything runs, a number of servers for which there is no matrix."""
        self.matrix(servers, np.random.default_rng(0))

    def exchanges(self, matrix: Floats) -> list[Hop]:
        """Who sends its model to whom, hop after hop, as pairs (sender, receiver); a hop's messages go at once.

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
    *Scope*: two hops, 2 (n - 1) messages; the hub is a single point of failure and a bottleneck. Not the star
    *graph* with Metropolis weights, whose contraction is only 1 - 1/n.

    *Validation*: contraction 0.

    References
    ----------
    .. [1] H. B. McMahan et al., "Communication-efficient learning of deep networks from decentralized data",
       AISTATS 2017, arXiv:1602.05629.
    """

    hub: int = quantity(0, at_least=0, advice="write the index of a server, e.g. 0")

    def matrix(self, servers: int, rng: np.random.Generator) -> Floats:
        """All weights 1/n."""
        _check_servers(servers)
        return np.full((servers, servers), 1.0 / servers)

    def check_servers(self, servers: int) -> None:
        """Refuse a hub that is none of the servers."""
        if self.hub >= servers:
            raise ValueError(f"Star.hub must be < {servers}, the number of servers, got {self.hub}; write e.g. 0")

    def exchanges(self, matrix: Floats) -> list[Hop]:
        """Up to the hub, then down from it; the last server stands in for a hub that is missing."""
        hub = min(self.hub, len(matrix) - 1)
        others = [i for i in range(len(matrix)) if i != hub]
        return [[(i, hub) for i in others], [(hub, i) for i in others]]


@dataclass(frozen=True, kw_only=True)
class Ring(Mixing):
    """Every server averages with its two neighbours on a ring, weights 1/3.

    Two servers are each other's only neighbour (weights 1/2); one server keeps its model.

    Notes
    -----
    *Scope*: one hop, 2n messages for n >= 3; the models of different servers stay different.

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
        _check_servers(servers)
        adjacency = np.zeros((servers, servers), dtype=bool)
        here = np.arange(servers)
        adjacency[here, (here + 1) % servers] = adjacency[(here + 1) % servers, here] = True
        return metropolis(adjacency)


@dataclass(frozen=True, kw_only=True)
class RandomGraph(Mixing):
    """Every round draws a new connected random graph, and servers average over its edges.

    An Erdos-Renyi graph G(n, p), drawn again until it is connected, with Metropolis weights.

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
        import networkx as nx

        _check_servers(servers)
        upper = np.triu_indices(servers, k=1)
        for _ in range(_DRAWS):
            adjacency = np.zeros((servers, servers), dtype=bool)
            adjacency[upper] = rng.random(len(upper[0])) < self.probability
            adjacency |= adjacency.T
            if nx.is_connected(nx.from_numpy_array(adjacency)):
                return metropolis(adjacency)
        raise ValueError(
            f"RandomGraph(probability={self.probability:g}) gave no connected graph of {servers} servers in {_DRAWS} "
            f"draws; write a probability above ln(n)/n = {np.log(servers) / servers:.2g}"
        )


def metropolis(adjacency: NDArray[np.bool_]) -> Floats:
    """Metropolis weights of an undirected graph: W_ij = 1/(1 + max(d_i, d_j)) on its edges, the rest on the diagonal.

    Parameters
    ----------
    adjacency:
        Symmetric, shape (n, n); the diagonal is ignored.
    """
    edges = adjacency & ~np.eye(len(adjacency), dtype=bool)
    degree = edges.sum(axis=1)
    weights = np.where(edges, 1.0 / (1.0 + np.maximum.outer(degree, degree)), 0.0)
    np.fill_diagonal(weights, 1.0 - weights.sum(axis=1))
    return np.asarray(weights)


def contraction(matrix: Floats) -> float:
    """Factor by which one round shrinks the servers' disagreement at worst: the spectral norm of W - 11^T/n.

    For symmetric W it is max(abs(lambda_2), abs(lambda_n)).
    """
    return float(np.linalg.norm(matrix - 1.0 / len(matrix), ord=2))


def mix(matrix: Floats, models: Floats, samples: Floats) -> Floats:
    """Models after one round of averaging in which each server counts as much as the samples behind its model.

    x_i = sum over j of W_ij n_j x_j / sum over j of W_ij n_j: numerator and denominator are mixed alike, as in
    push-sum. With W = 11^T/n this is FedAvg over all devices of all servers; with equal n_j it is x <- W x, whose mean
    over the servers is preserved. A server that hears of no samples at all keeps its model.

    Parameters
    ----------
    matrix:
        Doubly stochastic weights, shape (servers, servers).
    models:
        One model per server, shape (servers, parameters).
    samples:
        Samples behind each server's model in this round, shape (servers,).

    Raises
    ------
    ValueError
        If the matrix is not doubly stochastic, the shapes do not fit, or a sample count is negative.

    References
    ----------
    .. [1] D. Kempe, A. Dobra, J. Gehrke, "Gossip-based computation of aggregate information", FOCS 2003.
    """
    _check_doubly_stochastic(matrix)
    if models.ndim != 2 or len(models) != len(matrix) or samples.shape != (len(matrix),) or samples.min() < 0:
        shapes = f"{matrix.shape}, {models.shape} and {samples.shape}"
        raise ValueError(f"matrix, models and samples (all >= 0) must have one row per server, got shapes {shapes}")
    mixed = models.copy()
    for i, row in enumerate(matrix):
        weights = row * samples
        if weights.sum() > 0:
            # Deviations from the server's own model are averaged, so that equal models stay equal to the bit.
            mixed[i] += ((weights / weights.sum())[:, None] * (models - models[i])).sum(axis=0)
    return mixed


def global_mean(matrix: Floats, models: Floats, samples: Floats) -> Floats:
    """The mean of the models after one round of `mix`, each weighted by the samples that were mixed into it.

    With masses m = W n it is sum over i of m_i x_i / sum over i of m_i. Columns of W sum to 1, so this is the
    sample-weighted mean of the models before mixing, whatever the graph: mixing never moves it.

    Parameters
    ----------
    matrix, samples:
        As given to `mix`.
    models:
        What `mix` returned, shape (servers, parameters).
    """
    masses = matrix @ samples
    return np.asarray(models[0] + ((masses / masses.sum())[:, None] * (models - models[0])).sum(axis=0))


def _check_servers(servers: int) -> None:
    if servers < 1:
        raise ValueError(f"mixing needs at least one server, got {servers}")


def _check_doubly_stochastic(matrix: Floats) -> None:
    square = matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1]
    if not square or matrix.min() < 0 or not np.allclose([matrix.sum(axis=0), matrix.sum(axis=1)], 1.0):
        raise ValueError(
            f"a mixing matrix must be square with entries >= 0 and rows and columns that sum to 1, got {matrix!r}; "
            "metropolis(adjacency) makes one of any undirected graph"
        )
