"""Keys of a satellite pass: the pass that SatQuMA ships, draws against means, profiles that make no sense."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from qflsim.quantum.eavesdropping import InterceptResend
from qflsim.quantum.finite_bb84 import FiniteKeyBB84
from qflsim.quantum.finite_key import BlockProtocol
from qflsim.quantum.keyrates import plob_bound
from qflsim.quantum.satellite import PassProfile, drawn_pass, expected_pass
from qflsim.validation.satellite_key import SATQUMA, satquma_boxes, satquma_profile

PROFILE = satquma_profile()


@pytest.mark.parametrize(("setting", "bits"), SATQUMA.items())
def test_the_pass_that_satquma_ships(setting, bits):
    assert expected_pass(satquma_boxes(*setting), PROFILE).secret_bit == pytest.approx(bits, rel=1e-3)


def test_passes_as_they_happen_scatter_around_the_mean():
    boxes = satquma_boxes(1e-8, 0.001, 0.0)
    expected = expected_pass(boxes, PROFILE)
    drawn = [drawn_pass(boxes, PROFILE, rng=np.random.default_rng(seed)) for seed in range(100)]
    for name in ("sifted_bit", "error_rate", "secret_bit"):
        values = np.array([getattr(block, name) for block in drawn], dtype=float)
        assert abs(values.mean() - getattr(expected, name)) < 4 * values.std() / 10
    assert np.std([block.sifted_bit for block in drawn]) == pytest.approx(math.sqrt(expected.sifted_bit), rel=0.3)
    assert drawn[0] == drawn_pass(boxes, PROFILE, rng=np.random.default_rng(0))
    assert drawn[0].duration_s == expected.duration_s == 421.0


def test_a_steady_pass_is_a_block_of_a_fibre_link():
    link = FiniteKeyBB84(attenuation=0.0, insertion_loss=20.0)
    block = link.expected_block(0.0)
    steady = expected_pass(
        replace(link, insertion_loss=5.0),
        PassProfile(np.array([0.25, 0.75]) * block.duration_s, np.array([15.0, 15.0])),
    )
    assert (steady.sifted_bit, steady.secret_bit) == pytest.approx((block.sifted_bit, block.secret_bit), rel=1e-6)
    assert (steady.pulses, steady.error_rate) == pytest.approx((block.pulses, block.error_rate), rel=1e-6)


def test_short_passes_yield_nothing():
    boxes = satquma_boxes(1e-8, 0.001, 15.0)
    windows = [slice(k, 421 - k) for k in (0, 50, 100, 150, 180, 200)]
    profiles = [PassProfile(PROFILE.times[window], PROFILE.losses_db[window]) for window in windows]
    lengths = [expected_pass(boxes, profile).secret_bit for profile in profiles]
    assert lengths == sorted(lengths, reverse=True) and lengths[0] > 0 == lengths[-1]


def test_an_eavesdropper_over_the_station_spoils_the_pass():
    boxes = satquma_boxes(1e-8, 0.001, 0.0)
    begun = replace(boxes, eavesdropping=InterceptResend(share=0.2, begin=0.0))
    assert expected_pass(begun, PROFILE).error_rate == pytest.approx(0.0015 + 0.025, abs=0.002)  # half of 0.2/4
    assert 0 <= expected_pass(begun, PROFILE).secret_bit < 0.6 * expected_pass(boxes, PROFILE).secret_bit
    before = PassProfile(PROFILE.times - 300.0, PROFILE.losses_db)
    assert expected_pass(begun, before) == expected_pass(boxes, before)
    always = replace(boxes, eavesdropping=InterceptResend(share=1.0))
    assert expected_pass(always, PassProfile(PROFILE.times + 300.0, PROFILE.losses_db)).aborted


@settings(max_examples=50)
@given(st.floats(0.0, 40.0), st.floats(0.0, 20.0), st.integers(2, 30), st.floats(10.0, 1000.0))
def test_no_pass_beats_the_repeaterless_bound(zenith, rise, samples, duration):
    times = np.linspace(0.0, duration, samples)
    losses = zenith + rise * np.linspace(-1.0, 1.0, samples) ** 2
    boxes = FiniteKeyBB84(protocol=BlockProtocol(deviation="chernoff"), pulse_rate=1e8)
    block = expected_pass(boxes, PassProfile(times, losses))
    assert block.secret_bit <= block.pulses * plob_bound(0.2 * 10 ** (-zenith / 10))


@pytest.mark.parametrize(
    ("times", "losses", "message"),
    [
        ([0.0, 1.0], [30.0], "must have the same number of slices, at least 2"),
        ([1.0, 0.0], [30.0, 30.0], "times must be equally spaced and increasing"),
        ([0.0, math.nan], [30.0, 30.0], "times must be equally spaced and increasing"),
        ([0.0, 1.0], [30.0, -1.0], r"losses_db must be >= 0 dB, got .*-1\.0"),
        ([0.0, 1.0], [30.0, math.nan], "losses_db must be >= 0 dB"),
    ],
)
def test_mistakes_are_told(times, losses, message):
    with pytest.raises(ValueError, match=message):
        PassProfile(np.array(times), np.array(losses))
