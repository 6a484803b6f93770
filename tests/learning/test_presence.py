"""When devices are there."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

import qflsim as qfl
from qflsim.streams import Streams
from qflsim.units import h, s

DEVICES = [f"device-{i}" for i in range(20)]


def test_by_default_nobody_goes():
    assert qfl.AlwaysThere().spells(DEVICES, Streams(1)) == {}
    assert qfl.AlwaysThere().drops(np.random.default_rng(1)) is None
    assert qfl.Dropouts().spells(DEVICES, Streams(1)) == {}


@given(st.integers(0, 1000), st.floats(0.1, 100.0), st.floats(0.1, 100.0))
def test_spells_follow_each_other(seed, on, off):
    spells = qfl.Intermittent(on=on, off=off).spells(DEVICES[:2], Streams(seed))
    times = [time for spell in itertools.islice(spells["device-0"], 20) for time in spell]
    assert times == sorted(times) and times[0] >= 0.0


def test_a_device_more_moves_no_other():
    for rule in (qfl.Intermittent(),):
        few, many = rule.spells(DEVICES[:3], Streams(4)), rule.spells(DEVICES, Streams(4))
        assert [next(few[d]) for d in DEVICES[:3]] == [next(many[d]) for d in DEVICES[:3]]


def test_devices_join_one_after_the_other_and_stay_for_a_time():
    churn = qfl.Churn(present=0.25, arrivals=2 / h, lifetime=math.inf)
    spells = {device: list(own) for device, own in churn.spells(DEVICES, Streams(3)).items()}
    begins = sorted(begin for ((begin, until),) in spells.values() if until == math.inf)
    assert begins[:5] == [0.0] * 5 and begins[5] > 0.0 and len(begins) == 20
    assert np.diff(begins[5:]).mean() == pytest.approx(h / 2, rel=0.6)


def test_nobody_joins_without_arrivals():
    spells = qfl.Churn(present=0.5, arrivals=0.0, lifetime=1 * h).spells(DEVICES, Streams(3))
    assert sum(bool(list(own)) for own in spells.values()) == 10


def test_dropouts_go_at_a_uniform_share_of_their_work():
    rng = np.random.default_rng(5)
    drawn = [qfl.Dropouts(chance=0.4).drops(rng) for _ in range(20_000)]
    gone = [share for share in drawn if share is not None]
    assert len(gone) / len(drawn) == pytest.approx(0.4, abs=0.015)
    assert (min(gone) >= 0.0, max(gone) < 1.0, np.mean(gone)) == (True, True, pytest.approx(0.5, abs=0.015))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: qfl.Dropouts(chance=1.5), "Dropouts.chance must be <= 1"),
        (lambda: qfl.Intermittent(on=0 * s), "Intermittent.on must be > 0 s"),
        (lambda: qfl.Churn(arrivals=-1.0), "Churn.arrivals must be >= 0"),
    ],
)
def test_what_makes_no_sense_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()
