"""Where devices are at any time: waypoints in their stationary state, and recorded tracks."""

import math
from itertools import islice, pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import integrate, special, stats

from qflsim.network.areas import Disc, Rectangle
from qflsim.network.mobility import RandomWaypoint, Static, Trajectory
from qflsim.network.tracks import MobilityTrace
from qflsim.streams import Streams

SITE = (300.0, -200.0)
SQUARE = Rectangle(west=0.0, east=1.0, south=0.0, north=1.0)


def walks(model, count, seed=1):
    return [model.trajectory(f"device-{i}", (0.0, 0.0), SITE, Streams(seed)) for i in range(count)]


def density_over_the_unit_disc(r):
    """Hyytia, Lassila, Virtamo (2006): the stationary density of moving nodes, per unit of area."""
    return 45 * (1 - r**2) * special.ellipe(r**2) / (32 * math.pi)


def share_within(r):
    return np.array([integrate.quad(lambda x: 2 * math.pi * x * density_over_the_unit_disc(x), 0, b)[0] for b in r])


def test_the_published_density_is_one():
    assert share_within([1.0])[0] == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("time", [0.0, 400.0])
def test_a_disc_is_filled_by_the_published_density_at_the_start_and_later(time):
    model = RandomWaypoint(speed=(1.0, 20.0), pause=(0.0, 0.0), area=Disc(radius=200.0))
    places = np.array([walk.at(time) for walk in walks(model, 3000)])
    distance = np.hypot(*(places - SITE).T) / 200.0
    grid = np.linspace(0, 1, 400)
    cumulated = share_within(grid)
    assert stats.kstest(distance, lambda r: np.interp(r, grid, cumulated)).pvalue > 0.01
    angle = np.arctan2(*(places - SITE).T) / (2 * np.pi) + 0.5
    assert stats.kstest(angle, "uniform").pvalue > 0.01


def test_devices_at_rest_are_uniform_and_as_many_as_they_should_be():
    model = RandomWaypoint(speed=(1.0, 2.0), pause=(20.0, 300.0), area=SQUARE)
    resting = [w for w in walks(model, 3000) if w.at(0.0) == w.at(1e-6)]
    assert stats.binomtest(len(resting), 3000, model.resting_share).pvalue > 0.01
    places = np.array([walk.at(0.0) for walk in resting])
    assert stats.kstest(places[:, 0], "uniform").pvalue > 0.01
    assert stats.kstest(places[:, 1], "uniform").pvalue > 0.01


def test_the_rest_of_a_pause_under_way_has_the_residual_distribution():
    """P(left > t) is the integral of P(pause > x) over x > t, over the mean pause."""
    model = RandomWaypoint(speed=(1.0, 2.0), pause=(20.0, 100.0), area=Disc(radius=1.0))
    left = [w._times[1] for w in walks(model, 4000) if w.at(0.0) == w.at(1e-6)]

    def cumulated(t):
        return (np.minimum(t, 20.0) + (80.0**2 - (100.0 - np.clip(t, 20.0, 100.0)) ** 2) / 160.0) / 60.0

    assert stats.kstest(left, cumulated).pvalue > 0.01


@pytest.mark.parametrize("time", [0.0, 1000.0])
def test_speed_neither_drifts_nor_decays(time):
    model = RandomWaypoint(speed=(0.1, 10.0), pause=(0.0, 0.0), area=Disc(radius=100.0))
    step = 1e-4
    moved = [math.dist(walk.at(time), walk.at(time + step)) / step for walk in walks(model, 4000)]
    assert stats.kstest(moved, lambda v: np.log(np.clip(v, 0.1, 10) / 0.1) / math.log(100)).pvalue > 0.01
    assert np.mean(moved) == pytest.approx(model.mean_speed, abs=4 * np.std(moved) / math.sqrt(len(moved)))
    assert model.mean_speed == pytest.approx(9.9 / math.log(100))


def test_one_walk_over_a_long_time_has_the_mean_speed_and_the_resting_share():
    model = RandomWaypoint(speed=(1.0, 3.0), pause=(0.0, 40.0), area=Disc(radius=50.0))
    (walk,) = walks(model, 1)
    walk.at(1e5)
    knots = list(zip(walk._times, walk._places, strict=True))
    legs = [(t1 - t0, math.dist(a, b)) for (t0, a), (t1, b) in pairwise(knots)]
    assert sum(way for _, way in legs) / knots[-1][0] == pytest.approx(model.mean_speed, rel=0.03)
    assert sum(t for t, way in legs if way == 0) / knots[-1][0] == pytest.approx(model.resting_share, rel=0.05)


