from qflsim.chain.agreement import Message
from qflsim.chain.votes import COMMIT, NEW_VIEW, PRE_PREPARE, PREPARE, VIEW_CHANGE, Rules, latest_prepared

MEMBERS = ("a", "b", "c", "d")
RULES = Rules(frozenset(MEMBERS), quorum=3, height=0, leader=lambda view: MEMBERS[view % 4])


def say(sender, kind, view, digest="", evidence=(), height=0):
    return Message(sender=sender, kind=kind, height=height, view=view, digest=digest, evidence=tuple(evidence))


def proof(view, digest, voters="cd"):
    leader = MEMBERS[view % 4]
    return (say(leader, PRE_PREPARE, view, digest), *(say(voter, PREPARE, view, digest) for voter in voters))


def test_the_latest_prepared_block_counts():
    requests = [say("c", VIEW_CHANGE, 3, evidence=proof(view, f"block-{view}")) for view in (0, 2, 1)]
    assert latest_prepared([*requests, say("d", VIEW_CHANGE, 3)]).digest == "block-2"
    assert latest_prepared([say("d", VIEW_CHANGE, 3)]) is None


def test_prepared_needs_a_quorum_of_members_for_one_block():
    assert RULES.prepared(proof(0, "x"), before=1)
    assert not RULES.prepared(proof(0, "x"), before=0)
    assert not RULES.prepared(proof(0, "x", "c"), before=1)
    assert not RULES.prepared(proof(0, "x", "cc"), before=1)
    assert not RULES.prepared(proof(0, "x", "ca"), before=1)  # the leader's proposal is its vote
    assert not RULES.prepared(proof(0, "x", "cz"), before=1)
    mixed = (*proof(0, "x", "c"), say("d", PREPARE, 0, "y"), say("d", PREPARE, 1, "x"), say("d", COMMIT, 0, "x"))
    assert not RULES.prepared(mixed, before=1)
    assert not RULES.prepared(tuple(say(m.sender, m.kind, 0, "x", height=7) for m in proof(0, "x")), before=1)


def test_a_new_view_follows_from_a_quorum_of_members():
    requests = [say(sender, VIEW_CHANGE, 1) for sender in "bcd"]
    assert RULES.justified(say("b", NEW_VIEW, 1, "any", requests))
    assert not RULES.justified(say("b", NEW_VIEW, 1, "any", requests[:2]))
    assert not RULES.justified(say("b", NEW_VIEW, 1, "any", [*requests[:2], say("z", VIEW_CHANGE, 1)]))
    assert not RULES.justified(say("b", NEW_VIEW, 1, "any", [*requests[:2], requests[1]]))
    assert not RULES.justified(say("b", NEW_VIEW, 1, "any", [*requests[:2], say("d", VIEW_CHANGE, 2)]))


def test_a_new_view_must_propose_what_was_prepared():
    requests = [say("b", VIEW_CHANGE, 1), say("c", VIEW_CHANGE, 1, evidence=proof(0, "x")), say("d", VIEW_CHANGE, 1)]
    assert RULES.justified(say("b", NEW_VIEW, 1, "x", requests))
    assert not RULES.justified(say("b", NEW_VIEW, 1, "y", requests))


def test_commits_of_one_block_in_one_view_decide():
    assert RULES.committed(tuple(say(sender, COMMIT, 0, "x") for sender in "abd"))
    assert not RULES.committed(
        tuple(say(sender, COMMIT, 0, digest) for sender, digest in zip("abd", "xxy", strict=True))
    )
    assert not RULES.committed(tuple(say(sender, COMMIT, view, "x") for view, sender in enumerate("abd")))
    assert not RULES.committed(tuple(say(sender, COMMIT, 0, "x") for sender in "abz"))
    assert not RULES.committed(())
