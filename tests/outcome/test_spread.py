"""What bars and bands of replications show."""

import math

import pytest
from hypothesis import given, strategies as st

from qflsim.intervals import interval
from qflsim.plots.spread import spread, told_of_spread


@given(st.lists(st.floats(1.0, 99.0), min_size=3, max_size=8))
def test_it_is_students_interval_cut_to_what_can_be(values):
    made, whole = spread(values, within=(0.0, 100.0)), interval(values)
    assert made.mean == whole.mean and made.count == len(values)
    assert (made.low, made.high) == (max(0.0, whole.low), min(100.0, whole.high))


def test_two_replications_show_their_range_and_one_itself():
    two = spread([4.0, 16.0], geometric=True)
    assert two.mean == pytest.approx(8.0) and (two.low, two.high) == (4.0, 16.0)
    assert not math.isnan(interval([4.0, 16.0]).low), "there is an interval, but of no use"
    one = spread([7.0])
    assert (one.low, one.mean, one.high) == (7.0, 7.0, 7.0)


def test_the_key_says_which():
    assert told_of_spread(2) == "their range" and told_of_spread(3) == "95 % intervals"
