"""What every protocol must do when all goes well: messages, delays, decisions, one height after the other."""

import dataclasses
import random

import pytest

import qflsim as qfl
from qflsim.chain.agreement import Broadcast, Decide, Message, Proposal

PATIENT = {
    "PBFT": qfl.PBFT(view_timeout=100.0),
    "Tendermint": qfl.Tendermint(view_timeout=100.0),
    "HotStuff": qfl.HotStuff(view_timeout=100.0),
    "chained HotStuff": qfl.ChainedHotStuff(view_timeout=100.0),
    "Raft": qfl.Raft(election_timeout=100.0),
    "proof of authority": qfl.ProofOfAuthority(view_timeout=100.0),
}
NEW = [name for name in PATIENT if name not in ("PBFT", "chained HotStuff")]  # the latter: test_chained_hotstuff.py

# n: messages of one decision, as published: Tendermint (n-1)(2n+1), HotStuff without new-view 7(n-1); Raft 2(n-1) and
# n-1 notices; proof of authority n-1
MESSAGES = {
    4: (27, 21, 9, 3),
    7: (90, 42, 18, 6),
    10: (189, 63, 27, 9),
    16: (495, 105, 45, 15),
    31: (1890, 210, 90, 30),
    32: (2015, 217, 93, 31),
    64: (8127, 441, 189, 63),
}
# delays of one time unit until the first and the last validator have decided
DELAYS = {"Tendermint": (3, 3), "HotStuff": (6, 7), "Raft": (2, 3), "proof of authority": (0, 1)}


def names(n):
    return [f"v{i}" for i in range(n)]


def decided(network, protocol, n, **more):
    net = network(protocol, names(n), **more)
    net.start()
    return net.run(until=80.0)


@pytest.mark.parametrize("n", MESSAGES)
@pytest.mark.parametrize("name", NEW)
def test_the_normal_case_takes_as_many_messages_and_delays_as_published(network, name, n):
    protocol = PATIENT[name]
    net = decided(network, protocol, n)
    assert sum(net.sent.values()) == MESSAGES[n][NEW.index(name)] == protocol.messages(n)
    assert net.decided() == dict.fromkeys(names(n), "block-v0")
    times = sorted(time for time, _, _ in net.decisions.values())
    assert (times[0], times[-1]) == DELAYS[name]
    assert sum(m.payload_byte for _, _, m in net.messages) == (n - 1) * 1000  # the block goes once to each


@pytest.mark.parametrize("n", range(1, 12))
@pytest.mark.parametrize("name", PATIENT)
def test_any_number_of_validators_decides_in_view_0_and_falls_silent(network, name, n):
    net = network(PATIENT[name], names(n))
    net.start()
    net.run()
    assert not net._timers  # nobody waits for anything any more
    assert net.decided() == dict.fromkeys(names(n), "block-v0")
    assert {view for _, _, view in net.decisions.values()} == {0}
    assert sum(net.sent.values()) == PATIENT[name].messages(n)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("Tendermint", {"propose": 6, "prevote": 42, "precommit": 42}),
        ("Raft", {"append-entries": 6, "append-acknowledgement": 6, "decision": 6}),
        ("proof of authority", {"seal": 6}),
        (
            "HotStuff",
            dict.fromkeys(("prepare", "pre-commit", "commit", "decision"), 6)
            | dict.fromkeys(("prepare-vote", "pre-commit-vote", "commit-vote"), 6),
        ),
    ],
)
def test_messages_by_kind_of_seven(network, name, kinds):
    assert decided(network, PATIENT[name], 7).sent == kinds


@pytest.mark.parametrize("n", [4, 7, 32])
def test_a_hotstuff_certificate_is_a_quorum_of_separate_signatures(network, n):
    net = decided(network, PATIENT["HotStuff"], n)
    quorum = qfl.HotStuff().quorum(n)
    for _, _, message in net.messages:
        carries = message.kind in ("pre-commit", "commit", "decision")
        assert message.signatures == (1 + quorum if carries else 1)
        assert len({vote.sender for vote in message.evidence}) == (quorum if carries else 0)


@pytest.mark.parametrize("n", range(1, 40))
def test_quorums_of_crash_protocols(n):
    raft, authority = qfl.Raft(), qfl.ProofOfAuthority()
    faulty, quorum = raft.tolerated(n), raft.quorum(n)
    assert 2 * quorum > n >= 2 * faulty + 1  # two majorities share a member
    assert n - faulty >= quorum and n - faulty - 1 < quorum  # f may crash, f + 1 may not
    assert (authority.tolerated(n), authority.quorum(n)) == (0, 1)


