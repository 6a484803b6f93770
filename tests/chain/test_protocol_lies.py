"""Byzantine members of Tendermint and HotStuff, over random schedules: up to f cannot split a decision, f + 1 can."""

import random
from collections import defaultdict
from dataclasses import dataclass, replace

import pytest

from qflsim.chain import hotstuff, tendermint
from qflsim.chain.agreement import Message
from qflsim.chain.hotstuff import HotStuff
from qflsim.chain.tendermint import Tendermint

BLOCKS = ["left", "right"]


def names(n):
    return [f"v{i}" for i in range(n)]


class Liars:
    """Members that share what they hear, act on one plan and tell different members different things.

    They cannot forge: what they show as proof is made of votes that they were sent or sign themselves.
    """

    def __init__(self, net, rng, who, quorum):
        self.net, self.rng, self.who, self.quorum = net, rng, who, quorum
        self.heard = defaultdict(dict)
        self.plans = {}
        self.done = set()
        for name in who:
            net.lie(name, lambda message, name=name: list(self.react(name, message)))

    def leader(self, view):
        return self.net.members[view % len(self.net.members)]

    def word(self, name, kind, view, digest, evidence=()):
        payload = 10 if digest else 0
        return Message(
            sender=name, kind=kind, height=0, view=view, digest=digest, evidence=evidence, payload_byte=payload
        )

    def plan(self, view, digest):
        """What each member shall believe in a view: one of two blocks under a lying leader, else the block or none."""
        if view not in self.plans:
            members = self.rng.sample(self.net.members, len(self.net.members))
            members.sort(key=lambda name: name in self.who)
            halves = {to: BLOCKS[place % 2] for place, to in enumerate(members)}
            blocks = BLOCKS if self.leader(view) in self.who else [digest, digest, ""]
            mixed = {to: self.rng.choice(blocks) for to in members}
            self.plans[view] = halves if blocks is BLOCKS and self.rng.random() < 0.5 else mixed
        return self.plans[view]

    def note(self, message):
        self.heard[message.kind, message.view, message.digest][message.sender] = message

    def certificate(self, kind, view, digest):
        """A quorum of votes that they can show; empty if there is none."""
        votes = {name: self.word(name, kind, view, digest) for name in self.who}
        votes.update(self.heard[kind, view, digest])
        return tuple(votes.values())[: self.quorum] if len(votes) >= self.quorum else ()

    def open(self):
        if self.leader(0) in self.who:
            for name in self.who:
                for to, message in self.play(name, 0, ""):
                    self.net.post(name, to, message)

    def propose(self, name, view):
        """To each the block that it shall believe in, with any proof that an earlier view gives, or none."""
        for to, digest in self.plan(view, "").items():
            shown = [self.certificate(self.first_vote, earlier, digest) for earlier in range(view)]
            evidence = self.rng.choice([(), *(votes for votes in shown if votes)])
            yield to, self.word(name, self.proposal, view, digest, evidence)


class TendermintLiars(Liars):
    proposal, first_vote = "propose", "prevote"

    def react(self, name, message):
        self.note(message)
        view, led = message.view, self.leader(message.view) in self.who
        if message.sender not in self.who and (led or message.digest) and (name, view) not in self.done:
            yield from self.play(name, view, message.digest)

    def play(self, name, view, digest):
        self.done.add((name, view))
        if self.leader(view) == name:
            yield from self.propose(name, view)
        for to, believed in self.plan(view, digest).items():
            for kind in ("prevote", "precommit"):
                yield to, self.word(name, kind, view, believed)


