"""Macro, indoor and sub-terahertz cells: the vectors of TR 38.901 and of the close-in model."""

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, strategies as st

from qflsim.checks import quantity
from qflsim.network import (
    DenseCell,
    IndoorOffice,
    LinkModel,
    RadioCell,
    SubTerahertz,
    UrbanMacro,
    UrbanMicro,
    close_in_path_loss,
    indoor_los_probability,
    indoor_path_loss,
    uma_breakpoint,
    uma_los_probability,
    uma_path_loss,
)
from qflsim.scenario import Scenario
from qflsim.streams import Streams
from qflsim.units import GHz, MHz, to_dB

CELLS = [UrbanMicro(), UrbanMacro(), IndoorOffice(), IndoorOffice(office="open"), SubTerahertz()]
names = pytest.mark.parametrize("cell", CELLS, ids=lambda cell: type(cell).__name__)

UMA = [  # TR 38.901 table 7.4.1-1, h_UT 1.5 m, h_BS 25 m: GHz, m, line of sight, none [dB]
    (3.5, 20, 71.6476, 82.6262), (3.5, 100, 83.1382, 103.0375), (3.5, 250, 91.6781, 118.2075),
    (3.5, 500, 98.2692, 129.9158), (10, 20, 80.7663, 91.7448), (10, 100, 92.2568, 112.1562),
    (10, 250, 100.7967, 127.3261), (10, 500, 107.3879, 139.0345), (28, 20, 89.7094, 100.6880),
    (28, 100, 101.2000, 121.0993), (28, 250, 109.7399, 136.2693), (28, 500, 116.3310, 147.9776),
]  # fmt: skip
INH = [  # GHz, m between the antennas, line of sight, none [dB]
    (3.5, 5, 55.3735, 57.6178), (3.5, 20, 65.7892, 80.6767), (3.5, 60, 74.0434, 98.9505),
    (28, 5, 73.4353, 80.1048), (28, 20, 83.8510, 103.1637), (28, 60, 92.1052, 121.4374),
    (60, 5, 80.0552, 88.3465), (60, 20, 90.4708, 111.4054), (60, 60, 98.7250, 129.6792),
]  # fmt: skip


@pytest.mark.parametrize(("carrier", "distance", "seen", "hidden"), UMA)
def test_uma_path_loss_vectors(carrier, distance, seen, hidden):
    for los, loss in ((True, seen), (False, hidden)):
        assert uma_path_loss(distance, carrier * GHz, los) == pytest.approx(loss, abs=6e-5)
        assert UrbanMacro(carrier=carrier * GHz).path_loss(distance, los) == pytest.approx(loss, abs=6e-5)


@pytest.mark.parametrize(("carrier", "bend"), [(3.5, 560), (7, 1120), (10, 1600), (28, 4480)])
def test_uma_breakpoints(carrier, bend):
    assert uma_breakpoint(carrier * GHz) == pytest.approx(bend)
    below, above = (uma_path_loss(bend * factor, carrier * GHz, True) for factor in (1 - 1e-9, 1 + 1e-9))
    assert above == pytest.approx(below, abs=2e-3)
    # from there on with the fourth power of the distance between the antennas
    ratio = math.hypot(1.1 * bend, 23.5) / math.hypot(bend, 23.5)
    assert uma_path_loss(1.1 * bend, carrier * GHz, True) - above == pytest.approx(40 * math.log10(ratio), abs=1e-6)


@pytest.mark.parametrize(
    ("height", "probabilities"),
    [
        (1.5, (1, 1, 0.649402, 0.347671, 0.128048, 0.036345)),
        (20.0, (1, 1, 0.691983, 0.478347, 0.325726, 0.154992)),
    ],
)
def test_uma_los_probability_vectors(height, probabilities):
    for distance, probability in zip((10, 18, 50, 100, 200, 500), probabilities, strict=True):
        assert uma_los_probability(distance, height) == pytest.approx(probability, abs=6e-7)


