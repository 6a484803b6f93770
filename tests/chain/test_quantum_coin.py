"""Agreement by idealised quantum coins: what it costs, what liars achieve, and how its coins fall."""

from collections import Counter

import pytest

from qflsim.chain.equivocation import EquivocatingReplica, sides
from qflsim.chain.loopback import Loopback
from qflsim.chain.misbehaviour import PerjuringReplica, WithholdingReplica
from qflsim.chain.quantumcoin import IdealisedBenOrHassidim
from qflsim.streams import Streams

PROTOCOL = IdealisedBenOrHassidim()


def names(n):
    return tuple(f"v{i}" for i in range(n))


@pytest.mark.parametrize("n", [1, 2, 4, 7])
def test_without_faults_the_block_is_decided_after_five_delays_and_no_flip(n):
    network = Loopback(PROTOCOL, names(n)).run(heights=2)
    assert {decision.digest for decision in network.decided[1].values()} == {f"block 1 of v{1 % n}"}
    assert network.sent.total() == 2 * PROTOCOL.messages(n)
    assert network.qubits == 0
    if n > 2:
        assert {decision.time_s for decision in network.decisions.values()} == {5.0}


@pytest.mark.parametrize("n", [4, 7])
def test_with_f_liars_no_two_decide_differently_and_flips_are_few(n, monkeypatch):
    flips, flip = Counter(), IdealisedBenOrHassidim.flip

    def counted(protocol, draws, height, number, me):
        flips[me] += 1
        return flip(protocol, draws, height, number, me)

    monkeypatch.setattr(IdealisedBenOrHassidim, "flip", counted)
    for seed in range(150):
        streams = Streams(seed)

        def lying(seat, streams=streams):
            rng = streams("lies", seat.me)
            return (
                EquivocatingReplica(seat, sides(seat, streams("sides")))
                if rng.random() < 0.5
                else PerjuringReplica(seat, rng, 0.5)
            )

        liars = dict.fromkeys(names(n)[: (n - 1) // 3], lying)
        network = Loopback(PROTOCOL, names(n), seed=seed, played=liars).run()
        assert not network.forks()
        settled = set(network.decisions) | set(network.aborted[0])
        assert settled >= set(network.honest)
        assert not (set(network.decisions) & set(network.aborted[0]) & set(network.honest))
        decided = set(network.decisions) & set(network.honest)
        assert decided in (set(), set(network.honest))  # a block for all or for none
    assert 0 < flips[f"v{n - 1}"] / 150 <= 1 / PROTOCOL.fairness


def test_with_more_liars_than_a_third_they_can_split_the_rest():
    forked = 0
    for seed in range(60):
        streams = Streams(seed)

        def lying(seat, streams=streams):
            return EquivocatingReplica(seat, sides(seat, streams("sides")))

        network = Loopback(PROTOCOL, names(4), seed=seed, played=dict.fromkeys(("v0", "v1"), lying)).run()
        forked += bool(network.forks())
    assert forked


def test_a_silent_leader_ends_the_height_without_a_block():
    network = Loopback(PROTOCOL, names(4), played={"v0": WithholdingReplica}).run()
    assert {network.aborted[0][name] for name in network.honest} == {"the members agreed on no block"}


def test_coins_are_common_as_often_as_stated():
    draws, flips = Streams(5).fresh, 3000
    seen = Counter(tuple(PROTOCOL.flip(draws, 0, number, name) for name in names(8)) for number in range(flips))
    for bit in "01":
        share = seen[(bit,) * 8] / flips
        assert share == pytest.approx(1 / 3 + 2**-8 / 3, abs=4 * (2 / 9 / flips) ** 0.5)


def test_qubits_of_a_flip():
    assert PROTOCOL.qubits(4) == 3 * (1 + 6)
    assert PROTOCOL.qubits(10) == 9 * (1 + 10)
    assert "quantum coins reach all members at once" in PROTOCOL.assumption
