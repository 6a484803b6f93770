"""Which way a key takes through the key network: the graph of links that hold key, and the choice of a path in it."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import Part, quantity

__all__ = ["Ends", "KeyGraph", "KeyRouting", "ShortestPath", "WidestPath", "ends_of"]

Ends = tuple[str, str]
"""Two nodes in alphabetical order: the name of what lies between them."""


def ends_of(first: str, second: str) -> Ends:
    """The two nodes in alphabetical order."""
    return (first, second) if first <= second else (second, first)


class KeyGraph:
    """The links over which key can be relayed, and how much each could give now.

    Parameters
    ----------
    links:
        The two ends of every link, by its number.
    level:
        ``level(number)`` gives what link ``number`` could serve now [bit]; ask it seldom.
    leaves:
        Nodes that relay nothing: a path may begin or end at them only.
    """

    def __init__(self, links: Sequence[Ends], level: Callable[[int], float], leaves: Collection[str] = ()) -> None:
        self.links = tuple(links)
        self.level = level
        self.names = sorted({name for ends in links for name in ends})
        self._index = {name: i for i, name in enumerate(self.names)}
        self.ends = [(self._index[first], self._index[second]) for first, second in links]
        pairs = np.array(self.ends, dtype=np.int32).reshape(-1, 2)
        tails, heads = np.concatenate([pairs[:, 0], pairs[:, 1]]), np.concatenate([pairs[:, 1], pairs[:, 0]])
        order = np.lexsort((heads, tails))  # by name of the near end, then of the far one
        self._tails, self._heads = tails[order], heads[order]
        self._link = np.tile(np.arange(len(links)), 2)[order]
        self.leaf = [name in leaves for name in self.names]
        self._relays = ~np.array(self.leaf, dtype=np.bool_)[self._tails]

    def index(self, name: str) -> int | None:
        """Number of a node; None if no link ends there."""
        return self._index.get(name)

    def beside(self, node: int) -> list[tuple[int, int]]:
        """The nodes that ``node`` has links with, and the numbers of these."""
        here = slice(*np.searchsorted(self._tails, [node, node + 1]))
        return list(zip(self._heads[here].tolist(), self._link[here].tolist(), strict=True))

    def fewest_hops(
        self, source: str, target: str, levels: NDArray[np.float64] | None = None, least: float = 0.0
    ) -> tuple[str, ...]:
        """Nodes of a path with as few hops as possible over the links with at least ``least`` of ``levels``.

        Empty if there is none. Nodes are tried in order of name, so that equal graphs give equal paths.
        """
        start, goal = self._index.get(source), self._index.get(target)
        return () if start is None or goal is None else self.way(self.tree(start, levels, least), start, goal)

    def way(self, tree: NDArray[np.int32], start: int, goal: int) -> tuple[str, ...]:
        """Nodes from ``start`` to ``goal`` in the tree of ``start``; empty if it does not reach there."""
        path = [goal]
        while path[-1] != start:
            path.append(int(tree[path[-1]]))
            if path[-1] < 0:
                return ()
        return tuple([self.names[node] for node in reversed(path)])

    def tree(self, start: int, levels: NDArray[np.float64] | None = None, least: float = 0.0) -> NDArray[np.int32]:
        """The node before each node on a path with as few hops as possible from ``start``; negative without one."""
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import breadth_first_order

        open_ = self._relays | (self._tails == start)
        if levels is not None:
            open_ &= levels[self._link] >= least
        tails, heads = self._tails[open_], self._heads[open_]
        nodes = len(self.names)
        begins = np.zeros(nodes + 1, dtype=np.int32)
        np.cumsum(np.bincount(tails, minlength=nodes), out=begins[1:])
        graph = csr_array((np.ones(len(heads)), heads, begins), shape=(nodes, nodes))
        before: NDArray[np.int32] = breadth_first_order(graph, start)[1]
        return before


@dataclass(frozen=True, kw_only=True)
class KeyRouting(Part, ABC):
    """How the key management layer chooses the trusted nodes through which a key is relayed.

    *Scope*: chosen when the key is asked for, and kept. Two nodes with a link of their own never relay.
    """

    @abstractmethod
    def chooser(self, graph: KeyGraph) -> Callable[[float, str, str], tuple[str, ...]]:
        """Of time [s], source and target: the nodes of the path, both included; empty if there is none."""


@dataclass(frozen=True, kw_only=True)
class ShortestPath(KeyRouting):
    """The path with the fewest hops, so that the fewest nodes learn the key and the least link key is used.

    *Scope*: ignores what the links hold: a request waits at a dry link although another way has key.
    """

    def chooser(self, graph: KeyGraph) -> Callable[[float, str, str], tuple[str, ...]]:
        """One search from each source, remembered."""
        trees: dict[int, NDArray[np.int32]] = {}

        def choose(now: float, source: str, target: str) -> tuple[str, ...]:
            start, goal = graph.index(source), graph.index(target)
            if start is None or goal is None:
                return ()
            if start not in trees:
                trees[start] = graph.tree(start)
            return graph.way(trees[start], start, goal)

        return choose


@dataclass(frozen=True, kw_only=True)
class WidestPath(KeyRouting):
    """The path whose scarcest link holds most key, and of such paths one with the fewest hops.

    The scarcest link of the widest path between any two nodes is that of their path in the maximum spanning tree [1]_;
    the search for few hops then keeps to links that hold at least as much.

    Parameters
    ----------
    refresh:
        Time [s] for which the levels that the nodes have told each other are used; 0 uses the levels of the moment.

    References
    ----------
    .. [1] T. C. Hu, "The maximum capacity route problem", Oper. Res. 9, 898 (1961).

    *Validation*: against all paths of random graphs.
    """

    refresh: float = quantity(0.0, unit="s", at_least=0, advice="give it in seconds, e.g. 10 * s")

    def chooser(self, graph: KeyGraph) -> Callable[[float, str, str], tuple[str, ...]]:
        """A spanning tree for each refresh of the levels; paths are remembered until the next one."""
        known: dict[tuple[str, str], tuple[str, ...]] = {}
        tree = _WidestTree(graph)
        valid_until = -math.inf

        def choose(now: float, source: str, target: str) -> tuple[str, ...]:
            nonlocal valid_until
            if now >= valid_until:
                known.clear()
                tree.grow()
                valid_until = now + self.refresh
            if (source, target) not in known:
                known[source, target] = tree.path(source, target)
            return known[source, target]

        return choose


class _WidestTree:
    """Sets of nodes joined by links in order of level, widest first; who was joined when tells the widest way."""

    def __init__(self, graph: KeyGraph) -> None:
        self._graph = graph
        self._levels = np.zeros(0)
        self._parent: list[int] = []
        self._joined: list[int] = []  # the link, by its place in the order of levels, that put a node under its parent
        self._order: list[int] = []

    def grow(self) -> None:
        """Join the nodes anew by the levels of now (Kruskal; the smaller set goes under the larger one)."""
        graph = self._graph
        self._levels = np.array([graph.level(number) for number in range(len(graph.links))])
        self._order = np.argsort(-self._levels, kind="stable").tolist()
        self._parent = list(range(len(graph.names)))
        self._joined = [len(self._order)] * len(graph.names)  # a root was never joined
        size = [1] * len(graph.names)
        for place, number in enumerate(self._order):
            one, other = graph.ends[number]
            if graph.leaf[one] or graph.leaf[other]:
                continue
            first, second = self._root(one), self._root(other)
            if first != second:
                small, large = (first, second) if size[first] < size[second] else (second, first)
                self._parent[small], self._joined[small] = large, place
                size[large] += size[small]

    def path(self, source: str, target: str) -> tuple[str, ...]:
        """The widest path with the fewest hops; empty if there is none."""
        one, other = self._graph.index(source), self._graph.index(target)
        if one is None or other is None:
            return ()
        width = max(
            (min(a, b, self._width(x, y)) for x, a in self._into(one) for y, b in self._into(other)), default=-1.0
        )
        direct = [self._levels[number] for node, number in self._graph.beside(one) if node == other]
        width = max([width, *direct])
        return self._graph.fewest_hops(source, target, self._levels, width) if width >= 0.0 else ()

    def _into(self, node: int) -> list[tuple[int, float]]:
        """Where a node meets those that relay, and how much it can bring there: a leaf at the far ends of its links."""
        if not self._graph.leaf[node]:
            return [(node, math.inf)]
        graph = self._graph
        return [(x, float(self._levels[number])) for x, number in graph.beside(node) if not graph.leaf[x]]

    def _root(self, node: int) -> int:
        while self._parent[node] != node:
            node = self._parent[node]
        return node

    def _width(self, one: int, other: int) -> float:
        """Level of the scarcest link of the widest path; negative if nothing joins the two."""
        last = -1
        while one != other:  # whoever was joined earlier climbs: its set did not hold the other yet
            if self._joined[one] > self._joined[other]:
                one, other = other, one
            last = self._joined[one]
            if last == len(self._order):
                return -1.0
            one = self._parent[one]
        return float(self._levels[self._order[last]]) if last >= 0 else math.inf
