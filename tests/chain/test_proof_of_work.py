"""Mining: forks from delay, confirmations, retargeting, energy, withheld blocks."""

import math
from itertools import pairwise

import pytest

from qflsim.chain.agreement import Broadcast, Decide, Message, Proposal, Send, SetTimer, Spend
from qflsim.chain.blocktree import BlockMessage, BlockTree, TreeBlock
from qflsim.chain.forkchoice import Ghost, LongestChain
from qflsim.chain.loopback import Loopback
from qflsim.chain.mining import AsicMiner, FixedDifficulty, MixedMiners, RetargetedDifficulty, SoftwareMiner
from qflsim.chain.privatemining import DoubleSpendingReplica, SelfishReplica
from qflsim.chain.proofofwork import ProofOfWork
from qflsim.chain.sizes import message_byte

ENDLESS = 10**9


def names(n):
    return tuple(f"v{i}" for i in range(n))


def mined(x, n, blocks, seed=1, **more):
    """A network in which ``blocks`` blocks of mean interval 1/x are found and each takes a delay of 1."""
    protocol = ProofOfWork(interval=1.0 / x, difficulty=FixedDifficulty(), confirmations=ENDLESS, **more)
    return Loopback(protocol, names(n), seed=seed).run(until=blocks / x)


def stale(net):
    return 1.0 - net.replicas["v0"].tip.depth / len(net.extended)


@pytest.mark.parametrize(("x", "n", "published", "error"), [(0.1, 10, 0.0822, 0.009), (0.84, 10, 0.4090, 0.012)])
def test_the_share_of_lost_blocks_follows_delay_over_interval(x, n, published, error):
    """Monte Carlo of the fixed-delay model: 8.22 % and 40.90 % among ten miners."""
    net = mined(x, n, 8_000)
    assert abs(stale(net) - published) < error
    assert abs(len(net.extended) / 8_000 - 1.0) < 0.05  # as many blocks as the difficulty aims at


def test_without_delay_nothing_is_lost_and_all_hold_one_chain():
    net = Loopback(ProofOfWork(interval=1.0, confirmations=ENDLESS), names(5), delay=lambda: 0.0).run(until=500.0)
    assert stale(net) == 0.0
    assert len({replica.tip.name for replica in net.replicas.values()}) == 1


def test_blocks_are_found_in_proportion_to_hash_power():
    miner = MixedMiners(special=(("v0", SoftwareMiner(rate=6e6)),))
    net = Loopback(ProofOfWork(interval=1.0, miner=miner, confirmations=ENDLESS), names(3), delay=lambda: 0.0)
    net.run(until=3_000.0)
    share = sum(name == "v0" for name, _ in net.extended) / len(net.extended)
    assert abs(share - 0.6) < 0.04


def test_who_has_no_hash_power_finds_nothing_and_decides_all_the_same():
    miner = MixedMiners(special=(("v1", SoftwareMiner(rate=0.0)),))
    net = Loopback(ProofOfWork(miner=miner), names(3), delay=lambda: 0.01)
    net.run(until=1e4, stop=net.all_decided)
    assert set(net.decisions) == set(names(3)) and all(name != "v1" for name, _ in net.extended)
    with pytest.raises(ValueError, match="must hash at one validator at least"):
        ProofOfWork(miner=SoftwareMiner(rate=0.0)).replica("a", ("a", "b"))


def test_energy_is_hashes_times_what_each_takes_until_the_network_rests():
    net = Loopback(ProofOfWork(interval=2.0), names(4), delay=lambda: 0.1)
    net.run(until=1e4, heights=5, stop=net.all_decided)
    assert net.spent_j["mining"] == pytest.approx(4 * 2e6 * 4.9e-6 * net.now)


