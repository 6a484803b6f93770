"""Which way a key takes through the key network: the graph of links that hold key, and the choice of a path in it."""

import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

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
    """

    def __init__(self, links: Sequence[Ends], level: Callable[[int], float]) -> None:
        self.links = tuple(links)
        self.level = level
        names = sorted({name for ends in links for name in ends})
        self._index = {name: i for i, name in enumerate(names)}
        self.names = names
        self.ends = [(self._index[first], self._index[second]) for first, second in links]
        self._neighbours: list[list[tuple[int, int]]] = [[] for _ in names]  # node and link
        for number, (first, second) in enumerate(self.ends):
            self._neighbours[first].append((second, number))
            self._neighbours[second].append((first, number))
        for beside in self._neighbours:
            beside.sort()

    def index(self, name: str) -> int | None:
        """Number of a node; None if no link ends there."""
        return self._index.get(name)

    def fewest_hops(
        self, source: str, target: str, levels: Sequence[float] | None = None, least: float = 0.0
    ) -> tuple[str, ...]:
        """Nodes of a path with as few hops as possible over the links with at least ``least`` of ``levels``.

        Empty if there is none. Nodes are tried in order of name, so that equal graphs give equal paths.
        """
        start, goal = self._index.get(source), self._index.get(target)
        if start is None or goal is None:
            return ()
        before = self._search(start, goal, levels, least)
        if goal not in before:
            return ()
        path = [goal]
        while path[-1] != start:
            path.append(before[path[-1]])
        return tuple(self.names[node] for node in reversed(path))

    def _search(self, start: int, goal: int, levels: Sequence[float] | None, least: float) -> Mapping[int, int]:
        """Breadth first from ``start`` until ``goal`` is found; the node before each node reached."""
        before = {start: start}
        queue = deque([start])
        while queue and goal not in before:
            node = queue.popleft()
            for other, number in self._neighbours[node]:
                if other not in before and (levels is None or levels[number] >= least):
                    before[other] = node
                    queue.append(other)
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
        """One search per pair of nodes, remembered."""
        known: dict[tuple[str, str], tuple[str, ...]] = {}

        def choose(now: float, source: str, target: str) -> tuple[str, ...]:
            if (source, target) not in known:
                known[source, target] = graph.fewest_hops(source, target)
            return known[source, target]

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
        self._levels: list[float] = []
        self._parent: list[int] = []
        self._joined: list[int] = []  # the link, by its place in the order of levels, that put a node under its parent
        self._order: list[int] = []

    def grow(self) -> None:
        """Join the nodes anew by the levels of now (Kruskal; the smaller set goes under the larger one)."""
        graph = self._graph
        self._levels = [graph.level(number) for number in range(len(graph.links))]
        self._order = sorted(range(len(graph.links)), key=lambda number: -self._levels[number])
        self._parent = list(range(len(graph.names)))
        self._joined = [len(self._order)] * len(graph.names)  # a root was never joined
        size = [1] * len(graph.names)
        for place, number in enumerate(self._order):
            first, second = (self._root(node) for node in graph.ends[number])
            if first != second:
                small, large = (first, second) if size[first] < size[second] else (second, first)
                self._parent[small], self._joined[small] = large, place
                size[large] += size[small]

    def path(self, source: str, target: str) -> tuple[str, ...]:
        """The widest path with the fewest hops; empty if there is none."""
        width = self._width(source, target)
        return self._graph.fewest_hops(source, target, self._levels, width) if width is not None else ()

    def _root(self, node: int) -> int:
        while self._parent[node] != node:
            node = self._parent[node]
        return node

    def _width(self, source: str, target: str) -> float | None:
        """Level of the scarcest link of the widest path; None if nothing joins the two."""
        one, other = self._graph.index(source), self._graph.index(target)
        if one is None or other is None:
            return None
        last = -1
        while one != other:  # whoever was joined earlier climbs: its set did not hold the other yet
            if self._joined[one] > self._joined[other]:
                one, other = other, one
            last = self._joined[one]
            if last == len(self._order):
                return None
            one = self._parent[one]
        return self._levels[self._order[last]] if last >= 0 else None
