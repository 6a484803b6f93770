import numpy as np
import pytest

from qflsim.network import BackgroundTraffic, DenseCell
from qflsim.streams import Streams
from qflsim.units import MHz, km2, s

BUSY = BackgroundTraffic(density=1e8 / km2, message_rate=1 / (10 * s))
AREA = DenseCell(radius=150).area


@pytest.mark.parametrize(("radius", "devices"), [(50, 7854), (100, 31_416), (200, 125_664)])
def test_density_to_devices(radius, devices):
    assert BackgroundTraffic().density * DenseCell(radius=radius).area == pytest.approx(devices, abs=0.5)


def test_offered_load_is_bits_over_capacity():
    load = BackgroundTraffic(density=1e7 / km2, message_rate=0.1).offered_load(1e4, 10 * MHz, 2.0)
    assert load == pytest.approx(1e5 * 0.1 * 256 / 20e6)


def cell(seed=1, traffic=BUSY):
    return traffic.cell(AREA, 200 * MHz, 1.2, Streams(seed).fresh("background", "server-1"))


def test_mean_and_variance_of_the_load_are_poisson():
    used = 1 - np.array(list(map(cell().available, range(20_000))))
    load = BUSY.offered_load(AREA, 200 * MHz, 1.2)
    messages = BUSY.density * AREA * BUSY.message_rate * BUSY.frame
    assert 0.5 < load < 0.95
    assert used.mean() == pytest.approx(load, rel=0.001)
    assert used.var() == pytest.approx(load**2 / messages, rel=0.05)


def test_a_frame_depends_on_its_number_alone():
    forward, backward = cell(), cell()
    frames = [0, 5, 255, 256, 1000, 10**9]
    assert [forward.available(f) for f in frames] == [backward.available(f) for f in reversed(frames)][::-1]
    for block in range(3):
        frames = range(block * 256, (block + 1) * 256)
        following = range((block + 1) * 256, (block + 2) * 256)
        assert [forward.available(f) for f in frames] != [forward.available(f) for f in following]
    assert [cell(2).available(f) for f in range(20)] != [forward.available(f) for f in range(20)]


def test_the_share_at_a_time_holds_until_the_next_frame():
    crowd, now = cell(), 0.0
    for frame in range(5000):
        share, until = crowd.at(now)
        assert share == crowd.available(frame)
        assert until > now
        assert crowd.at((now + until) / 2) == (share, until)
        now = until
    assert now == pytest.approx(5000 * BUSY.frame)


def test_shares_stay_in_range_when_a_frame_overflows():
    rare = BackgroundTraffic(density=1.0, message_size=4e6, message_rate=1 / 1e4)
    shares = [cell(traffic=rare).available(f) for f in range(300)]
    crowd = rare.cell(1e4, 200 * MHz, 1.2, Streams(1).fresh("x"))
    shares += [crowd.available(f) for f in range(3000)]
    assert min(shares) == 0.01
    assert max(shares) == 1.0


def test_no_crowd_leaves_the_band_alone():
    empty = cell(traffic=BackgroundTraffic(density=0.0))
    assert {empty.available(f) for f in range(300)} == {1.0}


def test_overload_is_refused_with_offered_and_capacity():
    flood = BackgroundTraffic(density=1e8 / km2, message_rate=1.0)
    with pytest.raises(ValueError, match=r"1e\+08 devices per km\^2 on 0.07069 km\^2 offer 1810 Mbit/s.*carries 240 "):
        cell(traffic=flood)
