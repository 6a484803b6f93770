import numpy as np
import pytest
from hypothesis import given, strategies as st

from qflsim.network import (
    sidelink_los_probability,
    sidelink_path_loss,
    umi_breakpoint,
    umi_los_probability,
    umi_path_loss,
)
from qflsim.units import GHz

UMI = [  # TR 38.901 table 7.4.1-1, h_UT 1.5 m, h_BS 10 m: GHz, m, line of sight, none [dB]
    (3.5, 20, 71.3602, 81.1878), (3.5, 100, 85.3142, 104.6438), (3.5, 250, 95.0801, 118.6448),
    (3.5, 500, 107.1138, 129.2645), (10, 20, 80.4788, 90.8991), (10, 100, 94.4328, 114.3552),
    (10, 250, 102.7620, 128.3561), (10, 500, 109.0797, 138.9759), (28, 20, 89.4220, 100.4236),
    (28, 100, 103.3760, 123.8796), (28, 250, 111.7052, 137.8806), (28, 500, 118.0228, 148.5003),
]  # fmt: skip


@pytest.mark.parametrize(("carrier", "distance", "seen", "hidden"), UMI)
def test_umi_path_loss_vectors(carrier, distance, seen, hidden):
    assert umi_path_loss(distance, carrier * GHz, True) == pytest.approx(seen, abs=6e-5)
    assert umi_path_loss(distance, carrier * GHz, False) == pytest.approx(hidden, abs=6e-5)


@pytest.mark.parametrize(("carrier", "breakpoint_"), [(3.5, 210), (7, 420), (10, 600), (28, 1680)])
def test_umi_breakpoints(carrier, breakpoint_):
    assert umi_breakpoint(carrier * GHz) == pytest.approx(breakpoint_)


@pytest.mark.parametrize(
    ("distance", "probability"),
    [(10, 1), (18, 1), (50, 0.519585), (100, 0.230985), (200, 0.093518), (500, 0.036001)],
)
def test_umi_los_probability_vectors(distance, probability):
    assert umi_los_probability(distance) == pytest.approx(probability, abs=6e-7)


@given(st.floats(10, 4999), st.sampled_from([1, 3.5, 10, 28, 60, 100]), st.booleans())
def test_umi_loss_grows_with_distance_and_without_sight(distance, carrier, los):
    here = umi_path_loss(distance, carrier * GHz, los)
    assert umi_path_loss(distance + 1, carrier * GHz, los) > here
    assert umi_path_loss(distance, carrier * GHz, False) >= umi_path_loss(distance, carrier * GHz, True)


@pytest.mark.parametrize("carrier", [3.5 * GHz, 10 * GHz])
def test_umi_loss_is_continuous_at_the_breakpoint(carrier):
    bend = umi_breakpoint(carrier)
    below, above = (umi_path_loss(bend * factor, carrier, True) for factor in (1 - 1e-9, 1 + 1e-9))
    assert above == pytest.approx(below, abs=2e-3)


@pytest.mark.parametrize("distance", [9.99, 5001.0, -1.0, float("nan")])
def test_umi_refuses_distances_outside_the_model(distance):
    with pytest.raises(ValueError, match="between 10 m and 5 km"):
        umi_path_loss(distance, 10 * GHz, True)


def test_sidelink_closed_forms():
    assert sidelink_path_loss(100, 10 * GHz, True) == pytest.approx(38.77 + 33.4 + 18.2)
    assert sidelink_path_loss(100, 10 * GHz, False) == pytest.approx(36.85 + 60 + 18.9)
    assert sidelink_path_loss(0.0, 1 * GHz, True) == 38.77
    assert sidelink_los_probability(0.0) == 1.0
    assert sidelink_los_probability(100) == pytest.approx(1.05 * np.exp(-1.14))


@given(st.floats(2, 1e4), st.floats(1, 100))
def test_sidelink_without_sight_is_worse(distance, carrier):
    assert sidelink_path_loss(distance, carrier * GHz, False) > sidelink_path_loss(distance, carrier * GHz, True)
