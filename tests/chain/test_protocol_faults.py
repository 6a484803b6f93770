"""Crashed validators, lost messages, refused blocks: who goes on, when, and with which block."""

import random

import pytest

import qflsim as qfl
from qflsim.chain.agreement import Message, Proposal

T = 10.0
HASTY = {
    "Tendermint": qfl.Tendermint(view_timeout=T),
    "HotStuff": qfl.HotStuff(view_timeout=T),
    "Raft": qfl.Raft(election_timeout=T),
    "proof of authority": qfl.ProofOfAuthority(view_timeout=T),
}
SAFE = [name for name in HASTY if name != "proof of authority"]


def names(n):
    return [f"v{i}" for i in range(n)]


def played(network, protocol, n, until=T * 60, **more):
    net = network(protocol, names(n), **more)
    net.start()
    return net.run(until=until)


# time-outs, delays of one time unit and messages by kind until all live members decided without the first leader;
# the members differ in m = n - 1 live ones, each sending to n - 1 others, the dead one included
RECOVERY = {
    "Tendermint": (
        2 * T + 5.0,  # propose, then the wait after mixed precommits; nil twice, then three delays
        lambda m: {"propose": m, "prevote": 2 * m * m, "precommit": 2 * m * m},
    ),
    "HotStuff": (
        T + 8.0,
        lambda m: (
            {"new-view": m - 1}
            | dict.fromkeys(("prepare", "pre-commit", "commit", "decision"), m)
            | dict.fromkeys(("prepare-vote", "pre-commit-vote", "commit-vote"), m - 1)
        ),
    ),
    "Raft": (
        T + 5.0,
        lambda m: {
            "request-vote": m,
            "vote": m - 1,
            "append-entries": m,
            "append-acknowledgement": m - 1,
            "decision": m,
        },
    ),
    "proof of authority": (T + 1.0, lambda m: {"seal": m, "ask": m - 1}),
}


@pytest.mark.parametrize("n", [4, 7, 9])
@pytest.mark.parametrize("name", RECOVERY)
def test_a_dead_leader_costs_what_the_protocol_says(network, name, n):
    time, kinds = RECOVERY[name]
    net = played(network, HASTY[name], n, silent=["v0"])
    assert net.sent == kinds(n - 1)
    assert net.decided() == dict.fromkeys(names(n)[1:], "block-v1")
    assert max(found[0] for found in net.decisions.values()) == time
    assert {view for _, _, view in net.decisions.values()} == {1}


@pytest.mark.parametrize("n", [3, 4, 5, 7, 10, 13])
@pytest.mark.parametrize("name", SAFE)
def test_as_many_crashes_as_tolerated_stop_nobody_and_one_more_stops_all(network, name, n):
    protocol = HASTY[name]
    faulty = protocol.tolerated(n)
    for silent in (names(n)[:faulty], names(n)[n - faulty :]):
        net = played(network, protocol, n, silent=silent, until=T * 2.0 ** (faulty + 3))
        assert len(net.decided()) == n - faulty and len(set(net.decided().values())) == 1
    few = names(n)[: n - protocol.quorum(n) + 1]
    assert played(network, protocol, n, silent=few, until=T * 40).decisions == {}


def test_proof_of_authority_needs_but_one_live_member(network):
    net = played(network, HASTY["proof of authority"], 5, silent=names(5)[:4])
    assert net.decided() == {"v4": "block-v4"}
    assert net.now >= T * (2**4 - 1)  # its turn comes after four doubled time-outs


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("HotStuff", lambda m: m.kind in ("commit-vote", "decision")),
        ("HotStuff", lambda m: m.kind in ("pre-commit-vote", "decision")),
        ("Raft", lambda m: m.kind == "append-acknowledgement"),
    ],
)
def test_what_may_have_been_decided_survives_the_first_view(network, name, lost):
    """A quorum stored the block of view 0 but nobody learnt of it; later leaders must propose the same."""

    def delay(source, destination, message):
        leads = source == "v0" and name == "Raft" and message.kind == "append-entries" and net.now > 0
        return None if leads or (message.view == 0 and lost(message)) else 1.0

    net = network(HASTY[name], names(7), delay=delay)
    net.start()
    net.run(until=T * 100)
    assert net.decided() == dict.fromkeys(names(7), "block-v0")
    assert min(view for _, _, view in net.decisions.values()) >= 1


def repeats(net, kind):
    """The proposal of view 1, with the proof that it carries."""
    (again,) = {m for _, _, m in net.messages if m.kind == kind and m.view == 1}
    return again


def test_a_later_proposal_of_hotstuff_proves_what_it_repeats(network):
    lost = lambda source, destination, m: None if m.kind == "commit-vote" and m.view == 0 else 1.0  # noqa: E731
    again = repeats(played(network, HASTY["HotStuff"], 7, delay=lost), "prepare")
    assert (again.digest, again.payload_byte) == ("block-v0", 1000)
    assert again.signatures == 1 + 5 == 1 + len(again.evidence)


