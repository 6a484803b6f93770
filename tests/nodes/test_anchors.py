"""Key made in front of fixed anchors, stored, carried away, and drawn with any node by relay."""

import pytest

import qflsim as qfl
from qflsim.crypto.keyrouting import WidestPath
from qflsim.crypto.keystore import KeyStore
from qflsim.nodes.anchors import Anchors
from qflsim.nodes.keylink import KeyLink
from qflsim.nodes.keynetwork import KeyNetwork
from qflsim.trace import QKDBlock

SITES = {"east": (1000.0, 0.0), "west": (0.0, 0.0)}
RATE = qfl.AnchorAccess().qkd.key_rate(0.0)


class Walk:
    """Devices whose places are set by hand, two anchors, and a steady link between these."""

    def __init__(self, key_world, ways, access=None, between=1e5):
        self.world = key_world({})
        self.ctx = self.world.ctx
        self.ways = ways
        store = KeyStore(minimum=256.0, maximum=1e6)
        self.anchors = Anchors(self.ctx, access or qfl.AnchorAccess(), SITES, list(ways), self.place, store, moves=True)
        trunk = KeyLink(self.ctx, ("east", "west"), store)
        trunk.set_rate(between)
        links = {("east", "west"): trunk, **self.anchors.links}
        self.network = KeyNetwork(self.ctx, self.world.fabric, links, WidestPath(), visited=self.anchors.links.keys())
        self.anchors.met = self.network.reconsider
        self.ended = []

    def place(self, device):
        return next(place for until, place in self.ways[device] if self.ctx.now < until)

    def draw(self, first, second, bits, deadline=float("inf")):
        draw = self.network.draw(first, second, bits, deadline, self.ended.append)
        if not draw.pending:
            self.ended.append(draw)
        return draw

    def stored(self, device, anchor):
        return self.anchors.links[tuple(sorted((device, anchor)))].spare_bit


INFINITY = float("inf")
AWAY = (500.0, 500.0)


def test_key_is_made_while_a_device_is_within_reach_and_stays_after(key_world):
    walk = Walk(key_world, {"d": [(10.0, AWAY), (15.0, (5.0, 0.0)), (INFINITY, AWAY)]})
    walk.world.run(100.0)
    assert walk.stored("d", "west") == pytest.approx(5.0 * RATE)
    assert walk.stored("d", "east") == 0.0
    (row,) = walk.world.of(QKDBlock)
    assert (row.time_s, row.secret_bit, row.blocks) == (15.0, pytest.approx(5.0 * RATE), 0)
    assert walk.anchors.contact_s("d") == 5.0
    assert walk.anchors.contact_s("d") == 0.0  # asked before


def test_devices_in_front_of_one_anchor_share_it(key_world):
    ways = {"d": [(10.0, (1.0, 0.0)), (INFINITY, AWAY)], "e": [(4.0, AWAY), (10.0, (0.0, 9.0)), (INFINITY, AWAY)]}
    walk = Walk(key_world, ways)
    walk.world.run(20.0)
    assert walk.stored("d", "west") == pytest.approx(RATE * (4.0 + 3.0))
    assert walk.stored("e", "west") == pytest.approx(RATE * 3.0)


def test_stored_key_is_drawn_with_its_anchor_directly_and_with_others_by_relay(key_world):
    walk = Walk(key_world, {"d": [(20.0, (0.0, 0.0)), (INFINITY, AWAY)]})
    walk.world.at(50.0, lambda: walk.draw("west", "d", 256.0))
    walk.world.at(60.0, lambda: walk.draw("east", "d", 256.0))
    walk.world.run(100.0)
    near, far = walk.ended
    assert (near.path, near.hops, near.ended_s) == (("west", "d"), 1, 50.0)
    assert (far.path, far.hops, far.ended_s) == (("east", "west", "d"), 2, 62.0)
    assert walk.stored("d", "west") == pytest.approx(20.0 * RATE - 512.0)


def test_a_device_without_key_waits_until_it_comes_to_any_anchor(key_world):
    walk = Walk(key_world, {"d": [(30.0, AWAY), (INFINITY, (1000.0, 3.0))]})
    walk.world.at(5.0, lambda: walk.draw("west", "d", 1024.0))
    walk.world.at(6.0, lambda: walk.draw("west", "d", 1024.0, 20.0))
    walk.world.run(100.0)
    late, there = walk.ended
    assert (late.state, late.ended_s) == ("failed", 20.0)
    assert (there.state, there.path) == ("granted", ("west", "east", "d"))
    assert there.ready_s == pytest.approx(30.0 + 1024.0 / RATE)
    assert sum(link.manager.waiting for link in walk.network.links.values()) == 0
    assert sum(link.manager.set_aside_bit for link in walk.network.links.values()) == 0.0


def test_the_nearest_of_two_anchors_within_reach_serves(key_world):
    walk = Walk(key_world, {"d": [(INFINITY, (600.0, 0.0))]}, access=qfl.AnchorAccess(reach=700.0))
    walk.world.run(3.0)
    assert walk.stored("d", "east") > 0.0 == walk.stored("d", "west")


BLOCKS = qfl.AnchorAccess(qkd=qfl.FiniteKeyBB84(pulse_rate=1e8, attenuation=0.0, insertion_loss=10.0, block_bit=3e6))


def test_blocks_that_the_device_walks_away_from_are_lost(key_world):
    block = BLOCKS.qkd.expected_block(0.0)
    assert block.secret_bit > 0 and 4.0 < block.duration_s < 8.0
    whole = 2.5 * block.duration_s
    ways = {"d": [(whole, (0.0, 0.0)), (100.0, AWAY), (100.0 + 0.5 * block.duration_s, (0.0, 0.0)), (INFINITY, AWAY)]}
    walk = Walk(key_world, ways, access=BLOCKS)
    walk.world.run(300.0)
    rows = walk.world.of(QKDBlock)
    assert len(rows) == 2 and all(row.secret_bit > 0 for row in rows)  # of two and a half, and of a half


def test_a_device_that_comes_back_begins_a_new_block(key_world):
    block = BLOCKS.qkd.expected_block(0.0)
    ways = {"d": [(1.0, (0.0, 0.0)), (2.0, AWAY), (INFINITY, (0.0, 0.0))]}
    walk = Walk(key_world, ways, access=BLOCKS)
    walk.world.run(2.0 + 1.5 * block.duration_s)
    (row,) = walk.world.of(QKDBlock)
    assert row.time_s == pytest.approx(2.0 + block.duration_s, rel=0.05)


def test_boxes_that_make_no_key_are_refused():
    with pytest.raises(ValueError, match=r"AnchorAccess.qkd must make key in front of an anchor"):
        qfl.AnchorAccess(qkd=qfl.DecoyBB84(misalignment=0.3))
