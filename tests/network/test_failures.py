"""Timetables of failing fibres."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from qflsim.network import LinkFailures


def first(count, failures, seed=1, ends=("a", "b")):
    return list(itertools.islice(failures.outages(*ends, np.random.default_rng(seed)), count))


def test_scheduled_outages_are_those_of_the_fibre_in_either_direction():
    failures = LinkFailures(scheduled=(("a", "b", 5.0, 6.0), ("b", "a", 1.0, 2.0), ("a", "c", 0.0, 9.0)))
    assert first(9, failures) == [(1.0, 2.0), (5.0, 6.0)]
    assert first(9, failures, ends=("c", "a")) == [(0.0, 9.0)]
    assert first(9, failures, ends=("b", "c")) == []


def test_outages_that_overlap_or_touch_are_one():
    failures = LinkFailures(scheduled=(("a", "b", 1.0, 3.0), ("a", "b", 2.0, 2.5), ("a", "b", 3.0, 4.0)))
    assert first(9, failures) == [(1.0, 4.0)]


def test_a_fibre_that_is_never_repaired_has_no_further_outage():
    forever = LinkFailures(scheduled=(("a", "b", 1e5, math.inf),), between=1e4, repair=1e2)
    outages = first(1000, forever)
    assert outages[-1][1] == math.inf and len(outages) > 1


@given(st.integers(0, 2**31), st.floats(1.0, 1e3), st.floats(0.1, 1e3), st.floats(0, 1e4), st.floats(1.0, 1e4))
def test_outages_come_in_order_and_apart(seed, between, repair, begin, lasts):
    failures = LinkFailures(scheduled=(("a", "b", begin, begin + lasts),), between=between, repair=repair)
    outages = first(50, failures, seed)
    flat = [time for outage in outages for time in outage]
    assert flat == sorted(flat) and len(set(flat)) == len(flat)
    covering = [b for b, e in outages if b <= begin and e >= begin + lasts]
    assert covering or outages[-1][0] > begin or outages[-1][1] < begin


def test_random_failures_take_their_share_of_time_and_are_exponential():
    outages = np.array(first(20_000, LinkFailures(between=90.0, repair=10.0)))
    down = outages[:, 1] - outages[:, 0]
    up = outages[1:, 0] - outages[:-1, 1]
    assert down.sum() / outages[-1, 1] == pytest.approx(0.1, rel=0.03)
    for times, mean in ((down, 10.0), (up, 90.0)):
        assert times.mean() == pytest.approx(mean, rel=0.03)
        assert times.std() == pytest.approx(mean, rel=0.04)
        assert np.mean(times > mean) == pytest.approx(math.exp(-1), abs=0.015)


def test_without_random_failures_nothing_is_drawn():
    class Untouched:
        def exponential(self, mean):
            raise AssertionError("drawn")

    assert list(LinkFailures().outages("a", "b", Untouched())) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"scheduled": (("a", "b", 5.0, 5.0),)}, "end after they begin, got a-b from 5 to 5 s"),
        ({"scheduled": (("a", "b", -1.0, 5.0),)}, r"scheduled\[0\]\[2\] must be >= 0 s, got -1\.0"),
        ({"repair": 0.0}, r"LinkFailures\.repair must be > 0 s"),
        ({"repair": math.inf}, r"LinkFailures\.repair must be a finite number"),
    ],
)
def test_outages_that_make_no_sense_are_refused(fields, words):
    with pytest.raises(ValueError, match=words):
        LinkFailures(**fields)
