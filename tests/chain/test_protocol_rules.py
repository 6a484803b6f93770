"""Single rules of the protocols, on one replica of four: what it answers to one message after the other."""

import pytest

import qflsim as qfl
from qflsim.chain.agreement import Broadcast, Decide, Message, Proposal, Send, SetTimer

NAMES = ("v0", "v1", "v2", "v3")


def say(sender, kind, view=0, digest="", evidence=(), payload_byte=0):
    return Message(sender=sender, kind=kind, height=0, view=view, digest=digest, evidence=evidence,
                   payload_byte=payload_byte)  # fmt: skip


def votes(kind, senders, view=0, digest="x"):
    return tuple(say(sender, kind, view, digest) for sender in senders)


class One:
    """A replica, and the messages that it sent on the latest event."""

    def __init__(self, protocol, me, proposal="mine", validate=None):
        self.replica = protocol.replica(me, NAMES, validate)
        self.timers = []
        self._note(self.replica.start(0.0, Proposal(proposal, 7) if proposal else None, 0))

    def _note(self, effects):
        self.effects = effects
        self.sent = [effect.message for effect in effects if isinstance(effect, (Broadcast, Send))]
        self.timers += [effect for effect in effects if isinstance(effect, SetTimer)]
        return self

    def hear(self, *messages):
        for message in messages:
            self._note(self.replica.handle(0.0, message))
        return self

    def time_out(self):
        return self._note(self.replica.expire(0.0, self.timers[-1].name))

    @property
    def kinds(self):
        return [message.kind for message in self.sent]

    @property
    def decides(self):
        return [effect.digest for effect in self.effects if isinstance(effect, Decide)]


ENTRY = say("v0", "append-entries", 0, "x", payload_byte=9)


def test_a_raft_member_votes_once_a_term():
    one = One(qfl.Raft(), "v3")
    assert one.hear(say("v1", "request-vote", 1)).kinds == ["vote"]
    assert one.hear(say("v2", "request-vote", 1)).kinds == []
    assert one.hear(say("v2", "request-vote", 2)).kinds == ["vote"]
    assert one.hear(say("v1", "request-vote", 1)).kinds == []


def test_a_raft_member_votes_for_no_older_log_than_its_own():
    one = One(qfl.Raft(), "v3").hear(ENTRY)
    assert one.hear(say("v1", "request-vote", 1)).kinds == []
    assert one.hear(say("v2", "request-vote", 2, "x", evidence=(ENTRY,))).kinds == ["vote"]


def test_a_raft_leader_steps_down_for_a_later_term_even_without_a_vote():
    one = One(qfl.Raft(), "v0")
    assert one.hear(say("v1", "request-vote", 1)).kinds == []
    assert any(isinstance(effect, SetTimer) for effect in one.effects)
    assert one.time_out().kinds == ["request-vote"]  # stands itself if nobody leads
    assert one.sent[0].view == 2 and one.sent[0].evidence[0].digest == "mine"


def test_a_raft_leader_repeats_its_block_to_those_who_lack_it_only():
    one = One(qfl.Raft(), "v0")
    assert one.hear(say("v1", "append-acknowledgement", 0, "mine")).decides == []  # two of four are no majority
    assert [message.payload_byte for message in one.time_out().sent] == [0, 7, 7]


@pytest.mark.parametrize(
    "proof",
    [
        (),
        votes("prepare-vote", ["v0", "v2"]),
        votes("prepare-vote", ["v0", "v2", "v3"], digest="y"),
        votes("prepare-vote", ["v0", "v2", "v3"], view=1),
        votes("pre-commit-vote", ["v0", "v2", "v3"]),
    ],
)
def test_a_hotstuff_phase_opens_with_its_certificate_only(proof):
    one = One(qfl.HotStuff(), "v1").hear(say("v0", "prepare", 0, "x", payload_byte=9))
    assert one.kinds == ["prepare-vote"]
    assert one.hear(say("v0", "pre-commit", 0, "x", proof)).kinds == []
    assert one.hear(say("v0", "pre-commit", 0, "x", votes("prepare-vote", ["v0", "v2", "v3"]))).kinds == [
        "pre-commit-vote"
    ]


@pytest.mark.parametrize(
    "proof", [votes("prepare-vote", ["v0", "v2"]), votes("prepare-vote", ["v0", "v2", "v3"], view=1)]
)
def test_a_hotstuff_leader_counts_no_new_view_with_a_false_certificate(proof):
    one = One(qfl.HotStuff(), "v1").time_out()
    assert one.hear(say("v2", "new-view", 1), say("v3", "new-view", 1, "x", proof)).kinds == []
    assert one.hear(say("v0", "new-view", 1)).kinds == ["prepare"]
    assert one.sent[0].digest == "mine"


def test_a_hotstuff_leader_proposes_what_the_latest_certificate_says():
    one = One(qfl.HotStuff(), "v2").time_out().time_out()
    early = votes("prepare-vote", ["v0", "v1", "v3"], 0, "early")
    late = votes("prepare-vote", ["v0", "v1", "v3"], 1, "late")
    one.hear(say("v0", "new-view", 2, "early", early, 9), say("v1", "new-view", 2, "late", late, 9))
    assert (one.sent[0].kind, one.sent[0].digest, one.sent[0].evidence) == ("prepare", "late", late)


