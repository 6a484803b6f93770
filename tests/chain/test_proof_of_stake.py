"""Slots, lots, votes and finality; who may lie, and how much."""

import random
from collections import Counter

import pytest

from qflsim.chain.agreement import Message, Votes
from qflsim.chain.blocktree import BlockMessage, BlockTree, TreeBlock
from qflsim.chain.finality import Attestation, Checkpoint, Finality
from qflsim.chain.loopback import Loopback
from qflsim.chain.proofofstake import ProofOfStake
from qflsim.chain.stakes import EqualStakes, MixedStakes


def names(n):
    return tuple(f"v{i}" for i in range(n))


def settled(protocol, n, heights=1, delay=0.05, until=1000.0, **more):
    net = Loopback(protocol, names(n), delay=lambda: delay, **more)
    return net.run(until=until, heights=heights, stop=net.all_decided)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 16])
def test_a_block_is_final_when_two_epochs_and_two_thirds_of_the_votes_are_over(n):
    protocol = ProofOfStake()
    net = settled(protocol, n, heights=3)
    assert len(net.decided) == 3 and not net.forks()
    last = max(decision.time_s for decision in net.decisions.values())
    assert last == pytest.approx(protocol.latency(n), abs=0.06)  # and a delay, if others' votes were needed
    epochs = [net.decided[h]["v0"].time_s for h in range(3)]
    assert epochs[1] - epochs[0] == pytest.approx(16.0, abs=0.1)  # begun when the one before was final: two epochs


def test_each_member_votes_once_per_epoch_and_a_slot_has_one_block():
    """Slots 1 to 39: ten epochs, but for slot 0, which is the root's, and its two of seven votes."""
    net = Loopback(ProofOfStake(), names(7), delay=lambda: 0.05).run(until=2.0 * 39 - 0.1)
    assert net.sent["block"] == 6 * 39
    assert net.sent["attestation"] == 6 * (10 * 7 - 2)


def test_lots_are_drawn_by_stake_and_are_the_same_for_all():
    protocol = ProofOfStake(stakes=MixedStakes(special=(("v0", 6.0),)))
    one, other = (protocol.replica(name, names(5)) for name in ("v0", "v3"))
    drawn = [one.proposer(slot) for slot in range(1, 2001)]
    assert drawn == [other.proposer(slot) for slot in range(1, 2001)]
    counts = Counter(drawn)
    assert abs(counts["v0"] / 2000 - 0.6) < 0.04 and abs(counts["v4"] / 2000 - 0.1) < 0.03


@pytest.mark.parametrize("n", [3, 4, 7, 10])
def test_as_many_crashes_as_tolerated_stop_nobody_and_one_more_than_a_third_stops_all(n):
    protocol = ProofOfStake()
    few = protocol.tolerated(n)
    assert len(settled(protocol, n, absent=names(n)[:few], until=300.0).decisions) == n - few
    many = n - protocol.quorum(n) + 1
    assert not settled(protocol, n, absent=names(n)[:many], until=300.0).decisions


def test_stake_counts_and_heads_do_not():
    rich = MixedStakes(special=(("v0", 10.0),))
    assert settled(ProofOfStake(stakes=rich), 4, absent=("v1", "v2", "v3")).decisions
    assert not settled(ProofOfStake(stakes=rich), 4, absent=("v0",), until=300.0).decisions
    with pytest.raises(ValueError, match="must give stakes > 0, got 0"):
        MixedStakes(special=(("v0", 0.0),))


def test_losses_delay_and_split_nothing_and_what_was_missed_is_asked_for():
    for seed in range(25):
        rng = random.Random(seed)
        n, loss = rng.choice([3, 4, 5, 7]), rng.choice([0.1, 0.3, 0.5])

        def fate(now, source, destination, message, rng=rng, loss=loss):
            return () if now < 100.0 and rng.random() < loss else (rng.expovariate(2.0),)

        net = Loopback(ProofOfStake(), names(n), delay=lambda: 0.0, seed=seed, fate=fate)
        net.run(until=600.0, heights=2, stop=net.all_decided)
        assert not net.forks(), f"seed {seed}"
        assert net.all_decided(), f"seed {seed}"


def test_one_who_hears_nothing_for_long_catches_up():
    net = Loopback(ProofOfStake(), names(4), delay=lambda: 0.05, fate=lambda now, source, destination, message: (
        () if now < 60.0 and "v3" in (source, destination) else (0.0,)
    ))  # fmt: skip
    net.run(until=400.0, heights=3, stop=net.all_decided)
    assert net.all_decided() and not net.forks()
    assert net.decisions["v3"].time_s > 60.0 > net.decisions["v0"].time_s
    assert net.received["get-block"]


