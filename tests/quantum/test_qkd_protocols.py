"""Weak decoys, entangled pairs, eavesdroppers and finite blocks."""

import dataclasses
import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

from qflsim.crypto.keys import HybridKeys, QKDKeys
from qflsim.quantum.bbm92 import BBM92
from qflsim.quantum.eavesdropping import InterceptResend
from qflsim.quantum.finite_key import (
    BasisCounts,
    BlockProtocol,
    click_probabilities,
    endless_length,
    expected_counts,
    secret_length,
)
from qflsim.quantum.keyrates import QKD, binary_entropy, plob_bound
from qflsim.quantum.qkd import GYS, DecoyBB84, WeakDecoyBB84

KM = 1e3
GYS_FIELDS = {f.name: getattr(GYS, f.name) for f in dataclasses.fields(GYS)}
WEAK = WeakDecoyBB84(**GYS_FIELDS)

common = {
    "intensity": st.floats(0.1, 1.0),
    "detector_efficiency": st.floats(0.01, 1.0),
    "dark_count_yield": st.floats(0.0, 1e-4),
    "misalignment": st.floats(0.0, 0.1),
}


# --- vacuum and weak decoy: Ma, Qi, Zhao, Lo (2005) ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("distance", "rate"),
    [(0, 2.414e-3), (20, 9.078e-4), (50, 2.096e-4), (80, 4.685e-5), (100, 1.602e-5), (120, 4.369e-6), (140, 7.378e-8)],
)
def test_gys_rates_with_weak_decoys(distance, rate):
    assert WEAK.secret_bits_per_pulse(distance * KM) == pytest.approx(rate, rel=5e-4)


def test_gys_reach_with_weak_decoys():
    """Published: 140.55 km; the formula gives 140.62 km, less than unlimited decoys."""
    assert WEAK.reach() == pytest.approx(140.55 * KM, rel=1e-3)
    assert WEAK.reach() < GYS.reach()


def test_bounds_at_40_km_are_as_loose_as_published():
    weak = replace(WEAK, weak_intensity=0.12)
    (clicks, errors), (true_clicks, true_errors) = weak.single_photons(40 * KM), GYS.single_photons(40 * KM)
    assert 1 - clicks / true_clicks == pytest.approx(0.035, abs=5e-4)
    assert errors / true_errors - 1 == pytest.approx(0.168, abs=5e-4)


@given(st.builds(DecoyBB84, **common), st.floats(0.05, 0.95), st.floats(0, 200))
def test_weak_decoys_bound_what_unlimited_decoys_know(link, weakness, distance):
    fields = {f.name: getattr(link, f.name) for f in dataclasses.fields(link)}
    weak = WeakDecoyBB84(**fields, weak_intensity=weakness * link.intensity)
    (clicks, errors), (true_clicks, true_errors) = (b.single_photons(distance * KM) for b in (weak, link))
    assert clicks <= true_clicks * (1 + 1e-6) + 1e-12
    assert clicks == 0.0 or errors >= true_errors - 1e-6
    assert weak.secret_bits_per_pulse(distance * KM) <= link.secret_bits_per_pulse(distance * KM) + 1e-12


def test_ever_weaker_decoys_know_as_much_as_unlimited_ones():
    weak = replace(WEAK, weak_intensity=1e-4)
    assert weak.secret_bits_per_pulse(50 * KM) == pytest.approx(GYS.secret_bits_per_pulse(50 * KM), rel=1e-3)


# --- intercept and resend --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.0, 0.2, 0.44, 1.0])
def test_a_share_x_of_intercepted_pulses_makes_x_over_4_of_errors(share):
    clean = DecoyBB84(misalignment=0.0, dark_count_yield=0.0, eavesdropping=InterceptResend(share=share))
    assert clean.error_rate(50 * KM) == pytest.approx(share / 4)


def test_interception_bit_by_bit():
    """Random bits and bases: what Eve measures in the wrong basis she gets and sends as a coin toss."""
    rng, n, share, own = np.random.default_rng(5), 400_000, 0.6, 0.03
    bit, basis, spied, eve = (rng.integers(0, 2, n) for _ in range(4))
    tapped = rng.random(n) < share
    resent = np.where(eve == basis, bit, spied)
    received = np.where(eve == basis, resent, rng.integers(0, 2, n))  # the receiver measures in the sender's basis
    bob = np.where(tapped, received, bit) ^ (rng.random(n) < own)
    expected = InterceptResend(share=share).raised(own)
    assert abs((bob != bit).mean() - expected) < 4 * math.sqrt(expected / n)


def test_interception_stops_the_key_at_its_limit():
    ideal = DecoyBB84(misalignment=0.0, dark_count_yield=0.0, error_correction=1.0, intensity=1e-6)
    assert replace(ideal, eavesdropping=InterceptResend(share=0.44)).key_rate(0.0) > 0.0
    assert replace(ideal, eavesdropping=InterceptResend(share=0.4402)).key_rate(0.0) == 0.0


