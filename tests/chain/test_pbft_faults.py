import random
from dataclasses import dataclass

import pytest

from qflsim.chain import pbftreplica, votes
from qflsim.chain.agreement import Broadcast, Message, Proposal
from qflsim.chain.pbft import PBFT


def names(n):
    return [f"v{i}" for i in range(n)]


def carried(message):
    """Bytes of blocks in a message and its evidence."""
    return message.payload_byte + sum(carried(proof) for proof in message.evidence)


def crashed(network, n, silent, timeout=10.0):
    net = network(PBFT(view_timeout=timeout), names(n), silent=silent)
    net.start()
    return net.run(until=timeout * 40)


@pytest.mark.parametrize("n", [4, 7, 10, 16])
def test_a_dead_leader_costs_one_view_change(network, n):
    net = crashed(network, n, ["v0"])
    assert net.sent["view-change"] == (n - 1) ** 2
    assert net.received["new-view"] == n - 2
    assert set(net.decided().values()) == {"block-v1"} and len(net.decided()) == n - 1
    times = {time for time, _, _ in net.decisions.values()}
    assert max(times) == 10.0 + 4.0  # time-out; view-change, new-view, prepare, commit
    assert {view for _, _, view in net.decisions.values()} == {1}


@pytest.mark.parametrize("n", [4, 7, 10])
def test_time_outs_double_until_a_living_leader_comes(network, n):
    faulty = (n - 1) // 3
    dead = names(n)[:faulty]
    net = crashed(network, n, dead)
    assert set(net.decided().values()) == {f"block-v{faulty}"} and len(net.decided()) == n - faulty
    assert max(time for time, _, _ in net.decisions.values()) == 10.0 * (2**faulty - 1) + 4.0


@pytest.mark.parametrize("n", [4, 5, 6, 7, 10, 13])
def test_as_many_crashes_as_tolerated_stop_nobody_and_one_more_stops_all(network, n):
    faulty = (n - 1) // 3
    for silent in (names(n)[:faulty], names(n)[n - faulty :]):
        assert len(crashed(network, n, silent).decided()) == n - faulty
    quorum = PBFT().quorum(n)
    assert crashed(network, n, names(n)[: n - quorum + 1]).decisions == {}


def test_what_was_prepared_survives_the_view_change(network):
    """Commits of view 0 are lost, so nobody decides; the next leader must propose the same block again."""

    def delay(source, destination, message):
        return None if message.kind == "commit" and message.view == 0 else 1.0

    net = network(PBFT(view_timeout=10.0), names(7), delay=delay)
    net.start()
    net.run()
    assert net.decided() == dict.fromkeys(names(7), "block-v0")
    assert {view for _, _, view in net.decisions.values()} == {1}
    requests = [m for _, _, m in net.messages if m.kind == "view-change"]
    assert {m.signatures for m in requests} == {1 + 5}
    (opening,) = {m for _, _, m in net.messages if m.kind == "new-view"}
    assert opening.signatures == 1 + sum(m.signatures for m in opening.evidence) and len(opening.evidence) >= 5
    assert {carried(m) for m in requests} == {1000}  # the block goes with the proof, and once with the new view
    assert carried(opening) == 1000


def test_who_missed_the_decision_gets_it_with_proof(network):
    def delay(source, destination, message):
        return None if destination == "v3" and message.kind in ("pre-prepare", "prepare", "commit") else 1.0

    net = network(PBFT(view_timeout=10.0), names(4), delay=delay)
    net.start()
    net.run()
    assert net.decided() == dict.fromkeys(names(4), "block-v0")
    answers = [m for _, _, m in net.messages if m.kind == "decision"]
    assert len(answers) == 3 and all(m.signatures == 1 + 3 and m.payload_byte == 1000 for m in answers)


def test_everything_lost_for_a_while_is_repeated(network):
    net = network(PBFT(view_timeout=5.0), names(4), delay=lambda *_: 1.0 if net.now > 60.0 else None)
    net.start()
    net.run(until=1000.0)
    assert len(net.decided()) == 4 and len(set(net.decided().values())) == 1


