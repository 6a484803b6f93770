"""Ways of dissemination on a network in memory: who gets what, at what cost, and what becomes of lost packets."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, strategies as st

import qflsim as qfl
from qflsim.network.compactblocks import compact_byte, compact_size_byte, request_byte, transactions_byte
from qflsim.network.dissemination import Item, Others
from qflsim.network.reach import reached_by
from qflsim.network.rumour import rounds_of_gossip
from qflsim.network.swarm import Swarm
from qflsim.streams import Streams

WAYS = [
    qfl.Direct(),
    qfl.Gossip(),
    qfl.Gossip(mode=qfl.Push()),
    qfl.Gossip(mode=qfl.Pull()),
    qfl.Gossip(ticks=qfl.AlignedTicks()),
    qfl.Gossip(ticks=qfl.PoissonTicks()),
    qfl.GossipMesh(),
    qfl.CompactBlocks(),
    qfl.CompactBlocks(high_bandwidth=0),
]
NAMES = [f"{way.name}-{i}" for i, way in enumerate(WAYS)]
HEALING = WAYS[1:]


def members(n):
    return tuple(f"n{i}" for i in range(n))


def block(held=(), transactions=10, size=1e4):
    return Item(
        name="block", kind="block", size_bit=800.0 + transactions * size, head_bit=800.0,
        parts=(size,) * transactions, held=lambda node: held,
    )  # fmt: skip


TRANSACTION = Item(name="update", kind="update", size_bit=1e5, head_bit=1e5)


def swarm(way, n, *, seed=1, delay=0.01, **options):
    return Swarm(way.relays(members(n), Streams(seed).fresh), lambda source, target: delay, **options)


@pytest.mark.parametrize("way", WAYS, ids=NAMES)
@pytest.mark.parametrize("item", [block(), block(held=range(7)), TRANSACTION], ids=["block", "mostly-held", "update"])
@pytest.mark.parametrize("n", [1, 2, 5, 40])
def test_everybody_gets_it_once_and_it_ends(way, item, n):
    network = swarm(way, n, upload=1e7, checking=0.001).spread(item).run(until=60.0)
    assert network.reached(item) == n
    relays = network.relays
    assert all(relay.rests(item) for relay in relays)
    count = network.sent.total()
    network.run()  # nothing goes on for ever
    assert network.sent.total() == count
    for relay in relays:
        relay.forget(item)


@pytest.mark.parametrize("way", HEALING, ids=NAMES[1:])
@pytest.mark.parametrize("item", [block(held=range(5)), TRANSACTION], ids=["block", "update"])
def test_gossip_heals_what_the_links_lost(way, item):
    rng = np.random.default_rng(3)
    network = swarm(way, 30, upload=1e7, lost=lambda source, target: rng.random() < 0.2)
    assert network.spread(item).run(until=200.0).reached(item) == 30


def test_direct_copies_that_are_lost_are_lost_and_leave_one_after_the_other():
    network = swarm(qfl.Direct(), 10, upload=1e6, lost=lambda source, target: target == 4).spread(TRANSACTION).run()
    assert network.reached(TRANSACTION) == 9 and network.sent == {"update": 9} and network.duplicates == 0
    times = [network.obtained_s["update"][i] for i in (1, 2, 3, 5)]
    assert times == pytest.approx([0.11, 0.21, 0.31, 0.51])


def test_push_alone_dies_out_without_repair_and_is_repaired_with_it():
    blind = qfl.Gossip(fanout=2, mode=qfl.Push(), repair=float("inf"))
    died = swarm(blind, 500).spread(TRANSACTION).run()
    assert 0.72 < died.reached(TRANSACTION) / 500 < 0.88  # c = 1 - exp(-2 c) = 0.797
    healed = swarm(dataclasses.replace(blind, repair=1.0), 500).spread(TRANSACTION).run()
    assert healed.reached(TRANSACTION) == 500 and healed.sent["gossip-poll"] > 0 == died.sent["gossip-poll"]


def test_pulling_sends_no_copy_unasked_and_pushing_sends_a_copy_per_contact():
    pulled = swarm(qfl.Gossip(mode=qfl.Pull()), 50).spread(TRANSACTION).run()
    assert pulled.sent["update"] <= pulled.sent["gossip-poll"]
    pushed = swarm(qfl.Gossip(fanout=4, mode=qfl.Push(rounds=3), repair=float("inf")), 50).spread(TRANSACTION).run()
    assert pushed.sent == {"update": 50 * 4 * 3}
    assert pushed.duplicates == pushed.sent["update"] - 49


@pytest.mark.parametrize("ticks", [qfl.StaggeredTicks(), qfl.AlignedTicks()])
@given(now=st.floats(0, 1e6), period=st.floats(1e-3, 1e3), phase=st.floats(0, 1, exclude_max=True))
def test_ticks_lie_on_their_grid_and_ahead(ticks, now, period, phase):
    wait = ticks.wait(now, period, phase, np.random.default_rng(0))
    offset = phase * period if isinstance(ticks, qfl.StaggeredTicks) else 0.0
    periods = (now + wait - offset) / period
    assert 0.0 <= wait <= period * (1 + 1e-6) + 1e-6
    assert periods == pytest.approx(round(periods), abs=1e-4)


class _Table:
    """Draws that come from a table of targets: row by round, column by node."""

    def __init__(self, network, table, node):
        self.network, self.table, self.node = network, table, node

    def random(self):
        return 0.0

    def integers(self, count):
        return self.table[round(self.network[0].now), self.node]


@pytest.mark.parametrize(
    "mode",
    [
        qfl.Push(rounds=99, at_once=False),
        qfl.Push(rounds=2, at_once=False),
        qfl.PushPull(rounds=99, at_once=False),
        qfl.Pull(),
    ],
)
@pytest.mark.parametrize("seed", range(4))
def test_rounds_at_once_equal_relays_that_exchange_messages(mode, seed):
    n = 60
    way = qfl.Gossip(fanout=1, mode=mode, period=1.0, ticks=qfl.AlignedTicks(), repair=float("inf"))
    table = np.random.default_rng(seed).integers(n - 1, size=(100, n))
    informed = rounds_of_gossip(way, n, lambda number: table[number], most=90)
    network = []
    names = members(n)
    relays = {name: way.relay(name, names, _Table(network, table, i)) for i, name in enumerate(names)}
    network.append(Swarm(relays, lambda source, target: 0.1, upload=1e7))
    network[0].spread(TRANSACTION).run(until=95.0)
    obtained = np.array(list(network[0].obtained_s["update"].values()))
    counted = [int((obtained < number + 1).sum()) for number in range(len(informed))]
    assert counted == informed.tolist()
    assert informed[-1] == len(obtained)


def test_mesh_degrees_settle_within_their_bounds_and_are_mutual():
    way, item = qfl.GossipMesh(), block()
    network = swarm(way, 60, upload=1e8).spread(item).run(until=30.0)
    meshes = {f"n{i}": set(relay.mesh) for i, relay in enumerate(network.relays)}
    assert all(way.low <= len(mesh) <= way.high for mesh in meshes.values())
    assert all(me in meshes[peer] for me, mesh in meshes.items() for peer in mesh)


def test_a_mesh_prunes_what_is_too_much_grafts_what_is_too_little_and_keeps_away_from_the_pruned():
    way = qfl.GossipMesh(degree=3, low=3, high=4, lazy=0)
    relay = way.relay("n0", members(20), np.random.default_rng(1))
    relay.settle(members(20)[1:9])
    relay.expect(0.0, TRANSACTION)
    pruned = [effect for effect in relay.expire(1.0, "heartbeat") if hasattr(effect, "packet")]
    assert {effect.packet.kind for effect in pruned} == {"prune"} and len(pruned) == 5 and len(relay.mesh) == 3
    gone = {effect.to for effect in pruned}
    relay.mesh.clear()
    grafted = [effect for effect in relay.expire(2.0, "heartbeat") if hasattr(effect, "packet")]
    assert {effect.packet.kind for effect in grafted} == {"graft"} and len(grafted) == 3
    assert not gone & {effect.to for effect in grafted}


@pytest.mark.parametrize(("held", "fetched"), [(range(10), 0), (range(7), 3), ((), 10)])
def test_compact_blocks_send_only_what_is_missing(held, fetched):
    item = block(held=held)
    network = swarm(qfl.CompactBlocks(connections=1, high_bandwidth=1), 2).spread(item).run()
    expected = compact_byte(100, 10)
    if fetched:
        expected += request_byte(range(10 - fetched, 10)) + transactions_byte([1250.0] * fetched)
    assert network.size_bit == pytest.approx(8 * expected, abs=1e-9)
    assert network.sent["blocktxn"] == bool(fetched)


def test_low_bandwidth_announces_first_and_takes_two_delays_more():
    times = []
    for high in (1, 0):
        network = swarm(qfl.CompactBlocks(connections=1, high_bandwidth=high), 2).spread(block(held=range(10))).run()
        times.append(network.obtained_s["block"][1])
        assert network.sent["inv"] == network.sent["getdata"] == (not high)
    assert times == pytest.approx([0.01, 0.03])


def test_sizes_of_bip_152():
    assert [compact_size_byte(n) for n in (0, 252, 253, 65535, 65536, 2**32)] == [1, 1, 3, 3, 5, 9]
    assert compact_byte(80, 0) == 90 and compact_byte(80, 253) == 80 + 8 + 3 + 6 * 253 + 1
    assert request_byte(()) == 33 and request_byte((0, 300, 301)) == 33 + 1 + 3 + 1
    assert transactions_byte([100, 200]) == 333


@pytest.mark.parametrize("way", WAYS, ids=NAMES)
def test_same_seed_same_packets(way):
    first, second = (swarm(way, 25, upload=1e7).spread(block()).run() for _ in range(2))
    assert first.obtained_s == second.obtained_s and first.sent == second.sent and first.size_bit == second.size_bit


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda: qfl.Gossip(fanout=0), "Gossip.fanout must be >= 1, got 0"),
        (lambda: qfl.Gossip(period=0.0), "Gossip.period must be > 0 s"),
        (lambda: qfl.Push(rounds=0), "Push.rounds must be >= 1"),
        (lambda: qfl.GossipMesh(degree=13), "GossipMesh.degree must lie between low = 5 and high = 12, got 13"),
        (
            lambda: qfl.CompactBlocks(connections=2, high_bandwidth=3),
            "CompactBlocks.high_bandwidth must be <= connections = 2, got 3",
        ),
        (lambda: qfl.Direct(followers=("",)), "Direct.followers must be names"),
        (lambda: rounds_of_gossip(qfl.Gossip(), 5, None), "gossip.fanout must be 1"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(wrong, told):
    with pytest.raises(ValueError, match=told.replace("(", r"\(")):
        wrong()


def test_others_are_all_but_oneself_in_order():
    others = Others(members(4), "n1")
    assert list(others) == ["n0", "n2", "n3"] and len(others) == 3 and list(others[1:]) == ["n2", "n3"]
    with pytest.raises(IndexError):
        others[3]


def test_shares_are_reached_by_rank():
    times = [5.0, 1.0, 3.0, 2.0]
    assert [reached_by(times, 4, share) for share in (0.25, 0.5, 0.51, 1.0)] == [1.0, 2.0, 3.0, 5.0]
    assert reached_by(times, 5, 0.8) == 5.0 and reached_by(times, 5, 0.81) == float("inf")


def test_chains_that_there_cannot_be_are_not_followed():
    with pytest.raises(ValueError, match=r"Direct\.followed must name chains"):
        qfl.Direct(followers=("device-*",), followed=("bogus",))