def test_blocks_in_a_row_take_the_interval_each_and_heights_follow_each_other():
    net = Loopback(ProofOfWork(interval=2.0, confirmations=3), names(4), delay=lambda: 0.01, seed=4)
    net.run(until=1e5, heights=200, stop=net.all_decided)
    assert len(net.decided) == 200 and not net.forks()
    times = [net.decided[h]["v0"].time_s for h in range(200)]
    assert all(before < after for before, after in pairwise(times))
    mean = (times[-1] - times[0]) / 199
    assert abs(mean - 3 * 2.0) < 4 * 2.0 * math.sqrt(3 / 199)  # a sum of three exponentials each


def test_difficulty_follows_the_hash_rate_after_so_many_blocks():
    """The root's difficulty fits a tenth of the hash rate; after a few changes the interval is what it should be."""
    rule = RetargetedDifficulty(every=50)
    protocol = ProofOfWork(interval=1.0, confirmations=ENDLESS, difficulty=rule)
    net = Loopback(protocol, names(4), delay=lambda: 0.0, seed=2)
    easy = TreeBlock(parent="", depth=0, proposer="", time_s=0.0, payloads=0, difficulty=0.1 * 4 * 2e6)
    for replica in net.replicas.values():
        replica._memory = easy
    net.run(until=2000.0)
    chain = list(net.replicas["v0"].tree.branch(net.replicas["v0"].tip.name))[::-1]
    assert chain[50].time_s < 0.2 * 50 and chain[51].difficulty == 4.0 * chain[50].difficulty
    late = [block for block in chain if block.time_s > 1000.0]
    assert abs(late[-1].time_s - late[0].time_s - len(late)) < 4 * math.sqrt(len(late))
    assert len({block.difficulty for block in chain}) == (len(chain) - 1) // 50 + 1


def test_a_block_with_another_difficulty_is_refused():
    replica = ProofOfWork().replica("v0", names(2))
    replica.start(0.0, None, 0)
    root = replica.tree.root
    for difficulty, taken in ((root.difficulty, True), (0.5 * root.difficulty, False)):
        block = TreeBlock(parent=root.name, depth=1, proposer="v1", time_s=1.0, payloads=0, difficulty=difficulty)
        replica.handle(1.0, told(block))
        assert (block.name in replica.tree) == taken


def told(block, sender="v1"):
    return BlockMessage(sender=sender, kind="block", height=0, view=0, digest=block.digest, signatures=0,
                        payload_byte=block.payload_byte, block=block)  # fmt: skip


def chain_of(root, count, proposer="v1", digest=""):
    """``count`` blocks on top of ``root``, the first with a proposal if ``digest`` is given."""
    blocks, last = [], root
    for i in range(count):
        carried = digest if i == 0 else ""
        last = TreeBlock(parent=last.name, depth=last.depth + 1, proposer=proposer, time_s=last.time_s + 1.0,
                         payloads=last.payloads + bool(carried), digest=carried, payload_byte=9 * bool(carried),
                         difficulty=last.difficulty, epoch_s=last.epoch_s)  # fmt: skip
        blocks.append(last)
    return blocks


def test_a_missing_parent_is_asked_for_and_what_waited_is_attached():
    replica = ProofOfWork(confirmations=3).replica("v0", names(2))
    replica.start(0.0, None, 0)
    blocks = chain_of(replica.tree.root, 3, digest="x")
    for late, earlier in ((blocks[2], blocks[1]), (blocks[1], blocks[0])):
        (asked,) = replica.handle(1.0, told(late))
        assert isinstance(asked, Send) and (asked.message.kind, asked.message.digest) == ("get-block", earlier.name)
    effects = replica.handle(1.0, told(blocks[0]))
    assert Decide(0, "x", 0) in effects
    assert replica.tip == blocks[2]
    (answer,) = replica.handle(1.0, Message(sender="v1", kind="get-block", height=0, view=0, digest=blocks[1].name))
    assert answer.message.block == blocks[1]


def test_a_proposal_that_the_application_refuses_takes_its_branch_with_it():
    replica = ProofOfWork(confirmations=1).replica("v0", names(2), lambda digest: digest != "bad")
    replica.start(0.0, None, 0)
    bad, good = (chain_of(replica.tree.root, 2, digest=digest) for digest in ("bad", "good"))
    assert replica.handle(1.0, told(bad[1])) != () and replica.handle(1.0, told(bad[0])) == ()
    assert replica.tip == replica.tree.root
    assert any(isinstance(effect, Decide) for effect in replica.handle(1.0, told(good[0])))