@pytest.mark.parametrize("link", [DecoyBB84(), WeakDecoyBB84(), BBM92()], ids=lambda link: type(link).__name__)
def test_every_protocol_notices(link):
    rates = [replace(link, eavesdropping=InterceptResend(share=x / 10)).key_rate(10 * KM) for x in range(11)]
    assert rates[0] == link.key_rate(10 * KM) > 0.0
    assert rates == sorted(rates, reverse=True)
    assert rates[5:] == [0.0] * 6
    assert replace(link, eavesdropping=InterceptResend(share=1.0)).reach() == 0.0


@given(st.floats(0, 0.5), st.floats(0, 1))
def test_errors_only_rise_and_stay_below_one_half(error, share):
    assert error - 1e-12 <= InterceptResend(share=share).raised(error) <= 0.5


# --- BBM92 -----------------------------------------------------------------------------------------------------------


def bare(fidelity, **changes):
    """A link whose only imperfection is its pairs."""
    return BBM92(
        fidelity=fidelity,
        dark_count_rate=0.0,
        window=1e-18,
        detector_efficiency=1.0,
        error_correction=1.0,
        block_bit=math.inf,
        **changes,
    )


@pytest.mark.parametrize(
    ("fidelity", "error", "fraction"), [(0.90, 0.0667, 0.2933), (0.95, 0.0333, 0.5783), (0.99, 0.00667, 0.8844)]
)
def test_werner_pairs(fidelity, error, fraction):
    link = bare(fidelity)
    assert link.error_rate(0.0) == pytest.approx(error, abs=4e-5)
    assert link.key_rate(0.0) == pytest.approx(0.5 * link.pair_rate * fraction, rel=2e-4)


def test_no_key_below_fidelity_0_835():
    assert bare(0.8349).key_rate(0.0) == 0.0 < bare(0.8351).key_rate(0.0)


def test_accidents_are_counted_as_two_independent_streams():
    link = BBM92(pair_rate=1e6, detector_efficiency=0.5, insertion_loss=0.0, dark_count_rate=2e3, window=1e-9)
    pairs, accidents = link.coincidences(0.0)
    assert pairs == pytest.approx(0.25e6)
    assert accidents == pytest.approx(502e3**2 * 1e-9)
    assert link.transmittance(100 * KM) ** 2 == pytest.approx(0.25 * 1e-2)  # 20 dB end to end, half to each
    expected = (0.25e6 * 2 * 0.05 / 3 + accidents / 2) / (0.25e6 + accidents)
    assert link.error_rate(0.0) == pytest.approx(expected)


@given(
    st.builds(
        BBM92,
        pair_rate=st.floats(1e3, 1e9),
        fidelity=st.floats(0.25, 1.0),
        dark_count_rate=st.floats(0, 1e6),
        detector_efficiency=st.floats(0.01, 1.0),
        window=st.floats(1e-12, 1e-8),
    ),
    st.floats(0, 300),
)
def test_no_pair_beats_the_repeaterless_bound(link, distance):
    rate = link.key_rate(distance * KM)
    bound = plob_bound(link.transmittance(distance * KM) ** 2)
    assert 0.0 <= rate <= link.pair_rate * bound * (1 + 1e-9)
    assert link.key_rate((distance + 1) * KM) <= rate * (1 + 1e-9)


def test_bbm92_reach():
    link = BBM92()
    assert link.key_rate(link.reach() - 1.0) > 0.0 == link.key_rate(link.reach() + 1.0)
    assert BBM92(dark_count_rate=0.0).reach() == math.inf
    assert BBM92(fidelity=0.8).reach() == 0.0
    assert BBM92(dark_count_rate=0.0).error_rate(1e7 * KM) == 0.5  # the light is gone before the floats are


# --- blocks of finite length: Lim et al. (2014) ----------------------------------------------------------------------

PROTOCOL = BlockProtocol(intensities=(0.5, 0.1, 0.0), probabilities=(0.7, 0.2, 0.1), key_basis=0.9)
GRID = {
    0: (10_427_792, 142_396_851, 1_523_938_342, 15_546_640_223),
    50: (0, 10_175_629, 140_753_501, 1_509_446_345),
    100: (0, 0, 9_319_801, 135_307_178),
}


def block(distance, pulses, protocol=PROTOCOL):
    eta = 0.1 * 10 ** (-0.02 * distance)
    return expected_counts(protocol, pulses, *click_probabilities(protocol, eta, dark_yield=1.2e-6, misalignment=5e-3))


@pytest.mark.parametrize(("distance", "lengths"), GRID.items())
def test_finite_key_grid(distance, lengths):
    assert tuple(secret_length(PROTOCOL, *block(distance, 10.0**n)) for n in (9, 10, 11, 12)) == lengths


