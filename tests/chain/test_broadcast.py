"""Broadcast over lists: what honest members decide, what it costs, and what becomes of liars."""

import pytest

from qflsim.chain.broadcast import DetectableBroadcast, ThreePartyBroadcast
from qflsim.chain.equivocation import EquivocatingReplica, sides
from qflsim.chain.loopback import Loopback
from qflsim.chain.misbehaviour import CrashingReplica, PerjuringReplica, WithholdingReplica
from qflsim.streams import Streams

ERROR = 0.05


def names(n):
    return tuple(f"v{i}" for i in range(n))


def broadcast(n):
    return ThreePartyBroadcast() if n == 3 else DetectableBroadcast()


@pytest.mark.parametrize("n", [1, 2, 3, 4, 6])
def test_honest_members_decide_what_the_sender_proposed(n):
    network = Loopback(broadcast(n), names(n), errors=ERROR, seed=4).run(heights=3)
    for height in range(3):
        digests = {decision.digest for decision in network.decided[height].values()}
        assert digests == {f"block {height} of v{height % n}"}
        assert len(network.decided[height]) + len(network.aborted[height]) == n


@pytest.mark.parametrize("n", [2, 4, 7])
def test_messages(n):
    network = Loopback(DetectableBroadcast(), names(n), errors=0.03).run()
    assert network.sent == {"command": n - 1, "verdict": n - 1} | ({"claim": (n - 1) * (n - 2)} if n > 2 else {})


def test_three_members_take_one_claim_and_three_delays():
    network = Loopback(ThreePartyBroadcast(), names(3)).run()
    assert network.sent == {"command": 2, "claim": 1, "verdict": 2}
    assert {name: decision.time_s for name, decision in network.decisions.items()} == {"v0": 2.0, "v1": 1.0, "v2": 2.0}


def test_the_three_party_protocol_is_for_three():
    with pytest.raises(ValueError, match="committees of three at most, got one of 4"):
        ThreePartyBroadcast().replica("v0", names(4))


def test_tolerance_must_leave_room_for_refutation():
    with pytest.raises(ValueError, match=r"DetectableBroadcast.agreeing must let a proof be refuted"):
        DetectableBroadcast(tolerance=0.2)


@pytest.mark.parametrize("n", [3, 4, 6])
def test_a_sender_that_tells_two_blocks_is_found_out(n):
    forked = aborted = 0
    for seed in range(40):

        def two_faced(seat, seed=seed):
            return EquivocatingReplica(seat, sides(seat, Streams(seed)("sides")))

        network = Loopback(broadcast(n), names(n), errors=ERROR, seed=seed, played={"v0": two_faced}).run()
        forked += len(network.forks())
        reasons = set(network.aborted[0].values())
        aborted += bool(
            reasons & {"the sender told another block", "two blocks whose words are too near to tell who lies"}
        )
    assert not forked
    assert aborted == 40


def test_without_the_look_at_claims_the_same_sender_forks(monkeypatch):
    monkeypatch.setattr("qflsim.chain.broadcastreplica.BroadcastReplica._contradicts", lambda *_: "")

    def two_faced(seat):
        return EquivocatingReplica(seat, sides(seat, Streams(0)("sides")))

    network = Loopback(DetectableBroadcast(), names(4), played={"v0": two_faced}).run()
    assert network.forks() == [0]


def test_receivers_that_claim_another_block_are_not_believed():
    def perjured(seat):
        return PerjuringReplica(seat, Streams(1)("lies", seat.me), 1.0)

    network = Loopback(DetectableBroadcast(), names(5), errors=ERROR, played={"v3": perjured, "v4": perjured}).run()
    assert {network.decisions[name].digest for name in ("v0", "v1", "v2")} == {"block 0 of v0"}


def test_a_silent_sender_makes_all_abort_and_a_silent_receiver_nobody():
    silent = Loopback(DetectableBroadcast(), names(4), played={"v0": WithholdingReplica}).run()
    assert silent.aborted[0] == {
        "v0": "too few members accept",
        **dict.fromkeys(("v1", "v2", "v3"), "the sender is silent"),
    }

    def dead(seat):
        return CrashingReplica(seat, 0.0, float("inf"))

    late = Loopback(DetectableBroadcast(timeout=10.0), names(4), played={"v3": dead}).run()
    assert set(late.decisions) == {"v0", "v1", "v2"}
    assert late.decisions["v1"].time_s == pytest.approx(11.0)  # it has waited for the claim of the dead one


def test_unsound_blocks_are_refused():
    network = Loopback(DetectableBroadcast(), names(4), validate=lambda digest: False).run()
    assert network.aborted[0] == {
        "v0": "too few members accept",
        **dict.fromkeys(("v1", "v2", "v3"), "the block is not sound"),
    }


def test_lists_full_of_errors_are_good_for_nothing():
    network = Loopback(DetectableBroadcast(), names(4), errors=0.2).run()
    assert not network.decisions
    assert "the sender's places do not fit the own list" in network.aborted[0].values()


def test_one_bit_messages_cannot_tell_blocks_that_share_it():
    """Without stretched words two blocks with the same first bit leave nobody to blame, and all abort."""
    for seed in range(6):

        def two_faced(seat, seed=seed):
            return EquivocatingReplica(seat, sides(seat, Streams(seed)("sides")))

        protocol = DetectableBroadcast(stretched=False, states=400, length=0.272, agreeing=0.94, tolerance=0.0)
        network = Loopback(protocol, names(3), seed=seed, played={"v0": two_faced}).run()
        assert not network.forks()
        assert network.aborted[0]