def test_a_header_takes_80_bytes_and_its_block_what_it_carries():
    root = TreeBlock(parent="", depth=0, proposer="", time_s=0.0, payloads=0)
    empty, full = (told(chain_of(root, 1, digest=digest)[0]) for digest in ("", "x"))
    bare = Message(sender="v1", kind="block", height=0, view=0, signatures=0)
    assert message_byte(empty, 64) == message_byte(bare, 64) + 80
    assert message_byte(full, 64) == message_byte(empty, 64) + 9


def tree_of(*branches):
    """A tree whose branches are given as lists of proposers, each from the root."""
    root = TreeBlock(parent="", depth=0, proposer="", time_s=0.0, payloads=0)
    tree = BlockTree(root)
    for branch in branches:
        last = root
        for proposer in branch:
            last = TreeBlock(parent=last.name, depth=last.depth + 1, proposer=proposer, time_s=0.0, payloads=0)
            if last.name not in tree:
                tree.add(last)
    return tree


def end_of(tree, rule, start):
    """Where a rule ends that sees the blocks of a tree in their order."""
    seen, tip = BlockTree(tree.root), tree.root.name
    for block in list(tree.blocks.values())[1:]:
        seen.add(block)
        tip = rule.tip(seen, tip, block.name)
    return "".join(block.proposer for block in seen.branch(tip))[::-1]


def test_ghost_counts_blocks_beside_the_chain_and_the_longest_chain_does_not():
    """Side a has three blocks in two generations, side x three in a row."""
    tree = tree_of("ab", "ac", "ad", "xyz")
    assert end_of(tree, LongestChain(), "") == "xyz"
    assert end_of(tree, Ghost(), "") == "ab"
    assert end_of(tree_of("a", "b"), Ghost(), "") == end_of(tree_of("a", "b"), LongestChain(), "") == "a"
    assert end_of(tree_of("ab", "xyzw", "ac"), Ghost(), "") == "xyzw"


def test_time_left_is_kept_when_the_tip_changes_and_stretched_when_the_difficulty_does():
    protocol = ProofOfWork(difficulty=RetargetedDifficulty(every=2))
    replica = protocol.replica("v0", names(2))
    timer = next(effect for effect in replica.start(0.0, None, 0) if isinstance(effect, SetTimer))
    first, second = chain_of(replica.tree.root, 2)
    assert replica.handle(1.0, told(first)) == ()
    spent, stopped, again = replica.handle(2.0, told(second))
    assert isinstance(spent, Spend) and stopped.name == timer.name
    assert again.delay == pytest.approx((timer.delay - 2.0) * 4.0)  # two blocks in 2 s, not in 10 s: at most 4 times


def played(kind, **more):
    def play(seat):
        replica = kind(seat.protocol, seat.me, seat.members, seat.validate, seat.draws("mining", seat.me), None)
        vars(replica).update(more)
        return replica

    return play


def shared(attacker, n):
    """An attacker v0 with a share of the hash rate, n - 1 others with the rest."""
    usual = SoftwareMiner(rate=(1.0 - attacker) / (n - 1))
    return MixedMiners(usual=usual, special=(("v0", SoftwareMiner(rate=attacker)),))


def revenue(share, rushes, blocks=4000, n=6):
    """Share of the chain that a selfish miner gets; its messages come first, or last."""
    protocol = ProofOfWork(interval=1.0, miner=shared(share, n), difficulty=FixedDifficulty(), confirmations=ENDLESS)

    def fate(now, source, destination, message):
        return (1e-6,) if rushes != ("v0" in (source, destination)) else (0.0,)

    net = Loopback(protocol, names(n), delay=lambda: 0.0, played={"v0": played(SelfishReplica)}, fate=fate)
    replica = net.run(until=blocks).replicas["v1"]
    makers = [block.proposer for block in replica.tree.branch(replica.tip.name)][:-1]
    return makers.count("v0") / len(makers)