class HotStuffLiars(Liars):
    proposal, first_vote = "prepare", "prepare-vote"

    def play(self, name, view, digest):
        if self.leader(view) == name:
            yield from self.propose(name, view)

    def react(self, name, message):
        self.note(message)
        view, leader = message.view, self.leader(message.view)
        if message.kind == "new-view" and leader == name and view not in self.plans:
            yield from self.propose(name, view)
        elif message.kind.endswith("-vote") and leader == name:
            yield from self.go_on(name, message)
        elif leader not in self.who and message.sender == leader and self.rng.random() < 0.8:
            yield leader, self.word(name, f"{message.kind}-vote", view, message.digest)
        if (name, view + 1) not in self.done:
            self.done.add((name, view + 1))
            yield self.leader(view + 1), self.word(name, "new-view", view + 1, "")

    def go_on(self, name, vote):
        """Open the next phase, with a certificate, for those who believe in its block."""
        following = {"prepare-vote": "pre-commit", "pre-commit-vote": "commit", "commit-vote": "decision"}[vote.kind]
        evidence = self.certificate(vote.kind, vote.view, vote.digest)
        for to, believed in self.plan(vote.view, "").items() if evidence else ():
            if believed == vote.digest and self.rng.random() < 0.9:
                yield to, self.word(name, following, vote.view, vote.digest, evidence)


CASES = {"Tendermint": (Tendermint, TendermintLiars, 4.0), "HotStuff": (HotStuff, HotStuffLiars, 8.0)}
KINDS = {
    "Tendermint": ["prevote", "precommit", "decision"],
    "HotStuff": ["pre-commit", "commit", "commit-vote", "decision"],
}


def attack(network, protocol, crowd, n, liars, seed):
    """Digests decided by correct replicas in one random schedule with lies, losses and early time-outs."""
    rng = random.Random(seed)
    lossy, weak = rng.choice([0.0, 0.05, 0.2]), rng.sample(KINDS[protocol.name], rng.choice([0, 0, 1, 2]))
    members = names(n)

    def delay(source, destination, message):
        return None if rng.random() < (0.6 if message.kind in weak else lossy) else rng.expovariate(1.0)

    net = network(protocol, members, delay=delay)
    who = rng.sample(members, liars) if rng.random() < 0.5 else members[:liars]
    lying = crowd(net, rng, who, protocol.quorum(n))
    net.start()
    lying.open()
    net.run(until=200.0, limit=4000)
    return net.decided()


@pytest.mark.parametrize("n", [4, 7])
@pytest.mark.parametrize("name", CASES)
def test_all_correct_replicas_decide_once_the_network_is_timely(network, name, n):
    kind, crowd, timeout = CASES[name]
    protocol = kind(view_timeout=timeout)
    for seed in range(60):
        rng = random.Random(seed)
        unkind = rng.choice([0.3, 0.9, 1.0])
        net = network(protocol, names(n), delay=lambda *_: 1.0)
        net.delay = lambda *_, net=net, rng=rng, unkind=unkind: (
            None if net.now < 60.0 and rng.random() < unkind else rng.uniform(0.1, 1.0)
        )
        lying = crowd(net, rng, rng.sample(names(n), protocol.tolerated(n)), protocol.quorum(n))
        net.start()
        lying.open()
        net.run(until=50_000.0)
        assert len(net.decided()) == n - protocol.tolerated(n), f"seed {seed}"
        assert len(set(net.decided().values())) == 1


def forks(network, name, n, liars, seeds, protocol=None):
    """Whether any of the random schedules ends with two correct replicas that decided differently."""
    kind, crowd, timeout = CASES[name]
    protocol = protocol or kind(view_timeout=timeout)
    return any(len(set(attack(network, protocol, crowd, n, liars, s).values())) > 1 for s in range(seeds))


@pytest.mark.parametrize(("n", "seeds"), [(4, 1000), (5, 500), (6, 500), (7, 500), (10, 150)])
@pytest.mark.parametrize("name", CASES)
def test_no_two_correct_replicas_decide_differently_under_tolerated_lies(network, name, n, seeds):
    kind, crowd, timeout = CASES[name]
    protocol, progress = kind(view_timeout=timeout), 0
    for seed in range(seeds):
        decided = attack(network, protocol, crowd, n, protocol.tolerated(n), seed)
        assert len(set(decided.values())) <= 1, f"fork with seed {seed}: {decided}"
        progress += bool(decided)
    assert progress > seeds / 3  # the search would be empty if nobody ever decided


@pytest.mark.parametrize("n", [4, 6, 7])
@pytest.mark.parametrize("name", CASES)
def test_one_liar_too_many_forks_the_chain(network, name, n):
    assert forks(network, name, n, HotStuff().tolerated(n) + 1, 200)


