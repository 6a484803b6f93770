"""Satellites on the timeline: contacts become keys, and what cannot be is refused."""

from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.checks import ScenarioError
from qflsim.trace import SatellitePass
from qflsim.units import day, degree, h
from qflsim.world import World

# Micius passes over Xinglong on 2016-12-19 at 16:52 UTC
SOON = qfl.Satellite(orbit=qfl.Orbit(start="2016-12-19T16:40:00Z"))
CITIES = qfl.GeographicSites(
    places=((39.9 * degree, 116.4 * degree), (30.6 * degree, 114.3 * degree), (45.8 * degree, 126.5 * degree))
)


def cities(tiny, *satellites, **changes):
    topology = replace(tiny.topology, layout=CITIES)
    return replace(tiny, topology=topology, satellites=satellites, keys=qfl.EitherKeys(), **changes)


def passed(scenario, until, replication=0):
    """The rows of the passes table, and what listeners heard, until some simulated time [s]."""
    world, records, heard = World(scenario, replication), [], []
    world.trace.observe(records.append)
    world.wiring.space.listeners.append(lambda *what: heard.append((world.ctx.now, *what)))
    world.ctx.env.run(until=until)
    return [record for record in records if isinstance(record, SatellitePass)], heard


def test_every_contact_becomes_one_block_after_it_is_over(tiny):
    rows, heard = passed(cities(tiny, SOON), 1 * h)
    assert [row.station for row in rows] == ["server-3", "server-1", "server-2"]  # from north to south
    for row, (time, satellite, station, block) in zip(rows, heard, strict=True):
        assert (satellite, station) == (row.satellite, row.station) == ("micius", row.station)
        assert (block.secret_bit, block.sifted_bit) == (row.secret_bit, row.sifted_bit)
        assert block.duration_s == pytest.approx(row.ended_s - row.started_s)
        assert time == pytest.approx(row.ended_s + block.latency_s) and row.range_m > 500e3
    best = max(rows, key=lambda row: row.elevation_degree)
    assert best.secret_bit > 50_000 and best.loss_db == min(row.loss_db for row in rows)
    assert all(row.elevation_degree >= 19.0 for row in rows)


def test_only_stations_that_are_named_get_keys(tiny):
    rows, _ = passed(cities(tiny, replace(SOON, stations=("server-2",))), 1 * h)
    assert [row.station for row in rows] == ["server-2"]
    shared, _ = passed(cities(tiny, SOON), 1 * h)
    assert rows[0].sifted_bit > next(row.sifted_bit for row in shared if row.station == "server-2")


def test_the_same_seed_gives_the_same_keys_and_another_replication_others(tiny):
    first, second = (passed(cities(tiny, SOON), 1 * h)[0] for _ in range(2))
    other, _ = passed(cities(tiny, SOON), 1 * h, replication=1)
    assert first == second
    assert [row.started_s for row in other] == [row.started_s for row in first]
    assert [row.sifted_bit for row in other] != [row.sifted_bit for row in first]


def test_a_second_satellite_moves_no_key_of_the_first(tiny):
    twin = replace(SOON, name="twin")
    alone, _ = passed(cities(tiny, SOON), 1 * h)
    both, _ = passed(cities(tiny, SOON, twin), 1 * h)
    assert [row for row in both if row.satellite == "micius"] == alone
    assert len(both) == 2 * len(alone)


def test_a_contact_across_the_end_of_the_day_is_not_cut(tiny):
    scenario = cities(tiny, qfl.Satellite(orbit=qfl.Orbit(start="2016-12-18T16:52:00Z"), stations=("server-1",)))
    rows, _ = passed(scenario, 1.5 * day)
    across = [row for row in rows if row.started_s < day < row.ended_s]
    assert len(across) == 1 and across[0].ended_s - across[0].started_s > 200.0
    starts = [row.started_s for row in rows]
    assert len(set(starts)) == len(starts)


def test_daylight_brings_no_key(tiny):
    by_day, _ = passed(cities(tiny, replace(SOON, sun_at_most=90 * degree)), 1 * day)
    at_night, _ = passed(cities(tiny, SOON), 1 * day)
    assert len(by_day) > len(at_night) > 0


@pytest.mark.parametrize(
    ("satellites", "words"),
    [
        (
            (replace(SOON, stations=("server-9",)),),
            r"Satellite\.stations names the unknown node .server-9.; did",
        ),
        ((replace(SOON, name="server-2"),), r"Satellite\.name must differ from the names of all nodes, got 'server-2'"),
        (
            (replace(SOON, minimum_elevation=89.9 * degree),),
            r"micius does not pass over server-1 \(39\.9 N, 116\.4 E\) higher than 90 degrees in 3 days",
        ),
    ],
)
def test_satellites_that_do_not_fit_are_refused(tiny, satellites, words):
    with pytest.raises(ScenarioError, match=words):
        World(cities(tiny, *satellites))


def test_satellites_of_one_name_or_of_different_times_are_refused(tiny):
    with pytest.raises(ValueError, match=r"Scenario\.satellites must have a name each, got \['micius', 'micius'\]"):
        cities(tiny, SOON, SOON)
    with pytest.raises(ValueError, match="must agree on the instant of simulated time 0, got 2016-12-19T16:40:00Z and"):
        cities(tiny, SOON, qfl.Satellite(name="other"))