@pytest.mark.parametrize(("arrives", "block"), [(25.0, "block-v0"), (None, "block-v1")])
def test_a_lock_of_tendermint_holds_only_as_long_as_it_must(network, arrives, block):
    """Only v0 and v4 see a quorum of prevotes in time and lock themselves. If the next leader sees it later it must
    propose the same block with the proof; if it never does, its own may win, since nobody can have decided."""

    def delay(source, destination, message):
        if message.kind == "propose" and message.view == 0 and destination in ("v5", "v6"):
            return None
        late = message.kind == "prevote" and message.view == 0 and source == "v4" and destination != "v0"
        return arrives if late else 1.0

    net = played(network, HASTY["Tendermint"], 7, delay=delay)
    assert net.decided() == dict.fromkeys(names(7), block)
    assert {view for _, _, view in net.decisions.values()} == {1}
    again = repeats(net, "propose")
    assert (again.digest, again.payload_byte) == (block, 1000)
    assert again.signatures == 1 + len(again.evidence) == (6 if arrives else 1)
    refused = [m.sender for _, _, m in net.messages if m.kind == "prevote" and m.view == 1 and m.digest != block]
    assert set(refused) == (set() if arrives else {"v0", "v4"})


@pytest.mark.parametrize("name", HASTY)
def test_who_missed_the_decision_gets_it(network, name):
    def delay(source, destination, message):
        return None if destination == "v3" and net.now < 5.0 else 1.0

    net = network(HASTY[name], names(5), delay=delay)
    net.start(proposals={"v0": Proposal("block-v0", 1000)})
    net.run()
    assert net.decided() == dict.fromkeys(names(5), "block-v0")
    answers = [m for _, d, m in net.messages if m.kind == "decision" and m.payload_byte]
    assert answers and all(m.payload_byte == 1000 for m in answers)
    proof = {"Tendermint": 4, "HotStuff": 4, "Raft": 0, "proof of authority": 1}[name]
    assert {m.signatures for m in answers} == {1 + proof}


@pytest.mark.parametrize("name", SAFE)
def test_everything_lost_for_a_while_is_made_up_for(network, name):
    net = network(HASTY[name], names(4), delay=lambda *_: 1.0 if net.now > 60.0 else None)
    net.start()
    net.run(until=5000.0)
    assert len(net.decided()) == 4 and len(set(net.decided().values())) == 1


@pytest.mark.parametrize("name", HASTY)
def test_a_block_that_the_application_rejects_is_passed_over(network, name):
    net = played(network, HASTY[name], 4, validate=lambda digest: digest != "block-v0")
    assert set(net.decided().values()) == {"block-v1"} and len(net.decided()) == 4


@pytest.mark.parametrize("name", HASTY)
def test_leaders_with_nothing_to_propose_are_passed_over(network, name):
    net = network(HASTY[name], names(4))
    net.start(proposals={"v2": Proposal("block", 10)})
    net.run(until=T * 60)
    assert net.decided() == dict.fromkeys(names(4), "block")


@pytest.mark.parametrize("timeout", [0.5, 1.0])
def test_split_votes_of_raft_end(network, timeout):
    """Time-outs a small part of a delay apart: members stand against each other until doubling keeps them apart."""
    net = network(qfl.Raft(election_timeout=timeout), names(7), silent=["v0"])
    net.start()
    net.run(until=1000.0)
    assert len(net.decided()) == 6 and len(set(net.decided().values())) == 1
    assert max(view for _, _, view in net.decisions.values()) > 1  # the first election was lost to all


@pytest.mark.parametrize("name", SAFE)
def test_losses_and_early_time_outs_never_split_a_decision(network, name):
    """No lies, but every message late or lost; leaders are given up while their messages are under way."""
    decided = 0
    for seed in range(120):
        rng = random.Random(seed)
        loss = rng.choice([0.0, 0.1, 0.3])
        field = "election_timeout" if name == "Raft" else "view_timeout"
        net = network(
            type(HASTY[name])(**{field: rng.choice([1.0, 3.0, 8.0])}),
            names(rng.choice([3, 4, 5, 7])),
            delay=lambda *_, rng=rng, loss=loss: None if rng.random() < loss else rng.expovariate(1.0),
        )
        net.start()
        net.run(until=400.0, limit=6000)
        assert len(set(net.decided().values())) <= 1, f"seed {seed}: {net.decided()}"
        decided += len(net.decided()) == len(net.members)
    assert decided > 80  # the schedules would show nothing if nobody ever decided


def test_proof_of_authority_forks_when_a_block_is_late_or_a_leader_lies(network):
    late = played(network, HASTY["proof of authority"], 4, delay=lambda s, d, m: 2.5 * T if s == "v0" else 1.0)
    assert set(late.decided().values()) == {"block-v0", "block-v1"}
    net = network(HASTY["proof of authority"], names(4))
    net.lie("v0", lambda message: ())
    net.start()
    for to, digest in (("v1", "left"), ("v2", "left"), ("v3", "right")):
        net.post("v0", to, Message(sender="v0", kind="seal", height=0, view=0, digest=digest, payload_byte=9))
    net.run()
    assert net.decided() == {"v1": "left", "v2": "left", "v3": "right"}


def test_one_lying_leader_forks_raft(network):
    net = network(HASTY["Raft"], names(3))
    net.lie("v0", lambda message: ())
    net.start()
    for to, digest in (("v1", "left"), ("v2", "right")):
        for kind in ("append-entries", "decision"):
            net.post("v0", to, Message(sender="v0", kind=kind, height=0, view=0, digest=digest, payload_byte=9))
    net.run()
    assert net.decided() == {"v1": "left", "v2": "right"}
