from dataclasses import replace

import numpy as np
import pytest

from qflsim.network import Buildings, UrbanMacro, UrbanMicro, umi_los_probability
from qflsim.network.surroundings import Surroundings
from qflsim.streams import Streams

SITES = {"server-1": (0.0, 0.0), "server-2": (400.0, 0.0)}
CELL = UrbanMicro()
OPEN = replace(CELL, correlation_sight=1.0, correlation_los=1.0, correlation_nlos=1.0)


def surroundings(cell=CELL, seed=1):
    return Surroundings(cell, SITES, Streams(seed))


def ring(distance, count, site=(0.0, 0.0)):
    angles = 2 * np.pi * np.arange(count) / count
    return [(site[0] + distance * np.cos(a), site[1] + distance * np.sin(a)) for a in angles]


@pytest.mark.parametrize("distance", [30.0, 80.0])
def test_the_share_of_places_in_sight_is_the_probability(distance):
    seen = [
        surroundings(OPEN, seed).channel("server-1", place).los for seed in range(40) for place in ring(distance, 50)
    ]
    p = umi_los_probability(distance)
    assert np.mean(seen) == pytest.approx(p, abs=5 * np.sqrt(p * (1 - p) / len(seen)))


def test_shadowing_has_the_deviation_of_its_state():
    drawn = [surroundings(OPEN, seed).channel("server-1", place) for seed in range(40) for place in ring(60.0, 50)]
    for los, deviation in ((True, 4.0), (False, 7.82)):
        values = np.array([channel.shadowing_db for channel in drawn if channel.los is los])
        assert values.std() == pytest.approx(deviation, rel=0.1)
        assert abs(values.mean()) < 5 * deviation / np.sqrt(len(values))


def test_one_place_is_one_channel_and_near_places_are_alike():
    around = surroundings()
    assert around.channel("server-1", (70.0, 30.0)) == surroundings().channel("server-1", (70.0, 30.0))
    steps = {0.5: [], 100.0: []}
    for seed in range(150):
        around = surroundings(seed=seed)
        here = around.channel("server-1", (150.0, 0.0)).shadowing_db
        for step, changes in steps.items():
            changes.append(here - around.channel("server-1", (150.0, step)).shadowing_db)
    assert np.std(steps[0.5]) < 0.5 * np.std(steps[100.0])


def test_line_of_sight_is_kept_over_metres_and_lost_over_blocks():
    def agreement(step):
        pairs = [
            [surroundings(seed=seed).channel("server-1", place).los for place in ((45.0, 0.0), (45.0, step))]
            for seed in range(300)
        ]
        return np.mean([a == b for a, b in pairs])

    assert agreement(1.0) > 0.9
    assert agreement(1.0) > agreement(30.0) + 0.1


@pytest.mark.parametrize("common", [0.0, 0.5, 1.0])
def test_shadowing_towards_two_stations_is_as_correlated_as_told(common):
    cell = replace(CELL, shadowing_common=common, shadowing_los=6.0, shadowing_nlos=6.0, carrier=3.5e9)
    cell = replace(cell, buildings=Buildings(indoor_share=1.0))  # one state for both stations: indoors
    place = (200.0, 10.0)
    both = np.array(
        [
            [around.channel(s, place).shadowing_db for s in SITES]
            for around in (surroundings(cell, i) for i in range(600))
        ]
    )
    assert np.corrcoef(both.T)[0, 1] == pytest.approx(common, abs=0.13)
    assert both.std(axis=0) == pytest.approx([7.0, 7.0], rel=0.12)


def test_the_common_part_is_off_by_default():
    assert CELL.shadowing_common == 0.0
    assert UrbanMacro().correlation_nlos == 50.0


def test_buildings_are_the_same_for_all_stations():
    around = surroundings(replace(CELL, buildings=Buildings(indoor_share=0.5)))
    for place in ring(120.0, 30):
        first, second = (around.channel(station, place) for station in SITES)
        assert first.indoor == second.indoor == (around.indoors(place) is not None)
        assert first.penetration_db == second.penetration_db
        assert (first.penetration_db > 0.0) == first.indoor


def test_the_share_of_places_inside_is_the_indoor_share():
    cell = replace(CELL, buildings=Buildings(indoor_share=0.7, correlation_building=1.0))
    inside = [surroundings(cell, seed).indoors(place) for seed in range(20) for place in ring(100.0, 50)]
    assert np.mean([indoors is not None for indoors in inside]) == pytest.approx(0.7, abs=0.08)


def test_too_near_is_the_nearest_distance_and_too_far_is_silence():
    around = surroundings(replace(CELL, shadowing_los=0.0))
    assert around.channel("server-1", (0.0, 1.0)).path_loss_db == CELL.path_loss(10.0, True)
    silent = around.channel("server-1", (0.0, 5001.0))
    assert (silent.snr_up, silent.snr_down, silent.efficiency_up, silent.efficiency_down) == (0.0, 0.0, 0.0, 0.0)
    assert around.channel("server-1", (0.0, 5000.0 * (1 + 1e-12))).snr_down > 0.0
