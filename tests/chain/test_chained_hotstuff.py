"""Chained HotStuff: 2(n-1) messages a block in a long row, blocks final by three certificates in a row, locks, help."""

import random

import pytest

import qflsim as qfl
from qflsim.chain.agreement import Decide, Message, Proposal, Send, Votes
from qflsim.chain.blocktree import BlockMessage, TreeBlock
from qflsim.chain.certified import CertifiedTree
from qflsim.chain.loopback import Loopback

PATIENT = qfl.ChainedHotStuff(view_timeout=1000.0)
HASTY = qfl.ChainedHotStuff(view_timeout=10.0)


def names(n):
    return tuple(f"v{i}" for i in range(n))


@pytest.mark.parametrize("n", [4, 7, 10, 16, 31, 32, 64])
def test_one_block_takes_four_proposals_three_votes_and_seven_delays(network, n):
    net = network(PATIENT, names(n))
    net.start()
    net.run(until=900.0)
    assert net.sent == {"propose": 4 * (n - 1), "vote": 3 * (n - 1)}
    assert sum(net.sent.values()) == PATIENT.messages(n) == 7 * (n - 1)
    times = sorted(time for time, _, _ in net.decisions.values())
    assert (times[0], times[-1]) == (6, 7)
    assert sum(m.payload_byte for _, _, m in net.messages) == (n - 1) * 1000
    for _, _, message in net.messages:  # every block but the first shows a quorum of votes for its parent
        first = message.kind == "vote" or message.view == 0
        assert message.signatures == (1 if first else 1 + PATIENT.quorum(n))


@pytest.mark.parametrize(("n", "blocks"), [(4, 1), (4, 50), (7, 20), (16, 100)])
def test_blocks_in_a_row_take_two_messages_per_member_each_and_two_delays(n, blocks):
    net = Loopback(PATIENT, names(n)).run(until=1e5, heights=blocks, ahead=blocks)
    assert net.all_decided() and not net.forks()
    assert net.sent.total() == PATIENT.messages(n, blocks) == 2 * (n - 1) * (blocks + 3) - (n - 1)
    last = [max(d.time_s for d in net.decided[height].values()) for height in range(blocks)]
    assert last == [7 + 2 * height for height in range(blocks)]


@pytest.mark.parametrize("ahead", [0, 1, 3, 8])
def test_few_blocks_ahead_are_decided_in_order_by_all(ahead):
    net = Loopback(PATIENT, names(4), delay=random.Random(ahead).random).run(until=1e5, heights=40, ahead=ahead)
    assert net.all_decided() and not net.forks()
    for height in range(1, 40):
        for name in names(4):
            assert net.decided[height][name].time_s >= net.decided[height - 1][name].time_s
    proposers = {net.decided[height]["v0"].digest.split()[-1] for height in range(40)}
    assert proposers == set(names(4))


def test_a_member_decides_only_heights_that_it_has_begun(network):
    net = network(PATIENT, names(4))
    for height in range(3):
        for name in names(3):
            net._carry_out(name, net.replicas[name].start(0.0, Proposal(f"{height} of {name}", 10), height))
    net._carry_out("v3", net.replicas["v3"].start(0.0, None, 0))
    net.run(until=900.0)
    assert [len(net.decided(height)) for height in range(3)] == [4, 3, 3]
    net._carry_out("v3", net.replicas["v3"].start(net.now, None, 1))
    net._carry_out("v3", net.replicas["v3"].start(net.now, None, 2))
    net.run()
    assert [len(set(net.decided(height).values())) for height in range(3)] == [1, 1, 1]
    assert len(net.decided(2)) == 4


@pytest.mark.parametrize("n", [4, 7, 10])
def test_f_crashed_members_delay_and_one_more_stops(network, n):
    f = HASTY.tolerated(n)
    net = network(HASTY, names(n), silent=names(n)[:f])
    net.start()
    net.run(until=1e4)
    assert len(net.decided()) == n - f and len(set(net.decided().values())) == 1
    waits = sum(10.0 * 2**k for k in range(f))  # each time-out is twice the one before; then a view with all its delays
    assert max(time for time, _, _ in net.decisions.values()) == waits + 8.0
    stopped = network(HASTY, names(n), silent=names(n)[: f + 1])
    stopped.start()
    stopped.run(until=1e4)
    assert not stopped.decisions


def test_who_missed_everything_is_given_the_blocks_that_show_the_decision(network):
    def delay(source, destination, message):
        return None if "v3" in (source, destination) and net.now < 50.0 else 1.0

    net = network(HASTY, names(4), delay=delay)
    net.start()
    net.run(until=1e4)
    assert net.decided() == dict.fromkeys(names(4), "block-v0")
    assert net.sent["block"] >= 4


def line(tree, slots, digest="b"):
    """Blocks upon each other on top of the root, in these views, each carrying a vote for its parent."""
    made, parent = [], tree.root
    for slot in slots:
        block = TreeBlock(
            parent=parent.name, depth=parent.depth + 1, proposer="v0", time_s=0.0, payloads=parent.payloads + 1,
            digest=f"{digest}{slot}", slot=slot,
        )  # fmt: skip
        vote = Message(sender="v1", kind="vote", height=0, view=parent.slot, digest=parent.name)
        tree.add(block, Votes((vote,) if parent is not tree.root else ()))
        made, parent = [*made, block], block
    return made


