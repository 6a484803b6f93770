"""Shift rules against derivatives of trigonometric polynomials and against published coefficients."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from qflsim.quantum.shifts import shift_rule


def test_two_term_rule_of_a_rotation():
    rule = shift_rule((1.0,))
    pairs = sorted(zip(rule.shifts, rule.coefficients, strict=True))
    assert np.allclose(pairs, [(-math.pi / 2, -0.5), (math.pi / 2, 0.5)])


def test_four_term_rule_of_a_controlled_rotation():
    # Anand et al. 2021: (sqrt2 + 1)/(4 sqrt2) at +-pi/2, -(sqrt2 - 1)/(4 sqrt2) at +-3 pi/2.
    rule = shift_rule((0.5, 0.5))
    pairs = sorted(zip(rule.shifts, rule.coefficients, strict=True))
    plus, minus = 0.4267766953, 0.0732233047
    expected = [(-1.5 * math.pi, minus), (-math.pi / 2, -plus), (math.pi / 2, plus), (1.5 * math.pi, -minus)]
    assert np.allclose(pairs, expected, atol=1e-9)


@given(
    st.lists(st.sampled_from([0.25, 0.5, 1.0, 1.5, 2.0]), min_size=1, max_size=4),
    st.integers(0, 2**32 - 1),
    st.floats(-3, 3),
)
def test_rule_is_exact_for_every_frequency_that_the_factors_make(factors, seed, theta):
    rng = np.random.default_rng(seed)
    frequencies = {0.0}
    for c in factors:
        frequencies = {abs(f + s * c) for f in frequencies for s in (-1, 0, 1)}
    waves = [(f, *rng.normal(size=2)) for f in sorted(frequencies)]

    def value(t):
        return sum(a * math.cos(f * t) + b * math.sin(f * t) for f, a, b in waves)

    slope = sum(f * (b * math.cos(f * theta) - a * math.sin(f * theta)) for f, a, b in waves)
    rule = shift_rule(tuple(sorted(factors)))
    estimate = sum(c * value(theta + s) for s, c in zip(rule.shifts, rule.coefficients, strict=True))
    assert estimate == pytest.approx(slope, abs=1e-8)


def test_two_term_rule_fails_on_a_controlled_rotation():
    rule = shift_rule((1.0,))
    estimate = sum(c * math.cos(0.5 * (1.0 + s)) for s, c in zip(rule.shifts, rule.coefficients, strict=True))
    assert abs(estimate + 0.5 * math.sin(0.5)) > 0.01


def test_a_parameter_that_is_not_used_needs_no_circuit():
    assert shift_rule(()).shifts == ()


def test_incommensurable_factors_are_refused():
    with pytest.raises(ValueError, match="rational"):
        shift_rule((1.0, math.sqrt(2)))
