"""Messages over several hops, each of which may lose them."""

import simpy

from qflsim.energy import EnergyBook
from qflsim.nodes.context import Context
from qflsim.nodes.fabric import Fabric
from qflsim.streams import Streams
from qflsim.trace import Trace


class Hop:
    def __init__(self, ctx, medium, delay, loses=False):
        self.medium, self._ctx, self._delay, self._loses = medium, ctx, delay, loses

    def carry(self, label, size_bit, arrived, lost):
        self._ctx.after(self._delay, lost if self._loses else arrived)


def world(*hops):
    ctx, records = Context(simpy.Environment(), Trace(), EnergyBook(), Streams(1)), []
    ctx.trace.observe(records.append)
    carriers = [Hop(ctx, *hop) for hop in hops]
    return ctx, Fabric(ctx, lambda source, destination: carriers), records


def fates(ctx, fabric):
    """What is called when, and when the fabric is idle."""
    told = []
    fabric.send("x", "a", "b", 8.0, lambda: told.append(("arrived", ctx.now)), lambda: told.append(("lost", ctx.now)))
    fabric.idle().callbacks.append(lambda _: told.append(("idle", ctx.now)))
    ctx.env.run()
    return told


def test_a_message_arrives_after_all_its_hops():
    ctx, fabric, records = world(("access-up", 1.0), ("fibre", 2.0), ("access-down", 4.0))
    assert fates(ctx, fabric) == [("arrived", 7.0), ("idle", 7.0)]
    assert [(r.medium, r.delivered, r.delivered_s) for r in records] == [("access-up+fibre+access-down", True, 7.0)]


def test_a_lost_message_is_recorded_with_the_hop_that_lost_it():
    ctx, fabric, records = world(("access-up", 1.0), ("fibre", 2.0, True), ("access-down", 4.0))
    assert fates(ctx, fabric) == [("lost", 3.0), ("idle", 3.0)]
    assert [(r.medium, r.delivered) for r in records] == [("fibre", False)]
    assert records[0].delivered_s != records[0].delivered_s  # NaN: it never was
    assert ctx.totals.wired_bit == ctx.totals.air_bit == 8.0  # what was sent was sent


def test_without_a_route_the_message_is_lost_at_once():
    ctx, fabric, records = world()
    assert fates(ctx, fabric) == [("lost", 0.0), ("idle", 0.0)]
    assert [(r.medium, r.delivered) for r in records] == [("none", False)]


def test_an_adversary_takes_a_message_before_it_leaves():
    ctx, fabric, records = world(("fibre", 2.0))
    fabric.fate = lambda kind, source, destination: ()
    assert fates(ctx, fabric) == [("lost", 0.0), ("idle", 0.0)]
    assert [(r.medium, r.delivered) for r in records] == [("adversary", False)]
    assert ctx.totals.wired_bit == 0.0


def test_a_message_that_is_delayed_leaves_later():
    ctx, fabric, records = world(("fibre", 2.0))
    fabric.fate = lambda kind, source, destination: (3.0,)
    assert fates(ctx, fabric) == [("arrived", 5.0), ("idle", 5.0)]
    assert (records[0].sent_s, records[0].delivered_s) == (0.0, 5.0)


def test_of_several_copies_the_first_counts_and_all_load_the_link():
    ctx, fabric, records = world(("fibre", 2.0))
    fabric.fate = lambda kind, source, destination: (3.0, 1.0, 0.0)
    assert fates(ctx, fabric) == [("arrived", 2.0), ("idle", 5.0)]
    assert [r.delivered_s for r in records] == [2.0, 3.0, 5.0] and ctx.totals.wired_bit == 24.0


def test_copies_are_lost_when_the_last_one_is():
    ctx, fabric, _ = world(("fibre", 2.0, True))
    fabric.fate = lambda kind, source, destination: (0.0, 1.0)
    assert fates(ctx, fabric) == [("lost", 3.0), ("idle", 3.0)]
