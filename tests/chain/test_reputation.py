"""Reputation that follows behaviour: the beta system's published values and laws, and exponential smoothing."""

import pytest
from hypothesis import given, strategies as st

from qflsim.chain.reputation import BetaReputation, SmoothedReputation


def told(rule, *rounds):
    memory = rule.start()
    for good, bad in rounds:
        memory = rule.after(memory, good, bad)
    return rule.score(memory)


def test_the_example_of_josang_and_ismail():
    never_forgets = BetaReputation(forgetting=1.0, severity=1.0)
    assert told(never_forgets) == 0.5
    assert told(never_forgets, *[(1, 0)] * 7, (0, 1)) == pytest.approx(0.8)
    assert told(never_forgets, (0, 1), *[(1, 0)] * 7) == pytest.approx(0.8)  # the order does not matter


@given(forgetting=st.floats(0.0, 0.99), rounds=st.integers(0, 40))
def test_equal_rounds_add_up_to_a_geometric_series(forgetting, rounds):
    r = (1 - forgetting**rounds) / (1 - forgetting)
    assert told(BetaReputation(forgetting=forgetting), *[(1, 0)] * rounds) == pytest.approx((r + 1) / (r + 2))


def test_without_memory_the_last_round_alone_counts():
    assert told(BetaReputation(forgetting=0.0, severity=1.0), *[(0, 1)] * 9, (1, 0)) == pytest.approx(2 / 3)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=20))
def test_a_score_is_belief_and_half_of_the_uncertainty(rounds):
    rule = BetaReputation()
    r, s = rule.start()
    for good, bad in rounds:
        r, s = rule.after((r, s), good, bad)
    belief, uncertainty = r / (r + s + 2), 2 / (r + s + 2)
    assert rule.score((r, s)) == pytest.approx(belief + uncertainty / 2)
    assert 0.0 < rule.score((r, s)) < 1.0


def test_bad_behaviour_weighs_more():
    assert told(BetaReputation(severity=1.5), (1, 0), (0, 1)) < told(BetaReputation(severity=1.0), (1, 0), (0, 1)) < 0.5


@given(start=st.floats(0, 1), good=st.floats(0, 1), smoothing=st.floats(0.01, 1), rounds=st.integers(0, 8))
def test_smoothing_approaches_a_steady_behaviour_geometrically(start, good, smoothing, rounds):
    rule = SmoothedReputation(initial=start, smoothing=smoothing)
    score = told(rule, *[(good, 1 - good)] * rounds)
    assert score - good == pytest.approx((1 - smoothing) ** rounds * (start - good), abs=1e-12)


def test_nothing_shown_changes_nothing():
    assert told(SmoothedReputation(initial=0.4), (0.0, 0.0)) == 0.4
