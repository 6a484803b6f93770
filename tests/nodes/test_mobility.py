"""Two stations and devices on given ways: what happens to messages when their device moves."""

import math
from dataclasses import dataclass, replace

import pytest
import simpy
from hypothesis import given, settings, strategies as st

import qflsim as qfl
from qflsim.energy import EnergyBook
from qflsim.nodes.context import Context
from qflsim.nodes.fabric import Fabric
from qflsim.nodes.membership import Membership
from qflsim.nodes.mobility import Roaming
from qflsim.streams import Streams
from qflsim.trace import Handover, Position, Trace, Transfer
from qflsim.units import MHz, dBm, km
from qflsim.wiring import Wiring
from qflsim.wiring.movement import set_out

APART = 1 * km
REACH = 700.0


@dataclass(frozen=True, kw_only=True)
class Plain(qfl.RadioCell):
    """Line of sight everywhere, a path loss with exponent 3.5, and a sharp end of the reach."""

    station_power: float = qfl.quantity(dBm(33), unit="W")
    station_height: float = qfl.quantity(10.0, unit="m")
    shadowing_los: float = qfl.quantity(0.0, unit="dB")
    shadowing_nlos: float = qfl.quantity(0.0, unit="dB")

    @property
    def distances(self):
        return 1.0, 1e6

    def los_probability(self, distance):
        return 1.0

    def path_loss(self, distance, los):
        return 30.0 + 35.0 * math.log10(distance) + (0.0 if distance <= REACH else 200.0)


@dataclass(frozen=True, kw_only=True)
class Ways(qfl.Mobility):
    """Times and eastings of the first server's devices, in the order of their names; north is 20 m."""

    knots: tuple[tuple[tuple[float, float], ...], ...]

    def trajectory(self, name, start, site, streams):
        if name.startswith("device-2"):
            return qfl.Trajectory([(0.0, start)])
        way = self.knots[int(name.rsplit("-", 1)[1]) - 1]
        return qfl.Trajectory([(time, (east, 20.0)) for time, east in way])


class Stage:
    """A world without actors: wiring, fabric and roaming devices, all at the first server at the start."""

    def __init__(self, *ways, **handover):
        self.scenario = qfl.Scenario(
            name="stage",
            topology=qfl.DenseCell(servers=2, devices_per_server=len(ways), spacing=APART, layout=qfl.LineSites()),
            access=Plain(bandwidth=0.01 * MHz),
            sidelink=qfl.Sidelink(bandwidth=0.01 * MHz, power=dBm(-20)),
            mobility=Ways(knots=tuple(tuple(way) for way in ways)),
            handover=qfl.Handover(**handover),
            background=None,
            keys=qfl.KEMKeys(),
        )
        self.ctx = Context(simpy.Environment(), Trace(), EnergyBook(), Streams(1))
        self.records, self.fates = [], {}
        self.ctx.trace.observe(self.records.append)
        placement, self.ways = set_out(self.scenario, self.scenario.topology.place(self.ctx.streams), self.ctx.streams)
        self.wiring = Wiring(self.scenario, placement, self.ctx)
        self.fabric = Fabric(self.ctx, self.wiring.route, self.wiring.onward)
        access = self.wiring.access
        self.membership = Membership(placement.servers, access.serving, self.wiring.reached)
        self.roaming = Roaming(
            self.ctx, self.fabric, access, self.scenario.handover, 1.0, placement.positions, self.ways,
            self.membership, 1.0, self.wiring.forget_routes,
        )  # fmt: skip
        access.position = self.roaming.place

    def send(self, time, name, source, destination, seconds):
        """A message that takes ``seconds`` on the air at the best efficiency of its first direction."""
        size_bit = seconds * 0.01 * MHz * (2.0 if source.startswith("device") else 4.4)

        def told(fate):
            assert name not in self.fates
            self.fates[name] = (fate, self.ctx.now)

        self.ctx.at(time, lambda: self.fabric.send(
            name, source, destination, size_bit, lambda: told("arrived"), lambda: told("lost")))  # fmt: skip
        return size_bit

    def play(self, until):
        self.ctx.env.process(self.roaming.run())
        self.ctx.env.run(until=until)

    def of(self, kind):
        return [record for record in self.records if isinstance(record, kind)]


D = "device-1-1"
CROSSING = [(0.0, 100.0), (80.0, 900.0)]  # 10 m/s from station to station
STILL = [(0.0, 100.0)]


def border(stage):
    """When the device crosses the border of event A3, at 10 m/s from 100 m on; it walks 20 m beside the line."""
    return (stage.scenario.handover.border(APART, 3.5) - 100.0) / 10.0


