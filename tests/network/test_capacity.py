import math

import pytest
from hypothesis import given, strategies as st

from qflsim.network import DOWNLINK, UPLINK, TruncatedShannon, noise_power, truncated_shannon
from qflsim.units import GHz, MHz, dB, to_dB, to_dBm


@pytest.mark.parametrize(
    ("bandwidth", "figure", "noise"),
    [(20 * MHz, 9, -91.9897), (100 * MHz, 5, -89.0), (100 * MHz, 7, -87.0), (400 * MHz, 10, -77.9794),
     (1 * GHz, 10, -74.0)],
)  # fmt: skip
def test_noise_vectors(bandwidth, figure, noise):
    assert to_dBm(noise_power(bandwidth, dB(figure))) == pytest.approx(noise, abs=6e-5)


@pytest.mark.parametrize(
    ("snr", "down", "up"),
    [(-15, 0, 0), (-10, 0.08250, 0.05500), (-5, 0.23785, 0.15856), (0, 0.6, 0.4), (10, 2.07566, 1.38377),
     (15, 3.01668, 2.0), (20, 3.99493, 2.0), (30, 4.4, 2.0)],
)  # fmt: skip
def test_efficiency_vectors(snr, down, up):
    assert DOWNLINK.efficiency(dB(snr)) == pytest.approx(down, abs=6e-6)
    assert UPLINK.efficiency(dB(snr)) == pytest.approx(up, abs=6e-6)


def test_nr_variant_at_30_db():
    assert TruncatedShannon(attenuation=0.6, maximum=math.inf).efficiency(dB(30)) == pytest.approx(5.98034, abs=6e-6)


def test_downlink_reaches_its_cap_at_22_db():
    snr = 2 ** (4.4 / 0.6) - 1
    assert to_dB(snr) == pytest.approx(22.05, abs=5e-3)
    assert DOWNLINK.efficiency(snr * 0.999) < 4.4 == DOWNLINK.efficiency(snr * 1.001)


@given(st.floats(0, 1e9), st.floats(0.01, 1), st.floats(0, 10), st.floats(0.1, 10))
def test_efficiency_stays_below_shannon(snr, attenuation, minimum_snr, maximum):
    value = truncated_shannon(snr, attenuation=attenuation, minimum_snr=minimum_snr, maximum=maximum)
    assert 0.0 <= value <= min(math.log2(1 + snr), maximum)