@pytest.mark.parametrize(("carrier", "distance", "seen", "hidden"), INH)
def test_indoor_path_loss_vectors(carrier, distance, seen, hidden):
    assert indoor_path_loss(distance, carrier * GHz, True) == pytest.approx(seen, abs=6e-5)
    assert indoor_path_loss(distance, carrier * GHz, False) == pytest.approx(hidden, abs=6e-5)


@pytest.mark.parametrize(
    ("office", "probabilities"),
    [
        ("mixed", (0.287424, 0.224879, 0.084265, 0.018178, 0.000846)),
        ("open", (0.931815, 0.832255, 0.537455, 0.424394, 0.264620)),
    ],
)
def test_indoor_los_probability_vectors(office, probabilities):
    for distance, probability in zip((10, 18, 50, 100, 200), probabilities, strict=True):
        assert indoor_los_probability(distance, office) == pytest.approx(probability, abs=6e-7)
        assert IndoorOffice(office=office).los_probability(distance) == indoor_los_probability(distance, office)


def test_indoor_distances_run_along_the_floor():
    cell = IndoorOffice(carrier=28 * GHz, station_height=4.0, device_height=1.0)
    assert cell.path_loss(4.0, True) == pytest.approx(73.4353, abs=6e-5)  # 3 m below and 4 m away: 5 m


@pytest.mark.parametrize(
    ("exponent", "losses"),
    [(1.94, (94.894, 108.454, 114.294, 120.134)), (2.87, (104.194, 124.254, 132.894, 141.533))],
)
def test_close_in_vectors_at_142_ghz(exponent, losses):
    assert close_in_path_loss(1.0, 142 * GHz, exponent) == pytest.approx(75.4936, abs=6e-5)
    flat = SubTerahertz(station_height=1.5, device_height=1.5)
    for distance, loss in zip((10, 50, 100, 200), losses, strict=True):
        assert close_in_path_loss(distance, 142 * GHz, exponent) == pytest.approx(loss, abs=6e-4)
        assert flat.path_loss(distance, exponent == 1.94) == pytest.approx(loss, abs=6e-4)


def test_sub_terahertz_budget():
    channel = SubTerahertz(station_height=1.5, device_height=1.5).channel(100.0, True)
    # 23 dBm + 5 + 27 dBi - 114.294 dB over -174 + 90 + 7 = -77 dBm of noise
    assert to_dB(channel.snr_up) == pytest.approx(55 - 114.294 + 77, abs=6e-4)
    assert to_dB(channel.snr_down) == pytest.approx(65 - 114.294 + 74, abs=6e-4)


@names
def test_all_cells_share_budget_chance_and_airtime(cell):
    assert isinstance(cell, RadioCell) and isinstance(cell, LinkModel)
    distance = 40.0
    seen, hidden = cell.channel(distance, True), cell.channel(distance, False)
    assert hidden.snr_up <= seen.snr_up
    gain = to_dB(cell.station_gain * cell.device_gain)
    noise = to_dB(cell.bandwidth) - 204 + to_dB(cell.station_noise)  # [dBW]
    assert to_dB(seen.snr_up) == pytest.approx(to_dB(cell.device_power) + gain - cell.path_loss(distance, True) - noise)
    assert cell.airtime(1e6, seen.efficiency_up) == pytest.approx(1e6 / (seen.efficiency_up * cell.bandwidth))
    assert cell.quality(distance, np.random.default_rng(3)).delay_s > 0


@names
def test_draws_follow_the_line_of_sight_probability_and_the_shadowing(cell):
    rng, distance = Streams(1).fresh("test"), 60.0
    drawn = [cell.draw(distance, rng) for _ in range(5000)]
    seen = np.array([c.los for c in drawn])
    shadowing = np.array([c.shadowing_db for c in drawn])
    p = cell.los_probability(distance)
    assert abs(seen.mean() - p) < 4 * math.sqrt(p * (1 - p) / len(drawn))
    assert shadowing[~seen].std() == pytest.approx(cell.shadowing_nlos, rel=0.06)
    assert seen.sum() < 100 or shadowing[seen].std() == pytest.approx(cell.shadowing_los, rel=0.1)


