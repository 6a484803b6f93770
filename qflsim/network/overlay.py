"""A peer-to-peer network: who is connected to whom, how far apart they are, and how fast each uploads.

References
----------
.. [1] S. Nakamoto and others, Bitcoin Core: eight outbound connections per node (from memory).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import Part, quantity
from qflsim.units import Mbit, ms, s

__all__ = ["Overlay", "RandomOverlay"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Overlay:
    """One peer-to-peer network, its connections in rows.

    Parameters
    ----------
    begin:
        Where the row of each node begins, and after the last one where it ends, shape (nodes + 1,).
    peers:
        Whom a node sends to, row after row, in the order in which it serves them, shape (connections,).
    delay:
        Delay [s] of each connection, in the same order, shape (connections,).
    upload, download:
        Rates [bit/s] of each node, which all its connections share, shape (nodes,).

    Raises
    ------
    ValueError
        If the shapes do not fit, a peer does not exist, or a rate or delay is not positive.
    """

    begin: Indices
    peers: Indices
    delay: Floats
    upload: Floats
    download: Floats

    def __post_init__(self) -> None:
        n = self.nodes
        if len(self.begin) != n + 1 or self.begin[0] != 0 or self.begin[-1] != len(self.peers):
            raise ValueError(f"Overlay.begin must go from 0 to the {len(self.peers)} connections of {n} nodes")
        if len(self.delay) != len(self.peers) or len(self.download) != n:
            raise ValueError("Overlay.delay must have one value per connection, and download one per node")
        if len(self.peers) and not (self.peers.min() >= 0 and self.peers.max() < n):
            raise ValueError(f"Overlay.peers must be numbers of nodes from 0 to {n - 1}")
        if not (np.all(self.delay > 0.0) and np.all(self.upload > 0.0) and np.all(self.download > 0.0)):
            raise ValueError("Overlay must have delays > 0 s and rates > 0 bit/s")

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.upload)

    def served_by(self, node: int) -> Indices:
        """Whom ``node`` sends to, in its order."""
        return self.peers[self.begin[node] : self.begin[node + 1]]

    def delays_of(self, node: int) -> Floats:
        """Delays [s] of its connections, in the same order."""
        return self.delay[self.begin[node] : self.begin[node + 1]]


@dataclass(frozen=True, kw_only=True)
class RandomOverlay(Part):
    """A network whose nodes connect to others at random, as those of public blockchains do.

    Every node opens ``connections`` to different others; both ends use a connection, so that a node has about twice as
    many. Delays and rates are log-normal: the median times exp(sigma z), z standard normal.

    Parameters
    ----------
    nodes:
        Number of nodes.
    connections:
        Connections that each opens; 8, as in Bitcoin [1]_.
    delay, delay_sigma:
        Median [s] and spread of the delay of a connection; 50 ms and 0.5 are an *assumption* (within a continent).
    upload, upload_sigma:
        Median [bit/s] and spread of the upload rates; 20 Mbit/s and 0 are an *assumption*.
    checking:
        Time [s] for which a node checks a block before it passes it on; 10 ms, an *assumption* (tens of signatures).
    download:
        Download rate [bit/s] of every node; infinite by default, an *assumption* where lines are asymmetric.
    """

    nodes: int = quantity(10_000, at_least=2, at_most=1_000_000, advice="give a whole number, e.g. 10_000")
    connections: int = quantity(8, at_least=1, advice="give a whole number, e.g. 8")
    delay: float = quantity(50 * ms, unit="s", above=0, advice="give it in seconds, e.g. 50 * ms")
    delay_sigma: float = quantity(0.5, at_least=0, advice="give a number, 0 for equal delays")
    upload: float = quantity(20 * Mbit / s, unit="bit/s", above=0, advice="give it in bit/s, e.g. 20 * Mbit / s")
    upload_sigma: float = quantity(0.0, at_least=0, advice="give a number, 0 for equal rates")
    checking: float = quantity(10 * ms, unit="s", at_least=0, advice="give it in seconds, e.g. 10 * ms")
    download: float = quantity(
        float("inf"), unit="bit/s", above=0, infinite=True, advice="give it in bit/s, inf for no limit"
    )

    def check(self) -> None:
        """Refuse more connections than there are others."""
        if self.connections >= self.nodes:
            raise ValueError(
                f"RandomOverlay.connections must be < nodes = {self.nodes}, got {self.connections}; lower it"
            )

    def draw(self, rng: np.random.Generator) -> Overlay:
        """One such network."""
        first, second = self._pairs(rng)
        delay = self.delay * np.exp(self.delay_sigma * rng.standard_normal(len(first)))
        source, target = np.concatenate((first, second)), np.concatenate((second, first))
        order = np.lexsort((rng.random(len(source)), source))  # a node serves its peers in an order of its own
        begin = np.zeros(self.nodes + 1, dtype=np.int64)
        np.cumsum(np.bincount(source, minlength=self.nodes), out=begin[1:])
        upload = self.upload * np.exp(self.upload_sigma * rng.standard_normal(self.nodes))
        return Overlay(
            begin=begin,
            peers=target[order],
            delay=np.concatenate((delay, delay))[order],
            upload=upload,
            download=np.full(self.nodes, self.download),
        )

    def _pairs(self, rng: np.random.Generator) -> tuple[Indices, Indices]:
        """Both ends of every connection, the lower number first, each once."""
        n, k = self.nodes, self.connections
        chosen = rng.integers(n - 1, size=(n, k))
        while True:
            ordered = np.sort(chosen, axis=1)
            repeated = (ordered[:, 1:] == ordered[:, :-1]).any(axis=1)
            if not repeated.any():
                break
            chosen[repeated] = rng.integers(n - 1, size=(int(repeated.sum()), k))
        me = np.arange(n)[:, None]
        chosen += chosen >= me  # nobody chooses itself
        ends = np.stack((np.minimum(chosen, me).ravel(), np.maximum(chosen, me).ravel()), axis=1)
        unique = np.unique(ends, axis=0)
        return unique[:, 0], unique[:, 1]
