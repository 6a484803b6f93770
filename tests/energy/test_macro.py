import pytest

from qflsim.energy import MacroStationEnergy, StationEnergy


def test_macro_station_of_earth():
    """Auer et al. (2011), table 2: asleep, at zero, half and full load."""
    station = MacroStationEnergy()
    assert station.maximum_radiated == 120.0
    assert [station.power(120.0 * load) for load in (0.0, 0.5, 1.0)] == pytest.approx([450.0, 1062.0, 1344.0])
    assert station.idle_energy(1.0) == 780.0
    assert isinstance(station, StationEnergy)
