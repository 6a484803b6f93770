"""Checkpoints of PBFT: bounded memory, water marks, members that slept through them, and what cannot be forged."""

import random
from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.chain.agreement import Message, Votes
from qflsim.chain.checkpoints import Checkpoints, Progress, StateMessage, extended
from qflsim.chain.loopback import Loopback
from qflsim.trace import Agreement
from qflsim.units import s
from qflsim.world import World

SHORT = qfl.PBFT(view_timeout=10.0, checkpoint_period=5, window=10)


def names(n):
    return tuple(f"v{i}" for i in range(n))


@pytest.mark.parametrize("n", [4, 7])
def test_a_checkpoint_takes_a_message_from_each_to_each_and_all_below_is_forgotten(n):
    net = Loopback(SHORT, names(n)).run(until=1e5, heights=23)
    assert net.all_decided() and not net.forks()
    assert net.sent["checkpoint"] == 4 * n * (n - 1)  # told when heights 5, 10, 15 and 20 begin
    assert net.sent.total() == 23 * SHORT.messages(n) + net.sent["checkpoint"]
    for replica in net.replicas.values():
        assert replica.checkpoints.low == 20
        assert set(replica._decisions.proofs) == {20, 21, 22}
        assert not replica._early and not replica.checkpoints._votes


def test_by_default_no_checkpoint_falls_into_the_first_hundred_heights():
    net = Loopback(qfl.PBFT(), names(4)).run(until=1e5, heights=100)
    assert "checkpoint" not in net.sent
    assert Loopback(qfl.PBFT(), names(4)).run(until=1e5, heights=101).sent["checkpoint"] == 12


def test_a_member_that_slept_through_checkpoints_is_given_the_blocks_whose_votes_are_forgotten():
    def fate(now, source, destination, message):
        return () if "v3" in (source, destination) and now < 130.0 else (1.0,)

    net = Loopback(SHORT, names(4), delay=lambda: 0.0, fate=fate).run(until=1e5, heights=42)
    assert net.decided[0]["v3"].time_s > 130.0 > net.decided[18]["v0"].time_s
    assert net.all_decided() and not net.forks()
    assert net.sent["state"] > 0
    assert len({replica.memory.state for replica in net.replicas.values()}) == 1


def test_nobody_runs_beyond_the_high_water_mark():
    """No checkpoint arrives until time 500: ten heights are decided, and then the eleventh waits."""

    def fate(now, source, destination, message):
        return () if message.kind == "checkpoint" and now < 500.0 else (1.0,)

    net = Loopback(SHORT, names(4), delay=lambda: 0.0, fate=fate).run(until=500.0, heights=20)
    assert max(net.decided) == 9 and len(net.decided[9]) == 4
    assert all(replica.checkpoints.low == 0 for replica in net.replicas.values())
    net = Loopback(SHORT, names(4), delay=lambda: 0.0, fate=fate).run(until=1e5, heights=20)
    assert net.all_decided() and not net.forks()


def test_messages_beyond_the_window_are_not_kept():
    replica = SHORT.replica("v1", names(4))
    replica.start(0.0, None, 0)
    for height in (1, 9, 10, 10**6):
        replica.handle(0.0, Message(sender="v2", kind="prepare", height=height, view=0, digest="x"))
    assert set(replica._early) == {1, 9}


@pytest.mark.parametrize("seed", range(60))
def test_random_losses_over_many_checkpoints_split_nothing_and_stop_nothing(seed):
    rng = random.Random(seed)
    n = rng.choice([4, 5, 7])
    protocol = qfl.PBFT(view_timeout=3.0, checkpoint_period=rng.choice([1, 2, 3]), window=rng.choice([3, 4]))
    loss = rng.choice([0.05, 0.2, 0.4])

    def fate(now, source, destination, message):
        if now > 100.0:
            return (rng.uniform(0.1, 0.9),)
        return () if rng.random() < loss else (rng.expovariate(1.0),)

    net = Loopback(protocol, names(n), delay=lambda: 0.0, fate=fate, seed=seed)
    net.run(until=1e6, heights=12, stop=net.all_decided)
    assert net.all_decided() and not net.forks()


def certificate(height, digest, voters=("a", "b", "c")):
    return Votes(Message(sender=v, kind="checkpoint", height=height, view=0, digest=digest) for v in voters)


def test_a_block_is_taken_on_a_checkpoint_only_if_it_leads_there():
    known = Checkpoints(frozenset("abcd"), 3, 5, 10, Progress(0, extended("", ["x"])))  # height 0 is decided
    blocks = ["p", "q", "r", "s"]
    state = StateMessage(
        sender="a", kind="state", height=1, view=0, digest="p", following=("q", "r", "s"),
        evidence=certificate(5, extended("", ["x", *blocks])),
    )  # fmt: skip
    assert known.covers(state) and state.header_byte == 96
    assert not known.covers(replace(state, digest="other"))
    assert not known.covers(replace(state, following=("q", "s", "r")))
    assert not known.covers(replace(state, height=0))
    assert not known.covers(replace(state, evidence=certificate(5, extended("", ["x", *blocks]), ("a", "b", "b", "z"))))
    assert not known.covers(replace(state, evidence=()))
    known.skipped()
    assert not known.covers(state) and known.progress is None


def test_votes_that_differ_make_nothing_stable_and_strangers_count_for_nothing():
    known = Checkpoints(frozenset("abcd"), 3, 5, 10, None)
    votes = [
        Message(sender=v, kind="checkpoint", height=5, view=0, digest=d) for v, d in zip("abcz", "ttut", strict=True)
    ]
    assert not any(known.vote(vote) for vote in votes)
    assert known.vote(Message(sender="d", kind="checkpoint", height=5, view=0, digest="t"))
    assert known.low == 5 and [vote.sender for vote in known.proof] == ["a", "b", "d"]
    assert not known.vote(Message(sender="a", kind="checkpoint", height=500, view=0, digest="t"))


def test_a_window_below_the_period_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match=r"PBFT\.window must be >= checkpoint_period = 50, got 40; give e\.g\. 100"):
        qfl.PBFT(checkpoint_period=50, window=40)


def test_committees_of_a_run_take_checkpoints(tiny):
    """Each height of a run is decided by replicas made anew, who are told how far the chain has come."""
    protocol = qfl.PBFT(view_timeout=20 * s, checkpoint_period=2, window=2)
    counts = {}
    for name, agreement in (("often", protocol), ("never", qfl.PBFT(view_timeout=20 * s))):
        world, records = World(replace(tiny, rounds=3, agreement=agreement), 0), []
        world.trace.observe(records.append)
        world.run()
        decisions = [record for record in records if isinstance(record, Agreement)]
        assert all(a.decided == a.validators for a in decisions)
        counts[name] = {(a.chain, a.height, a.validators): a.messages for a in decisions}
    told = {key: sent - counts["never"][key] for key, sent in counts["often"].items()}
    assert len(told) == len(counts["never"])
    for (_, height, n), more in told.items():
        assert more == (n * (n - 1) if height % 2 == 0 else 0)
    assert sum(more > 0 for more in told.values()) >= 4
