"""Members that lie as well as lists allow achieve what the closed forms say, and no more."""

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from qflsim.chain.agreement import Proposal
from qflsim.chain.broadcast import DetectableBroadcast, ThreePartyBroadcast
from qflsim.chain.deception import DeceivingReplica
from qflsim.chain.equivocation import EquivocatingReplica, sides
from qflsim.chain.lists import packed, proving, right, unpacked, word
from qflsim.chain.loopback import Loopback
from qflsim.chain.misbehaviour import PerjuringReplica
from qflsim.quantum.listrisks import escapes, failure_risks
from qflsim.streams import Streams

RUNS = 600
PUBLISHED = ThreePartyBroadcast(states=120, length=0.272, agreeing=0.94, tolerance=0.0)
NOISY = ThreePartyBroadcast(states=400)
STRETCHED = DetectableBroadcast(states=600)


def other_bit(proposal):
    """A rival block that demands the other bit."""
    bit = word(proposal.digest, 1, False)[0]
    return next(
        Proposal(digest, proposal.size_byte)
        for digest in (f"rival {k}" for k in range(64))
        if word(digest, 1, False)[0] != bit
    )


def outcomes(protocol, error, liar=""):
    """Shares of runs that forked, and in which an honest receiver aborted."""
    forked = aborted = 0
    for seed in range(RUNS):
        played = {liar: lambda seat: DeceivingReplica(replace(seat, rival=other_bit), protocol)} if liar else {}
        network = Loopback(protocol, ("v0", "v1", "v2"), errors=error, seed=seed, played=played).run()
        forked += bool(network.forks())
        aborted += any(name in network.aborted[0] for name in ("v1", "v2") if name != liar)
    return forked / RUNS, aborted / RUNS


def close(share, probability):
    return abs(share - probability) <= 4 * sqrt(probability * (1 - probability) / RUNS) + 1 / RUNS


@pytest.mark.parametrize(("protocol", "error"), [(PUBLISHED, 0.0), (NOISY, 0.05)])
def test_one_bit_broadcasts_fail_as_often_as_is_worked_out(protocol, error):
    limits = protocol.limits(protocol.states)
    risks = failure_risks(protocol.states, limits, error, error)
    assert close(outcomes(protocol, error)[1], risks.abort)
    assert close(outcomes(protocol, error, "v0")[0], escapes(protocol.states, limits, error, error))
    assert close(outcomes(protocol, error, "v1")[1], risks.receiver)


def test_stretched_blocks_fail_no_more_often():
    error = 0.05
    risks = STRETCHED.risks({("v1", "v2"): (error, error)})
    assert close(outcomes(STRETCHED, error)[1], risks.abort)
    assert outcomes(STRETCHED, error, "v0")[0] <= risks.sender + 4 * sqrt(risks.sender / RUNS)
    assert outcomes(STRETCHED, error, "v1")[1] <= risks.receiver + 4 * sqrt(risks.receiver / RUNS)


def test_in_any_company_honest_members_differ_no_more_often_than_stated():
    """Random liars of all kinds, any number of them, random delays: forks against the sum of the stated risks."""
    forked, stated = 0, 0.0
    for seed in range(120):
        rng = Streams(seed)("company")
        n, error = int(rng.integers(3, 6)), float(rng.uniform(0.0, 0.06))
        members = tuple(f"v{i}" for i in range(n))
        kinds = [
            lambda seat: DeceivingReplica(seat, STRETCHED),
            lambda seat, rng=rng: EquivocatingReplica(seat, sides(seat, rng)),
            lambda seat, rng=rng: PerjuringReplica(seat, rng, 0.7),
        ]
        liars = rng.permutation(n)[: int(rng.integers(0, n - 1))]
        played = {members[i]: kinds[int(rng.integers(3))] for i in liars}
        network = Loopback(
            STRETCHED, members, delay=lambda rng=rng: float(rng.uniform(0.1, 3.0)), seed=seed, errors=error,
            played=played,
        ).run()  # fmt: skip
        forked += bool(network.forks())
        pairs = STRETCHED.lists(members[1:])
        if "v0" in played:
            stated += min(1.0, STRETCHED.risks(dict.fromkeys(pairs, (error, error))).sender)
    assert forked <= stated + 4 * sqrt(stated) + 1


@given(st.integers(1, 500), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_places_come_back_from_a_message_and_strange_ones_do_no_harm(states, seed):
    mask = np.random.default_rng(seed).integers(2, size=states).astype(bool)
    (_, content), = packed({("a", "b"): mask})  # fmt: skip
    assert len(content) == -(-states // 8)
    assert np.array_equal(unpacked(content, states), mask)
    assert not unpacked(b"", states).any()
    assert len(unpacked(content * 3, states)) == states


@given(st.text(max_size=20), st.text(max_size=20))
@settings(max_examples=25, deadline=None)
def test_two_blocks_demand_different_bits_in_about_half_of_the_places(one, other):
    differ = int((word(one, 2000) != word(other, 2000)).sum())
    assert differ == 0 if one == other else 850 < differ < 1150


def test_a_senders_entries_prove_what_both_others_hold():
    from qflsim.quantum.singlets import read_lists

    lists = read_lists(5000, 0.0, 0.0, np.random.default_rng(3))
    demanded = word("a block", 5000)
    proved = proving(lists.sender, demanded)
    assert 1500 < proved.sum() < 1830
    assert right(lists.first, demanded)[proved].all() and right(lists.second, demanded)[proved].all()
