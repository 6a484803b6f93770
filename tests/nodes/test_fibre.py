"""Fibres on the timeline: queues at both ends, and messages that a failure takes."""

import numpy as np
import pytest
import simpy

from qflsim.energy import EnergyBook
from qflsim.network import FifoQueue
from qflsim.nodes.context import Context
from qflsim.nodes.media import FibreLink
from qflsim.nodes.outages import FibreOutages
from qflsim.streams import Streams
from qflsim.trace import Trace

LABEL = ("a", "b", "x")


def context():
    ctx, records = Context(simpy.Environment(initial_time=0.0), Trace(), EnergyBook(), Streams(1)), []
    ctx.trace.observe(records.append)
    return ctx, records


def fibre(ctx, rate=1e6, delay=0.25, intake=None):
    return FibreLink(
        ctx, ("a", "b"), FifoQueue(rate, delay), intake or FifoQueue(float("inf"), 0.0), lambda size_bit: None
    )


class Fates:
    """When each message arrived or was lost."""

    def __init__(self, ctx):
        self.ctx, self.arrived, self.lost = ctx, {}, {}

    def send(self, link, name, size_bit):
        def note(book):
            assert name not in self.arrived and name not in self.lost, "told twice"
            book[name] = self.ctx.now

        link.carry(LABEL, size_bit, lambda: note(self.arrived), lambda: note(self.lost))


def test_a_message_is_put_on_the_line_flies_and_is_taken_in():
    ctx, _ = context()
    fates, link = Fates(ctx), fibre(ctx, intake=FifoQueue(2e6, 0.0))
    fates.send(link, "first", 1e6)
    fates.send(link, "second", 1e6)
    ctx.env.run()
    assert fates.arrived == {"first": pytest.approx(1.75), "second": pytest.approx(2.75)}


def test_fibres_that_end_at_one_node_share_its_intake():
    ctx, _ = context()
    fates, intake = Fates(ctx), FifoQueue(1e6, 0.0)
    for name in ("first", "second"):
        fates.send(fibre(ctx, intake=intake), name, 1e6)
    ctx.env.run()
    assert sorted(fates.arrived.values()) == pytest.approx([2.25, 3.25])


def test_the_intake_of_many_quick_lines_waits_like_m_d_1():
    ctx, _ = context()
    rng, load, service, lines, waits = np.random.default_rng(2), 0.6, 1e-3, 8, []
    links = [fibre(ctx, rate=1e12, delay=0.0, intake=None) for _ in range(lines)]
    intake = FifoQueue(1e6, 0.0)
    for link in links:
        link._intake = intake

    def arrive(link, sent):
        waits.append(ctx.now - sent - service)

    for link in links:
        now = 0.0
        for gap in rng.exponential(lines * service / load, 6000):
            now += gap
            ctx.at(now, lambda link=link, now=now: link.carry(LABEL, 1e3, lambda: arrive(link, now), lambda: None))
    ctx.env.run()
    assert len(waits) == 6000 * lines
    assert np.mean(waits) == pytest.approx(load * service / (2 * (1 - load)), rel=0.05)


def test_a_failure_takes_what_is_queued_and_in_flight_and_nothing_that_is_through():
    ctx, _ = context()
    fates, link = Fates(ctx), fibre(ctx, intake=FifoQueue(1e6, 0.0))
    for name in ("through", "in flight", "queued"):
        fates.send(link, name, 1e6)  # out at 1.25, 2.25, 3.25 s, taken in a second later

    def fail():
        for lost in link.fail():
            lost()

    ctx.at(2.1, fail)
    ctx.at(2.2, lambda: fates.send(link, "later", 1e6))
    ctx.at(5.0, link.repair)
    ctx.at(5.0, lambda: fates.send(link, "after", 1e6))
    ctx.env.run()
    assert fates.arrived == {"through": pytest.approx(2.25), "after": pytest.approx(7.25)}
    assert fates.lost == {"in flight": 2.1, "queued": 2.1, "later": 2.2}
    assert link.lost == 3


def test_a_loss_is_told_after_carry_has_returned():
    ctx, _ = context()
    link, told = fibre(ctx), []
    link.fail()
    link.carry(LABEL, 8.0, lambda: told.append("arrived"), lambda: told.append("lost"))
    assert told == []
    ctx.env.run()
    assert told == ["lost"]


def test_outages_are_played_and_written_down():
    ctx, records = context()
    fates, links, seen = Fates(ctx), (fibre(ctx), fibre(ctx)), []
    timetable = iter([(1.0, 3.0), (10.0, float("inf"))])
    outages = FibreOutages(ctx, ("a", "b"), links, timetable, lambda up: seen.append((ctx.now, up)))
    fates.send(links[0], "there", 5e6)
    fates.send(links[1], "back", 5e6)
    ctx.at(2.0, lambda: fates.send(links[1], "during", 8.0))
    ctx.at(4.0, lambda: fates.send(links[1], "between", 8.0))
    ctx.env.run()
    assert seen == [(1.0, False), (3.0, True), (10.0, False)]
    assert set(fates.lost) == {"there", "back", "during"} and set(fates.arrived) == {"between"}
    outages.close()
    outages.close()
    rows = [(r.first, r.second, r.from_s, r.to_s, r.lost) for r in records]
    assert rows[0] == ("a", "b", 1.0, 3.0, 3)
    assert rows[1][:3] == ("a", "b", 10.0) and rows[1][3] != rows[1][3] and rows[1][4] == 0
    assert len(rows) == 2
