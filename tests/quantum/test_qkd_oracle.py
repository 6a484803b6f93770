"""The Python package ``qkd`` 0.2.0 (MIT licence), written by others, as the judge of the formulas that it has too."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from qkd import _core as oracle

from qflsim.quantum.finite_bb84 import FiniteKeyBB84
from qflsim.quantum.finite_key import BlockProtocol, as_counts, secret_length
from qflsim.quantum.qkd import GYS, DecoyBB84, WeakDecoyBB84
from qflsim.quantum.thresholds import secret_fraction

KM = 1e3
LINKS = st.builds(
    DecoyBB84,
    intensity=st.floats(0.1, 1.0),
    detector_efficiency=st.floats(0.01, 1.0),
    dark_count_yield=st.floats(1e-9, 1e-4),
    misalignment=st.floats(0.0, 0.1),
    error_correction=st.floats(1.0, 1.5),
)


def gain(link, distance, intensity):
    eta = oracle.decoy_eta(1e3 * link.attenuation, distance, link.detector_efficiency)
    return oracle.decoy_gain(intensity, eta, link.dark_count_yield, link.misalignment)


@given(LINKS, st.floats(0.0, 200.0))
def test_unlimited_decoys(link, distance):
    eta = oracle.decoy_eta(1e3 * link.attenuation, distance, link.detector_efficiency)
    assert link.transmittance(distance * KM) == pytest.approx(eta)
    clicks, errors = oracle.decoy_ideal(eta, link.dark_count_yield, link.misalignment)[:2]
    single = clicks * link.intensity * math.exp(-link.intensity)
    rate = oracle.bb84_rate(1.0, *gain(link, distance, link.intensity), single, errors, link.error_correction)
    # the oracle counts clicks of a photon and of the dark at once as two in Y1
    assert link.secret_bits_per_pulse(distance * KM) == pytest.approx(
        max(0.0, rate), rel=1e-6, abs=3 * link.dark_count_yield * eta
    )


@given(LINKS, st.floats(0.1, 0.9), st.floats(0.0, 150.0))
def test_vacuum_and_weak_decoys(link, weakness, distance):
    weak = WeakDecoyBB84(
        **{f.name: getattr(link, f.name) for f in dataclasses.fields(link)}, weak_intensity=weakness * link.intensity
    )
    signal, decoy = (gain(weak, distance, mu) for mu in (weak.intensity, weak.weak_intensity))
    bounds = oracle.decoy_bounds(
        weak.intensity, weak.weak_intensity, 0.0, *signal, *decoy, weak.dark_count_yield, 0.5
    )  # fmt: skip
    clicks, errors = weak.single_photons(distance * KM)
    assert clicks == pytest.approx(max(0.0, bounds[0]), rel=1e-6, abs=1e-12)
    if clicks > 1e-9 and bounds[1] < 0.5:
        assert errors == pytest.approx(bounds[1], rel=1e-5, abs=1e-9)


@given(st.floats(0.0, 0.2), st.floats(1.0, 1.5))
def test_fractions_with_two_and_three_bases(error, correction):
    two, three = (secret_fraction(error, bases=bases, error_correction=correction) for bases in (2, 3))
    assert two == pytest.approx(max(0.0, oracle.pair_rate(1.0, error, error, correction, 1.0)), abs=1e-12)
    assert three == pytest.approx(max(0.0, oracle.sixstate_secret(error, error, error, correction)), abs=1e-12)


def distilled(protocol, key, check, correction):
    """Secret bits of a block by the oracle: bounds on events, phase errors, length."""
    setting, failure = (*protocol.intensities, protocol.probabilities), protocol.secrecy / 21.0
    vacuum, single = oracle.decoy_counts(*setting, key.clicks, failure)
    _, sampled = oracle.decoy_counts(*setting, check.clicks, failure)
    if single <= 0.0 or sampled <= 0.0:
        return 0
    wrong = oracle.decoy_errors(*setting, check.errors, failure)
    phase = oracle.bb84_phase(wrong, sampled, single, protocol.secrecy)
    total = sum(key.clicks)
    error = min(0.5, sum(key.errors) / total)
    security = (protocol.secrecy, protocol.correctness)
    return max(0, math.floor(oracle.bb84_length(vacuum, single, phase, total, error, correction, *security)))


@pytest.mark.parametrize("distance", [0.0, 25.0, 100.0])
@pytest.mark.parametrize("exponent", [6, 7, 9])
@pytest.mark.parametrize(
    "protocol", [BlockProtocol(), BlockProtocol(intensities=(0.6, 0.2, 1e-3), key_basis=0.8)], ids=["vacuum", "weakest"]
)
def test_drawn_blocks(protocol, exponent, distance):
    link = FiniteKeyBB84(protocol=protocol)
    drawn = link.line(distance * KM).drawn(10**exponent, math.inf, 0.0, np.random.default_rng(exponent))
    key, check = (as_counts(basis) for basis in drawn.counts)
    ours = secret_length(protocol, key, check, error_correction=1.16)
    assert ours == pytest.approx(distilled(protocol, key, check, 1.16), rel=1e-9, abs=1)


def test_gys_by_both():
    assert GYS.gain(100 * KM) == pytest.approx(gain(GYS, 100.0, 0.48)[0], rel=1e-12)
    assert GYS.error_rate(100 * KM) == pytest.approx(gain(GYS, 100.0, 0.48)[1], rel=1e-12)
