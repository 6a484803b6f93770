"""Error rates and fidelities at which keys end, and what finite blocks of pairs are worth."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from qflsim.quantum.bbm92 import BBM92
from qflsim.quantum.entangled_key import fixed_cost, kept_bits, two_basis_length
from qflsim.quantum.keyrates import binary_entropy
from qflsim.quantum.thresholds import highest_error_rate, least_fidelity, secret_fraction

MICIUS = {"error_correction": 1.19, "secrecy": 1e-10, "correctness": 1e-10}


@pytest.mark.parametrize(
    ("bases", "correction", "published"), [(2, 1.0, 0.11003), (2, 1.16, 0.0981), (2, 1.22, 0.0942), (3, 1.0, 0.126193)]
)
def test_highest_error_rates(bases, correction, published):
    limit = highest_error_rate(bases=bases, error_correction=correction)
    assert limit == pytest.approx(published, abs=5e-5)
    assert secret_fraction(limit - 1e-6, bases=bases, error_correction=correction) > 0.0
    assert secret_fraction(limit + 1e-6, bases=bases, error_correction=correction) == 0.0


def test_least_fidelities():
    assert least_fidelity() == pytest.approx(0.8350, abs=5e-5)
    assert least_fidelity(bases=3) == pytest.approx(0.8107, abs=5e-5)


def test_a_pair_of_the_least_fidelity_ends_the_key_of_a_link():
    bare = BBM92(
        fidelity=1.0,
        dark_count_rate=0.0,
        window=1e-18,
        detector_efficiency=1.0,
        error_correction=1.0,
        block_bit=math.inf,
        abort_above=0.2,
    )
    for step, alive in ((1e-5, True), (-1e-5, False)):
        assert (dataclasses.replace(bare, fidelity=least_fidelity() + step).key_rate(0.0) > 0.0) == alive


@given(st.floats(0.0, 0.5), st.floats(1.0, 2.0))
def test_a_third_basis_never_hurts(error, correction):
    two, three = (secret_fraction(error, bases=bases, error_correction=correction) for bases in (2, 3))
    assert 0.0 <= two <= three + 1e-12 <= 1.0 + 2e-12


# Tomamichel et al. (2012), equation 2, worked out apart from qflsim: k = n, 1e-10 and 1e-12, leak 1.1 n h(Q)
@pytest.mark.parametrize(
    ("bits", "fractions"),
    [(1e4, (0.4986, 0.3512, 0.1452)), (1e5, (0.7053, 0.5395, 0.3102)), (1e6, (0.7868, 0.6101, 0.3695))],
)
def test_key_fractions_with_serfling(bits, fractions):
    for rate, fraction in zip((0.01, 0.025, 0.05), fractions, strict=True):
        kept = kept_bits(bits, bits, rate, failure=1e-10 / 4, deviation="serfling")
        length = kept - 1.1 * bits * binary_entropy(rate) - fixed_cost(1e-10, 1e-12)
        assert length / bits == pytest.approx(fraction, abs=6e-5)


def test_serflings_inequality_holds_for_random_samples():
    """The share of errors in what is kept lies above the bound at most as often as it may."""
    rng, bits, failure = np.random.default_rng(8), 500, 0.2
    beyond = 0
    for _ in range(4000):
        wrong = rng.hypergeometric(40, 2 * bits - 40, bits)
        bound = wrong / bits + math.sqrt(2 / bits * (bits + 1) / bits * math.log(1 / failure))
        beyond += (40 - wrong) / bits > bound
    assert beyond / 4000 <= failure**2


def length(bits, error, deviation="fung"):
    half = bits / 2
    return two_basis_length((half, half), (half * error,) * 2, deviation=deviation, **MICIUS)


def test_micius_brought_372_bits():
    """0.43 bit/s for endless keys at 4.5 % mean 3172 sifted bits in 3100 s; of them 372 secret ones were left."""
    bits = round(0.43 * 3100 / secret_fraction(0.045, error_correction=1.19))
    assert bits == 3173
    assert length(bits, 0.045) == pytest.approx(372, rel=0.15)
    assert length(bits, 0.0575) > 0 == length(bits, 0.0605)
    assert length(bits, 0.045, "serfling") == 0  # so few bits need the tighter bound


@given(st.floats(1e2, 1e7), st.floats(0.0, 0.12), st.floats(1.01, 3.0))
def test_longer_blocks_of_pairs_never_yield_less_for_each_bit(bits, error, longer):
    for deviation in ("fung", "serfling"):
        short, long = (length(n, error, deviation) / n for n in (bits, longer * bits))
        assert long >= short - 1 / bits
        assert short <= secret_fraction(error, error_correction=1.19)


def test_a_basis_without_bits_makes_no_key():
    assert two_basis_length((1e6, 0.0), (0.0, 0.0), deviation="fung", **MICIUS) == 0
    assert two_basis_length((0.0, 0.0), (0.0, 0.0), deviation="fung", **MICIUS) == 0
