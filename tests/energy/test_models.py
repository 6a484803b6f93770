import pytest
from hypothesis import given, strategies as st

from qflsim.energy import ComputeEnergy, FibreEnergy, PlantPower, QKDEnergy, RadioEnergy, StationEnergy
from qflsim.units import Gbit, GHz, dBm, kW, ms

EARTH = {  # Auer et al. 2011, table 2: N, P_max, P_0, slope, P_sleep -> asleep, zero, half, full load
    "macro": (6, 20.0, 130.0, 4.7, 75.0, (450, 780, 1062.0, 1344.0)),
    "remote radio head": (6, 20.0, 84.0, 2.8, 56.0, (336, 504, 672.0, 840.0)),
    "micro": (2, 6.3, 56.0, 2.6, 39.0, (78, 112, 128.38, 144.76)),
    "pico": (2, 0.13, 6.8, 4.0, 4.3, (8.6, 13.6, 14.12, 14.64)),
    "femto": (2, 0.05, 4.8, 8.0, 2.9, (5.8, 9.6, 10.0, 10.4)),
}


def test_computing_vectors():
    slow = ComputeEnergy(frequency=1 * GHz)
    assert slow.energy(1e9) == pytest.approx(0.1)
    assert slow.time(1e9) == pytest.approx(1.0)
    fast = ComputeEnergy(frequency=2 * GHz)
    assert fast.energy(1e7) == pytest.approx(4e-3)
    assert fast.time(1e7) == pytest.approx(5e-3)
    assert ComputeEnergy(capacitance=1e-26, frequency=3 * GHz).energy(1e9) == pytest.approx(90.0)


def test_device_radio_vectors():
    radio = RadioEnergy()
    assert radio.transmit_energy(0.2, 50 * ms) == pytest.approx(33.571e-3, rel=1e-4)
    assert radio.transmit_energy(dBm(23), 25 * ms) == pytest.approx(16.752e-3, rel=1e-4)


def test_receive_power_keeps_the_ratio_of_tr_38840():
    radio = RadioEnergy()
    assert radio.receive_energy(1.0) / radio.transmit_energy(dBm(23), 1.0) == pytest.approx(300 / 700, rel=2e-3)


@pytest.mark.parametrize("station", EARTH.values(), ids=EARTH)
def test_station_power_vectors(station):
    n, most, no_load, slope, sleep, watts = station
    model = StationEnergy(transceivers=n, maximum_power=most, no_load_power=no_load, slope=slope, sleep_power=sleep)
    assert model.power(0.0) == pytest.approx(watts[0])
    assert model.idle_energy(1.0) == pytest.approx(watts[1])
    assert model.power(n * most / 2) == pytest.approx(watts[2])
    assert model.power(n * most) == pytest.approx(watts[3])


@given(st.floats(1e-3, 12.6), st.floats(0, 1e3))
def test_load_and_idle_energy_add_up_to_the_power_drawn(radiated, duration):
    station = StationEnergy()
    total = station.load_energy(radiated, duration) + station.idle_energy(duration)
    assert total == pytest.approx(station.power(radiated) * duration)
    assert station.sleep_energy(duration) == pytest.approx(station.power(0.0) * duration)


def test_station_refuses_more_than_it_can_radiate():
    with pytest.raises(ValueError, match=r"between 0 and 12\.6 W"):
        StationEnergy().load_energy(dBm(46), 1.0)


def test_plant_vectors():
    plant = PlantPower()
    whole = plant.control_energy(133, 3.04279) + plant.cooling_energy(133, 3.04279)
    assert whole == pytest.approx(76.07e3, rel=1e-4)
    ion_trap = PlantPower(total=2 * kW)
    per_shot = ion_trap.control_energy(12, 1 / 5.5) + ion_trap.cooling_energy(12, 1 / 5.5)
    assert per_shot == pytest.approx(363.6, rel=1e-3)
    assert plant.control_power(5) == 100.0
    assert plant.cooling_power(5) == 24_900.0


def test_only_the_owner_pays_for_idle_cooling():
    assert PlantPower(dedicated=True).idle_energy(5, 10.0) == 249_000.0
    assert PlantPower(dedicated=False).idle_energy(5, 10.0) == 0.0


def test_plant_refuses_more_control_than_its_total():
    with pytest.raises(ValueError, match=r"PlantPower.total must cover.*got total=2000 W"):
        PlantPower(total=2 * kW).cooling_power(127)


def test_fibre_energy_is_watts_per_rate():
    assert FibreEnergy().energy(1 * Gbit) == pytest.approx(2 + 2 * 0.09)
    assert FibreEnergy().energy(1 * Gbit, hops=3) == pytest.approx(3 * 2.18)


def test_qkd_terminals():
    nanowires = QKDEnergy(cryostat_power=2 * kW)
    assert nanowires.transmitter_energy(10.0) == 1000.0
    assert nanowires.receiver_energy(10.0) == 21_000.0