def test_a_crossing_device_is_handed_over_once_at_the_border_of_the_closed_form():
    stage = Stage(CROSSING, STILL)
    stage.play(80.0)
    (handed,) = stage.of(Handover)
    assert (handed.device, handed.source, handed.target, handed.cause) == (D, "server-1", "server-2", "a3")
    assert border(stage) + 0.16 <= handed.time_s <= border(stage) + 0.16 + 0.2 + 0.02
    assert handed.snr_after_db - handed.snr_before_db > 3.0
    assert stage.wiring.access.serving[D] == "server-2"
    assert (handed.sending, handed.receiving, handed.forwarded_bit, handed.interruption_s) == (0, 0, 0, 0.04)


def test_positions_are_written_down_once_a_period():
    stage = Stage(CROSSING, STILL)
    stage.play(10.05)
    rows = [p for p in stage.of(Position) if p.device == D]
    assert [round(p.time_s, 9) for p in rows] == [float(t) for t in range(11)]
    assert [p.east_m for p in rows] == pytest.approx([100.0 + 10 * t for t in range(11)])
    assert {p.server for p in rows} == {p.task_server for p in rows} == {"server-1"}
    assert rows[0].snr_down_db > rows[-1].snr_down_db


def test_an_uplink_message_under_way_goes_on_in_the_new_cell_after_the_interruption():
    alone, crossing = Stage(STILL), Stage(CROSSING, interruption=0.1)
    begun = border(crossing) - 1.0
    for stage in (alone, crossing):
        stage.send(begun, "up", D, "publisher", 3.0)
        stage.play(80.0)
    (handed,) = crossing.of(Handover)
    assert (handed.sending, handed.receiving) == (1, 0)
    (fate, time), (_, undisturbed) = crossing.fates["up"], alone.fates["up"]
    assert fate == "arrived"
    # the efficiency is at its bound all the way here, so that the interruption is all that is lost
    assert time - undisturbed == pytest.approx(0.1, abs=2e-3)
    (transfer,) = crossing.of(Transfer)
    assert transfer.medium == "access-up+fibre"
    radio = dict(crossing.ctx.energy._open)
    assert math.fsum(radio[D, "radio"]) == pytest.approx(math.fsum(dict(alone.ctx.energy._open)[D, "radio"]))
    assert math.fsum(radio["server-2", "radio"]) > 0 < math.fsum(radio["server-1", "radio"])


def test_a_downlink_message_under_way_is_forwarded_and_its_bits_are_sent_once():
    stage = Stage(CROSSING)
    size = stage.send(border(stage) - 1.0, "down", "server-1", D, 4.0)
    stage.play(80.0)
    (handed,) = stage.of(Handover)
    assert (handed.sending, handed.receiving) == (0, 1)
    assert 0 < handed.forwarded_bit < size
    transfers = {transfer.kind: transfer for transfer in stage.of(Transfer)}
    own, forwarded = transfers["down"], transfers["forwarded"]
    assert (own.delivered, own.medium) == (True, "access-down")
    assert (forwarded.source, forwarded.destination, forwarded.medium) == ("server-1", "server-2", "fibre")
    assert forwarded.size_bit == handed.forwarded_bit
    assert stage.ctx.totals.air_bit == size
    assert stage.ctx.totals.wired_bit == forwarded.size_bit


def test_what_is_on_the_fibre_to_the_old_station_is_sent_on_to_the_new_one():
    stage = Stage(CROSSING)
    stage.play(border(stage) - 1.0)
    hop = stage.wiring.route("publisher", D)[0]
    stage.wiring.access.serving[D] = "server-2"
    stage.wiring.forget_routes()
    onward = stage.wiring.onward("publisher", D, hop, ())
    assert [(c.medium, c.ends) for c in onward] == [
        ("fibre", ("server-1", "server-2")), ("access-down", ("server-2", D))
    ]  # fmt: skip


def test_where_nothing_moves_the_way_is_that_which_was_planned():
    stage = Stage(STILL)
    still = replace(stage.scenario, mobility=qfl.Static())
    wiring = Wiring(still, still.topology.place(stage.ctx.streams), stage.ctx)
    rest = ("whatever was planned",)
    assert wiring.onward("publisher", D, None, rest) is rest


def test_a_message_to_a_server_goes_on_to_it_over_the_backhaul_if_its_sender_was_handed_over_on_the_way():
    stage = Stage(CROSSING)
    stage.send(border(stage) - 1.0, "up", D, "server-1", 4.0)
    stage.play(80.0)
    (transfer,) = stage.of(Transfer)
    assert (transfer.delivered, transfer.medium) == (True, "access-up+fibre")


def test_a_message_sent_in_the_interruption_waits_for_its_end():
    stage = Stage(CROSSING, interruption=0.5)
    stage.play(border(stage) - 1.0)
    while not stage.of(Handover):
        stage.ctx.env.step()
    (handed,) = stage.of(Handover)
    stage.send(stage.ctx.now + 0.1, "up", D, "server-2", 1e-3)
    stage.ctx.env.run(until=stage.ctx.now + 2.0)
    assert stage.fates["up"][0] == "arrived"
    assert handed.time_s + 0.5 < stage.fates["up"][1] < handed.time_s + 0.51


