import math

import numpy as np
import pytest
from scipy import stats

from qflsim.network.field import RandomField
from qflsim.streams import Streams

FIELDS = 4000


@pytest.fixture(scope="module")
def fields():
    """Independent fields with a correlation distance of 13 m."""
    return [RandomField(13.0, Streams(5).fresh("field", str(i))) for i in range(FIELDS)]


def test_values_are_normal_with_unit_variance(fields):
    values = [field.at((123.0, -45.0)) for field in fields]
    assert stats.kstest(values, "norm").pvalue > 1e-3
    assert abs(np.mean(values)) < 4 / math.sqrt(FIELDS)
    assert np.var(values) == pytest.approx(1.0, abs=4 * math.sqrt(2 / FIELDS))


@pytest.mark.parametrize("distance", [1.0, 5.0, 13.0, 40.0, 200.0])
@pytest.mark.parametrize("direction", [0.0, 0.7, math.pi / 2])
def test_correlation_falls_exponentially_in_every_direction(fields, distance, direction):
    here, there = (300.0, 80.0), (300.0 + distance * math.cos(direction), 80.0 + distance * math.sin(direction))
    products = [field.at(here) * field.at(there) for field in fields]
    expected = math.exp(-distance / 13.0)
    assert np.mean(products) == pytest.approx(expected, abs=4 * math.sqrt((1 + expected**2) / FIELDS))


def test_a_single_field_has_the_law_within_what_its_waves_allow():
    field, rng = RandomField(10.0, Streams(1).fresh("one")), np.random.default_rng(2)
    places = rng.uniform(0, 5000, (4000, 2))
    here = np.array([field.at(place) for place in places])
    assert abs(here.mean()) < 0.1
    assert here.var() == pytest.approx(1.0, abs=0.1)
    for distance in (3.0, 10.0, 30.0):
        there = np.array([field.at((east + distance, north)) for east, north in places])
        assert np.mean(here * there) == pytest.approx(math.exp(-distance / 10.0), abs=0.15)


def test_the_uniform_variable_is_uniform_and_grows_with_the_normal_one(fields):
    values = [field.uniform((7.0, 7.0)) for field in fields]
    assert stats.kstest(values, "uniform").pvalue > 1e-3
    order = np.argsort([field.at((7.0, 7.0)) for field in fields])
    assert (np.diff(np.array(values)[order]) >= 0).all()


def test_a_place_is_the_same_whenever_it_is_asked(fields):
    field = fields[0]
    first = field.at((1.0, 2.0))
    field.at((9.0, 9.0))
    assert field.at((1.0, 2.0)) == first
    assert RandomField(13.0, Streams(5).fresh("field", "0")).at((1.0, 2.0)) == first
