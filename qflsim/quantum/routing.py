"""Which way entanglement takes through a graph of fibres, every node on it a repeater."""

import itertools
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from qflsim.checks import Part, quantity

from .chain import ChainPlan, SegmentFacts
from .entanglement import BellDiagonal, swap
from .waiting import slowest

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["Expectation", "HighestFidelity", "HighestRate", "Path", "Routing", "expectation"]


class Expectation(NamedTuple):
    """What a chain of repeaters promises before it is run."""

    rate: float
    """End-to-end pairs per second [Hz]."""
    pair: BellDiagonal
    """An end-to-end pair of which no part has waited in memory for another."""


class Path(NamedTuple):
    """A way through the graph."""

    nodes: tuple[str, ...]
    lengths: tuple[float, ...]
    """Metres of fibre [m] from node to node."""
    expectation: Expectation


def expectation(plan: ChainPlan) -> Expectation:
    """Rate and fidelity of a chain from closed formulas.

    A segment that tries takes attempts / success on average; two pairs of a level make one of the next in the time of
    both and of a message, over the chance of success. Segments side by side wait for the slowest (`slowest`), one
    after the other for the sum; every swap that gives no outcome begins the chain anew.

    *Scope*: waiting times are taken as exponential, nothing is lost to the cut-off, nothing decays while it waits: an
    estimate to choose ways by, and an upper bound of fidelity. The state machine `ChainRun` leaves nothing of it out.
    """
    segments = [_purified(plan, facts) for facts in plan.segments]
    times = [time for time, _ in segments]
    took = slowest(times) if plan.parallel else sum(times)
    made = segments[0][1]
    for _, pair in segments[1:]:
        made = swap(made, pair, plan.operations)
    chance = plan.operations.bell_success ** (len(segments) - 1)
    return Expectation(chance / took, made)


def _purified(plan: ChainPlan, facts: SegmentFacts) -> tuple[float, BellDiagonal]:
    """Mean time [s] to a segment's pair of the last level, and that pair."""
    time, pair = facts.attempt_s / facts.success, facts.fresh
    ladder = [] if plan.purification is None else plan.purification.ladder(pair, plan.operations)
    for better, success in ladder:
        time, pair = (2.0 * time + facts.light_s) / success, better
    return time, pair


@dataclass(frozen=True, kw_only=True)
class Routing(Part, ABC):
    """Chooses among the shortest ways between two nodes.

    A routing of one's own derives from this class and gives `worth`.

    Parameters
    ----------
    candidates:
        How many ways are compared, in the order of their metres of fibre.
    """

    candidates: int = quantity(8, at_least=1, most=1_000, advice="give a whole number, e.g. 8")

    @abstractmethod
    def worth(self, expected: Expectation) -> float:
        """How good a way is; the highest is chosen, and of equals the shortest."""

    def choose(self, graph: "nx.Graph", source: str, target: str, plan: ChainPlan, repeaters: int = 0) -> Path:
        """The best way from ``source`` to ``target``.

        Parameters
        ----------
        graph:
            Every edge has its ``length``, metres of fibre [m].
        plan:
            What every segment is made of; its lengths are replaced by those of the way.
        repeaters:
            Repeaters that stand at equal distances on every fibre, besides those at its ends.

        Raises
        ------
        ValueError
            If no way leads there.
        """
        import networkx as nx

        try:
            ways = list(itertools.islice(nx.shortest_simple_paths(graph, source, target, "length"), self.candidates))
        except (nx.NetworkXNoPath, nx.NodeNotFound):
            raise ValueError(f"no fibre leads from {source} to {target}; entanglement needs one") from None
        paths = [_path(graph, way, plan, repeaters) for way in ways]
        return max(paths, key=lambda path: self.worth(path.expectation))


@dataclass(frozen=True, kw_only=True)
class HighestRate(Routing):
    """The way on which most pairs per second are expected."""

    def worth(self, expected: Expectation) -> float:
        """The rate."""
        return expected.rate


@dataclass(frozen=True, kw_only=True)
class HighestFidelity(Routing):
    """The way on which the best pairs are expected."""

    def worth(self, expected: Expectation) -> float:
        """The fidelity."""
        return expected.pair.fidelity


def _path(graph: "nx.Graph", way: list[str], plan: ChainPlan, repeaters: int) -> Path:
    fibres = [graph.edges[first, second]["length"] for first, second in pairwise(way)]
    lengths = tuple(length / (repeaters + 1) for length in fibres for _ in range(repeaters + 1))
    return Path(tuple(way), lengths, expectation(replace(plan, lengths=lengths)))
