"""Messages over a link that exists only now and then."""

import math

import pytest
from hypothesis import given, strategies as st

from qflsim.network import FifoQueue, GroundSite, Orbit, SatelliteRelay
from qflsim.network.relay import Visibility, WindowedQueue
from qflsim.units import day, degree, h

XINGLONG = GroundSite(latitude=40.39587 * degree, longitude=117.57746 * degree, height=890.0)


def opening(*windows):
    """The next of some windows, and after them never again."""
    return lambda time: next((w for w in windows if w[1] > time), (math.inf, math.inf))


def test_a_message_waits_for_a_window_and_goes_on_in_the_next_one():
    queue = WindowedQueue(10.0, opening((5.0, 8.0), (20.0, 30.0)))
    assert queue.send(0.0, 20.0) == 7.0
    assert queue.send(1.0, 30.0) == 22.0  # 10 bits in the first window, 20 in the second
    assert queue.send(23.0, 10.0) == 24.0
    assert queue.send(25.0, 1.0) == pytest.approx(25.1)


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0, 100)), min_size=1, max_size=20))
def test_in_one_endless_window_it_is_a_fifo_queue(messages):
    fifo, windowed, now = FifoQueue(10.0, 0.0), WindowedQueue(10.0, opening((0.0, math.inf))), 0.0
    for gap, size in messages:
        now += gap
        assert windowed.send(now, size) == pytest.approx(fifo.send(now, size), rel=1e-12)


@given(
    st.lists(st.tuples(st.floats(0.1, 10), st.floats(0.1, 10)), min_size=1, max_size=8),
    st.lists(st.tuples(st.floats(0, 5), st.floats(0, 50)), min_size=1, max_size=15),
)
def test_no_window_carries_more_than_its_length_and_the_link_is_never_idle_with_a_message(gaps, messages):
    windows, time = [], 0.0
    for gap, length in gaps:
        windows.append((time + gap, time + gap + length))
        time += gap + length
    windows.append((time + 1.0, math.inf))
    queue, now, backlog_since, work = WindowedQueue(1.0, opening(*windows)), 0.0, 0.0, 0.0

    def open_time(begin, end):
        return sum(max(0.0, min(end, until) - max(begin, since)) for since, until in windows)

    last = 0.0
    for gap, size in messages:
        now += gap
        if now >= last:
            backlog_since, work = now, 0.0
        left = queue.send(now, size)
        work += size
        assert left >= last and left >= now
        assert open_time(backlog_since, left) == pytest.approx(work, abs=1e-6)
        last = left


def test_time_runs_forward_only():
    queue = WindowedQueue(1.0, opening((0.0, math.inf)))
    queue.send(1.0, 1.0)
    with pytest.raises(ValueError, match="in order of time"):
        queue.send(0.5, 1.0)
    with pytest.raises(ValueError, match="size >= 0"):
        queue.send(2.0, -1.0)


def test_windows_are_the_passes_however_far_ahead_they_are_asked_for():
    orbit, lowest = Orbit(), 10 * degree
    passes = [(p.rise_s, p.set_s) for p in orbit.passes(XINGLONG, 0.0, 3 * day, lowest)]
    step, jump = Visibility(orbit, XINGLONG, lowest), Visibility(orbit, XINGLONG, lowest)
    time, seen = 0.0, []
    while len(seen) < len(passes):
        seen.append(step.window(time))
        time = seen[-1][1]
    assert seen == [pytest.approx(window, abs=1e-3) for window in passes]
    assert jump.window(passes[-2][1]) == pytest.approx(passes[-1], abs=1e-3)
    assert jump.window(passes[0][0]) == pytest.approx(passes[0], abs=1e-3)


def test_the_mean_wait_is_that_of_random_moments():
    visibility = Visibility(Orbit(), XINGLONG, 10 * degree)
    until, count = 3 * day, 20_000
    waits = []
    for number in range(count):
        time = (number + 0.5) / count * until
        begin, _ = visibility.window(time)
        waits.append(max(0.0, begin - time) if begin < until else until - time)
    assert visibility.mean_wait(until) == pytest.approx(sum(waits) / count, rel=1e-3)


def test_a_satellite_out_of_sight_has_no_rate():
    relay, orbit = SatelliteRelay(), Orbit()
    (over, *_) = orbit.passes(XINGLONG, 4 * h, 6 * h)
    there = relay.quality(orbit, XINGLONG, over.culmination_s)
    assert (there.rate_bps, there.loss) == (100e6, 0.0)
    assert there.delay_s == pytest.approx(645.4e3 / 299_792_458, rel=1e-3)
    assert relay.quality(orbit, XINGLONG, over.set_s + 60).rate_bps == 0.0
