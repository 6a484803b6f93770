import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from qflsim.chain.agreement import Agreement, Broadcast, Decide, Message, Proposal, Replica
from qflsim.chain.loopback import Loopback
from qflsim.chain.pbft import PBFT


def names(n):
    return [f"v{i}" for i in range(n)]


# n: f, safe quorum, pre-prepare + prepare + commit, total; reference: Castro and Liskov (1999), counted
TABLE = {
    4: (1, 3, (3, 9, 12), 24),
    7: (2, 5, (6, 36, 42), 84),
    10: (3, 7, (9, 81, 90), 180),
    16: (5, 11, (15, 225, 240), 480),
    31: (10, 21, (30, 900, 930), 1860),
    32: (10, 22, (31, 961, 992), 1984),
    64: (21, 43, (63, 3969, 4032), 8064),
}


@pytest.mark.parametrize("n", TABLE)
def test_the_normal_case_takes_as_many_messages_as_published(network, n):
    faulty, quorum, phases, total = TABLE[n]
    protocol = PBFT(view_timeout=100.0)
    assert (protocol.tolerated(n), protocol.quorum(n), protocol.messages(n)) == (faulty, quorum, total)
    net = network(protocol, names(n))
    net.start()
    net.run()
    assert tuple(net.sent[kind] for kind in ("pre-prepare", "prepare", "commit")) == phases
    assert sum(net.sent.values()) == total
    assert all(m.signatures == 1 for _, _, m in net.messages)
    assert sum(m.payload_byte for _, _, m in net.messages) == (n - 1) * 1000


@pytest.mark.parametrize("n", range(1, 12))
def test_any_number_of_validators_decides_after_three_delays(network, n):
    net = network(PBFT(view_timeout=100.0), names(n))
    net.start()
    net.run()
    assert net.decided() == dict.fromkeys(names(n), "block-v0")
    times = [time for time, _, _ in net.decisions.values()]
    assert max(times) == {1: 0.0, 3: 2.0}.get(n, 3.0)  # of three, two are a quorum: seeing the block prepares it
    assert all(view == 0 for _, _, view in net.decisions.values())
    assert sum(net.sent.values()) == 2 * n * (n - 1)


@pytest.mark.parametrize("n", range(1, 40))
def test_two_quorums_share_a_correct_replica_and_the_correct_are_enough(n):
    protocol = PBFT()
    faulty, quorum = protocol.tolerated(n), protocol.quorum(n)
    assert 2 * quorum - n >= faulty + 1
    assert quorum <= n - faulty
    assert 2 * (quorum - 1) - n < faulty + 1  # no smaller quorum would do
    if n == 3 * faulty + 1:
        assert quorum == 2 * faulty + 1


def test_the_leader_moves_on_with_height_and_view(network):
    replica = PBFT().replica("a", ("a", "b", "c"))
    replica.start(0.0, None, 4)
    assert [replica.leader(v) for v in range(3)] == ["b", "c", "a"]
    assert replica.leader(0, height=6) == "a"


def test_heights_follow_each_other_although_messages_overtake(network):
    rng = np.random.default_rng(5)
    net = network(PBFT(view_timeout=1e4), names(5), delay=lambda *_: rng.exponential(1.0))
    for height in range(5):
        for name, replica in net.replicas.items():
            net._carry_out(name, replica.start(net.now, Proposal(f"b{height}", 10), height))
            net.run(until=net.now + rng.exponential(0.3))  # others start later: early messages must be kept
        net.run()
        assert net.decided(height) == dict.fromkeys(names(5), f"b{height}")
    assert sum(net.sent.values()) == 5 * 40


# Mean time [ms] until n - f replicas have decided, one-way delays N(250, 50) ms: order statistics (independently
# computed); a published event simulator (BFT-Simulator) measured 732.4, 760.8, 791.3 and 804.6 ms.
@pytest.mark.parametrize(("n", "expected"), [(4, 732.8), (7, 772.9), (16, 793.8), (64, 802.1)])
def test_mean_latency_over_normal_delays(network, n, expected):
    rng = np.random.default_rng(n)
    repeats = {4: 3000, 7: 800, 16: 200, 64: 40}[n]
    enough = n - PBFT().tolerated(n)
    times = []
    for _ in range(repeats):
        net = network(PBFT(view_timeout=1e5), names(n), delay=lambda *_: max(0.0, rng.normal(250, 50)))
        net.start()
        net.run()
        times.append(sorted(time for time, _, _ in net.decisions.values())[enough - 1])
    error = np.std(times, ddof=1) / math.sqrt(repeats)
    assert error < 0.003 * expected
    assert abs(np.mean(times) - expected) < 4 * error


@dataclass(frozen=True, kw_only=True)
class Decree(Agreement):
    """The first member decides for all: a user's own protocol, without tolerance of any fault."""

    name: ClassVar[str] = "decree"

    def replica(self, me, members, validate=None):
        return Follower(me, members)

    def tolerated(self, validators):
        return 0


class Follower(Replica):
    def __init__(self, me, members):
        self.me, self.members = me, members

    def leader(self, view, height=None):
        return self.members[0]

    def start(self, now, proposal, height):
        if self.me != self.leader(0):
            return ()
        message = Message(
            sender=self.me,
            kind="decree",
            height=height,
            view=0,
            digest=proposal.digest,
            payload_byte=proposal.size_byte,
        )
        return (Broadcast(message), Decide(height, proposal.digest, 0))

    def handle(self, now, message):
        return (Decide(message.height, message.digest, 0),) if message.sender == self.leader(0) else ()

    def expire(self, now, timer):
        return ()


def test_a_users_own_protocol_fits(network):
    net = network(Decree(), names(5))
    net.start()
    net.run()
    assert net.decided() == dict.fromkeys(names(5), "block-v0")
    assert sum(net.sent.values()) == 4


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (None, r"must return a tuple of effects, \(\) for none; v0 returned None"),
        (Decide(0, "block-v0", 0), "must return a tuple of effects"),
        (("vote",), "effects of a replica must be Send, Broadcast, .*; got a str"),
    ],
)
def test_a_users_own_protocol_that_returns_no_effects_is_told_so(monkeypatch, returned, words):
    monkeypatch.setattr(Follower, "start", lambda self, now, proposal, height: returned)
    with pytest.raises(TypeError, match=words):
        Loopback(Decree(), names(5)).run()


def test_mistakes_are_told():
    with pytest.raises(ValueError, match="members must be distinct and contain 'z'"):
        PBFT().replica("z", ("a", "b"))
    with pytest.raises(ValueError, match=r"view_timeout must be > 0 s, got 0\.0"):
        PBFT(view_timeout=0.0)
    replica = PBFT().replica("a", ("a",))
    replica.start(0.0, None, 3)
    with pytest.raises(ValueError, match="height must be > 3"):
        replica.start(0.0, None, 3)
