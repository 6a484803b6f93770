"""Thousands of random schedules: up to f validators crash, withhold, perjure or equivocate over a hostile network.

Before `CALM` messages are lost or late as chance has it; afterwards they arrive within a second. No two members that
follow the protocol may ever decide differently, and after `CALM` all must decide.
"""

import random
from collections import Counter
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest

from qflsim.chain.agreement import Message
from qflsim.chain.authority import ProofOfAuthority
from qflsim.chain.chainedhotstuff import ChainedHotStuff
from qflsim.chain.equivocation import EquivocatingReplica, sides
from qflsim.chain.hotstuff import HotStuff
from qflsim.chain.loopback import Loopback
from qflsim.chain.misbehaviour import CrashingReplica, PerjuringReplica, WithholdingReplica
from qflsim.chain.pbft import PBFT
from qflsim.chain.proofofstake import ProofOfStake
from qflsim.chain.raft import Raft
from qflsim.chain.tendermint import Tendermint

CALM = 60.0
FOREVER = float("inf")
BYZANTINE = {
    "PBFT": PBFT(view_timeout=4.0),
    "Tendermint": Tendermint(view_timeout=4.0),
    "HotStuff": HotStuff(view_timeout=8.0),
    "chained HotStuff": ChainedHotStuff(view_timeout=4.0),
    "proof of stake": ProofOfStake(slot=4.0, epoch=2),
}


def names(n):
    return tuple(f"v{i}" for i in range(n))


def equivocating(seed, rng):
    return lambda seat: EquivocatingReplica(seat, sides(seat, np.random.default_rng(seed)))


def perjuring(seed, rng):
    return lambda seat: PerjuringReplica(seat, np.random.default_rng(seed), rng.choice([0.3, 0.7, 1.0]))


def withholding(seed, rng):
    return lambda seat: WithholdingReplica(seat, rng.sample(seat.members, rng.randrange(len(seat.members))))


def crashing(seed, rng):
    start = rng.uniform(0.0, 30.0)
    return lambda seat: CrashingReplica(seat, start, rng.choice([start + 20.0, start + 60.0, FOREVER]))


LIES = [equivocating, perjuring, withholding, crashing]


def hostile(rng, calm=CALM):
    """Lost or late before ``calm``, within a second of being sent after it."""
    loss, mean = rng.choice([0.0, 0.1, 0.3, 0.6]), rng.choice([0.3, 1.0, 3.0])

    def fate(now, source, destination, message):
        if now >= calm:
            return (rng.uniform(0.1, 1.0),)
        return () if rng.random() < loss else (rng.expovariate(1.0 / mean),)

    return fate


def run(protocol, n, liars, seed, kinds=LIES, until=2e5):
    """One schedule: who lies, and how, and what the network does."""
    rng = random.Random(seed)
    who = rng.sample(names(n), liars) if rng.random() < 0.5 else names(n)[:liars]
    alike = rng.choice(kinds) if rng.random() < 0.5 else None
    played = {name: (alike or rng.choice(kinds))(seed, rng) for name in who}
    net = Loopback(protocol, names(n), delay=lambda: 0.0, seed=seed, played=played, fate=hostile(rng))
    return net.run(until=until, stop=net.all_decided)


@pytest.mark.parametrize("n", [4, 5, 6, 7, 10])
@pytest.mark.parametrize("name", BYZANTINE)
def test_up_to_f_liars_split_nothing_and_stop_nothing(name, n):
    protocol = BYZANTINE[name]
    for seed in range(150 if n < 10 else 60):
        net = run(protocol, n, protocol.tolerated(n), seed)
        assert not net.forks(), f"fork with seed {seed}: {net.decisions}"
        assert net.all_decided(), f"undecided with seed {seed}"


def forked(protocol, n, liars, seed):
    """Whether equivocators split two halves that hear nothing of each other for long."""
    rng = random.Random(seed)
    half = {}

    def play(seat):
        half.update(sides(seat, np.random.default_rng(seed)))
        return EquivocatingReplica(seat, half)

    def fate(now, source, destination, message):
        apart = source in half and destination in half and half[source] != half[destination]
        return () if apart and now < 40.0 else (rng.uniform(0.1, 1.0),)

    played = dict.fromkeys(rng.sample(names(n), liars), play)
    net = Loopback(protocol, names(n), delay=lambda: 0.0, seed=seed, played=played, fate=fate)
    return bool(net.run(until=60.0, stop=net.all_decided).forks())


