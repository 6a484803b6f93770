"""Transfers on a band whose links change while they are under way."""

import pytest
import simpy
from hypothesis import given, settings, strategies as st

from qflsim.energy import EnergyBook
from qflsim.network.timing import Access
from qflsim.nodes.context import Context
from qflsim.nodes.radio import Band, RadioLink
from qflsim.streams import Streams
from qflsim.trace import Trace

LABEL = ("a", "b", "test")


class Air:
    """A band of 10 Hz and links on it whose efficiencies are set by hand."""

    def __init__(self, bandwidth=10.0):
        self.ctx = Context(simpy.Environment(), Trace(), EnergyBook(), Streams(1))
        self.band = Band(self.ctx, bandwidth)
        self.quality, self.told, self.airtime = {}, [], {}
        self.asked, self.fails = [], False

    def link(self, name, efficiency, patience=1.0, band=None):
        self.quality[name] = efficiency
        self.airtime[name] = 0.0

        def charge(airtime):
            self.airtime[name] += airtime

        ends = (name, "station")
        band = band or self.band
        heard = lambda: self.quality[name]  # noqa: E731
        return RadioLink(self.ctx, "access-up", ends, band, heard, patience, self.access, charge)

    def access(self, label, size_bit, efficiency):
        self.asked.append((size_bit, efficiency))
        return Access(0.25 if self.fails else 0.0, lost=self.fails)

    def send(self, link, size_bit):
        name = link.ends[0]
        link.carry(LABEL, size_bit, lambda: self._tell(name, "arrived"), lambda: self._tell(name, "lost"))

    def _tell(self, name, fate):
        self.told.append((name, fate, self.ctx.now))

    def becomes(self, time, name, efficiency, band=None):
        def change():
            self.quality[name] = efficiency
            (band or self.band).refresh()

        self.ctx.at(time, change)

    def played(self):
        self.ctx.env.run()
        return self.told


def test_a_worse_link_carries_the_rest_more_slowly():
    air = Air()
    air.send(air.link("a", 2.0), 20.0)
    air.becomes(0.5, "a", 0.5)  # 10 bits are sent, 10 are left at 5 bit/s
    assert air.played() == [("a", "arrived", pytest.approx(2.5))]
    assert air.airtime["a"] == pytest.approx(2.5)


def test_an_outage_is_waited_through_and_nothing_is_sent_twice():
    air = Air()
    air.send(air.link("a", 1.0), 10.0)
    air.becomes(0.25, "a", 0.0)
    air.becomes(0.75, "a", 1.0)
    assert air.played() == [("a", "arrived", pytest.approx(1.5))]
    assert air.airtime["a"] == pytest.approx(1.0)  # nothing is on the air in between


def test_others_have_the_band_while_one_waits():
    air = Air()
    air.send(air.link("a", 1.0), 10.0)
    air.send(air.link("b", 1.0), 10.0)
    air.becomes(1.0, "a", 0.0)  # 5 bits each are left; b has the band alone until 1.5
    air.becomes(1.8, "a", 1.0)
    assert air.played() == [("b", "arrived", pytest.approx(1.5)), ("a", "arrived", pytest.approx(2.3))]


@pytest.mark.parametrize(("back", "fate"), [(1.2, "arrived"), (1.3, "lost")])
def test_an_outage_longer_than_patience_loses_the_message_once(back, fate):
    air = Air()
    air.send(air.link("a", 1.0), 10.0)
    air.becomes(0.25, "a", 0.0)
    air.becomes(back, "a", 1.0)
    end = 1.25 if fate == "lost" else back + 0.75
    assert air.played() == [("a", fate, pytest.approx(end))]
    assert not air.band.flows


def test_a_second_outage_has_a_patience_of_its_own():
    air = Air()
    air.send(air.link("a", 1.0), 10.0)
    for time, efficiency in ((0.1, 0.0), (0.9, 1.0), (1.0, 0.0), (1.8, 1.0)):
        air.becomes(time, "a", efficiency)
    assert air.played() == [("a", "arrived", pytest.approx(2.6))]


def test_a_message_into_an_outage_is_lost_after_patience_and_not_at_once():
    air = Air()
    air.send(air.link("a", 0.0, patience=0.4), 10.0)
    assert air.told == []
    assert air.played() == [("a", "lost", pytest.approx(0.4))]
    assert air.airtime["a"] == 0.0


def test_a_message_that_its_repetitions_do_not_bring_over_is_lost():
    air = Air()
    air.fails = True
    air.send(air.link("a", 1.0), 10.0)
    air.becomes(0.5, "a", 0.5)
    assert air.played() == [("a", "lost", pytest.approx(1.5 + 0.25))]
    assert air.asked == [(10.0, 0.5)]  # its whole size, at the efficiency it ended with


def test_a_transfer_goes_on_over_another_band():
    air = Air()
    other = Band(air.ctx, 20.0)
    air.send(air.link("a", 1.0), 10.0)
    (flow,) = air.band.flows
    better = air.link("b", 2.0, band=other)
    air.ctx.at(0.5, lambda: air.band.move(flow, better))  # 5 bits are left, at 40 bit/s
    assert air.played() == [("a", "arrived", pytest.approx(0.625))]
    assert air.airtime == {"a": pytest.approx(0.5), "b": pytest.approx(0.125)}


def test_a_withdrawn_transfer_calls_nobody():
    air, left = Air(), []
    air.send(air.link("a", 1.0), 10.0)
    air.send(air.link("b", 0.0), 4.0)
    for flow in air.band.flows:
        air.ctx.at(0.5, lambda flow=flow: left.append(air.band.withdraw(flow)))
    assert air.played() == []
    assert left == [pytest.approx(5.0), 4.0]


changes_ = st.lists(st.tuples(st.floats(0, 3), st.integers(0, 3), st.sampled_from([0.0, 0.5, 1.0, 3.0])), max_size=20)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.floats(1, 30), min_size=1, max_size=4), changes_)
def test_every_message_has_one_fate_and_its_bits_are_conserved(sizes, changes):
    air, sent = Air(), {}
    for i, size in enumerate(sizes):
        link = air.link(str(i), 1.0, patience=0.5)
        sent[link.ends[0]] = 0.0

        def charge(airtime, name=link.ends[0]):
            assert airtime >= 0.0
            sent[name] += airtime * air.heard[name] * 10.0

        link.charge = charge
        air.send(link, size)
    air.heard = dict.fromkeys(sent, 1.0)
    for time, i, efficiency in changes:
        name = str(i % len(sizes))

        def change(name=name, efficiency=efficiency):
            air.quality[name] = efficiency
            air.band.refresh()  # books what went at the old efficiency
            if efficiency:
                air.heard[name] = efficiency

        air.ctx.at(time, change)
    fates = {name: fate for name, fate, _ in air.played()}
    assert len(air.told) == len(sizes) == len(fates)
    for name, size in zip(sent, sizes, strict=True):
        if fates[name] == "arrived":
            assert sent[name] == pytest.approx(size)
        else:
            assert sent[name] < size * (1 + 1e-9)
