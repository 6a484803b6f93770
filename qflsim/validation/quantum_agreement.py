"""Broadcast over lists of entangled states, and agreement by idealised quantum coins.

References
----------
.. [1] Z. Guba, I. Finta, A. Budai, L. Farkas, Z. Zimboras, A. Palyi, "Resource analysis for quantum-aided Byzantine
   agreement with the four-qubit singlet state", arXiv:2207.04939 (2022), and the data published with it: probabilities
   of failure for mu = 0.272, lambda = 0.94, and the fewest states that keep all of them below 5 %.
.. [2] A. Cabello, Phys. Rev. A 68, 012304 (2003): the four-qubit singlet.
.. [3] M. Ben-Or, A. Hassidim, "Fast quantum Byzantine agreement", STOC (2005): a constant number of rounds.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from qflsim.chain.agreement import Proposal
from qflsim.chain.broadcast import DetectableBroadcast, ThreePartyBroadcast
from qflsim.chain.deception import DeceivingReplica
from qflsim.chain.lists import word
from qflsim.chain.loopback import Loopback
from qflsim.chain.quantumcoin import IdealisedBenOrHassidim
from qflsim.chain.seat import Play, Seat
from qflsim.quantum.entanglement import werner
from qflsim.quantum.listrisks import escapes, failure_risks, thresholds
from qflsim.quantum.operations import PERFECT
from qflsim.quantum.singlets import entry_errors, read_lists
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

_SOURCE = "Guba et al. 2022"
# states: probability of failure with all honest, a lying sender, a lying receiver, as published
_FAILURES = {
    100: (0.1066060931045732, 0.3640673040457957, 0.2083815872530198),
    200: (0.03234614534865855, 0.09908774623466672, 0.1109538109751857),
    300: (0.01077733832337954, 0.04329445088366954, 0.03627481739020660),
    400: (0.003745559875731116, 0.01180726864655044, 0.02271490238653846),
}
_ROLES = ("all honest", "sender lies", "receiver lies")
_RUNS = 1000


def comparisons() -> Iterator[Comparison]:
    """Rows on the state, on probabilities of failure, on what replicas achieve, and on counts."""
    yield from _state()
    yield from _published()
    yield from _played()
    yield from _counts()


def _state() -> Iterator[Comparison]:
    lists = read_lists(200_000, 0.0, 0.0, np.random.default_rng(1))
    yield Comparison(
        quantity="singlet: both others 1, sender 00", published=1 / 3,
        simulated=float(np.mean((lists.sender == 0) & (lists.first == 1) & (lists.second == 1))),
        tolerance=0.005, source="Cabello 2003", basis="formula",
    )  # fmt: skip
    yield Comparison(
        quantity="singlet: others differ, sender 01 or 10", published=1 / 3,
        simulated=float(np.mean((lists.sender == 1) & (lists.first != lists.second))),
        tolerance=0.005, source="Cabello 2003", basis="formula",
    )  # fmt: skip
    yield Comparison(
        quantity="entries turned, Werner pairs, F = 0.94", published=2 * 0.06 / 3,
        simulated=float(entry_errors(np.array([werner(0.94)]), PERFECT)[0]), tolerance=1e-12, source="2 (1 - F)/3",
        basis="law",
    )  # fmt: skip


def _published() -> Iterator[Comparison]:
    for states, failures in _FAILURES.items():
        risks = failure_risks(states, thresholds(states, 0.272, 0.94, 0.0), 0.0, 0.0)
        for role, published, simulated in zip(_ROLES, failures, risks, strict=True):
            yield Comparison(
                quantity=f"broadcast fails, {states} states, {role}", published=published, simulated=simulated,
                tolerance=1e-9, source=_SOURCE, basis="value",
            )  # fmt: skip
    for length, fewest in {0.270: 282, 0.274: 280}.items():
        yield Comparison(
            quantity=f"fewest states for 5 %, mu = {length:.3f}", published=fewest, simulated=_fewest(length),
            tolerance=0.0, source=_SOURCE, basis="value",
        )  # fmt: skip


def _fewest(length: float) -> int:
    def worst(states: int) -> float:
        return failure_risks(states, thresholds(states, length, 0.94, 0.0), 0.0, 0.0).worst

    return next(states for states in range(250, 400) if worst(states) < 0.05)


def _played() -> Iterator[Comparison]:
    """Replicas that lie, message by message, over lists with 5 % of their entries turned."""
    protocol, error = ThreePartyBroadcast(states=400), 0.05
    limits = protocol.limits(protocol.states)
    risks = failure_risks(protocol.states, limits, error, error)
    stated = (risks.abort, escapes(protocol.states, limits, error, error), risks.receiver)
    for role, published, liar in zip(_ROLES, stated, ("", "v0", "v1"), strict=True):
        deviation = (published * (1.0 - published) / _RUNS) ** 0.5
        yield Comparison(
            quantity=f"400 states, 5 % turned, {role}", published=published,
            simulated=_failures(protocol, error, liar), tolerance=4.0 * deviation, source="closed form",
            basis="formula",
        )  # fmt: skip


def _failures(protocol: ThreePartyBroadcast, error: float, liar: str) -> float:
    """Share of runs in which honest receivers decide differently, or one aborts though the sender is honest."""

    def lying(seat: Seat) -> DeceivingReplica:
        return DeceivingReplica(replace(seat, rival=_rival), protocol)

    played: dict[str, Play] = {liar: lying} if liar else {}
    failed = 0
    for seed in range(_RUNS):
        network = Loopback(protocol, ("v0", "v1", "v2"), errors=error, seed=seed, played=played).run()
        failed += bool(network.forks() if liar == "v0" else set(network.aborted[0]) & ({"v1", "v2"} - {liar}))
    return failed / _RUNS


def _rival(proposal: Proposal) -> Proposal:
    """A block that demands the other bit."""
    bit = word(proposal.digest, 1, False)[0]
    digests = (f"rival {number}" for number in range(64))
    return next(Proposal(digest, proposal.size_byte) for digest in digests if word(digest, 1, False)[0] != bit)


def _counts() -> Iterator[Comparison]:
    coins = IdealisedBenOrHassidim()
    for quantity, protocol, n, messages in (
        ("three-party broadcast, messages", ThreePartyBroadcast(), 3, 5),
        ("detectable broadcast, messages, n = 7", DetectableBroadcast(), 7, 7 * 6),
        ("idealised Ben-Or-Hassidim, messages, n = 7", coins, 7, 6 * 36),
    ):
        network = Loopback(protocol, tuple(f"v{i}" for i in range(n))).run()
        yield Comparison(
            quantity=quantity, published=messages, simulated=network.sent.total(), tolerance=0.0, source="count",
            basis="law",
        )  # fmt: skip
    delays = {
        n: max(d.time_s for d in Loopback(coins, tuple(f"v{i}" for i in range(n))).run().decisions.values())
        for n in (4, 31)
    }
    yield Comparison(
        quantity="Ben-Or-Hassidim, delays, n = 31 over n = 4", published=1.0, simulated=delays[31] / delays[4],
        tolerance=0.0, source="Ben-Or, Hassidim 2005", basis="law",
    )  # fmt: skip
