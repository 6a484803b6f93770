import dataclasses
import math

import pytest
from hypothesis import given, strategies as st

from qflsim.quantum.qkd import GYS, DecoyBB84, binary_entropy, plob_bound

KM = 1e3

LINKS = st.builds(
    DecoyBB84,
    intensity=st.floats(0.01, 3.0),
    attenuation=st.floats(0.1e-3, 1e-3),
    insertion_loss=st.floats(0.0, 10.0),
    detector_efficiency=st.floats(0.01, 1.0),
    dark_count_yield=st.floats(0.0, 1e-3),
    misalignment=st.floats(0.0, 0.5),
    error_correction=st.floats(1.0, 1.5),
    sifting=st.floats(0.1, 1.0),
    after_pulse=st.floats(0.0, 1.0),
    dead_time=st.floats(0.0, 1e-5),
)


# Ma, Qi, Zhao, Lo (2005), GYS, unlimited decoys, mu = 0.48; recomputed by an independent public implementation
@pytest.mark.parametrize(("distance", "rate"), [(0, 2.5546e-3), (50, 2.2260e-4), (100, 1.7184e-5), (140, 2.4646e-7)])
def test_gys_rates(distance, rate):
    assert GYS.secret_bits_per_pulse(distance * KM) == pytest.approx(rate, rel=5e-5)
    assert GYS.key_rate(distance * KM) == pytest.approx(2e6 * rate, rel=5e-5)


@pytest.mark.parametrize(
    ("distance", "gain", "error"), [(0, 2.137e-2, 0.0330), (100, 1.733e-4, 0.0376), (140, 2.650e-5, 0.0630)]
)
def test_gys_gain_and_error_rate(distance, gain, error):
    assert GYS.gain(distance * KM) == pytest.approx(gain, rel=3e-4)
    assert GYS.error_rate(distance * KM) == pytest.approx(error, abs=6e-5)


def test_gys_error_rate_measured_at_122_km():
    """Gobby, Yuan and Shields measured 8.9 % at mu = 0.1; the model says 8.96 %."""
    assert dataclasses.replace(GYS, intensity=0.1).error_rate(122 * KM) == pytest.approx(0.089, abs=0.001)


def test_gys_reach():
    """Published: 142.05 km; the formula gives 142.01 km."""
    assert GYS.reach() == pytest.approx(142.05 * KM, rel=1e-3)
    assert GYS.secret_bits_per_pulse(GYS.reach() - 1.0) > 0.0 == GYS.secret_bits_per_pulse(GYS.reach() + 1.0)


@pytest.mark.parametrize(("error_correction", "published"), [(1.22, 0.48), (1.0, 0.54)])
def test_optimal_intensity(error_correction, published):
    def rate(intensity):
        link = dataclasses.replace(GYS, intensity=intensity, error_correction=error_correction, dark_count_yield=0.0)
        return link.secret_bits_per_pulse(100 * KM)

    best = max((i / 1000 for i in range(300, 800)), key=rate)
    assert best == pytest.approx(published, abs=0.005)


@pytest.mark.parametrize(
    ("distance", "kbps", "error"),
    [
        (0, 46829.4, 0.01001),
        (25, 14708.7, 0.01002),
        (50, 4638.17, 0.01005),
        (75, 1462.59, 0.01016),
        (100, 459.308, 0.01049),
    ],
)
def test_a_modern_link_at_one_gigahertz(distance, kbps, error):
    link = DecoyBB84(intensity=0.5)
    assert link.key_rate(distance * KM) == pytest.approx(1e3 * kbps, rel=1e-5)
    assert link.error_rate(distance * KM) == pytest.approx(error, abs=5e-6)


def test_the_fielded_rate_of_tokyo_takes_a_fifth_of_the_asymptotic_one():
    """304 kbit/s over 14.5 dB (Sasaki et al. 2011)."""
    link = DecoyBB84(realised_share=0.19, attenuation=0.0, insertion_loss=14.5)
    assert link.key_rate(45 * KM) == pytest.approx(304e3, rel=0.02)


@given(LINKS, st.floats(0.0, 400.0))
def test_no_link_beats_the_repeaterless_bound(link, distance):
    assert 0.0 <= link.secret_bits_per_pulse(distance * KM) <= plob_bound(link.transmittance(distance * KM))


def test_after_pulses_and_dead_time_cost_key():
    link = dataclasses.replace(GYS, dark_count_yield=0.0, after_pulse=0.02)
    assert link.gain(0.0) == pytest.approx(1.02 * dataclasses.replace(link, after_pulse=0.0).gain(0.0))
    assert link.error_rate(0.0) == pytest.approx((0.033 + 0.01) / 1.02)
    blind = dataclasses.replace(link, dead_time=1e-5)
    clicks = link.pulse_rate * link.gain(0.0)
    assert blind.key_rate(0.0) == pytest.approx(link.key_rate(0.0) / (1 + clicks * 1e-5))
    assert 0 < blind.key_rate(0.0) < link.key_rate(0.0) < dataclasses.replace(link, after_pulse=0.0).key_rate(0.0)


@given(LINKS, st.floats(0.0, 300.0), st.floats(0.0, 100.0))
def test_more_fibre_never_makes_more_key(link, distance, further):
    near, far = (link.secret_bits_per_pulse(d * KM) for d in (distance, distance + further))
    assert far <= near * (1 + 1e-9)


@given(LINKS, st.floats(0.0, 300.0))
def test_probabilities_are_probabilities(link, distance):
    assert 0.0 <= link.gain(distance * KM) <= 1.0
    assert 0.0 <= link.error_rate(distance * KM) <= 0.5


@given(st.integers(1, 64))
def test_users_share_one_receiver(users):
    assert users * GYS.key_rate(20 * KM, users) == pytest.approx(GYS.key_rate(20 * KM))


# Pirandola et al. (2017), 0.2 dB/km
@pytest.mark.parametrize(
    ("distance", "bits"), [(10, 1.43814052), (50, 0.15200309), (100, 0.01449957), (200, 1.44277e-4)]
)
def test_plob_values(distance, bits):
    assert plob_bound(10 ** (-0.02 * distance)) == pytest.approx(bits, rel=1e-5)


def test_one_way_bb84_stops_at_eleven_per_cent():
    assert 1 - 2 * binary_entropy(0.11003) == pytest.approx(0.0, abs=1e-4)
    assert binary_entropy(0.5) == 1.0 and binary_entropy(0.0) == binary_entropy(1.0) == 0.0


def test_extremes():
    assert DecoyBB84(misalignment=0.5).reach() == 0.0
    assert DecoyBB84(dark_count_yield=0.0).reach() == math.inf
    assert plob_bound(1.0) == math.inf
    assert DecoyBB84(dark_count_yield=0.0).key_rate(1e6 * KM) == 0.0  # the light is gone before the floats are


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: GYS.key_rate(-1.0), "distance_m must be >= 0 m, got -1.0"),
        (lambda: GYS.key_rate(math.nan), "distance_m must be >= 0 m, got nan"),
        (lambda: GYS.key_rate(1.0, users=0), "users must be >= 1, got 0"),
        (lambda: DecoyBB84(misalignment=0.6), "misalignment must be <= 0.5, got 0.6"),
        (lambda: DecoyBB84(intensity=0), "intensity must be > 0, got 0"),
        (lambda: plob_bound(2.0), "transmittance must be in"),
        (lambda: binary_entropy(-0.1), "probability must be in"),
    ],
)
def test_mistakes_are_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()