@pytest.mark.parametrize(
    ("area", "mean"),
    [
        (SQUARE, (2 + math.sqrt(2) + 5 * math.asinh(1)) / 15),
        (Disc(radius=1.0), 0.905414787),
        (Rectangle(west=-3.0, east=1.0, south=2.0, north=2.5), None),
    ],
)
def test_the_mean_way_is_that_of_geometry_and_of_points_drawn(area, mean):
    rng = np.random.default_rng(2)
    drawn = [math.dist(area.point(rng, SITE), area.point(rng, SITE)) for _ in range(10_000)]
    assert np.mean(drawn) == pytest.approx(area.mean_way, abs=4 * np.std(drawn) / 100)
    assert max(drawn) <= area.longest_way
    if mean is not None:
        assert area.mean_way == pytest.approx(mean, rel=1e-8)


@given(st.integers(0, 10**6), st.floats(0, 5e3), st.floats(0, 5e3))
def test_no_walk_leaves_its_area_or_breaks_its_speed(seed, first, second):
    for area in (Disc(radius=70.0, centre=(5.0, 5.0)), Rectangle(west=0.0, east=9.0, south=-50.0, north=4.0)):
        model = RandomWaypoint(speed=(0.5, 2.0), pause=(0.0, 10.0), area=area)
        walk = model.trajectory("device-1", (1e9, 1e9), SITE, Streams(seed))
        a, b = walk.at(first), walk.at(second)
        assert math.dist(a, b) <= 2.0 * abs(first - second) * (1 + 1e-9) + 1e-6
        for east, north in (a, b):
            if isinstance(area, Disc):
                assert math.dist((east, north), area.centre) <= 70.0 * (1 + 1e-9)
            else:
                assert -1e-9 <= east <= 9.0 + 1e-9 and -50.0 - 1e-9 <= north <= 4.0 + 1e-9


def test_a_walk_depends_on_its_device_alone_and_not_on_when_it_is_asked():
    model = RandomWaypoint()
    early = model.trajectory("device-1", (0.0, 0.0), SITE, Streams(7))
    late = model.trajectory("device-1", (9.0, 9.0), SITE, Streams(7))
    assert late.at(5000.0) == [early.at(t) for t in np.linspace(0.0, 5000.0, 300)][-1]
    assert early.at(10.0) == late.at(10.0)
    other = model.trajectory("device-2", (0.0, 0.0), SITE, Streams(7))
    assert other.at(10.0) != early.at(10.0)
    assert model.trajectory("device-1", (0.0, 0.0), SITE, Streams(7, replication=1)).at(10.0) != early.at(10.0)


def test_knots_are_made_only_as_far_as_they_are_needed():
    made = []
    walk = Trajectory((made.append(i) or (float(i), (float(i), 0.0))) for i in range(10**9))
    assert walk.at(3.5) == (3.5, 0.0)
    assert len(made) == 5


@given(
    st.lists(st.tuples(st.floats(1e-3, 1e3), st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)), min_size=1, max_size=9),
    st.lists(st.floats(-1e3, 1e4), min_size=1, max_size=9),
)
def test_between_knots_the_way_is_straight_as_numpy_interpolates(steps, times):
    knots = np.cumsum([step[0] for step in steps])
    east, north = ([step[i] for step in steps] for i in (1, 2))
    walk = Trajectory(list(zip(map(float, knots), zip(east, north, strict=True), strict=True)))
    for time in (*times, *map(float, knots)):
        assert walk.at(time) == pytest.approx(
            (np.interp(time, knots, east), np.interp(time, knots, north)), rel=1e-9, abs=1e-6
        )


def test_static_devices_stay_where_they_were_placed():
    still = Static().trajectory("device-1", (3.0, 4.0), SITE, Streams(1))
    assert {still.at(t) for t in (0.0, 1.0, 1e9)} == {(3.0, 4.0)}


def written(tmp_path, *rows, header="device,time_s,east_m,north_m"):
    file = tmp_path / "tracks.csv"
    file.write_text("\n".join([header, *rows, ""]))
    return str(file)


