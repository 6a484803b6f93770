import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from qflsim.network import SharedBand


def run(bandwidth, arrivals, shares=()):
    """Play a band to its end: arrivals are (time, size, efficiency), shares (time, share); returns ends by index."""
    band, ends = SharedBand(bandwidth), {}
    events = [(t, 0, None, share) for t, share in shares]
    events += [(t, 1, str(i), (size, efficiency)) for i, (t, size, efficiency) in enumerate(arrivals)]
    for time, kind, name, value in [*sorted(events, key=lambda e: e[:2]), (math.inf, 2, None, None)]:
        while (due := band.next_completion()) and due[0] <= time:
            ended = band.complete(due[0])
            assert due[1] == ended[0]
            ends.update(dict.fromkeys(map(int, ended), due[0]))
        if kind == 0:
            band.set_available(time, value)
        elif kind == 1:
            band.start(time, name, *value)
    return ends, band.served


def fluid(bandwidth, arrivals, shares=()):
    """The same by integrating every transfer's remaining work from event to event."""
    changes = sorted({t for t, *_ in arrivals} | {t for t, _ in shares})
    remaining, ends, now = {}, {}, 0.0
    while changes or remaining:
        past = [(t, i) for i, (t, _) in enumerate(shares) if t <= now]
        share = shares[max(past)[1]][1] if past else 1.0
        pace = bandwidth * share / len(remaining) if remaining else 0.0
        step = min(
            (changes[0] - now if changes else math.inf),
            min(remaining.values()) / pace if remaining else math.inf,
        )
        now += step
        remaining = {i: work - step * pace for i, work in remaining.items()}
        for i in [i for i, work in remaining.items() if work <= 1e-9 * arrivals[i][1] / arrivals[i][2]]:
            ends[i] = now
            del remaining[i]
        while changes and changes[0] <= now + 1e-15:
            now = changes.pop(0)
            remaining |= {i: size / eff for i, (t, size, eff) in enumerate(arrivals) if t == now}
    return ends


def test_one_transfer_has_the_whole_band():
    assert run(200.0, [(1.0, 300.0, 1.5)])[0] == {0: 2.0}


def test_two_transfers_closed_form():
    # the second joins half-way through the first: both at half speed, then the rest of the second alone
    ends, _ = run(10.0, [(0.0, 10.0, 1.0), (0.5, 10.0, 1.0)])
    assert ends == pytest.approx({0: 1.5, 1: 2.0})


def test_efficiency_scales_the_work():
    ends, _ = run(10.0, [(0.0, 20.0, 2.0), (0.0, 20.0, 1.0)])
    assert ends == pytest.approx({0: 2.0, 1: 3.0})


@pytest.mark.parametrize("n", [1, 2, 7, 100])
def test_n_equal_transfers_end_together_after_n_times_as_long(n):
    ends, _ = run(10.0, [(3.0, 5.0, 1.0)] * n)
    assert list(ends) == list(range(n))
    assert list(ends.values()) == pytest.approx([3.0 + 0.5 * n] * n)
    assert len(set(ends.values())) == 1
    band = SharedBand(10.0)
    for i in range(n):
        band.start(3.0, str(i), 5.0, 1.0)
    assert len(band.complete(band.next_completion()[0])) == n


def test_background_load_slows_transfers_down():
    ends, _ = run(10.0, [(0.0, 10.0, 1.0)], shares=[(0.5, 0.25)])
    assert ends == pytest.approx({0: 0.5 + 5.0 / 2.5})


times = st.floats(0, 10).map(lambda t: round(t, 3))
arrivals_ = st.lists(st.tuples(times, st.floats(1, 100), st.floats(0.1, 5)), min_size=1, max_size=12)
shares_ = st.lists(st.tuples(times, st.floats(0.05, 1)), max_size=4, unique_by=lambda s: s[0])


@settings(deadline=None, max_examples=200)
@given(arrivals_, shares_)
def test_it_equals_a_fluid_integrator(arrivals, shares):
    ends, _ = run(20.0, arrivals, shares)
    assert ends == pytest.approx(fluid(20.0, arrivals, shares), rel=1e-7)


@settings(deadline=None)
@given(arrivals_, shares_)
def test_the_band_serves_exactly_the_work_it_was_given(arrivals, shares):
    ends, served = run(20.0, arrivals, shares)
    assert len(ends) == len(arrivals)
    assert served == pytest.approx(sum(size / efficiency for _, size, efficiency in arrivals), rel=1e-9)


@pytest.mark.parametrize("sizes", ["deterministic", "hyperexponential"])
def test_mean_sojourn_of_m_g_1_ps_is_insensitive_to_the_sizes(sizes):
    rng, rho, n = np.random.default_rng(2), 0.6, 40_000
    starts = np.cumsum(rng.exponential(1 / rho, size=n))
    scale = np.where(rng.random(n) < 0.9, 0.5, 5.5)
    work = np.ones(n) if sizes == "deterministic" else rng.exponential(scale)
    ends, _ = run(1.0, list(zip(starts.tolist(), work.tolist(), np.ones(n).tolist(), strict=True)))
    sojourns = [ends[i] - start for i, start in enumerate(starts)]
    assert np.mean(sojourns) == pytest.approx(work.mean() / (1 - rho), rel=0.06)