@names
@given(share=st.floats(0, 0.99), carrier=st.floats(0, 1))
def test_loss_grows_with_distance_and_without_sight(cell, share, carrier):
    low, high = (92, 174) if isinstance(cell, SubTerahertz) else (0.5, 100)
    cell = replace(cell, carrier=(low + carrier * (high - low)) * GHz)
    nearest, farthest = cell.distances
    distance = nearest + share * (farthest - nearest)
    assert 0.0 <= cell.los_probability(distance) <= 1.0
    seen, hidden = cell.path_loss(distance, True), cell.path_loss(distance, False)
    assert hidden >= seen - 1e-9
    assert cell.path_loss(min(farthest, distance + 1.0), False) > hidden


@names
def test_distances_outside_the_model_are_refused(cell):
    nearest, farthest = cell.distances
    for distance in (0.99 * nearest, 1.001 * farthest, math.nan):
        if distance:
            with pytest.raises(ValueError, match=r"must be between"):
                cell.path_loss(distance, True)


def test_a_cell_of_ones_own_fits_a_scenario():
    @dataclass(frozen=True, kw_only=True)
    class FreeSpace(RadioCell):
        station_power: float = quantity(1.0)
        station_height: float = quantity(10.0)
        shadowing_los: float = quantity(0.0)
        shadowing_nlos: float = quantity(0.0)
        distances = (1.0, 1000.0)

        def los_probability(self, distance):
            return 1.0

        def path_loss(self, distance, los):
            return close_in_path_loss(distance, self.carrier, 2.0)

    channel = FreeSpace().draw(100.0, np.random.default_rng(1))
    assert channel.los and channel.path_loss_db == pytest.approx(52.4478 + 40, abs=6e-5)  # 20 log(4 pi 10 GHz / c)
    assert Scenario(name="own", access=FreeSpace()).access == FreeSpace()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Scenario(name="x", access=IndoorOffice()), ValueError, r"Scenario\.topology must .* 0 to 149\.99 m"),
        (lambda: Scenario(name="x", topology=DenseCell(nearest=5)), ValueError, r"10 to 5000 m .* UrbanMicro"),
        (
            lambda: Scenario(name="x", access=UrbanMacro()),
            ValueError,
            r"energy\.station must radiate .* 39\.81 W .* 12\.6",
        ),
        (lambda: Scenario(name="x", access=UrbanMicro), TypeError, r"Scenario\.access must be a RadioCell"),
        (lambda: IndoorOffice(office="closed"), ValueError, r"IndoorOffice\.office must be 'mixed' or 'open'"),
        (lambda: IndoorOffice(station_height=200.0), ValueError, r"IndoorOffice\.station_height and device_height"),
        (lambda: IndoorOffice(device_height=200.0), ValueError, r"device_height .* less than 150 m, got 3.0 m and 200"),
        (lambda: SubTerahertz(station_height=300.0), ValueError, r"SubTerahertz\.station_height and device_height"),
        (lambda: SubTerahertz(device_height=300.0), ValueError, r"device_height .* less than 200 m, got 4.0 m and 300"),
        (lambda: SubTerahertz(carrier=28 * GHz), ValueError, r"SubTerahertz\.carrier must be >= 9\.2e\+10 Hz"),
        (lambda: SubTerahertz(exponent_nlos=1.5), ValueError, r"exponent_nlos must be >= exponent_los = 1\.94"),
        (lambda: UrbanMacro(device_height=20.0), ValueError, r"UrbanMacro\.device_height must be <= 13 m"),
        (lambda: UrbanMacro(bandwidth=-20 * MHz), ValueError, r"UrbanMacro\.bandwidth must be > 0 Hz"),
        (lambda: RadioCell(), TypeError, "leaves open distances"),
        (lambda: close_in_path_loss(0.5, 142 * GHz, 2.0), ValueError, "must be >= 1 m"),
        (lambda: uma_los_probability(100, 30.0), ValueError, "device_height must be <= 23 m"),
        (lambda: indoor_los_probability(10, "shed"), ValueError, "office must be 'mixed' or 'open', got 'shed'"),
    ],
)
def test_mistakes_are_told(call, error, message):
    with pytest.raises(error, match=message):
        call()