def test_a_locked_hotstuff_member_waits_for_a_later_certificate():
    one = One(qfl.HotStuff(), "v3").hear(
        say("v0", "prepare", 0, "x", payload_byte=9),
        say("v0", "commit", 0, "x", votes("pre-commit-vote", ["v0", "v1", "v2"])),
    )
    assert one.kinds == ["commit-vote"]
    one.time_out()
    assert one.hear(say("v1", "prepare", 1, "y", payload_byte=9)).kinds == []
    one.time_out()
    later = votes("prepare-vote", ["v0", "v1", "v2"], 1, "y")
    assert one.hear(say("v2", "prepare", 2, "y", later, 9)).kinds == ["prepare-vote"]


@pytest.mark.parametrize(
    "proof",
    [
        votes("prevote", ["v0", "v2"]),
        votes("prevote", ["v0", "v2", "v3"], digest="y"),
        votes("prevote", ["v0", "v2", "v3"], view=1),
        votes("precommit", ["v0", "v2", "v3"]),
    ],
)
def test_a_tendermint_proposal_with_a_false_proof_gets_no_vote(proof):
    one = One(qfl.Tendermint(), "v3").hear(say("v1", "prevote", 1), say("v2", "prevote", 1))
    assert one.hear(say("v1", "propose", 1, "x", proof, 9)).kinds == []
    assert one.hear(say("v1", "propose", 1, "x", votes("prevote", ["v0", "v2", "v3"]), 9)).kinds == ["prevote"]


def test_a_tendermint_member_joins_a_later_view_when_more_than_the_tolerated_are_there():
    one = One(qfl.Tendermint(view_timeout=1.0), "v3")
    assert one.hear(say("v0", "prevote", 5)).effects == ()
    assert one.hear(say("v1", "prevote", 3)).timers[-1].delay == 2.0**3  # the view that a correct one has reached
    assert one.time_out().sent[0].view == 4 - 1


def test_who_asks_in_tendermint_learns_all_that_is_known_of_its_view():
    one = One(qfl.Tendermint(), "v3").hear(say("v0", "propose", 0, "x", payload_byte=9), say("v1", "prevote", 0, "y"))
    (told,) = one.hear(say("v2", "ask", 0)).sent
    assert told.kind == "answer" and told.signatures == 1 + 3
    assert {(m.kind, m.sender) for m in told.evidence} == {("propose", "v0"), ("prevote", "v1"), ("prevote", "v3")}
    (told,) = one.hear(say("v2", "ask", 0, "x")).sent
    assert {m.kind for m in told.evidence} == {"prevote"}  # who has the block does not get it again
    other = One(qfl.Tendermint(), "v2").hear(say("v3", "answer", 0, evidence=one.sent[0].evidence))
    assert len(other.replica._votes["prevote", 0]) == 2


def test_who_asks_in_an_earlier_view_of_tendermint_learns_of_the_later_one():
    one = One(qfl.Tendermint(), "v1").hear(say("v2", "prevote", 1), say("v3", "prevote", 1))
    assert one.kinds == ["propose", "prevote"]
    assert one.hear(say("v0", "ask", 0, "x")).kinds == ["propose", "prevote"]


def test_who_has_decided_tells_a_member_that_is_in_a_later_view():
    one = One(qfl.Tendermint(), "v3").hear(
        say("v0", "propose", 0, "x", payload_byte=9), *votes("precommit", ["v0", "v1", "v2"])
    )
    assert one.decides == ["x"]
    assert one.hear(say("v1", "prevote", 0, "x")).kinds == []
    (told,) = one.hear(say("v1", "prevote", 1)).sent
    assert (told.kind, told.payload_byte, told.signatures) == ("decision", 9, 1 + 3)
    (told,) = one.hear(say("v1", "ask", 0, "x")).sent
    assert (told.kind, told.payload_byte) == ("decision", 0)  # the asker has the block


def test_a_block_sealed_out_of_turn_waits_for_its_turn():
    one = One(qfl.ProofOfAuthority(), "v3").hear(say("v1", "seal", 1, "x", payload_byte=9))
    assert one.decides == []
    assert one.time_out().decides == ["x"]


def test_a_sealed_block_that_the_application_rejects_is_not_accepted():
    one = One(qfl.ProofOfAuthority(), "v3", validate=lambda digest: digest != "x")
    assert one.hear(say("v0", "seal", 0, "x", payload_byte=9)).decides == []
    assert one.hear(say("v0", "seal", 0, "y", payload_byte=9)).decides == ["y"]


@pytest.mark.parametrize("protocol", [qfl.Tendermint(), qfl.HotStuff(), qfl.Raft(), qfl.ProofOfAuthority()])
def test_a_decision_without_its_block_waits_for_the_block(protocol):
    proof = {
        "Tendermint": votes("precommit", ["v0", "v1", "v2"]),
        "HotStuff": votes("commit-vote", ["v0", "v1", "v2"]),
        "Raft": (),
        "proof of authority": votes("seal", ["v0"]),
    }[protocol.name]
    opening = {"Tendermint": "propose", "HotStuff": "prepare", "Raft": "append-entries"}.get(protocol.name, "decision")
    one = One(protocol, "v3", proposal=None)
    assert one.hear(say("v0", "decision", 0, "x", proof)).decides == []
    block = say("v0", opening, 0, "x", proof if opening == "decision" else (), payload_byte=9)
    assert one.hear(block).decides == ["x"]