@pytest.mark.parametrize("n", [4, 6, 7, 10])
@pytest.mark.parametrize("name", BYZANTINE)
def test_one_liar_too_many_forks_the_chain(name, n):
    protocol = BYZANTINE[name]
    few = protocol.tolerated(n)
    assert not any(forked(protocol, n, few, seed) for seed in range(40))
    assert any(forked(protocol, n, few + 1, seed) for seed in range(40))


@dataclass(frozen=True, kw_only=True)
class CarelessPBFT(PBFT):
    def quorum(self, validators):
        return super().quorum(validators) - 1


@dataclass(frozen=True, kw_only=True)
class CarelessTendermint(Tendermint):
    def quorum(self, validators):
        return super().quorum(validators) - 1


@dataclass(frozen=True, kw_only=True)
class CarelessHotStuff(HotStuff):
    def quorum(self, validators):
        return super().quorum(validators) - 1


@dataclass(frozen=True, kw_only=True)
class CarelessChainedHotStuff(ChainedHotStuff):
    def quorum(self, validators):
        return super().quorum(validators) - 1


@pytest.mark.parametrize(
    "careless", [CarelessPBFT(), CarelessTendermint(), CarelessHotStuff(), CarelessChainedHotStuff()]
)
def test_the_search_finds_a_quorum_one_too_small(careless):
    assert any(forked(careless, 4, 1, seed) for seed in range(40))


@pytest.mark.parametrize("n", [3, 4, 5, 7, 9])
def test_up_to_f_crashes_split_nothing_and_stop_nothing_under_raft(n):
    protocol = Raft(election_timeout=4.0)
    for seed in range(200):
        net = run(protocol, n, protocol.tolerated(n), seed, kinds=[crashing])
        assert not net.forks(), f"fork with seed {seed}: {net.decisions}"
        assert net.all_decided(), f"undecided with seed {seed}"


@pytest.mark.parametrize("n", [2, 4, 7])
def test_proof_of_authority_passes_over_the_dead_as_long_as_links_are_timely(n):
    for seed in range(100):
        rng = random.Random(seed)
        dead = rng.sample(names(n), rng.randrange(n))
        protocol = ProofOfAuthority(view_timeout=4.0)
        net = Loopback(protocol, names(n), delay=partial(rng.uniform, 0.1, 1.0), absent=dead)
        net.run(until=1e5)
        assert net.all_decided() and not net.forks()


@pytest.mark.parametrize("name", [*BYZANTINE, "Raft"])
def test_an_adversary_that_delays_whoever_leads_only_delays_the_decision(name):
    """Bounded delay: every message of the leader of its view takes the bound, the rest next to nothing."""
    protocol, bound = {**BYZANTINE, "Raft": Raft(election_timeout=4.0)}[name], 10.0
    for n in (4, 7):
        net = Loopback(protocol, names(n), delay=lambda: 0.0)
        replica = net.replicas["v0"]
        net._fate = lambda now, source, destination, message, replica=replica: (
            bound if source == replica.leader(message.view, 0) else 0.01,
        )
        net.run(until=1e4, stop=net.all_decided)
        assert net.all_decided() and not net.forks()


@pytest.mark.parametrize("name", [*BYZANTINE, "Raft"])
def test_what_is_held_back_until_the_network_calms_down_is_decided_then(name):
    """Eventual synchrony: nothing at all arrives before `CALM`, everything within a second after it."""
    protocol = {**BYZANTINE, "Raft": Raft(election_timeout=4.0)}[name]
    for n in (4, 7):
        net = Loopback(protocol, names(n), delay=lambda: 0.5, fate=lambda now, *_: (max(0.0, CALM - now),))
        net.run(until=1e4, stop=net.all_decided)
        assert net.all_decided() and not net.forks()
        assert min(decision.time_s for decision in net.decisions.values()) > CALM


@pytest.mark.parametrize("name", [*BYZANTINE, "Raft"])
def test_duplicates_and_any_order_change_no_decision(name):
    protocol = {**BYZANTINE, "Raft": Raft(election_timeout=4.0)}[name]
    for seed in range(30):
        rng = random.Random(seed)
        net = Loopback(protocol, names(5), delay=lambda: 0.0, fate=lambda *_, rng=rng: tuple(
            rng.uniform(0.0, 0.5) for _ in range(rng.choice([1, 2, 4]))
        ))  # fmt: skip
        net.run(until=1e4, stop=net.all_decided)
        assert net.all_decided() and not net.forks()
        assert sum(net.received.values()) > 0.99 * sum(net.sent.values())