@pytest.mark.parametrize("ulps", [-2, 0, 2])
def test_a_timer_may_miss_by_rounding(ulps):
    rng = np.random.default_rng(4)
    for _ in range(200):
        band, now = SharedBand(200e6), float(rng.uniform(0, 1e4))
        band.start(now, "a", float(rng.uniform(1, 1e12)), 1.3)
        due, _ = band.next_completion()
        assert band.complete(due + ulps * math.ulp(due)) == ["a"]
        band.start(due, "b", 1.0, 1.0)


def test_a_long_past_leaves_no_rounding_behind():
    band = SharedBand(1e18)
    band.start(0.0, "large", 1e18, 1.0)
    assert band.complete(1.0) == ["large"]
    band.set_available(1.0, 1e-18)
    band.start(1.0, "small", 1.0, 1.0)
    assert band.next_completion() == (pytest.approx(2.0), "small")


def test_cancelling_frees_the_band_and_says_what_was_left():
    band = SharedBand(10.0)
    band.start(0.0, "a", 10.0, 1.0)
    band.start(0.0, "b", 20.0, 1.0)
    assert band.cancel(1.0, "a") == pytest.approx(5.0)
    assert band.next_completion() == (pytest.approx(2.5), "b")
    band.start(1.0, "a", 10.0, 1.0)
    assert band.complete(band.next_completion()[0]) == ["a"]
    assert band.complete(band.next_completion()[0]) == ["b"]
    assert len(band) == 0
    assert band.next_completion() is None


def test_misuse_is_refused():
    band = SharedBand(10.0)
    with pytest.raises(ValueError, match="outage"):
        band.start(0.0, "a", 10.0, 0.0)
    band.start(0.0, "a", 10.0, 1.0)
    with pytest.raises(ValueError, match="must be new"):
        band.start(0.0, "a", 10.0, 1.0)
    with pytest.raises(ValueError, match=r"no transfer ends at 0\.5 s"):
        band.complete(0.5)
    with pytest.raises(ValueError, match=r"call complete\(\) before 2.0 s"):
        band.start(2.0, "b", 10.0, 1.0)
    with pytest.raises(ValueError, match=r"\(0, 1\]"):
        band.set_available(0.5, 0.0)
    with pytest.raises(ValueError, match="a transfer under way"):
        band.cancel(0.5, "z")
    with pytest.raises(ValueError, match="backwards"):
        band.cancel(0.1, "a")
    with pytest.raises(ValueError, match="bandwidth"):
        SharedBand(0.0)


def test_a_changed_efficiency_keeps_the_bits():
    band = SharedBand(10.0)
    band.start(0.0, "a", 20.0, 2.0)
    band.start(0.0, "b", 20.0, 2.0)
    band.rescale(1.0, {"a": 0.5})  # 10 bits each are left: 20 and 5 Hz s of work
    assert band.remaining(1.0, "a") == pytest.approx(10.0)
    assert band.next_completion() == (pytest.approx(2.0), "b")
    assert band.complete(band.next_completion()[0]) == ["b"]
    assert band.remaining(2.0, "a") == pytest.approx(7.5)
    assert band.next_completion() == (pytest.approx(3.5), "a")
    assert band.complete(band.next_completion()[0]) == ["a"]
    assert band.served == pytest.approx(35.0)


@settings(deadline=None)
@given(st.floats(1, 1e9), st.lists(st.tuples(st.floats(0, 1), st.floats(0.05, 5)), max_size=30))
def test_however_often_it_is_rescaled_a_transfer_sends_its_bits(size, changes):
    band, now, sent, efficiency = SharedBand(1e6), 0.0, 0.0, 1.0
    band.start(now, "a", size, efficiency)
    for share, other in changes:
        step = share * (band.next_completion()[0] - now)
        now, sent = now + step, sent + step * efficiency * 1e6
        band.rescale(now, {"a": other})
        efficiency = other
        assert band.remaining(now, "a") == pytest.approx(size - sent, abs=1e-6 * size)
    sent += (band.next_completion()[0] - now) * efficiency * 1e6
    assert sent == pytest.approx(size, rel=1e-6)


def test_a_name_taken_anew_is_another_transfer():
    band = SharedBand(10.0)
    band.start(0.0, "long", 100.0, 1.0)
    band.start(0.0, "a", 10.0, 1.0)
    band.cancel(0.0, "a")
    band.start(0.0, "a", 50.0, 1.0)
    assert band.complete(10.0) == ["a"]
    assert band.complete(15.0) == ["long"]


def test_rescaling_into_an_outage_is_refused():
    band = SharedBand(10.0)
    band.start(0.0, "a", 10.0, 1.0)
    with pytest.raises(ValueError, match="cancel a transfer in outage"):
        band.rescale(0.5, {"a": 0.0})
    with pytest.raises(ValueError, match="a transfer under way"):
        band.rescale(0.5, {"b": 1.0})