def test_a_track_holds_before_its_first_and_after_its_last_row(tmp_path):
    file = written(tmp_path, "a,10,0,0", "b,0,7,7", "a,20,100,-50")
    trace = MobilityTrace(file=file)
    track = trace.trajectory("a", (1.0, 1.0), SITE, Streams(1))
    assert [track.at(t) for t in (0.0, 10.0, 12.0, 20.0, 99.0)] == [(0, 0), (0, 0), (20, -10), (100, -50), (100, -50)]
    assert trace.trajectory("b", (1.0, 1.0), SITE, Streams(1)).at(1e6) == (7.0, 7.0)
    trace.check_devices(["a", "b"])


def test_columns_may_stand_in_any_order_beside_others(tmp_path):
    file = written(tmp_path, "5,x,1,a,2", header="speed,kind,north_m,device,east_m")
    with pytest.raises(ValueError, match="has no column time_s"):
        MobilityTrace(file=file)
    file = written(tmp_path, "5,0,1,a,2", header="speed,time_s,north_m,device,east_m")
    assert MobilityTrace(file=file).trajectory("a", (0.0, 0.0), SITE, Streams(1)).at(0.0) == (2.0, 1.0)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (("a,0,0,0", "b,9,0,0", "a,5,1,1", "a,3,2,2"), r"tracks\.csv, line 5: time of a .* got 3\.0 s after 5\.0 s"),
        (("a,0,0,0", "a,0,1,1"), r"line 3: time of a .* got 0\.0 s after 0\.0 s"),
        (("a,0,0,0", "a,1,here,0"), r"line 3: east_m must be a finite number, got 'here'"),
        (("a,0,0,nan",), "line 2: north_m must be a finite number"),
        (("a,0,0",), "line 2: north_m must be a finite number, got None"),
        ((), "holds no track"),
    ],
)
def test_bad_tracks_are_refused_in_one_sentence(tmp_path, rows, words):
    with pytest.raises(ValueError, match=words) as refused:
        MobilityTrace(file=written(tmp_path, *rows))
    assert "\n" not in str(refused.value)


def test_a_missing_file_and_one_that_is_no_text_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"there is no file .*nowhere\.csv"):
        MobilityTrace(file=str(tmp_path / "nowhere.csv"))
    with pytest.raises(ValueError, match="cannot be read"):
        MobilityTrace(file=str(tmp_path))
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(ValueError, match="cannot be read"):
        MobilityTrace(file=str(tmp_path / "binary.csv"))


def test_devices_without_a_track_and_tracks_without_a_device_are_refused(tmp_path):
    trace = MobilityTrace(file=written(tmp_path, "device-1-1,0,0,0", "device-1-2,0,0,0"))
    with pytest.raises(ValueError, match="has no track of device-1-3; a device that stands still needs one row"):
        trace.check_devices(["device-1-1", "device-1-2", "device-1-3"])
    with pytest.raises(ValueError, match="has a track of 'device-1-2', and there is no such device"):
        trace.check_devices(["device-1-1"])
    with pytest.raises(ValueError, match="no track of device-9"):
        trace.trajectory("device-9", (0.0, 0.0), SITE, Streams(1))


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: RandomWaypoint(speed=(0.0, 1.0)), r"RandomWaypoint\.speed\[0\] must be > 0 m/s"),
        (lambda: RandomWaypoint(speed=(2.0, 1.0)), r"RandomWaypoint\.speed must be \(smallest, largest\)"),
        (lambda: RandomWaypoint(pause=(5.0, 1.0)), r"RandomWaypoint\.pause must be \(smallest, largest\)"),
        (lambda: RandomWaypoint(pause=(-1.0, 1.0)), r"RandomWaypoint\.pause\[0\] must be >= 0 s"),
        (lambda: RandomWaypoint(record_period=0.0), r"record_period must be > 0 s"),
        (lambda: Rectangle(west=2.0, east=1.0), r"Rectangle\.west must be < east = 1 m, got 2\.0"),
        (lambda: Rectangle(south=2e3), r"Rectangle\.south must be < north"),
        (lambda: Disc(radius=0.0), r"Disc\.radius must be > 0 m"),
    ],
)
def test_movements_that_make_no_sense_are_refused(build, words):
    with pytest.raises(ValueError, match=words):
        build()


def test_adding_a_device_moves_no_other():
    few, more = walks(RandomWaypoint(), 3), walks(RandomWaypoint(), 9)
    for one, other in zip(few, islice(more, 3), strict=True):
        assert [one.at(t) for t in (0.0, 77.7)] == [other.at(t) for t in (0.0, 77.7)]
