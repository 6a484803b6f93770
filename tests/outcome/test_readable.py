"""Numbers as people read them."""

import math

import pytest
from hypothesis import given, strategies as st

from qflsim.readable import axis_unit, share, show, show_time, time_unit


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (45_326_517.6, "J", "45.3 MJ"),
        (1_000_000.0, "J", "1 MJ"),
        (999.6, "J", "1.00 kJ"),
        (123.4, "B", "123 B"),
        (0.0, "J", "0 J"),
        (3.2e-6, "J", "3.20 µJ"),
        (0.25, "bit", "0.250 bit"),
        (2e13, "bit", "20 Tbit"),
        (-2500.0, "J", "-2.50 kJ"),
        (float("nan"), "J", "none"),
    ],
)
def test_values_have_three_digits_and_a_prefix(value, unit, text):
    assert show(value, unit) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.00204, "2.04 ms"),
        (30.8, "30.8 s"),
        (599.0, "599 s"),
        (900.0, "15 min"),
        (28_440.0, "7.90 h"),
        (259_200.0, "3 d"),
    ],
)
def test_times_are_told_in_the_unit_people_use(seconds, text):
    assert show_time(seconds) == text


@pytest.mark.parametrize(
    ("part", "text"),
    [(0.0, "0 %"), (1e-5, "< 0.1 %"), (0.931, "93.1 %"), (0.9994, "99.9 %"), (0.99998, "99.998 %"), (1.0, "100 %")],
)
def test_shares_never_round_something_to_nothing_or_nearly_all_to_all(part, text):
    assert share(part, 1.0) == text


def test_a_share_of_nothing_is_nothing():
    assert share(0.0, 0.0) == "0 %"


@given(st.floats(1e-9, 1e14))
def test_scaled_values_lie_between_one_and_a_thousand(value):
    factor, unit = axis_unit(value, "J")
    assert 0.999 <= value / factor < 1001.0 or value >= 1e15
    assert unit.endswith("J")


@given(st.floats(1e-9, 1e9))
def test_a_shown_time_is_the_time(seconds):
    factor, _ = time_unit(seconds)
    number = float(show_time(seconds).split()[0].replace(",", ""))
    assert math.isclose(number * factor, seconds, rel_tol=5.1e-3)