def certificate(block):
    return Votes((Message(sender="v1", kind="vote", height=0, view=block.slot, digest=block.name),))


@pytest.mark.parametrize(
    ("slots", "final"), [((0, 1, 2), 0), ((0, 1, 3), None), ((0, 2, 3), None), ((0, 2, 3, 4), 2), ((4, 5, 6), 4)]
)
def test_a_block_is_final_by_three_certificates_of_views_in_a_row(slots, final):
    tree = CertifiedTree(TreeBlock(parent="", depth=0, proposer="", time_s=0.0, payloads=0, slot=-1))
    blocks = line(tree, slots)
    found = [tree.certify(certificate(block)) for block in blocks]
    assert [block and block.slot for block in found][-1] == final
    assert tree.lock == blocks[-2] and tree.high == blocks[-1]


def test_a_locked_member_votes_against_its_lock_only_for_a_later_certificate():
    tree = CertifiedTree(TreeBlock(parent="", depth=0, proposer="", time_s=0.0, payloads=0, slot=-1))
    mine = line(tree, (0, 1))
    for block in mine:
        tree.certify(certificate(block))
    assert tree.lock == mine[0]
    other = line(tree, (2, 3), "other")
    assert not tree.safe(other[0])  # carries no certificate later than the lock
    assert tree.safe(other[1])  # carries one of view 2
    assert all(tree.safe(block) for block in mine)


def test_the_lock_is_what_keeps_a_replica_from_voting_for_the_rival():
    """Two blocks are certified in a row; then a leader builds beside them."""
    replica = PATIENT.replica("v3", names(4))
    replica.start(0.0, None, 0)
    tree = CertifiedTree(TreeBlock(parent="", depth=0, proposer="", time_s=0.0, payloads=0, slot=-1))

    def say(parent, slot, digest, votes=()):
        block = TreeBlock(
            parent=parent.name, depth=parent.depth + 1, proposer=names(4)[slot // 4], time_s=0.0,
            payloads=parent.payloads + bool(digest), digest=digest, slot=slot,
        )  # fmt: skip
        message = BlockMessage(
            sender=block.proposer, kind="propose", height=0, view=slot, digest=digest, payload_byte=9,
            evidence=votes, block=block,
        )  # fmt: skip
        return block, [e for e in replica.handle(1.0, message) if isinstance(e, Send) and e.message.kind == "vote"]

    def quorum(block):
        votes = (Message(sender=f"v{i}", kind="vote", height=0, view=block.slot, digest=block.name) for i in range(3))
        return Votes(votes)

    first, voted = say(tree.root, 0, "left")
    assert len(voted) == 1
    second, voted = say(first, 1, "", quorum(first))
    assert len(voted) == 1
    _, voted = say(second, 2, "", quorum(second))  # locks to the first
    assert len(voted) == 1
    assert say(tree.root, 4, "right")[1] == []
    assert say(second, 5, "", quorum(second))[1]  # which builds on the first


def test_forged_certificates_and_wrong_numbers_are_not_followed():
    replica = PATIENT.replica("v3", names(4))
    replica.start(0.0, None, 0)
    root = TreeBlock(parent="", depth=0, proposer="", time_s=0.0, payloads=0, slot=-1)

    def say(sender="v0", votes=(), **fields):
        usual = {"parent": root.name, "depth": 1, "proposer": "v0", "time_s": 0.0, "payloads": 1, "digest": "x"}
        block = TreeBlock(**(usual | {"slot": 0} | fields))
        message = BlockMessage(
            sender=sender, kind="propose", height=0, view=block.slot, digest="x", evidence=votes, block=block
        )
        return replica.handle(1.0, message)

    vote = Message(sender="v0", kind="vote", height=0, view=0, digest="nowhere")
    assert say(depth=2) == say(payloads=0) == say(proposer="v2") == ()
    assert say(sender="v1") == ()
    assert say(parent="nowhere", votes=(vote,) * 3) == ()  # three times the same voter
    assert say() != ()


def test_decisions_name_the_voters_and_mistakes_are_told():
    noted = []

    class Noting(Loopback):
        def _decide(self, name, decide):
            noted.append(decide)

    Noting(PATIENT, names(7)).run()
    assert len(noted) == 7 and all(isinstance(d, Decide) and len(d.signers) == PATIENT.quorum(7) for d in noted)
    with pytest.raises(ValueError, match="members must be distinct and contain 'z'"):
        PATIENT.replica("z", ("a", "b"))
    with pytest.raises(ValueError, match=r"view_timeout must be > 0 s, got 0\.0"):
        qfl.ChainedHotStuff(view_timeout=0.0)
    replica = PATIENT.replica("a", ("a",))
    assert any(isinstance(effect, Decide) for effect in replica.start(0.0, Proposal("block", 10), 3))
    with pytest.raises(ValueError, match="height must be > 3"):
        replica.start(0.0, None, 3)