def test_a_long_outage_loses_messages_and_the_device_comes_back_at_another_station():
    away = [(0.0, 100.0), (10.0, 100.0), (10.1, 5000.0), (20.0, 5000.0), (20.1, 950.0)]
    stage = Stage(away)
    stage.send(9.9, "under way", "server-1", D, 3.0)
    stage.send(12.0, "into the outage", D, "server-1", 0.1)
    stage.send(30.0, "afterwards", "server-1", D, 0.1)
    stage.play(40.0)
    fates = {name: fate for name, (fate, _) in stage.fates.items()}
    assert fates == {"under way": "lost", "into the outage": "lost", "afterwards": "arrived"}
    assert stage.fates["into the outage"][1] == pytest.approx(13.0)
    (handed,) = stage.of(Handover)
    assert (handed.cause, handed.target) == ("recovery", "server-2")
    assert handed.interruption_s == pytest.approx(10.0 + 0.04, abs=0.2)
    lost = {t.kind: (t.medium, t.delivered) for t in stage.of(Transfer) if not t.delivered}
    assert lost == {"under way": ("access-down", False), "into the outage": ("access-up", False)}
    reached = {p.time_s: p.reached for p in stage.of(Position) if p.device == D}
    assert (reached[9.0], reached[15.0], reached[25.0]) == (True, False, True)


def test_a_short_outage_is_waited_through_at_the_old_station():
    dip = [(0.0, 100.0), (10.0, 100.0), (10.1, 5000.0), (10.5, 5000.0), (10.55, 100.0)]
    stage = Stage(dip)
    stage.send(9.9, "up", D, "server-1", 3.0)
    stage.play(20.0)
    assert stage.fates["up"][0] == "arrived"
    assert stage.of(Handover) == []
    assert stage.fates["up"][1] == pytest.approx(9.9 + 3.0 + 0.4, abs=0.01)  # out of reach at two measurements


def test_a_jump_next_to_another_station_is_no_handover_but_a_recovery_after_the_patience():
    stage = Stage([(0.0, 100.0), (10.0, 100.0), (10.01, 990.0)])
    stage.play(20.0)
    (handed,) = stage.of(Handover)
    assert (handed.cause, handed.target, handed.time_s) == ("recovery", "server-2", pytest.approx(11.2))


def test_a_sidelink_follows_the_distance_and_gives_way_to_the_station():
    stage = Stage(STILL, [(0.0, 105.0), (10.0, 105.0), (20.0, 450.0)])
    near = stage.wiring.route(D, "device-1-2")
    assert [hop.medium for hop in near] == ["sidelink"]
    efficiencies = []
    for time in (11.0, 13.0, 15.0):
        stage.ctx.at(time, lambda: efficiencies.append(near[0].efficiency()))
    stage.play(20.5)
    assert efficiencies == sorted(efficiencies, reverse=True)
    assert [hop.medium for hop in stage.wiring.route(D, "device-1-2")] == ["access-up", "access-down"]


def test_a_member_stays_with_its_server_until_the_next_round_whatever_station_serves_it():
    stage = Stage(CROSSING, STILL)
    assert stage.membership.members("server-1") == (D, "device-1-2")
    stage.play(80.0)
    assert stage.wiring.access.serving[D] == "server-2"
    assert stage.membership.server_of(D) == "server-1"
    assert stage.membership.members("server-1") == (D, "device-1-2")
    stage.membership.renew()
    assert stage.membership.members("server-1") == ("device-1-2",)
    assert D in stage.membership.members("server-2")
    assert stage.membership.server_of(D) == "server-2"


messages_ = st.lists(
    st.tuples(st.floats(0, 30), st.sampled_from([D, "device-1-2", "server-1", "publisher"]),
              st.sampled_from(["device-1-1", "device-1-2", "server-2"]), st.floats(1e-3, 3.0)),
    min_size=1, max_size=8,
)  # fmt: skip
places_ = st.lists(st.floats(-400.0, 1800.0), min_size=1, max_size=9)


@settings(deadline=None, max_examples=60)
@given(messages_, places_, places_, st.floats(0.0, 0.5))
def test_every_message_has_one_fate_wherever_devices_go(messages, first, second, interruption):
    stage = Stage(*([(4.0 * k, x) for k, x in enumerate(way)] for way in (first, second)), interruption=interruption)
    for i, (time, source, destination, seconds) in enumerate(messages):
        if source != destination:
            stage.send(time, f"message {i}", source, destination, seconds)
    stage.play(400.0)
    sent = {f"message {i}" for i, (_, a, b, _) in enumerate(messages) if a != b}
    assert set(stage.fates) == sent
    assert stage.fabric.idle().triggered
    recorded = [t for t in stage.of(Transfer) if t.kind != "forwarded"]
    assert {t.kind: t.delivered for t in recorded} == {n: fate == "arrived" for n, (fate, _) in stage.fates.items()}
    assert len(recorded) == len(sent)
    assert not any(band.flows for band in stage.wiring.access.bands.values())
    for handed in stage.of(Handover):
        assert handed.source != handed.target
