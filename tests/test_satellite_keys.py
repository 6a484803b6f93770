"""Keys that a satellite brings to servers out of each other's reach."""

from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.checks import ScenarioError
from qflsim.trace import Energy, Key, QKDBlock, Round, SatellitePass, Transfer
from qflsim.units import day, degree, h, kbit, minute
from qflsim.world import World

PLACES = qfl.GeographicSites(
    places=((39.9 * degree, 116.4 * degree), (30.6 * degree, 114.3 * degree), (45.8 * degree, 126.5 * degree))
)
"""Beijing, Wuhan and Harbin, more than 1000 km apart."""

# Micius passes over them on 2016-12-19 from 16:48 UTC on
MICIUS = qfl.Satellite(orbit=qfl.Orbit(start="2016-12-19T16:40:00Z"))


@pytest.fixture(scope="module")
def far(tiny):
    """Servers that can only get keys for each other from the satellite."""
    return replace(
        tiny,
        background=None,
        topology=replace(tiny.topology, layout=PLACES),
        keys=qfl.QKDKeys(),
        satellites=(MICIUS,),
        agreement_deadline=5 * minute,
        rounds=4,
    )


def played(scenario):
    world, records = World(scenario), []
    world.trace.observe(records.append)
    world.run()
    return world, records


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


@pytest.fixture(scope="module")
def run(far):
    return played(far)


def test_models_are_mixed_once_the_satellite_has_passed_over_the_servers(run):
    _, records = run
    last = max(row.ended_s for row in of(records, SatellitePass))
    rounds = of(records, Round)
    assert rounds[0].ended_s > 300.0 and rounds[-1].aggregated == 9
    for r in rounds:
        assert (r.aggregated == 9) == (r.ended_s > last)
    mixed = [row for row in of(records, Transfer) if row.kind == "mixed-model"]
    assert mixed and min(row.sent_s for row in mixed) >= of(records, SatellitePass)[1].ended_s


def test_a_key_over_the_satellite_takes_the_bits_of_both_of_its_links_and_one_message(run):
    world, records = run
    over = [row for row in of(records, Key) if ">micius>" in row.path and row.qkd_bit]
    assert over
    for row in over:
        assert (row.hops, row.known_to, row.link_bit) == (2, 3, 2 * row.qkd_bit)
    relayed = [row for row in of(records, Transfer) if row.kind == "key-relay"]
    assert len(relayed) == len(over)
    assert {(min(r.source, r.destination), max(r.source, r.destination)) for r in relayed} == {
        (row.first, row.second) for row in over
    }
    reserve = world.scenario.key_store.minimum
    for name in world.placement.servers:
        link = world.wiring.keys.links["micius", name]
        blocks = [row for row in of(records, QKDBlock) if (row.first, row.second) == ("micius", name)]
        brought = sum(row.secret_bit for row in of(records, SatellitePass) if row.station == name)
        drawn = sum(row.qkd_bit for row in over if name in (row.first, row.second))
        tags = 256.0 * sum(row.secret_bit > 0 for row in blocks)
        assert sum(row.secret_bit for row in blocks) == brought
        assert link.manager.level(world.ctx.now) == pytest.approx(reserve + brought - drawn - tags)


def test_the_station_pays_for_its_receiver_while_the_satellite_sends(run):
    _, records = run
    spent = [row for row in of(records, Energy) if row.cause == "qkd" and row.role == "server"]
    contact = sum(row.ended_s - row.started_s for row in of(records, SatellitePass))
    cells = 3 * max(r.ended_s for r in of(records, Round))  # the receivers for the devices run all the time
    assert sum(row.energy_j for row in spent) == pytest.approx(100.0 * (cells + contact), rel=1e-6)
    assert "micius" not in {row.node for row in of(records, Energy)}


def test_without_a_satellite_the_servers_are_out_of_reach(far):
    with pytest.raises(ScenarioError, match="no QKD key reaches from server-1 to server-2, nor is relayed"):
        World(replace(far, satellites=()))
    with pytest.raises(ScenarioError, match="no QKD key reaches from server-1 to server-3"):
        World(replace(far, satellites=(replace(MICIUS, stations=("server-1", "server-2")),)))


def test_satellites_without_use_are_refused(far):
    with pytest.raises(ScenarioError, match=r"micius brings QKD keys, and KEMKeys uses none; use keys=QKDKeys\(\)"):
        World(replace(far, keys=qfl.KEMKeys()))
    World(replace(far, keys=qfl.KEMKeys(), satellites=(replace(MICIUS, relay=qfl.SatelliteRelay()),)))


def test_pads_for_whole_models_run_out_and_the_next_night_brings_new_ones(far):
    # start before noon of the day before: two nights in 30 hours
    orbit = qfl.Orbit(start="2016-12-18T12:00:00Z")
    slow = replace(
        far,
        satellites=(replace(MICIUS, orbit=orbit),),
        sealing=qfl.OneTimePad(),
        signatures=qfl.Ed25519(),
        agreement_deadline=1 * h,
        rounds=32,
    )
    world, records = played(slow)
    rounds = of(records, Round)
    assert rounds[-1].ended_s > 1 * day
    done = [r.aggregated > 0 for r in rounds]
    assert not done[0] and any(done)
    bits = [row.qkd_bit for row in of(records, Key) if row.purpose == "mixing" and row.qkd_bit]
    assert bits and min(bits) > 1 * kbit
    for link in world.wiring.keys.links.values():
        assert link.manager.level(world.ctx.now) >= slow.key_store.minimum - 256 * 10
