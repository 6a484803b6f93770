"""The fibres of one world on which validators make the pairs of their lists, and what the terminals take."""

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from qflsim.chain.agreement import Agreement
from qflsim.chain.perchain import PerChain
from qflsim.nodes.models import PairLink
from qflsim.quantum.chainpairs import store_of
from qflsim.quantum.routing import Path, expectation
from qflsim.quantum.singlets import entry_errors
from qflsim.quantum.supply import PairSupply

from .fibres import AttemptMeter, Fibres

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["ListLinks"]

HOPELESS = 0.5
"""Probability that a decision with honest members fails, from which on a scenario is refused (assumption)."""

KINDS = {"global_chain": "the global chain", "shard": "a shard chain", "local": "an LMUC"}


class ListLinks:
    """Pairs between any two validators, over the fibres of the sites and those of the devices to theirs.

    Parameters
    ----------
    fibres:
        What they are laid over.

    Attributes
    ----------
    notes:
        What idealised protocols grant, and what to expect of lists, to be told before the run.

    Raises
    ------
    ValueError
        If lists cannot be made, err too much, or come too late for every decision.
    """

    def __init__(self, fibres: Fibres) -> None:
        self._fibres = fibres
        self._scenario = scenario = fibres.scenario
        self._links: dict[tuple[PairSupply, str, str], PairLink] = {}
        self._meter = AttemptMeter()
        protocols = {chain: agreement.core for chain, agreement in PerChain.of(scenario.agreement)}
        self._supplies = list(dict.fromkeys(p.supply for p in protocols.values() if p.supply is not None))
        servers = tuple(fibres.placement.servers)
        cells = (tuple(devices) for devices in fibres.reached.values())
        largest: tuple[str, ...] = max(cells, key=len, default=())
        committees = {"global_chain": ("publisher", *servers), "shard": servers, "local": largest}
        granted = {agreement.title: agreement.assumption for agreement in protocols.values() if agreement.assumption}
        self.notes = [f"{title}: it is granted that {assumption}" for title, assumption in granted.items()] + [
            self._promise(agreement, agreement.supply, chain, committees[chain])
            for chain, agreement in protocols.items()
            if agreement.supply is not None and len(committees[chain]) > 2
        ]

    def link(self, supply: PairSupply, first: str, second: str) -> PairLink:
        """Where two validators make pairs; the same whenever and in whichever order they are named."""
        ends = (supply, min(first, second), max(first, second))
        if ends not in self._links:
            lengths = self._path(*ends).lengths
            rng = self._fibres.ctx.streams("list-pairs", str(self._supplies.index(supply)), ends[1], ends[2])
            self._links[ends] = PairLink(store_of(supply.plan(lengths), supply.memories, rng), sum(lengths))
        return self._links[ends]

    def upkeep(self, duration: float, now: float) -> None:
        """Charge the terminals of all links in use for ``duration`` [s], and their attempts until ``now`` [s]."""
        model, charge = self._scenario.energy.entanglement, self._fibres.ctx.energy.charge
        for ends, link in self._links.items():
            joules = model.attempt_energy(self._meter.new(ends, link, now))
            joules += 2 * len(link.store.plan.lengths) * model.terminal_energy(duration)
            for node in ends[1:]:
                charge(node, "entanglement", 0.5 * joules)

    def _path(self, supply: PairSupply, first: str, second: str) -> Path:
        """The way of pairs: fibres joined at the sites to one, or over the sites, each a repeater."""
        graph = self._fibres.among(first, second)
        if supply.switched:
            graph = _joined(graph, first, second)
        shortest = min(length for _, _, length in graph.edges(data="length"))
        return supply.routing.choose(graph, first, second, supply.plan((shortest,)), supply.repeaters)

    def _promise(self, agreement: Agreement, supply: PairSupply, chain: str, members: Sequence[str]) -> str:
        """What to expect of the lists of a committee, to be told before the run."""
        if self._scenario.moves:
            raise ValueError(
                f"Scenario.mobility must be Static() with {agreement.name}, whose lists need fibres, got "
                f"{type(self._scenario.mobility).__name__}; let devices stand still or use another agreement"
            )
        worst = slowest = 0.0
        for ends in combinations(members, 2):
            expected = expectation(supply.plan(self._path(supply, *ends).lengths))
            worst = max(worst, float(entry_errors(np.array([expected.pair]), supply.operations)[0]))
            slowest = max(slowest, 1.0 / (expected.rate * supply.memories))
        lists = dict.fromkeys(combinations(members[1:], 2), (worst, worst))
        risks, order = agreement.risks(lists), agreement.pairs_wanted(len(members))
        where = f"lists of {KINDS[chain]}"
        if risks is None:
            return ""
        if risks.abort > HOPELESS:
            raise ValueError(
                f"{where} are wrong in {worst:.3g} of their places, with which {agreement.name} fails "
                f"with probability {risks.abort:.3g} though all are honest; raise its tolerance or its states, or give "
                "purification or a better link"
            )
        took, patience = order * slowest, self._scenario.agreement_deadline
        if took > patience:
            raise ValueError(
                f"Scenario.agreement_deadline must leave time for {where}: {order} pairs on a link take {took:.4g} s, "
                f"got {patience:g} s; raise agreement_deadline, or give more memories"
            )
        return (
            f"{agreement.name}: {where} are wrong in up to {worst:.2g} of their places; a decision fails "
            f"with probability {risks.abort:.2g} at most if all are honest, {risks.sender:.2g} if the sender lies, "
            f"{risks.receiver:.2g} if a receiver does"
        )


def _joined(graph: "nx.Graph", first: str, second: str) -> "nx.Graph":
    """The shortest way between two nodes as one fibre."""
    import networkx as nx

    try:
        length = nx.shortest_path_length(graph, first, second, weight="length")
    except (nx.NetworkXNoPath, nx.NodeNotFound):
        raise ValueError(f"no fibre leads from {first} to {second}; lists of entangled states need one") from None
    joined = nx.Graph()
    joined.add_edge(first, second, length=length)
    return joined