@pytest.mark.parametrize(("share", "rushes", "gamma"), [(0.4, False, 0.0), (0.25, True, 0.8), (0.2, False, 0.0)])
def test_selfish_mining_earns_what_its_closed_form_says(share, rushes, gamma):
    a = share
    formula = (a * (1 - a) ** 2 * (4 * a + gamma * (1 - 2 * a)) - a**3) / (1 - a * (1 + (2 - a) * a))
    assert abs(revenue(share, rushes) - formula) < 0.03


def success(share, confirmations, trials, **more):
    """How often a payment that had its confirmations is taken back."""
    protocol = ProofOfWork(
        interval=1.0, miner=shared(share, 2), difficulty=FixedDifficulty(), confirmations=confirmations
    )
    undone = 0
    for seed in range(trials):
        attack = {"v0": played(DoubleSpendingReplica, give_up=20, **more)}
        net = Loopback(protocol, names(2), delay=lambda: 0.0, seed=seed, played=attack)
        net.run(until=1e5, stop=lambda net=net: net.replicas["v0"].over and net._agenda.next_due()[0] > net.now)
        payment = net.decided[0]["v1"].digest
        chain = [block.digest for block in net.replicas["v1"].tree.branch(net.replicas["v1"].tip.name)]
        undone += payment not in chain
    return undone / trials


@pytest.mark.parametrize(("share", "confirmations", "exact"), [(0.1, 1, 0.2), (0.2, 3, 0.11584), (0.3, 5, 0.1976173)])
def test_double_spending_succeeds_as_often_as_its_exact_form_says(share, confirmations, exact):
    trials = 500
    assert abs(success(share, confirmations, trials) - exact) < 4 * math.sqrt(exact * (1 - exact) / trials)


def test_ghost_withstands_where_delay_lets_the_longest_chain_lose():
    """Honest miners waste most of their blocks in forks; an attacker with 35 % wastes none."""

    def undone(rule):
        protocol = ProofOfWork(
            interval=1.0, miner=shared(0.35, 11), difficulty=FixedDifficulty(), confirmations=6, fork_choice=rule
        )
        count = 0
        for seed in range(8):
            attack = {"v0": played(DoubleSpendingReplica, give_up=30)}
            net = Loopback(protocol, names(11), delay=lambda: 4.0, seed=seed, played=attack)
            net.run(until=400.0)
            replica = net.replicas["v1"]
            count += any(block.proposer == "v0" for block in replica.tree.branch(replica.tip.name))
        return count

    assert undone(LongestChain()) >= 5
    assert undone(Ghost()) <= 2


def test_the_same_seed_finds_the_same_blocks():
    runs = [mined(0.3, 5, 200, seed=seed).replicas["v0"].tip.name for seed in (5, 5, 6)]
    assert runs[0] == runs[1] != runs[2]


def test_nothing_is_done_once_the_height_is_closed():
    replica = ProofOfWork().replica("v0", names(2))
    (timer,) = replica.start(0.0, Proposal("x", 9), 0)
    spent, _ = replica.close(1.0)
    assert spent.energy_j == pytest.approx(2e6 * 4.9e-6)
    assert replica.expire(timer.delay, timer.name) == ()
    assert replica.handle(1.0, told(chain_of(replica.tree.root, 1)[0])) == ()
    (again,) = replica.start(101.0, Proposal("y", 9), 1)
    found = replica.expire(101.0 + again.delay, again.name)
    (block,) = (effect.message.block for effect in found if isinstance(effect, Broadcast))
    assert block.time_s == pytest.approx(1.0 + again.delay)  # the chain's clock stood still


def test_machines_cost_what_their_makers_say():
    asic = AsicMiner()
    assert asic.hash_rate("x") * asic.hash_energy("x") == pytest.approx(3250, rel=0.002)
    assert SoftwareMiner().rate * SoftwareMiner().energy == pytest.approx(10, rel=0.03)