def test_a_partition_stops_the_smaller_side_until_it_heals():
    halves = {name: name in ("v0", "v1") for name in names(7)}

    def fate(now, source, destination, message):
        return () if now < 100.0 and halves[source] != halves[destination] else (0.1,)

    net = Loopback(PBFT(view_timeout=4.0), names(7), delay=lambda: 0.0, fate=fate)
    net.run(until=1e4, stop=net.all_decided)
    times = {name: decision.time_s for name, decision in net.decisions.items()}
    assert all(times[name] < 20.0 for name in names(7)[2:])  # two views are led from the smaller side
    assert all(times[name] > 100.0 for name in ("v0", "v1")) and not net.forks()


class Seen:
    """What members said, by kind and receiver, when one of four is played by ``play`` and nothing is lost."""

    def __init__(self, play, protocol=None, until=2.5):
        self.told = Counter()

        def fate(now, source, destination, message):
            self.told[source, message.kind, destination, message.digest] += 1
            return (1.0,)

        net = Loopback(protocol or PBFT(view_timeout=10.0), names(4), delay=lambda: 0.0, played={"v0": play}, fate=fate)
        self.net = net.run(until=until)

    def of(self, source, kind):
        return {(to, digest) for name, what, to, digest in self.told if (name, what) == (source, kind)}


def test_an_equivocating_leader_shows_two_blocks():
    seen = Seen(lambda seat: EquivocatingReplica(seat, {"v1": 0, "v2": 0, "v3": 1}))
    own, rival = "block 0 of v0", "rival of block 0 of v0"
    assert seen.of("v0", "pre-prepare") == {("v1", own), ("v2", own), ("v3", rival)}
    assert {digest for _, digest in seen.of("v1", "prepare")} == {own}
    assert {digest for _, digest in seen.of("v3", "prepare")} == {rival}


def test_a_silent_leader_is_silent_and_goes_on_voting():
    seen = Seen(WithholdingReplica, until=100.0)
    assert not seen.of("v0", "pre-prepare")
    assert seen.net.decisions["v2"].digest == "block 0 of v1" and seen.of("v0", "commit")


def test_a_withheld_block_reaches_who_it_is_meant_for():
    seen = Seen(lambda seat: WithholdingReplica(seat, ["v2"]))
    assert seen.of("v0", "pre-prepare") == {("v2", "block 0 of v0")}


def test_a_perjurer_tells_different_members_different_votes():
    seen = Seen(lambda seat: PerjuringReplica(seat, np.random.default_rng(3), 0.7), Tendermint(view_timeout=10.0))
    assert len({digest for _, digest in seen.of("v0", "prevote")}) > 1
    assert not seen.net.forks()


@pytest.mark.parametrize(("start", "end", "decides"), [(0.5, 1e9, False), (0.5, 30.0, True), (0.0, 5.0, True)])
def test_who_crashes_misses_what_is_said_and_catches_up_when_it_is_back(start, end, decides):
    seen = Seen(lambda seat: CrashingReplica(seat, start, end), until=200.0)
    assert ("v0" in seen.net.decisions) == decides
    assert not decides or seen.net.decisions["v0"].time_s > end
    assert set(names(4)[1:]) <= set(seen.net.decisions) and not seen.net.forks()


def test_the_same_seed_gives_the_same_run():
    runs = [run(HotStuff(view_timeout=8.0), 7, 2, seed) for seed in (5, 5, 6)]
    assert [net.sent for net in runs[:1]] == [net.sent for net in runs[1:2]]
    assert runs[0].decisions == runs[1].decisions != runs[2].decisions


def test_replicas_left_in_different_views_by_a_dead_one_find_each_other():
    """v2 went on to view 2 by a request of v1, which nobody else has heard and which v1, dead now, does not repeat."""

    def fate(now, source, destination, message):
        early = now < 13.0 and (source, destination) != ("v0", "v2")
        return () if early and source != "v1" else (0.1,)

    net = Loopback(PBFT(view_timeout=4.0), names(4), delay=lambda: 0.0, absent=["v1"], fate=fate)
    net.post("v2", Message(sender="v1", kind="view-change", height=0, view=1))
    net.run(until=1e4, stop=net.all_decided)
    assert net.all_decided() and not net.forks()