@given(st.floats(8, 12), st.floats(0, 120))
def test_blocks_yield_nothing_or_a_lump_below_the_repeaterless_bound(exponent, distance):
    pulses = 10.0**exponent
    length = secret_length(PROTOCOL, *block(distance, pulses))
    assert 0 <= length <= pulses * plob_bound(10 ** (-0.02 * distance))
    assert secret_length(PROTOCOL, *block(distance, 2 * pulses)) >= 2 * length
    assert length <= endless_length(PROTOCOL, *block(distance, pulses))


def test_ever_longer_blocks_are_worth_as_much_as_endless_ones():
    endless = endless_length(PROTOCOL, *block(50, 1e18))
    assert secret_length(PROTOCOL, *block(50, 1e18)) == pytest.approx(endless, rel=1e-3)


def test_chernoff_bounds_are_tighter():
    tight = replace(PROTOCOL, deviation="chernoff")
    assert secret_length(tight, *block(50, 1e10)) > 1.2 * secret_length(PROTOCOL, *block(50, 1e10))
    assert secret_length(tight, *block(50, 1e14)) == pytest.approx(secret_length(PROTOCOL, *block(50, 1e14)), rel=0.01)


def test_a_sample_without_errors_is_not_certainty():
    key, check = block(0, 1e10)
    clean = BasisCounts(check.clicks, (0.0, 0.0, 0.0))
    assert secret_length(PROTOCOL, key, clean) < endless_length(PROTOCOL, key, clean) * 0.99


def test_more_caution_costs_bits():
    lengths = [
        secret_length(p, *block(0, 1e10, p)) for p in (PROTOCOL, replace(PROTOCOL, secrecy=1e-12, correctness=1e-18))
    ]
    assert 0 < lengths[1] < lengths[0]


def test_half_the_bits_wrong_make_no_key():
    key, check = block(0, 1e10)
    noisy = BasisCounts(check.clicks, tuple(0.5 * n for n in check.clicks))
    assert secret_length(PROTOCOL, key, noisy) == 0
    assert secret_length(PROTOCOL, BasisCounts((0.0,) * 3, (0.0,) * 3), check) == 0


# --- what they share -------------------------------------------------------------------------------------------------


def test_keys_come_from_any_protocol():
    for link in (GYS, WEAK, BBM92()):
        assert isinstance(link, QKD)
        assert QKDKeys(qkd=link).qkd == HybridKeys(qkd=link).qkd == link


def test_a_protocol_of_ones_own():
    @dataclass(frozen=True, kw_only=True)
    class Bound(QKD):
        def error_rate(self, distance_m):
            return self.eavesdropping.raised(0.0)

        def secret_rate(self, distance_m):
            open_share = 1 - 2 * binary_entropy(self.error_rate(distance_m))
            return 1e9 * plob_bound(10 ** (-self.loss(distance_m) / 10 - 1e-3)) * max(0.0, open_share)

    assert Bound().key_rate(50 * KM, users=2) == pytest.approx(0.5e9 * plob_bound(10**-1.001))
    assert QKDKeys(qkd=Bound(eavesdropping=InterceptResend(share=0.5))).qkd.reach() == 0.0


@given(st.sampled_from([DecoyBB84(), WeakDecoyBB84(), BBM92()]), st.floats(0, 300), st.integers(1, 64))
def test_users_share_a_receiver_whatever_the_protocol(link, distance, users):
    assume(link.key_rate(distance * KM) > 0)
    assert users * link.key_rate(distance * KM, users) == pytest.approx(link.key_rate(distance * KM))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: WeakDecoyBB84(weak_intensity=0.5),
            ValueError,
            r"weak_intensity must be < intensity = 0\.48, got 0\.5",
        ),
        (lambda: InterceptResend(share=1.5), ValueError, r"InterceptResend\.share must be <= 1, got 1\.5"),
        (lambda: DecoyBB84(eavesdropping=0.5), TypeError, r"DecoyBB84\.eavesdropping must be an InterceptResend"),
        (lambda: BBM92(fidelity=0.1), ValueError, r"BBM92\.fidelity must be >= 0\.25"),
        (lambda: BBM92().key_rate(-1.0), ValueError, r"distance_m must be >= 0 m, got -1\.0"),
        (lambda: QKD(), TypeError, "leaves open error_rate"),
        (lambda: QKDKeys(qkd=3.0), TypeError, r"QKDKeys\.qkd must be a QKD"),
        (lambda: BlockProtocol(intensities=(0.1, 0.5, 0.0)), ValueError, r"intensities must fall"),
        (lambda: BlockProtocol(probabilities=(0.7, 0.2, 0.2)), ValueError, r"probabilities must add up to 1"),
        (lambda: BlockProtocol(secrecy=0.0), ValueError, r"secrecy must be > 0"),
        (
            lambda: BlockProtocol(deviation="gauss"),
            ValueError,
            r"deviation must be 'hoeffding' or 'chernoff', got 'gauss'",
        ),
        (lambda: InterceptResend(share=0.1, begin=9.0, end=3.0), ValueError, r"end must be > begin = 9 s, got 3\.0"),
    ],
)
def test_mistakes_are_told(call, error, message):
    with pytest.raises(error, match=message):
        call()
