import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, strategies as st

from qflsim.network import (
    Buildings,
    Crowd,
    Interference,
    RadioCell,
    Surroundings,
    UrbanMicro,
    coupled_loads,
    noise_power,
    noise_rise,
)  # fmt: skip
from qflsim.streams import Streams
from qflsim.units import MHz, dB, dBm, to_dB

SITES = {"server-1": (0.0, 0.0), "server-2": (300.0, 0.0)}


@dataclass(frozen=True, kw_only=True)
class Open(RadioCell):
    """Free field: everything is seen, and power falls with the square of the distance."""

    station_power: float = dBm(33)
    station_height: float = 10.0
    shadowing_los: float = 0.0
    shadowing_nlos: float = 0.0

    @property
    def distances(self):
        return 1.0, 5000.0

    def los_probability(self, distance):
        return 1.0

    def path_loss(self, distance, los):
        return 60.0 + 20.0 * math.log10(distance)


def between(cell, sites=SITES, radius=20.0, nearest=19.999):
    return Interference(cell, sites, radius, nearest, Surroundings(cell, sites, Streams(1)))


def test_two_cells_in_closed_form():
    cell = Open(bandwidth=20 * MHz)
    # 33 + 8 + 0 - 60 - 20 log 280 dBm arrive over -174 + 73.0103 + 9 dBm
    heard = between(cell).at_place("server-1", (20.0, 0.0))
    assert to_dB(heard["server-2"]) == pytest.approx(33 + 8 - 60 - 20 * math.log10(280) + 91.9897, abs=1e-4)
    # devices on a ring of 20 m around a station 300 m away: the mean of 1/d^2 over the ring is 1/(300^2 - 20^2)
    heard = between(cell).at_station("server-1")
    mean = -60 - 10 * math.log10(300**2 - 20**2)
    assert to_dB(heard["server-2"]) == pytest.approx(23 + 8 + mean + 95.9897, abs=0.01)


def test_the_stray_gain_is_not_larger_than_the_main_one():
    weak = Open(station_gain=dB(3))
    assert weak.stray == dB(3)
    assert Open().stray == dB(8)
    louder = between(Open(stray_gain=dB(11))).at_station("server-1")["server-2"]
    assert to_dB(louder / between(Open()).at_station("server-1")["server-2"]) == pytest.approx(3.0)


def test_far_cells_and_switched_off_interference_are_not_heard():
    far = {"server-1": (0.0, 0.0), "server-2": (5200.0, 0.0)}
    for cell, sites in ((Open(interference=False), SITES), (Open(), far)):
        assert between(cell, sites).at_station("server-1") == {}
        assert between(cell, sites).at_place("server-1", (20.0, 0.0)) == {}
    quiet = {"server-1": (0.0, 0.0), "server-2": (4000.0, 0.0)}
    assert (
        between(UrbanMicro(shadowing_los=0, shadowing_nlos=0), quiet).at_station("server-1").get("server-2", 0.0) < 1e-2
    )


@pytest.mark.parametrize("buildings", [None, Buildings(indoor_share=0.7, high_loss_share=0.5, deviation_low=2.0)])
def test_the_mean_gain_is_that_of_devices_drawn_by_chance(buildings):
    calm = {"shadowing_los": 2.0, "shadowing_nlos": 3.0}
    if buildings:
        buildings = replace(buildings, shadowing=3.0, deviation_high=3.0)
    cell, rng = UrbanMicro(buildings=buildings, **calm), Streams(1).fresh("test")
    loss = [cell.draw(100.0, rng) for _ in range(20_000)]
    gains = np.array([1 / dB(c.path_loss_db + c.shadowing_db + c.penetration_db) for c in loss])
    # with walls, drawn devices see the station as their wall does, a little more often
    wanted = pytest.approx(cell.mean_gain(100.0), rel=0.15 if buildings else 4 * gains.std() / gains.mean() / 141)
    assert gains.mean() == wanted


def test_the_mean_over_the_disc_is_that_of_its_places():
    cell, rng = Open(), np.random.default_rng(1)
    places = between(cell, radius=120.0, nearest=10.0)
    distance, angle = np.sqrt(100 + rng.random(100_000) * (120**2 - 100)), 2 * np.pi * rng.random(100_000)
    squared = (300 + distance * np.cos(angle)) ** 2 + (distance * np.sin(angle)) ** 2
    noise = noise_power(cell.bandwidth, cell.station_noise)
    expected = cell.device_power * cell.stray * np.mean(1e-6 / squared) / noise
    assert places.at_station("server-1")["server-2"] == pytest.approx(expected, rel=0.01)


def test_noise_rises_by_what_is_heard_of_what_is_sent():
    assert noise_rise({}, {}) == 1.0
    assert noise_rise({"a": 2.0, "b": 0.5}, {"a": 0.25, "b": 1.0, "c": 1.0}) == 2.0


@given(st.floats(0.01, 0.9), st.floats(0.0, 1.0))
def test_two_equal_cells_load_each_other_in_closed_form(alone, heard):
    both = {"a": {"b": heard}, "b": {"a": heard}}
    loads = coupled_loads(lambda _, rise: alone * rise, both)
    if alone * (1 + heard) < 1.0 - 1e-9:  # the fixed point c / (1 - c I) is below 1 exactly if c (1 + I) is
        assert loads["a"] == loads["b"] == pytest.approx(alone / (1 - alone * heard), rel=1e-9)
    elif alone * (1 + heard) > 1.0 + 1e-9:
        assert max(loads.values()) >= 1.0


def test_a_cell_that_nobody_hears_is_loaded_by_its_own_demand():
    heard = {"a": {}, "b": {"a": 0.5}}
    loads = coupled_loads(lambda station, rise: {"a": 0.4, "b": 0.2}[station] * rise, heard)
    assert loads == {"a": pytest.approx(0.4), "b": pytest.approx(0.2 * 1.2)}


def test_a_crowd_is_slower_the_more_it_is_disturbed():
    crowd = Crowd(UrbanMicro(), 150.0, Streams(1).fresh("crowd"))
    efficiencies = [crowd.efficiency(rise) for rise in (1.0, 2.0, 10.0, 1e3, 1e9)]
    assert efficiencies == sorted(efficiencies, reverse=True)
    assert efficiencies[-1] == pytest.approx(UrbanMicro().uplink.efficiency(dB(-10) * (1 + 1e-12)))


def test_a_crowd_is_what_the_band_feels():
    access = UrbanMicro(shadowing_los=0.0, shadowing_nlos=0.0)
    near = Crowd(access, 15.0, Streams(1).fresh("near")).efficiency()
    assert near == pytest.approx(2.0)
    far = Crowd(UrbanMicro(), 300.0, Streams(1).fresh("far"), samples=4000).efficiency()
    again = Crowd(UrbanMicro(), 300.0, Streams(2).fresh("far"), samples=4000).efficiency()
    assert far < near
    assert far == pytest.approx(again, rel=0.1)


def test_a_cell_in_outage_is_refused():
    with pytest.raises(ValueError, match="every device in outage"):
        Crowd(UrbanMicro(device_power=1e-15), 150.0, Streams(1).fresh("x"), samples=10)
