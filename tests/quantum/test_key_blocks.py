"""Blocks of key: drawn counts against their laws, eavesdroppers who come and go, streams of their own."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats

from qflsim.quantum.bbm92 import BBM92
from qflsim.quantum.eavesdropping import InterceptResend
from qflsim.quantum.finite_bb84 import FiniteKeyBB84
from qflsim.quantum.finite_key import BlockProtocol
from qflsim.quantum.keyrates import plob_bound

KM = 1e3
LINK = FiniteKeyBB84()
PAIRS = BBM92()
BOTH = pytest.mark.parametrize("link", [LINK, PAIRS], ids=["pulses", "pairs"])
SMALL = FiniteKeyBB84(block_bit=400, dead_time=0.0)


def blocks(link, count, *, distance=25 * KM, seed=1, users=1, start=0.0):
    """The first ``count`` blocks of a link, without a pause."""
    source, now, made = link.blocks(distance, users=users, rng=np.random.default_rng(seed)), start, []
    for _ in range(count):
        made.append(source.next_block(now))
        now += made[-1].duration_s
    return made


# --- lumps -----------------------------------------------------------------------------------------------------------


def test_below_a_block_length_nothing_and_above_it_a_lump():
    lengths = [replace(LINK, block_bit=n).expected_block(25 * KM).secret_bit for n in (1e5, 9e5, 1e6, 1e7, 1e8)]
    assert lengths[:2] == [0, 0]
    assert 0 < 100 * lengths[2] < lengths[3] < lengths[4] / 10


@given(st.floats(4, 9), st.floats(0, 0.5), st.floats(0, 150))
def test_longer_blocks_never_yield_less_for_each_bit(exponent, further, distance):
    short, long = (replace(LINK, block_bit=float(round(10.0**n))) for n in (exponent, exponent + further))
    assert long.key_rate(distance * KM) >= short.key_rate(distance * KM) * (1 - 1e-6)


def test_an_endless_block_makes_key_steadily_and_faster_than_any_block():
    endless = replace(LINK, block_bit=math.inf)
    assert endless.blocks(25 * KM, rng=np.random.default_rng(1)) is None
    assert (
        endless.key_rate(25 * KM) > replace(LINK, block_bit=1e11).key_rate(25 * KM) > 0.98 * endless.key_rate(25 * KM)
    )


def test_reach_ends_where_blocks_of_this_length_become_empty():
    reach = LINK.reach()
    assert LINK.expected_block(reach - 10.0).secret_bit > 0 == LINK.expected_block(reach + 10.0).secret_bit
    assert reach < replace(LINK, block_bit=1e9).reach() < replace(LINK, block_bit=math.inf).reach()


# --- drawn blocks against their laws ---------------------------------------------------------------------------------


@BOTH
def test_the_mean_of_drawn_blocks_is_the_expected_block(link):
    made, expected = blocks(link, 400), link.expected_block(25 * KM)
    for name in ("pulses", "error_rate", "duration_s", "secret_bit"):
        values = np.array([getattr(block, name) for block in made], dtype=float)
        standard_error = values.std() / math.sqrt(len(values))
        bias = 0.01 * expected.secret_bit if name == "secret_bit" else 0.0  # the bound is not linear in the counts
        assert abs(values.mean() - getattr(expected, name)) < 4 * standard_error + bias
    assert {block.sifted_bit for block in made} == {int(link.block_bit)}


def test_error_rates_spread_as_a_binomial():
    made, expected = blocks(SMALL, 3000, distance=0.0), SMALL.expected_block(0.0)
    protocol = SMALL.protocol
    clicks = SMALL.block_bit * (1 + ((1 - protocol.key_basis) / protocol.key_basis) ** 2)
    spread = math.sqrt(expected.error_rate * (1 - expected.error_rate) / clicks)
    assert np.std([block.error_rate for block in made]) == pytest.approx(spread, rel=0.06)


def one_by_one(link, transmittance, rng, share=0.0, batch=3000):
    """Pulses until ``block_bit`` clicks in the key basis, and counts (bases, right or wrong), each pulse by itself."""
    protocol = link.protocol
    sender, receiver = (rng.random(batch) >= protocol.key_basis for _ in range(2))
    photons = rng.poisson(rng.choice(protocol.intensities, size=batch, p=protocol.probabilities))
    lit, dark = rng.random(batch) < 1 - (1 - transmittance) ** photons, rng.random(batch) < link.dark_count_yield
    other_basis = (rng.random(batch) < share) & (rng.random(batch) < 0.5)  # of the eavesdropper
    wrong = rng.random(batch) < np.where(lit & ~other_basis, link.misalignment, 0.5)
    kept = (sender == receiver) & (lit | dark)
    pulses = 1 + int(np.flatnonzero(np.cumsum(kept & ~sender) == link.block_bit)[0])
    kind = (2 * sender + wrong)[:pulses][kept[:pulses]].astype(int)
    return pulses, np.bincount(kind, minlength=4).reshape(2, 2)


@pytest.mark.parametrize("share", [0.0, 0.6])
def test_skipping_ahead_equals_going_pulse_by_pulse(share):
    link = FiniteKeyBB84(
        block_bit=40, dead_time=0.0, after_pulse=0.0, dark_count_yield=1e-3, misalignment=0.1, detector_efficiency=0.8,
        protocol=BlockProtocol(intensities=(0.9, 0.3, 0.0), probabilities=(0.5, 0.3, 0.2), key_basis=0.7),
        abort_above=0.5, eavesdropping=InterceptResend(share=share),
    )  # fmt: skip
    rng, line = np.random.default_rng(11), link.line(0.0)
    slow = [one_by_one(link, 0.8, rng, share) for _ in range(2000)]
    fast = [line.drawn(40, math.inf, share, rng) for _ in range(2000)]
    pulses = [pulses for pulses, _ in slow], [harvest.pulses for harvest in fast]
    assert stats.ks_2samp(*pulses).pvalue > 1e-3
    for basis, wrong in ((0, 1), (1, 0), (1, 1)):
        a = np.bincount([counts[basis, wrong] for _, counts in slow], minlength=60)
        b = np.bincount([harvest.counts.sum(axis=1)[basis, wrong] for harvest in fast], minlength=60)
        seen = np.stack([a, b])[:, (a + b) >= 30]
        assert stats.chi2_contingency(seen).pvalue > 1e-3


def pair_by_pair(link, rng, share, batch=4000):
    """Seconds and wrong bits until ``block_bit`` coincidences in matching bases, each pair by itself."""
    eta = link.transmittance(0.0)
    times = np.cumsum(rng.exponential(1.0 / link.pair_rate, batch))
    kept = (rng.random((2, batch)) < eta).all(axis=0) & (rng.random(batch) < link.sifting)
    own = rng.random(batch) < 2 * (1 - link.fidelity) / 3
    other_basis = (rng.random(batch) < share) & (rng.random(batch) < 0.5)
    wrong = np.where(other_basis, rng.random(batch) < 0.5, own)
    used = np.flatnonzero(kept)[: int(link.block_bit)]
    assert len(used) == link.block_bit
    return times[used[-1]], int(wrong[used].sum())


@pytest.mark.parametrize("share", [0.0, 0.6])
def test_skipping_ahead_equals_going_pair_by_pair(share):
    link = BBM92(block_bit=40, pair_rate=1e3, detector_efficiency=0.3, fidelity=0.85, dark_count_rate=0.0, window=1e-12)
    rng, line = np.random.default_rng(12), link.line(0.0)
    slow = [pair_by_pair(link, rng, share) for _ in range(2000)]
    fast = [line.drawn(40, math.inf, share, rng) for _ in range(2000)]
    assert stats.ks_2samp([time for time, _ in slow], [harvest.duration_s for harvest in fast]).pvalue > 1e-3
    seen = np.stack([
        np.bincount([wrong for _, wrong in slow], minlength=40),
        np.bincount([harvest.counts[..., 1].sum() for harvest in fast], minlength=40),
    ])  # fmt: skip
    assert stats.chi2_contingency(seen[:, seen.sum(axis=0) >= 30]).pvalue > 1e-3


def test_counts_of_every_kind_are_multinomial():
    line, rng = LINK.line(25 * KM), np.random.default_rng(3)
    total = sum(line.drawn(1000, math.inf, 0.0, rng).counts for _ in range(300))
    expected = line.expected(300_000, 0.0).counts
    assert stats.chisquare(total[0].ravel(), expected[0].ravel()).pvalue > 1e-3
    assert (np.abs(total[1] - expected[1]) < 5 * np.sqrt(expected[1])).all()


# --- eavesdroppers who come and go -----------------------------------------------------------------------------------


def test_blocks_under_attack_are_aborted_and_those_before_and_after_are_not():
    spy = InterceptResend(share=0.5, begin=3.0, end=8.0)
    made, now = [], 0.0
    source = replace(LINK, eavesdropping=spy).blocks(25 * KM, rng=np.random.default_rng(4))
    while now < 12.0:
        made.append((now, source.next_block(now)))
        now += made[-1][1].duration_s
    for start, block in made:
        end = start + block.duration_s
        if end <= spy.begin or start >= spy.end:
            assert not block.aborted and block.secret_bit > 0 and block.error_rate < 0.016
        elif spy.begin <= start and end <= spy.end:
            assert block.aborted and block.secret_bit == 0 and block.error_rate > 0.13


@BOTH
@pytest.mark.parametrize("mixed", [0.25, 0.5, 0.9])
def test_a_block_in_which_the_attack_begins_is_mixed(link, mixed):
    clean = link.expected_block(25 * KM)
    spy = InterceptResend(share=0.4, begin=mixed * clean.duration_s)
    made = [blocks(replace(link, eavesdropping=spy), 1, seed=seed)[0] for seed in range(20)]
    full = replace(link, eavesdropping=InterceptResend(share=0.4)).error_rate(25 * KM)
    expected = mixed * clean.error_rate + (1 - mixed) * full
    errors = np.array([block.error_rate for block in made])
    assert abs(errors.mean() - expected) < 5 * math.sqrt(expected / link.block_bit / 20) + 1e-4
    assert np.mean([block.duration_s for block in made]) == pytest.approx(
        clean.duration_s, rel=4 / math.sqrt(20 * link.block_bit)
    )


@pytest.mark.parametrize("small", [SMALL, replace(PAIRS, block_bit=400)], ids=["pulses", "pairs"])
def test_an_attack_within_a_block_changes_nothing_but_errors(small):
    """Its beginning and its end cut the drawing in three, but durations follow the same law."""
    whole = small.expected_block(0.0).duration_s
    spy = InterceptResend(share=1.0, begin=0.5 * whole, end=0.98 * whole)
    link = replace(small, eavesdropping=spy)
    tapped = [blocks(link, 1, distance=0.0, seed=seed)[0].duration_s for seed in range(800)]
    clean = [blocks(small, 1, distance=0.0, seed=10_000 + seed)[0].duration_s for seed in range(800)]
    assert stats.ks_2samp(tapped, clean).pvalue > 1e-3


def test_share_at_and_next_change():
    spy = InterceptResend(share=0.3, begin=10.0, end=20.0)
    assert [spy.share_at(t) for t in (0.0, 10.0, 19.9, 20.0)] == [0.0, 0.3, 0.3, 0.0]
    assert [spy.next_change(t) for t in (0.0, 10.0, 20.0)] == [10.0, 20.0, math.inf]
    assert InterceptResend(begin=10.0).next_change(0.0) == math.inf
    assert InterceptResend(share=0.1).lasting and not spy.lasting
    assert replace(LINK, eavesdropping=spy).under(0.0).key_rate(0.0) == LINK.key_rate(0.0)


def test_the_abort_limit_is_a_field():
    tapped = replace(LINK, eavesdropping=InterceptResend(share=0.2))
    assert not blocks(tapped, 1)[0].aborted
    strict = blocks(replace(tapped, abort_above=0.03), 1)[0]
    assert strict.aborted and strict.secret_bit == 0
    assert (
        replace(LINK, abort_above=0.01).key_rate(0.0)
        == 0.0
        == replace(LINK, abort_above=0.01, block_bit=math.inf).key_rate(0.0)
    )


# --- imperfections ---------------------------------------------------------------------------------------------------


def test_dead_time_thins_the_clicks_as_a_non_paralysable_detector_does():
    ideal, blind = (replace(LINK, dead_time=tau).line(0.0).pulses_per_bit for tau in (0.0, 100e-9))
    clicks = LINK.pulse_rate / ideal / LINK.protocol.key_basis**2  # all clicks per second, whatever the bases
    assert blind / ideal == pytest.approx(1 + clicks * 100e-9)
    assert replace(LINK, dead_time=1e-3).line(0.0).pulses_per_bit == pytest.approx(1e-3 * 1e9 / 0.87**2, rel=1e-4)


def test_after_pulses_are_wrong_half_the_time():
    none, some = (replace(LINK, after_pulse=p, dark_count_yield=0.0).error_rate(0.0) for p in (0.0, 0.04))
    assert some == pytest.approx((none + 0.02) / 1.04)


@pytest.mark.parametrize(
    "worse",
    [{"dead_time": 1e-6}, {"after_pulse": 0.05}, {"dark_count_yield": 1e-4}, {"misalignment": 0.03},
     {"detector_efficiency": 0.1}, {"insertion_loss": 3.0}, {"error_correction": 1.3}, {"post_processing": 1e6},
     {"realised_share": 0.5}, {"block_bit": 1e6}, {"eavesdropping": InterceptResend(share=0.1)}],
    ids=lambda worse: next(iter(worse)),
)  # fmt: skip
def test_every_imperfection_costs_key(worse):
    assert replace(LINK, **worse).key_rate(50 * KM) < 0.95 * LINK.key_rate(50 * KM)


@pytest.mark.parametrize(
    "worse",
    [{"dead_time": 1e-6}, {"after_pulse": 0.5}, {"dark_count_rate": 1e6}, {"fidelity": 0.93},
     {"window": 1e-7}, {"block_bit": 1e4}, {"deviation": "serfling"}, {"secrecy": 1e-100}, {"correctness": 1e-300},
     {"sifting": 0.9}, {"post_processing": 1e3}, {"eavesdropping": InterceptResend(share=0.05)}],
    ids=lambda worse: next(iter(worse)),
)  # fmt: skip
def test_every_imperfection_costs_key_of_pairs(worse):
    """A short block and a wide window show what a long and a narrow one hide."""
    base = replace(PAIRS, block_bit=2e4, window=1e-8)
    assert replace(base, **worse).key_rate(10 * KM) < 0.99 * base.key_rate(10 * KM)


def test_dead_time_and_after_pulses_of_coincidences():
    link = replace(PAIRS, dead_time=1e-6, after_pulse=0.1)
    eta = link.transmittance(0.0)
    singles = 1.1 * (link.pair_rate * eta + link.dark_count_rate)
    live = 1 / (1 + 1e-6 * singles)
    pairs, accidents = link.coincidences(0.0)
    assert pairs == pytest.approx(link.pair_rate * eta**2 * live**2)
    assert accidents == pytest.approx((singles * live) ** 2 * link.window)


@given(
    st.builds(
        BBM92,
        pair_rate=st.floats(1e3, 1e9),
        fidelity=st.floats(0.8, 1.0),
        dark_count_rate=st.floats(0, 1e6),
        detector_efficiency=st.floats(0.01, 1.0),
        window=st.floats(1e-12, 1e-8),
        dead_time=st.floats(0.0, 1e-5),
        after_pulse=st.floats(0.0, 1.0),
        sifting=st.floats(0.5, 1.0),
        block_bit=st.integers(10**3, 10**12),
        deviation=st.sampled_from(["fung", "serfling"]),
    ),
    st.floats(0.0, 250.0),
)
def test_no_block_of_pairs_beats_the_repeaterless_bound(link, distance):
    bound = plob_bound(link.transmittance(distance * KM) ** 2)
    assert 0.0 <= link.key_rate(distance * KM) <= link.pair_rate * bound * (1 + 1e-9)
    assert link.key_rate(distance * KM) <= replace(link, block_bit=math.inf).key_rate(distance * KM) * (1 + 1e-9)


@settings(max_examples=200)
@given(
    st.builds(
        FiniteKeyBB84,
        detector_efficiency=st.floats(0.01, 1.0),
        dark_count_yield=st.floats(0.0, 1e-3),
        misalignment=st.floats(0.0, 0.1),
        after_pulse=st.floats(0.0, 1.0),
        dead_time=st.floats(0.0, 1e-5),
        error_correction=st.floats(1.0, 1.5),
        block_bit=st.one_of(st.integers(10**3, 10**12), st.just(math.inf)),
        protocol=st.builds(
            BlockProtocol,
            intensities=st.tuples(st.floats(0.4, 2.0), st.floats(0.05, 0.35), st.floats(0.0, 0.04)),
            key_basis=st.floats(0.05, 0.99),
            deviation=st.sampled_from(["hoeffding", "chernoff"]),
        ),
    ),
    st.floats(0.0, 250.0),
)
def test_no_block_beats_the_repeaterless_bound(link, distance):
    bound = plob_bound(link.transmittance(distance * KM))
    assert 0.0 <= link.key_rate(distance * KM) / link.pulse_rate <= bound
    if math.isfinite(link.block_bit):
        block = link.expected_block(distance * KM)
        assert block.secret_bit <= max(1, block.pulses) * bound


# --- post-processing, users, streams ---------------------------------------------------------------------------------


def test_post_processing_takes_time_and_blocks_wait_for_each_other():
    slow = replace(LINK, post_processing=5e6)
    made = blocks(slow, 3)
    assert made[0].latency_s == pytest.approx(2.0)
    assert made[1].latency_s == pytest.approx(4.0 - made[1].duration_s)
    assert slow.key_rate(25 * KM) == pytest.approx(slow.expected_block(25 * KM).secret_bit / 2.0, rel=1e-6)


@BOTH
def test_users_of_a_receiver_share_its_time(link):
    alone, shared = (link.expected_block(25 * KM, users) for users in (1, 20))
    assert shared.duration_s == pytest.approx(20 * alone.duration_s)
    assert (shared.pulses, shared.secret_bit) == (alone.pulses, alone.secret_bit)
    with pytest.raises(ValueError, match="users must be >= 1, got 0"):
        link.blocks(0.0, users=0, rng=np.random.default_rng(1))


@BOTH
def test_the_same_stream_gives_the_same_blocks_and_links_do_not_meet(link):
    assert blocks(link, 3, seed=5) == blocks(link, 3, seed=5) != blocks(link, 3, seed=6)
    alone = blocks(link, 3, seed=5)
    one, other = (link.blocks(25 * KM, rng=np.random.default_rng(seed)) for seed in (5, 6))
    now, made = 0.0, []
    for _ in range(3):
        other.next_block(now)
        made.append(one.next_block(now))
        now += made[-1].duration_s
    assert made == alone


def test_a_link_in_which_nothing_clicks_never_fills_a_block():
    block = blocks(replace(LINK, dark_count_yield=0.0), 1, distance=1e7 * KM)[0]
    assert block.duration_s == math.inf and block.secret_bit == block.sifted_bit == 0 and not block.aborted
    assert replace(LINK, dark_count_yield=0.0).error_rate(1e7 * KM) == 0.5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: FiniteKeyBB84(block_bit=1.5), r"FiniteKeyBB84\.block_bit must be a whole number of bits, got 1\.5"),
        (lambda: BBM92(deviation="hoeffding"), r"BBM92\.deviation must be 'fung' or 'serfling', got 'hoeffding'"),
        (lambda: BBM92(block_bit=2.5), r"BBM92\.block_bit must be a whole number"),
        (lambda: FiniteKeyBB84(block_bit=0), r"block_bit must be >= 1 bit, got 0"),
        (lambda: FiniteKeyBB84(abort_above=0.6), r"abort_above must be <= 0\.5"),
        (lambda: FiniteKeyBB84(dead_time=-1e-9), r"dead_time must be >= 0 s"),
        (lambda: LINK.line(-1.0), r"distance_m must be >= 0 m, got -1\.0"),
        (lambda: blocks(LINK, 1, start=-1.0), r"start_s must be >= 0 s and finite, got -1\.0"),
        (lambda: blocks(LINK, 1, start=math.inf), r"start_s must be >= 0 s and finite, got inf"),
    ],
)
def test_mistakes_are_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()