def test_a_proposal_the_application_rejects_is_passed_over(network):
    net = network(PBFT(view_timeout=5.0), names(4), validate=lambda digest: digest != "block-v0")
    net.start()
    net.run()
    assert net.decided() == dict.fromkeys(names(4), "block-v1")


def test_a_leader_with_nothing_to_propose_is_passed_over(network):
    net = network(PBFT(view_timeout=5.0), names(4))
    net.start(proposals={"v2": Proposal("block", 10)})
    net.run()
    assert net.decided() == dict.fromkeys(names(4), "block")


class Liars:
    """Byzantine members that share what they hear: they vote for everything, tell different members different
    things and hide what was prepared. They cannot forge: evidence is made of messages they were sent or sign."""

    def __init__(self, net, rng, who):
        self.net, self.rng, self.who = net, rng, who
        self.blocks = ["left", "right"]
        self.requests = {}
        for name in who:
            net.lie(name, lambda message, name=name: self.react(name, message))

    def leader(self, view):
        return self.net.members[view % len(self.net.members)]

    def open(self):
        for name in self.who:
            if self.leader(0) == name:
                for to in self.net.members:
                    for digest in self.rng.sample(self.blocks, self.rng.choice([1, 2])):
                        self.net.post(name, to, self.word(name, "pre-prepare", 0, digest))

    def word(self, name, kind, view, digest, **more):
        return Message(sender=name, kind=kind, height=0, view=view, digest=digest, **more)

    def react(self, name, message):
        if message.kind == "view-change":
            self.requests.setdefault(message.view, {})[message.sender] = message
        if self.rng.random() < 0.4:
            return
        if message.kind == "view-change":
            yield from self.change(name, message.view)
        elif message.digest:
            for to in self.net.members:
                digest = message.digest if self.rng.random() < 0.7 else self.rng.choice(self.blocks)
                kind = self.rng.choice(["prepare", "commit"])
                yield to, self.word(name, kind, message.view, digest)

    def change(self, name, view):
        """Ask for the view without proof; lead it with the requests that prove least, two ways."""
        blank = self.word(name, "view-change", view, "")
        self.requests[view][name] = blank
        yield from ((to, blank) for to in self.net.members)
        known = sorted(self.requests[view].values(), key=lambda m: (len(m.evidence), m.sender))
        if self.leader(view) in self.who and len(known) >= PBFT().quorum(len(self.net.members)):
            leader = self.leader(view)
            proof = tuple(known[: PBFT().quorum(len(self.net.members))])
            latest = votes.latest_prepared(proof)
            for to in self.net.members:
                digest = latest.digest if latest else self.rng.choice(self.blocks)
                yield to, self.word(leader, "new-view", view, digest, payload_byte=10, evidence=proof)


def attack(network, protocol, n, liars, seed):
    """Digests decided by correct replicas in one random schedule with lies, losses and early time-outs."""
    rng = random.Random(seed)
    lossy = rng.choice([0.0, 0.05, 0.2])

    def delay(source, destination, message):
        return None if rng.random() < lossy else rng.expovariate(1.0)

    members = names(n)
    net = network(protocol, members, delay=delay)
    who = rng.sample(members, liars) if rng.random() < 0.5 else members[:liars]
    crowd = Liars(net, rng, who)
    net.start()
    crowd.open()
    net.run(until=200.0, limit=4000)
    return net.decided()


@pytest.mark.parametrize(("n", "seeds"), [(4, 250), (5, 80), (6, 80), (7, 60)])
def test_no_two_correct_replicas_decide_differently_under_tolerated_lies(network, n, seeds):
    progress = 0
    for seed in range(seeds):
        decided = attack(network, PBFT(view_timeout=4.0), n, PBFT().tolerated(n), seed)
        assert len(set(decided.values())) <= 1, f"fork with seed {seed}: {decided}"
        progress += bool(decided)
    assert progress > seeds / 2  # the search would be empty if nobody ever decided


def forks(network, protocol, n, liars, seeds):
    """Whether any of the random schedules ends with two correct replicas that decided differently."""
    return any(len(set(attack(network, protocol, n, liars, seed).values())) > 1 for seed in range(seeds))


