"""What replications say together, against worked examples and against scipy."""

import math

import pandas as pd
import pytest
import scipy.stats
from hypothesis import given, strategies as st

import qflsim as qfl
from qflsim.intervals import interval, intervals, paired, paired_differences, reached

values = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30)


def test_a_worked_example():
    made = interval([9.0, 10.0, 11.0, 14.0])  # mean 11, s² = (4 + 1 + 0 + 9) / 3, t_{3, 0.975} = 3.182446
    assert made.mean == 11.0
    assert made.high - 11.0 == pytest.approx(3.182446 * math.sqrt(14 / 3) / 2, rel=1e-6)
    assert made.low == pytest.approx(22.0 - made.high)
    assert made.count == 4


@given(values, st.sampled_from([0.8, 0.95, 0.99]))
def test_it_is_students_interval(numbers, level):
    made = interval(numbers, level)
    error = scipy.stats.sem(numbers)
    if error > 1e-9:
        expected = scipy.stats.t.interval(level, len(numbers) - 1, sum(numbers) / len(numbers), error)
        assert (made.low, made.high) == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert made.low <= made.mean <= made.high


@given(st.lists(st.floats(1e-3, 1e6), min_size=2, max_size=30), st.floats(1e-3, 1e3))
def test_a_geometric_interval_is_that_of_the_logarithms_and_scales(numbers, factor):
    made = interval(numbers, geometric=True)
    assert made.mean == pytest.approx(scipy.stats.gmean(numbers))
    assert 0.0 < made.low <= made.mean * (1 + 1e-12) and made.mean <= made.high * (1 + 1e-12)
    assert made.high / made.mean == pytest.approx(made.mean / made.low)
    scaled = interval([factor * number for number in numbers], geometric=True)
    assert (scaled.low, scaled.high) == pytest.approx((factor * made.low, factor * made.high))


@pytest.mark.parametrize("number", [0.0, -1.0])
def test_a_geometric_mean_of_what_has_no_logarithm_is_refused(number):
    with pytest.raises(ValueError, match=r"a geometric mean needs values above zero, got .*; leave it arithmetic"):
        interval([1.0, number, math.nan], geometric=True)
    assert math.isnan(interval([], geometric=True).mean)


def test_few_values_have_no_interval_and_nan_is_no_value():
    assert math.isnan(interval([]).mean) and interval([]).count == 0
    one = interval([2.0, math.nan])
    assert (one.mean, one.count) == (2.0, 1) and math.isnan(one.low)
    assert not one.excludes_zero
    with pytest.raises(ValueError, match="level must be between 0 and 1"):
        interval([1.0, 2.0], level=95)


def test_pairs_see_what_two_means_do_not():
    first, second = [10.0, 20.0, 30.0, 40.0], [9.0, 19.1, 28.9, 39.0]
    assert paired(first, second).excludes_zero
    assert interval(first).low < interval(second).high  # two separate intervals overlap
    test = scipy.stats.ttest_rel(first, second).confidence_interval(0.95)
    assert (paired(first, second).low, paired(first, second).high) == pytest.approx((test.low, test.high))
    with pytest.raises(ValueError, match="got 4 and 3"):
        paired(first, second[:3])


def test_a_column_has_geometric_intervals_too():
    made = intervals(TABLE, "accuracy", by="mixing", geometric=True)
    assert made["mean"].tolist() == pytest.approx([0.21 ** (1 / 3), 0.24 ** (1 / 3)])


TABLE = pd.DataFrame(
    {
        "mixing": ["Ring()"] * 3 + ["Star()"] * 3,
        "replication": [0, 1, 2, 2, 1, 0],
        "accuracy": [0.5, 0.6, 0.7, 0.8, 0.6, 0.5],
    }
)


def test_tables_are_paired_by_replication_whatever_their_order():
    made = intervals(TABLE, "accuracy", by="mixing")
    assert made["mixing"].tolist() == ["Ring()", "Star()"]
    assert made["mean"].tolist() == pytest.approx([0.6, 1.9 / 3])
    assert made["count"].tolist() == [3, 3]
    difference = paired_differences(TABLE, "accuracy", "mixing", "Star()", "Ring()")
    assert difference == paired([0.0, 0.0, 0.1], [0.0, 0.0, 0.0]) or difference.mean == pytest.approx(0.1 / 3)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda t: paired_differences(t, "accuracy", "mixing", "Star()", "Grid()"), "no row has mixing = 'Grid()'"),
        (lambda t: paired_differences(t[:-1], "accuracy", "mixing", "Star()", "Ring()"), "the same replications"),
        (lambda t: paired_differences(pd.concat([t, t]), "accuracy", "mixing", "Star()", "Ring()"), "more than once"),
        (lambda t: intervals(pd.concat([t, t]), "accuracy", "mixing"), "stands more than once"),
        (lambda t: intervals(t, "acuracy", "mixing"), "there is no column 'acuracy'"),
        (lambda t: reached(t, 0.5), "there is no column 'round'"),
    ],
)
def test_tables_that_are_not_what_they_should_be_are_refused(change, complaint):
    with pytest.raises(qfl.ScenarioError) as caught:
        change(TABLE)
    assert complaint in str(caught.value)


ROUNDS = pd.DataFrame(
    {
        "replication": [0, 0, 0, 1, 1, 1],
        "round": [1, 2, 3, 3, 2, 1],
        "accuracy": [0.5, 0.8, 0.7, 0.9, 0.3, 0.2],
        "ended_s": [10.0, 20.0, 30.0, 31.0, 21.0, 11.0],
        "energy_j": [1.0, 2.0, 4.0, 40.0, 20.0, 10.0],
        "air_bit": [8.0, 8.0, 8.0, 80.0, 80.0, 80.0],
        "wired_bit": [0.0, 16.0, 0.0, 0.0, 0.0, 0.0],
    }
)


def test_what_an_accuracy_took_is_summed_up_to_the_first_round_that_reached_it():
    made = reached(ROUNDS, 0.75)
    assert made.columns.tolist() == ["replication", "rounds", "seconds", "joules", "bytes"]
    assert made.loc[0].tolist() == [0, 2, 20.0, 3.0, 4.0]
    assert made.loc[1].tolist() == [1, 3, 31.0, 70.0, 30.0]
    assert reached(ROUNDS, 0.85)["rounds"].isna().tolist() == [True, False]
    assert reached(ROUNDS[:3].drop(columns="replication"), 0.5).loc[0].tolist() == [1, 10.0, 1.0, 1.0]
    twice = pd.concat([ROUNDS.assign(mixing="Ring()"), ROUNDS.assign(mixing="Star()")])
    with pytest.raises(qfl.ScenarioError, match="name the settings"):
        reached(twice, 0.75)
    assert reached(twice, 0.75, by=["mixing"])["rounds"].tolist() == [2, 3, 2, 3]