@dataclass(frozen=True, kw_only=True)
class CarelessTendermint(Tendermint):
    def quorum(self, validators):
        return super().quorum(validators) - 1


@dataclass(frozen=True, kw_only=True)
class CarelessHotStuff(HotStuff):
    def quorum(self, validators):
        return super().quorum(validators) - 1


@pytest.mark.parametrize("n", [4, 7])
@pytest.mark.parametrize(("name", "careless"), [("Tendermint", CarelessTendermint), ("HotStuff", CarelessHotStuff)])
def test_the_search_finds_a_quorum_one_too_small(network, name, careless, n):
    assert forks(network, name, n, 1 if n == 4 else 2, 200, careless(view_timeout=CASES[name][2]))


def left_behind(network):
    """Only v0 decides in view 0, and is not heard for long after; v1, who leads view 1, lies to v2 and v3."""

    def delay(source, destination, message):
        between = {source, destination} == {"v2", "v3"} and message.kind == "precommit" and message.view == 0
        return None if between else 500.0 if message.kind == "decision" else 1.0

    net = network(Tendermint(view_timeout=10.0), names(4), delay=delay)
    net.lie("v1", lambda message: ())
    net.start()
    for to in ("v0", "v2", "v3"):
        said = [("prevote", 0, "block-v0"), ("precommit", 0, "block-v0" if to == "v0" else "")]
        if to != "v0":
            said += [("propose", 1, "left"), ("prevote", 1, "left"), ("precommit", 1, "left")]
        for kind, view, digest in said:
            net.post("v1", to, Message(sender="v1", kind=kind, height=0, view=view, digest=digest, payload_byte=9))
    net.run(until=2000.0)
    return net.decided()


def test_the_lock_of_tendermint_is_what_keeps_who_is_left_behind_from_another_block(network, monkeypatch):
    assert left_behind(network) == dict.fromkeys(("v0", "v2", "v3"), "block-v0")
    monkeypatch.setattr(tendermint.Lock, "allows", lambda self, digest, shown_view: True)
    assert left_behind(network) == {"v0": "block-v0", "v2": "left", "v3": "left"}


def test_the_search_finds_a_hotstuff_without_locks(network, monkeypatch):
    monkeypatch.setattr(hotstuff, "follows_lock", lambda digest, justification, lock: True)
    assert forks(network, "HotStuff", 4, 1, 400)


@pytest.mark.parametrize("name", CASES)
def test_the_same_seed_gives_the_same_decisions(network, name):
    kind, crowd, timeout = CASES[name]
    runs = [attack(network, kind(view_timeout=timeout), crowd, 7, 2, 11) for _ in range(2)]
    assert runs[0] == runs[1]


def votes(kind, senders, view=0, digest="x", height=0):
    return tuple(Message(sender=s, kind=kind, height=height, view=view, digest=digest) for s in senders)


FALSE = [
    (),
    votes("{}", ["v0", "v2", "v2"]),  # one of them twice
    votes("{}", ["v0", "v2", "stranger"]),
    votes("{}", ["v0", "v2", "v3"], digest="other"),
    votes("{}", ["v0", "v2", "v3"], height=1),
    votes("{}", ["v0", "v2"]) + votes("{}", ["v3"], view=1),
    votes("prepare-vote", ["v0", "v2", "v3"]),
]


@pytest.mark.parametrize("proof", FALSE)
@pytest.mark.parametrize(("kind", "protocol"), [("precommit", Tendermint()), ("commit-vote", HotStuff())])
def test_decisions_are_believed_with_proof_only(kind, protocol, proof):
    proof = tuple(replace(vote, kind=vote.kind.format(kind)) for vote in proof)
    replica = protocol.replica("v1", tuple(names(4)))
    replica.start(0.0, None, 0)

    def told(evidence):
        return replica.handle(0.0, Message(sender="v0", kind="decision", height=0, view=5, digest="x",
                                           payload_byte=9, evidence=evidence))  # fmt: skip

    assert told(proof) == ()
    decide = told(votes(kind, ["v0", "v2", "v3"]))[0]
    assert (decide.digest, decide.view) == ("x", 0)  # the view of the votes, whatever the message says