@pytest.mark.parametrize("n", [4, 6, 7])
def test_one_liar_too_many_forks_the_chain(network, n):
    """Where n + f is odd, two quorums share just f + 1; otherwise (n = 5) they share one more and bear another liar."""
    protocol = PBFT(view_timeout=4.0)
    assert 2 * protocol.quorum(n) - n == protocol.tolerated(n) + 1
    assert forks(network, protocol, n, protocol.tolerated(n) + 1, 150)


@dataclass(frozen=True, kw_only=True)
class Careless(PBFT):
    def quorum(self, validators):
        return super().quorum(validators) - 1


@pytest.mark.parametrize("n", [4, 7])
def test_the_search_finds_a_quorum_one_too_small(network, n):
    assert forks(network, Careless(view_timeout=4.0), n, PBFT().tolerated(n), 150)


def test_the_search_finds_a_leader_that_forgets_what_was_prepared(network, monkeypatch):
    monkeypatch.setattr(votes, "latest_prepared", lambda requests: None)
    monkeypatch.setattr(pbftreplica, "latest_prepared", lambda requests: None)
    assert forks(network, PBFT(view_timeout=4.0), 4, 1, 250)


def test_an_equivocating_leader_forks_four_only_with_an_accomplice(network):
    def fork(liars):
        net = network(PBFT(view_timeout=1e6), names(4))
        for name in liars:
            net.lie(name, lambda message: ())
        net.start()
        for to, digest in (("v1", "left"), ("v2", "left"), ("v3", "right")):
            for name in liars:
                kinds = ("pre-prepare", "commit") if name == "v0" else ("prepare", "commit")
                for kind in kinds:
                    net.post(name, to, Message(sender=name, kind=kind, height=0, view=0, digest=digest))
        net.run(until=1e5)
        return net.decided()

    assert len(set(fork(["v0"]).values())) <= 1
    assert fork(["v0", "v1"]) == {"v2": "left", "v3": "right"}


def test_the_same_seed_gives_the_same_decisions(network):
    runs = [attack(network, PBFT(view_timeout=4.0), 7, 2, 11) for _ in range(2)]
    assert runs[0] == runs[1]


def test_forged_and_foreign_messages_change_nothing(network):
    replica = PBFT().replica("v1", tuple(names(4)))
    replica.start(0.0, Proposal("mine", 10), 0)

    def say(sender, kind, view, digest="x", **more):
        return replica.handle(0.0, Message(sender=sender, kind=kind, height=0, view=view, digest=digest, **more))

    assert say("stranger", "commit", 0) == ()
    assert say("v2", "pre-prepare", 0) == ()  # not the leader
    assert say("v0", "gossip", 0) == ()
    assert say("v2", "new-view", 2, evidence=()) == ()  # no quorum asked for it
    few = tuple(Message(sender=s, kind="commit", height=0, view=0, digest="x") for s in ("v0", "v2", "v2"))
    assert say("v0", "decision", 0, evidence=few) == ()  # two commits, one of them twice
    assert say("v0", "decision", 0, evidence=()) == ()
    claim = (Message(sender="v2", kind="pre-prepare", height=0, view=0, digest="x"),)
    assert say("v2", "view-change", 1, evidence=claim) == ()  # proof by a false leader
    assert say("v3", "view-change", 1) == ()  # one asker alone, and the one before did not count


def heard(messages):
    """A replica v3 of four in view 0, and what it does on each of these messages (sender, kind, view, digest)."""
    replica = PBFT().replica("v3", tuple(names(4)))
    replica.start(0.0, Proposal("mine", 10), 0)
    return [
        replica.handle(0.0, Message(sender=sender, kind=kind, height=0, view=view, digest=digest))
        for sender, kind, view, digest in messages
    ]


def test_only_the_leaders_first_proposal_gets_a_vote():
    first, second = heard([("v0", "pre-prepare", 0, "left"), ("v0", "pre-prepare", 0, "right")])
    assert [effect.message.digest for effect in first] == ["left"]
    assert second == ()


def test_a_replica_joins_when_more_than_the_tolerated_ask_for_a_later_view():
    alone, joined, late = heard(
        [("v0", "view-change", 2, ""), ("v1", "view-change", 1, ""), ("v2", "view-change", 1, "")]
    )
    assert alone == ()
    assert [effect.message.view for effect in joined if isinstance(effect, Broadcast)] == [1]
    assert late == ()
