"""Rewards are divided to the last grain."""

import pytest
from hypothesis import given, strategies as st

from qflsim.chain.rewards import EqualReward, RewardByContribution, RewardBySamples, Work, divided, grains, units_of


@given(total=st.integers(0, 10**15), weights=st.lists(st.floats(0.0, 1e6), min_size=1, max_size=30))
def test_a_division_loses_no_grain_and_differs_from_the_exact_one_by_less_than_one(total, weights):
    shares = divided(total, weights)
    assert sum(shares) == total and min(shares) >= 0
    whole = sum(weights)
    if whole > 0:
        for share, weight in zip(shares, weights, strict=True):
            assert abs(share - total * weight / whole) < 1.0 + total * 1e-13


def test_a_division_by_equal_weights_favours_the_first():
    assert divided(10, [1.0, 1.0, 1.0]) == [4, 3, 3]
    assert divided(3, [0.0, 0.0]) == [2, 1]
    assert divided(0, []) == []
    with pytest.raises(ValueError, match="nobody gets a share, got 5"):
        divided(5, [])
    with pytest.raises(ValueError, match=r"weights must be >= 0, got -1\.0"):
        divided(5, [1.0, -1.0])


@pytest.mark.parametrize(
    ("rule", "weights"),
    [(EqualReward(), [1, 1]), (RewardBySamples(), [30, 10]), (RewardByContribution(), [3.0, 9.0])],
)
def test_rules_of_reward(rule, weights):
    assert rule.weights([Work("a", "s", 30, 0.1), Work("b", "s", 10, 0.9)]) == pytest.approx(weights)


def test_grains_of_units_are_the_same_again():
    for amount in (0, 1, 7, 10**9 + 1, 123_456_789_012_345):
        assert grains(units_of(amount)) == amount
