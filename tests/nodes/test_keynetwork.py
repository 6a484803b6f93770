"""Keys on the timeline: from a link's own store, relayed hop by hop, given up, and what is left of the bits."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from qflsim.crypto.authentication import WegmanCarter
from qflsim.crypto.keyrouting import WidestPath
from qflsim.crypto.keystore import KeyStore
from qflsim.nodes.keylink import BlockMaker, KeyLink
from qflsim.nodes.tags import Tagger
from qflsim.quantum.keyblocks import BlockSource, KeyBlock
from qflsim.trace import Key, QKDBlock, Transfer

LINE = {("a", "b"): 100.0, ("b", "c"): 50.0, ("c", "d"): 200.0}


def test_neighbours_draw_from_their_own_link(key_world):
    world = key_world(LINE)
    draw = world.draw("b", "a", 300.0)
    world.run()
    assert (draw.state, draw.path, draw.ready_s, draw.ended_s) == ("granted", ("b", "a"), 3.0, 3.0)
    assert world.drawn() == {("a", "b"): 300.0, ("b", "c"): 0.0, ("c", "d"): 0.0}
    assert not world.of(Transfer)


def test_a_relayed_key_costs_its_bits_on_every_hop_and_a_message_each(key_world):
    world = key_world(LINE)
    draw = world.draw("a", "d", 300.0)
    world.run()
    assert (draw.state, draw.path, draw.hops) == ("granted", ("a", "b", "c", "d"), 3)
    assert draw.ready_s == 6.0  # the scarcest link: 300 bits at 50 bit/s
    assert draw.ended_s == 9.0
    assert set(world.drawn().values()) == {300.0}
    assert world.ctx.totals.qkd_bit == 900.0
    sent = world.of(Transfer)
    assert [(t.source, t.destination, t.size_bit) for t in sent] == [
        ("a", "b", 428.0), ("b", "c", 428.0), ("c", "d", 428.0),
    ]  # fmt: skip


def test_a_relay_that_misses_its_deadline_gives_everything_back(key_world):
    world = key_world(LINE)
    draw = world.draw("a", "d", 300.0, deadline_s=5.0)
    world.run(20.0)
    assert (draw.state, draw.ended_s, world.ended) == ("failed", 5.0, [draw])
    assert set(world.drawn().values()) == {0.0}
    assert all(link.manager.set_aside_bit == 0.0 and not link.manager.waiting for link in world.links.values())
    assert [link.manager.level(20.0) for link in world.links.values()] == [2100.0, 1100.0, 4100.0]


def test_a_draw_that_is_withdrawn_gives_everything_back_and_is_not_told(key_world):
    world = key_world(LINE)
    draw = world.draw("a", "d", 300.0)
    world.at(4.0, lambda: world.network.withdraw(draw))
    world.run(20.0)
    assert (draw.state, world.ended) == ("failed", [])
    assert set(world.drawn().values()) == {0.0}
    assert all(link.manager.set_aside_bit == 0.0 for link in world.links.values())


def test_a_relay_that_is_lost_on_the_way_has_used_its_bits_up(key_world):
    world = key_world(LINE)
    draw = world.draw("a", "d", 300.0)
    world.at(6.5, lambda: setattr(world.hop, "broken", True))
    world.run(20.0)
    assert (draw.state, draw.ended_s) == ("failed", 8.0)  # the second hop
    assert set(world.drawn().values()) == {300.0}


def test_who_has_no_link_gets_no_key(key_world):
    world = key_world(LINE)
    assert world.draw("a", "z", 10.0).state == "failed"


def test_the_wider_way_is_taken_and_levels_are_those_of_the_moment(key_world):
    world = key_world(
        {("a", "b"): 10.0, ("b", "d"): 10.0, ("a", "c"): 20.0, ("c", "d"): 20.0}, routing=WidestPath(), maximum=1e6
    )
    draws = []
    world.at(10.0, lambda: draws.append(world.draw("a", "d", 150.0)))
    world.at(11.0, lambda: draws.append(world.draw("a", "d", 10.0)))
    world.run(100.0)
    assert [draw.path for draw in draws] == [("a", "c", "d"), ("a", "b", "d")]


@given(st.lists(st.tuples(st.floats(0.0, 30.0), st.sampled_from(["ab", "ac", "bd", "ad", "cd"]),
                          st.integers(1, 2000), st.sampled_from([1.0, 20.0, 1e9])), max_size=25))  # fmt: skip
def test_every_bit_is_delivered_times_hops_or_still_there(key_world, wanted):
    world = key_world(LINE)
    for time, pair, bits, patience in wanted:
        world.at(time, lambda p=pair, b=bits, end=time + patience: world.draw(p[0], p[1], float(b), end))
    world.run(1e4)
    granted = [draw for draw in world.ended if draw.state == "granted"]
    assert len(world.ended) == len(wanted)
    assert sum(world.drawn().values()) == sum(draw.bits * draw.hops for draw in granted) == world.ctx.totals.qkd_bit
    for link in world.links.values():
        level = link.manager.level(1e4)
        assert 100.0 <= level <= 10_000.0 and link.manager.set_aside_bit == 0.0
        assert 100.0 + link.manager.made_bit == pytest.approx(level + link.manager.drawn_bit)


class Ticking(BlockSource):
    """A block of ten seconds each, half of which is key; every third is aborted."""

    def __init__(self):
        self.started = []

    def next_block(self, start_s):
        self.started.append(start_s)
        aborted = len(self.started) % 3 == 0
        return KeyBlock(10.0, 2.0, 1000, 100, 0.25 if aborted else 0.02, 0 if aborted else 50, aborted)


def blocky(key_world, source, **marks):
    world = key_world({})
    store = KeyStore(**({"minimum": 40.0, "maximum": 140.0, "threshold": 100.0, "block_tags": 4.0} | marks))
    link = KeyLink(world.ctx, ("a", "b"), store, BlockMaker(world.ctx, source))
    return world, link


def test_blocks_follow_each_other_until_the_store_is_full(key_world):
    source = Ticking()
    world, link = blocky(key_world, source)
    world.run(200.0)
    # 40 - 4 + 50 at 12 s, 132 at 22 s, the third aborted, then full with the fourth; the fifth was under way
    assert source.started == [0.0, 10.0, 20.0, 30.0, 40.0]
    rows = world.of(QKDBlock)
    assert [(r.time_s, r.aborted, r.secret_bit, r.level_bit) for r in rows] == [
        (12.0, 0, 50.0, 86.0), (22.0, 0, 50.0, 132.0), (32.0, 1, 0.0, 132.0), (42.0, 0, 50.0, 140.0),
        (52.0, 0, 50.0, 140.0),
    ]  # fmt: skip
    assert link.manager.discarded_bit > 0.0


def test_a_draw_sets_the_boxes_to_work_again(key_world):
    source = Ticking()
    world, link = blocky(key_world, source)
    world.at(100.0, lambda: link.hand_out(link.request(60.0, 1e9, print)))
    world.run(130.0)
    assert source.started[5:] == [100.0, 110.0, 120.0]


def test_a_link_without_key_to_authenticate_with_makes_none(key_world):
    world, link = blocky(key_world, Ticking(), minimum=0.0, block_tags=4.0)
    world.run(100.0)
    assert link.manager.made_bit == 0.0
    assert all(row.aborted and row.secret_bit == 0.0 for row in world.of(QKDBlock))


def test_a_block_that_gives_less_than_its_authentication_takes_is_dropped(key_world):
    world, link = blocky(key_world, Ticking(), minimum=100.0, threshold=120.0, block_tags=50.0)
    world.run(100.0)
    assert link.manager.spent_bit == 0.0 and link.manager.level(100.0) == 100.0
    assert [row.aborted for row in world.of(QKDBlock)] == [0, 0, 1] * 3


def test_many_blocks_make_few_rows_that_add_up(key_world):
    world, link = blocky(key_world, Ticking(), maximum=1e9, threshold=1e9)
    world.run(10_000.0)
    link.close_round()
    rows = world.of(QKDBlock)
    assert sum(row.blocks for row in rows) == 999
    assert [row.blocks for row in rows] == [1] * 100 + [2] * 100 + [4] * 100 + [8] * 37 + [3]
    assert sum(row.secret_bit for row in rows) == link.manager.made_bit
    assert sum(row.aborted for row in rows) == 333
    assert rows[-2].error_rate == pytest.approx(np.mean([0.02, 0.02, 0.25]), rel=0.2)
    world.ctx.round = 2
    world.run(10_100.0)
    assert world.of(QKDBlock)[len(rows)].blocks == 1  # a new round, single rows again


def test_a_message_waits_for_the_key_of_its_tag(key_world):
    world = key_world({("a", "b"): 64.0})
    tagger, sent = Tagger(world.ctx, WegmanCarter(), world.network), []
    tags = [tagger.pay("a", "b", lambda i=i: sent.append((i, world.ctx.now))) for i in range(3)]
    assert [tag.bits for tag in tags] == [256.0, 128.0, 128.0]  # the hash key serves again
    assert all(tag.waiting for tag in tags)
    tags[1].withdraw()
    world.run(100.0)
    assert sent == [(0, 4.0), (2, 6.0)]
    assert world.ctx.totals.qkd_bit == 384.0


def test_a_fresh_hash_key_for_every_message_costs_twice(key_world):
    world = key_world({("a", "b"): 64.0})
    tagger = Tagger(world.ctx, WegmanCarter(recycled=False), world.network)
    assert [tagger.pay("b", "a", lambda: None).bits for _ in range(2)] == [256.0, 256.0]


def test_tags_between_nodes_without_a_link_are_paid_from_relayed_lots(key_world):
    world = key_world({("a", "b"): 1000.0, ("b", "c"): 1000.0})
    tagger, sent = Tagger(world.ctx, WegmanCarter(relay_lot=1024.0), world.network), []
    for _ in range(20):
        tagger.pay("a", "c", lambda: sent.append(world.ctx.now))
    world.run(100.0)
    assert len(sent) == 20
    assert sent[0] == pytest.approx(1.024 + 2.0)
    lots = world.of(Key)
    assert {(lot.purpose, lot.path, lot.hops, lot.known_to) for lot in lots} == {("tags", "a>b>c", 2, 3)}
    drawn = sum(world.drawn().values())
    assert drawn == world.ctx.totals.qkd_bit == 2 * 1024.0 * len(lots)
    assert len(lots) * 1024.0 >= 128.0 * 21


def test_lots_that_are_lost_are_ordered_again(key_world):
    world = key_world({("a", "b"): 1e4, ("b", "c"): 1e4})
    world.hop.broken = True
    tagger, sent = Tagger(world.ctx, WegmanCarter(relay_lot=1024.0), world.network), []
    tagger.pay("a", "c", lambda: sent.append(world.ctx.now))
    world.at(10.0, lambda: setattr(world.hop, "broken", False))
    world.run(100.0)
    assert len(sent) == 1 and 10.0 < sent[0] < 14.0
