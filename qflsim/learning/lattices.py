"""Servers that average with their neighbours on a lattice: a grid of two dimensions, and a ring with shortcuts."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import quantity
from qflsim.learning.averaging import metropolis
from qflsim.learning.mixing import Floats, Mixing, over_connected, refuse_none

__all__ = ["Grid", "SmallWorld"]


@dataclass(frozen=True, kw_only=True)
class Grid(Mixing):
    """Every server averages with those beside, above and below it in rows and columns, or on a torus.

    Servers fill rows one after the other, each of ceil(sqrt(n)) servers; the last row takes what is left. All rows are
    full where n is k^2 or k (k - 1); of any other number, primes above 2 among them, the last one is short: 7 servers
    stand in rows of 3, 3 and 1, 13 in rows of 4, 4, 4 and 1.

    Parameters
    ----------
    columns:
        Servers of a full row, in place of ceil(sqrt(n)).
    torus:
        Whether the two ends of each row are neighbours, and those of each column. A short row closes upon its own
        end, a column that is one server shorter upon its own too; two servers in line are neighbours once.

    Notes
    -----
    *Scope*: one hop, 4n messages a step on a torus whose rows and columns have three servers or more, 4n - 2 (rows +
    columns) on a full grid; Metropolis weights [1]_, 1/5 on a torus. The grid is one of numbers: where servers stand,
    and which of them a fibre joins, say `DenseCell` and `FullMesh` or another backhaul graph.

    *Validation*: contraction (3 + 2 cos(2 pi/k))/5 on a torus of at most k >= 3 servers in line [2]_; on a full grid
    between (1 + cos(pi/k))/2 and (3 + 2 cos(pi/k))/5, since its weights lie between 1/4 and 1/5; 2/5 + 3 sqrt(6)/20
    for 3 x 3 by hand; (1 + 2 cos(pi/n))/3 in one line.

    References
    ----------
    .. [1] L. Xiao, S. Boyd, "Fast linear iterations for distributed averaging", Systems & Control Letters 53, 65
       (2004), with its Metropolis weights.
    .. [2] F. R. K. Chung, "Spectral Graph Theory", AMS (1997): eigenvalues of a product of cycles or paths are sums
       of theirs.
    """

    columns: int | None = quantity(None, at_least=1, advice="write the servers of a row, e.g. 5, or leave it out")
    torus: bool = False

    def matrix(self, servers: int, rng: np.random.Generator) -> Floats:
        """Metropolis weights of the grid; where fewer servers than columns joined, they stand in one row."""
        refuse_none(servers)
        columns = self.columns or math.isqrt(servers - 1) + 1
        adjacency = np.zeros((servers, servers), dtype=bool)
        for line in _lines(servers, columns):
            for one, other in pairwise(line):
                adjacency[one, other] = adjacency[other, one] = True
            if self.torus:
                adjacency[line[0], line[-1]] = adjacency[line[-1], line[0]] = True
        return metropolis(adjacency)

    def check_servers(self, servers: int) -> None:
        """Refuse a row longer than there are servers."""
        if self.columns is not None and self.columns > servers:
            raise ValueError(
                f"Grid.columns must be <= {servers}, the number of servers, got {self.columns}; leave it out for a "
                "grid as square as can be"
            )


@dataclass(frozen=True, kw_only=True)
class SmallWorld(Mixing):
    """Every round draws a ring whose servers know some neighbours on both sides, and a few shortcuts across it.

    The graph of Watts and Strogatz [1]_: every server is joined with ``neighbours``/2 servers on either side of the
    ring; then each edge in turn keeps its first end and, with probability ``rewiring``, gets another second end, drawn
    from all servers that the first is not joined with. It is drawn again until it is connected, with Metropolis
    weights [2]_. All steps of a round go over the same graph.

    Parameters
    ----------
    neighbours:
        Neighbours of a server on the ring before rewiring, an even number; so many or fewer other servers are all
        neighbours of each other.
    rewiring:
        Chance of each edge to become a shortcut.

    Raises
    ------
    ValueError
        By `matrix`, if 1000 draws give no connected graph.

    Notes
    -----
    *Scope*: one hop, n * neighbours messages a step; the law is that of Watts and Strogatz given that the graph is
    connected. A new graph each round mixes faster than one of them kept: shortcuts come to stand everywhere.

    *Validation*: without rewiring, contraction (1 + 2 sum over j <= k/2 of cos(2 pi j/n))/(k + 1), k = ``neighbours``;
    with it, as many edges, and (1 - p)^3 of the ring's triangles [3]_, p = ``rewiring``.

    References
    ----------
    .. [1] D. J. Watts, S. H. Strogatz, "Collective dynamics of 'small-world' networks", Nature 393, 440 (1998).
    .. [2] L. Xiao, S. Boyd, "Fast linear iterations for distributed averaging", Systems & Control Letters 53, 65
       (2004), with its Metropolis weights.
    .. [3] A. Barrat, M. Weigt, "On the properties of small-world network models", European Physical Journal B 13, 547
       (2000).
    """

    neighbours: int = quantity(4, at_least=2, advice="write an even number, e.g. 4")
    rewiring: float = quantity(0.1, at_least=0.0, at_most=1.0, advice="write a probability, e.g. 0.1")

    def check(self) -> None:
        """Refuse neighbours that cannot stand half on either side."""
        if self.neighbours % 2:
            raise ValueError(
                f"SmallWorld.neighbours must be even, half of them on either side of the ring, got {self.neighbours}; "
                f"write e.g. {self.neighbours + 1}"
            )

    def matrix(self, servers: int, rng: np.random.Generator) -> Floats:
        """Metropolis weights of a connected small world."""
        import networkx as nx

        refuse_none(servers)
        near = min(self.neighbours, servers)

        def draw() -> NDArray[np.bool_]:
            graph = nx.watts_strogatz_graph(servers, near, self.rewiring, seed=rng)
            return np.asarray(nx.to_numpy_array(graph, nodelist=range(servers)), dtype=bool)

        return over_connected(
            draw,
            f"SmallWorld(neighbours={self.neighbours}, rewiring={self.rewiring:g})",
            "more neighbours or less rewiring",
        )


def _lines(servers: int, columns: int) -> Iterator[range]:
    """The rows and the columns of a grid that servers fill row by row, each as the numbers of its servers."""
    for start in range(0, servers, columns):
        yield range(start, min(start + columns, servers))
    for column in range(min(columns, servers)):
        yield range(column, servers, columns)
