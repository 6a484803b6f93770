"""Messages that a satellite carries to a server without fibre."""

from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.checks import ScenarioError
from qflsim.network.orbit import LIGHT
from qflsim.trace import Agreement, Energy, Round, Transfer
from qflsim.units import day, degree, h
from qflsim.world import World

PLACES = qfl.GeographicSites(
    places=((39.9 * degree, 116.4 * degree), (39.0 * degree, 117.2 * degree), (43.8 * degree, 87.6 * degree))
)
"""Beijing, Tianjin beside it, and Urumqi far to the west."""

RELAY = qfl.SatelliteRelay()
MICIUS = qfl.Satellite(relay=RELAY, stations=("server-1", "server-3"))
APART = qfl.EdgeList(edges=(("publisher", "server-1"), ("server-1", "server-2")))


@pytest.fixture(scope="module")
def remote(tiny):
    """A world whose third server has no fibre."""
    return replace(
        tiny,
        rounds=1,
        background=None,
        topology=replace(tiny.topology, layout=PLACES),
        keys=qfl.KEMKeys(),
        satellites=(MICIUS,),
        backhaul_graph=APART,
    )


def windows(world, station):
    return MICIUS.orbit.passes(world.placement.site(station), 0.0, 2 * day, RELAY.minimum_elevation)


def arrivals(world, sends, until=2 * day):
    """When messages of 1 Mbit, sent at the times given, arrive."""
    there = [None] * len(sends)
    for number, (at, source, destination) in enumerate(sends):

        def send(number=number, source=source, destination=destination):
            def arrived():
                there[number] = world.ctx.now

            world._common.fabric.send("probe", source, destination, 1e6, arrived)

        world.ctx.at(at, send)
    world.ctx.env.run(until=until)
    return there


def test_a_message_goes_up_in_one_pass_and_down_in_the_next_one_there(remote):
    world = World(remote)
    up, down = windows(world, "server-1"), windows(world, "server-3")
    (there, back) = arrivals(world, [(100.0, "server-1", "server-3"), (100.0, "server-3", "server-1")])
    for arrival, first, second in ((there, up, down), (back, down, up)):
        gone = first[0].rise_s + 1e6 / RELAY.up_rate
        gone += first[0].look([gone]).delay_s[0]
        pass_there = next(p for p in second if p.set_s > gone)
        begin = max(gone, pass_there.rise_s)
        expected = begin + 1e6 / RELAY.down_rate
        expected += pass_there.look([expected]).range_m[0] / LIGHT
        assert arrival == pytest.approx(expected, abs=1e-3)


def test_fibres_lead_to_the_station_and_from_it(remote):
    world, records = World(remote), []
    world.trace.observe(records.append)
    (arrival,) = arrivals(world, [(100.0, "server-2", "server-3")])
    (row,) = [r for r in records if isinstance(r, Transfer)]
    assert row.medium == "fibre+satellite+satellite" and row.delivered_s == arrival
    assert [r.medium for r in records if isinstance(r, Transfer)] == ["fibre+satellite+satellite"]


def test_where_a_fibre_leads_no_satellite_is_used_until_it_fails(remote):
    both = replace(MICIUS, stations=("server-1", "server-2", "server-3"))
    outage = qfl.LinkFailures(scheduled=(("server-1", "server-2", 10.0, 20.0),))
    world = World(replace(remote, satellites=(both,), failures=outage))
    sends = [(at, "server-1", "server-2") for at in (5.0, 15.0, 25.0)]
    before, during, after = arrivals(world, sends)
    assert before - 5.0 < 0.01 and after - 25.0 < 0.01
    assert during > windows(world, "server-1")[0].rise_s


def test_a_remote_server_takes_part_in_a_round(remote):
    patient = replace(
        remote,
        agreement=qfl.PBFT(view_timeout=2 * day),
        agreement_deadline=4 * day,
        update_deadline=8 * day,
        mixing=qfl.Ring(),
    )
    world, records = World(patient), []
    world.trace.observe(records.append)
    world.run()
    (r,) = [record for record in records if isinstance(record, Round)]
    assert r.aggregated == 9 and r.ended_s > 1 * day
    decisions = [a for a in records if isinstance(a, Agreement) and a.chain in ("global", "shard-task-1")]
    assert all(a.decided == a.validators for a in decisions)
    carried = [t for t in records if isinstance(t, Transfer) and "satellite" in t.medium]
    assert carried and all(t.delivered for t in carried)
    assert max(t.delivered_s - t.sent_s for t in carried) > 1 * h
    radio = sum(e.energy_j for e in records if isinstance(e, Energy) and e.cause == "radio" and e.role == "server")
    airtime = sum(t.size_bit * (1 / RELAY.up_rate + 1 / RELAY.down_rate) for t in carried)
    assert radio > RELAY.station_power * airtime * (1 - 1e-9)


def test_without_a_relay_the_remote_server_is_refused(remote):
    with pytest.raises(ScenarioError, match="no fibre leads from publisher to server-3"):
        World(replace(remote, satellites=(replace(MICIUS, relay=None),)))