ROOT = TreeBlock(parent="", depth=0, proposer="", time_s=0.0, payloads=0)


def grown(*slots):
    """A tree with one branch whose blocks are in these slots, and their names."""
    tree, last = BlockTree(ROOT), ROOT
    for slot in slots:
        last = TreeBlock(parent=last.name, depth=last.depth + 1, proposer="v", time_s=0.0, payloads=0, slot=slot)
        tree.add(last)
    return tree, [block.name for block in tree.blocks.values()]


def vote(sender, source, target):
    return Attestation(sender=sender, kind="attestation", height=0, view=1, source=source, target=target)


def test_two_thirds_justify_and_the_next_link_makes_final():
    tree, (root, first, second) = grown(4, 8)
    finality = Finality(tree, dict.fromkeys(names(3), 1.0), Checkpoint(0, root))
    zero, one, two = Checkpoint(0, root), Checkpoint(1, first), Checkpoint(2, second)
    assert not finality.vote(vote("v0", one, two)) and not finality.vote(vote("v1", one, two))  # kept for later
    assert not finality.vote(vote("v0", zero, one))
    assert not finality.vote(vote("v0", zero, one))  # counts once
    assert finality.vote(vote("v2", zero, one))
    assert (finality.highest, finality.final) == (two, one)
    assert finality.sealers == ("v0", "v1") and len(finality.justified[two]) == 2
    assert finality.source(2) == one and finality.source(3) == two
    assert not finality.slashable


def test_links_over_an_epoch_justify_without_making_final():
    tree, (root, _, second) = grown(4, 8)
    finality = Finality(tree, dict.fromkeys(names(3), 1.0), Checkpoint(0, root))
    for name in names(2):
        finality.vote(vote(name, Checkpoint(0, root), Checkpoint(2, second)))
    assert finality.highest == Checkpoint(2, second) and finality.final == Checkpoint(0, root)


def test_a_target_is_justified_when_its_block_comes():
    tree, (root, first) = grown(4)
    empty = BlockTree(ROOT)
    finality = Finality(empty, dict.fromkeys(names(3), 1.0), Checkpoint(0, root))
    assert not any(finality.vote(vote(name, Checkpoint(0, root), Checkpoint(1, first))) for name in names(3))
    empty.add(tree[first])
    assert finality.follow() and finality.highest.name == first


@pytest.mark.parametrize(
    ("before", "after", "caught"),
    [((0, 1), (0, 1), True), ((0, 2), (1, 2), True), ((0, 3), (1, 2), True), ((1, 2), (0, 3), True),
     ((0, 1), (1, 2), False), ((0, 1), (0, 2), False), ((0, 2), (0, 3), False), ((2, 2), (2, 2), True)],
)  # fmt: skip
def test_who_votes_twice_or_around_a_vote_is_noted(before, after, caught):
    finality = Finality(BlockTree(ROOT), dict.fromkeys(names(3), 1.0), Checkpoint(0, ROOT.name))
    for (source, target), name in ((before, "x"), (after, "y")):
        finality.vote(vote("v0", Checkpoint(source, f"{name}{source}"), Checkpoint(target, f"{name}{target}")))
    assert (finality.slashable == {"v0"}) == caught


def test_a_block_out_of_turn_or_of_a_slot_to_come_is_refused():
    replica = ProofOfStake().replica("v0", names(4))
    replica.start(0.0, None, 0)
    mine, others = replica.proposer(1), [name for name in names(4) if name != replica.proposer(1)]
    for proposer, slot, taken in ((others[0], 1, False), (replica.proposer(3), 3, False), (mine, 1, True)):
        block = TreeBlock(parent=ROOT.name, depth=1, proposer=proposer, time_s=0.0, payloads=0, slot=slot)
        replica.handle(0.0, BlockMessage(sender="v1", kind="block", height=0, view=0, block=block))
        assert (block.name in replica.tree) == taken


def test_votes_passed_on_are_counted_by_who_cast_them():
    replica = ProofOfStake().replica("v0", names(3))
    replica.start(0.0, None, 0)
    votes = tuple(vote(name, Checkpoint(0, ROOT.name), Checkpoint(1, "far")) for name in ("v1", "v2", "stranger"))
    replica.handle(0.0, Message(sender="v1", kind="link", height=0, view=1, digest="far", evidence=Votes(votes)))
    assert set(replica.finality._links[Checkpoint(0, ROOT.name), Checkpoint(1, "far")].votes) == {"v1", "v2"}
    assert EqualStakes().stake("v9") == 1.0
