"""Units are multipliers to SI; decibels convert both ways."""

import math

import pytest
from hypothesis import given, strategies as st

from qflsim import units


@pytest.mark.parametrize(("level", "power"), [(10, 0.01), (23, 0.199526), (46, 39.8107)])
def test_dbm_published_values(level, power):
    assert units.dBm(level) == pytest.approx(power, rel=1e-5)


@given(st.floats(-200, 200))
def test_decibels_round_trip(level):
    assert units.to_dB(units.dB(level)) == pytest.approx(level, abs=1e-9)
    assert units.to_dBm(units.dBm(level)) == pytest.approx(level, abs=1e-9)


def test_multipliers_are_si():
    assert (150 * units.m, 1 * units.km, 10 * units.GHz, 2 * units.Gbit, 1 * units.MB) == (150.0, 1e3, 1e10, 2e9, 8e6)
    assert math.isclose(1e6 / units.km2, 1.0)