@pytest.mark.parametrize("name", PATIENT)
def test_heights_follow_each_other_and_leaders_take_turns(network, name):
    net = network(PATIENT[name], names(4))
    for height in range(6):
        net.start(height)
        net.run()
        assert net.decided(height) == dict.fromkeys(names(4), f"block-v{height % 4}")


@pytest.mark.parametrize("name", PATIENT)
def test_messages_that_come_before_their_height_begins_are_kept(network, name):
    """Member v3 begins last, when everybody else's first messages are there already."""
    net = network(PATIENT[name], names(4), delay=lambda *_: 1.0)
    late = net.replicas.pop("v3")
    net.start()
    net.replicas["v3"] = late
    net.run(until=5.0)
    net._carry_out("v3", late.start(net.now, Proposal("block-v3", 1000), 0))
    net.run()
    assert net.decided() == dict.fromkeys(names(4), "block-v0")
    assert max(time for time, _, _ in net.decisions.values()) < 20.0  # nobody had to wait for a time-out


@pytest.mark.parametrize("name", PATIENT)
def test_random_delays_and_orders_cost_no_view_and_no_message_more(network, name):
    for seed in range(30):
        rng = random.Random(seed)
        net = network(PATIENT[name], names(7), delay=lambda *_, rng=rng: rng.expovariate(1.0))
        net.start()
        net.run()
        assert net.decided() == dict.fromkeys(names(7), "block-v0")
        assert {view for _, _, view in net.decisions.values()} == {0}
        asked = net.sent["get-block"] + net.sent["block"]  # blocks of a chain that overtook each other
        assert sum(net.sent.values()) - asked <= PATIENT[name].messages(7)  # who has decided votes no more


@pytest.mark.parametrize("name", PATIENT)
def test_strangers_unknown_kinds_and_stale_timers_change_nothing(name):
    replica = PATIENT[name].replica("v1", tuple(names(4)))
    replica.start(0.0, None, 0)

    def say(sender, kind):
        return replica.handle(0.0, Message(sender=sender, kind=kind, height=0, view=0, digest="x", payload_byte=9))

    for kind in ("seal", "append-entries", "prepare", "propose", "pre-prepare"):
        assert say("stranger", kind) == ()
    assert say("v0", "gossip") == ()
    assert replica.expire(0.0, "0/99") == ()


@pytest.mark.parametrize("name", [name for name in NEW if name != "Raft"])
def test_only_the_leader_is_followed_and_only_its_first_block(name):
    kind = {"Tendermint": "propose", "HotStuff": "prepare", "proof of authority": "seal"}[name]
    replica = PATIENT[name].replica("v1", tuple(names(4)))
    replica.start(0.0, None, 0)

    def say(sender, digest):
        message = Message(sender=sender, kind=kind, height=0, view=0, digest=digest, payload_byte=9)
        return [effect for effect in replica.handle(0.0, message) if not isinstance(effect, Decide)]

    assert say("v2", "false") == []
    assert say("v0", "first") != []
    assert say("v0", "second") == []


@pytest.mark.parametrize("name", NEW)
def test_mistakes_are_told(name):
    protocol = PATIENT[name]
    (field,) = (field.name for field in dataclasses.fields(protocol))
    with pytest.raises(ValueError, match="members must be distinct and contain 'z'"):
        protocol.replica("z", ("a", "b"))
    with pytest.raises(ValueError, match=rf"{field} must be > 0 s, got 0\.0"):
        type(protocol)(**{field: 0.0})
    replica = protocol.replica("a", ("a",))
    assert any(isinstance(effect, Decide) for effect in replica.start(0.0, Proposal("block", 10), 3))
    with pytest.raises(ValueError, match="height must be > 3"):
        replica.start(0.0, None, 3)


def test_a_tendermint_member_without_a_proposal_votes_for_nothing():
    replica = PATIENT["Tendermint"].replica("v1", tuple(names(4)))
    replica.start(0.0, None, 0)
    cast = [e.message for e in replica.expire(100.0, "0/1") if isinstance(e, Broadcast)]
    assert [(m.kind, m.digest) for m in cast] == [("prevote", "")]
