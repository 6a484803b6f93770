"""The store of pairs: made side by side, kept while young, drawn in batches; whole batches against pair after pair."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from qflsim.quantum.chain import ChainPlan
from qflsim.quantum.chainpairs import ChainPairs, store_of
from qflsim.quantum.heralding import Midpoint
from qflsim.quantum.memory import DepolarisingMemory
from qflsim.quantum.operations import PERFECT
from qflsim.quantum.pairs import DirectPairs
from qflsim.quantum.purification import DEJMPS
from qflsim.quantum.purifiedpairs import PurifiedPairs

LINK = Midpoint(
    source=0.5,
    detector=1.0,
    dark_count=0.0,
    visibility=1.0,
    mixed=0.0,
    preparation=1.0,
    propagation=1e-3,
    attenuation=0,
)  # p = 1/8 in 1.1 s over 100 m
MEMORY = DepolarisingMemory(lifetime=100.0)
PLAN = ChainPlan((100.0,), LINK, MEMORY, PERFECT)
KINDS = [DirectPairs, PurifiedPairs, ChainPairs]


def compared(values, others, sigmas=4.0):
    values, others = np.asarray(values, float), np.asarray(others, float)
    spread = math.sqrt(values.var() / len(values) + others.var() / len(others))
    return abs(values.mean() - others.mean()) <= sigmas * spread + 1e-12


def story(kind, plan, seed, count=250):
    """Idle, draw, wait, draw and give up, idle: what an observer can see."""
    rng, seen = np.random.default_rng(seed), []
    for _ in range(count):
        store = kind(plan, 4, rng)
        first = store.take(55.0, 40)
        later = first.ready_s + 30.0
        second = store.take(later, 20)
        used = 0
        if second.ready_s > later + 12.0:
            used = store.withdraw(later + 12.0)
        end = later + 500.0
        seen.append(
            (first.ready_s, first.stored, first.states[:, 0].mean(), second.stored, used, store.attempts(end),
             store.discarded(end))
        )  # fmt: skip
    return np.array(seen)


@pytest.mark.parametrize("cutoff", [math.inf, 20.0])
def test_batches_are_as_pair_after_pair(cutoff):
    plan = replace(PLAN, cutoff=cutoff)
    single = story(ChainPairs, plan, 2)
    for kind in (DirectPairs, PurifiedPairs):
        for whole, alone in zip(story(kind, plan, 1).T, single.T, strict=True):
            assert compared(whole, alone)


def test_purified_batches_are_as_pair_after_pair():
    plan = replace(PLAN, cutoff=60.0, purification=DEJMPS(), link=replace(LINK, mixed=0.2))
    for whole, alone in zip(story(PurifiedPairs, plan, 1).T, story(ChainPairs, plan, 2, 200).T, strict=True):
        assert compared(whole, alone)


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_takes_the_time_of_its_attempts(kind):
    rng = np.random.default_rng(5)
    times = []
    for _ in range(300):
        store = kind(PLAN, 8, rng)
        times.append(store.take(0.0, 200).ready_s)
    expected = 200 / (8 * 0.125) * 1.1
    assert abs(np.mean(times) - expected) < 4 * np.std(times) / math.sqrt(300) + 1.1


@pytest.mark.parametrize("kind", KINDS)
def test_idle_memories_fill_and_their_pairs_age(kind):
    store = kind(PLAN, 16, np.random.default_rng(6))
    draw = store.take(1e4, 16)
    assert (draw.ready_s, draw.stored) == (1e4, 16)
    assert draw.states == pytest.approx(np.full((16, 4), 0.25), abs=1e-6)
    fresh = store.take(1e4, 1)
    assert fresh.stored == 0
    assert fresh.states[0, 0] == pytest.approx(0.25 + 0.75 * math.exp(-0.1 / 100))  # light there and the herald back


@pytest.mark.parametrize("kind", KINDS)
def test_the_youngest_pairs_are_used_first(kind):
    store = kind(replace(PLAN, cutoff=60.0), 16, np.random.default_rng(7))
    both = [store.take(300.0, 4), store.take(300.0, 4)]
    assert both[0].stored == both[1].stored == 4
    assert both[0].states[:, 0].min() > both[1].states[:, 0].max()


@pytest.mark.parametrize("kind", KINDS)
def test_no_pair_older_than_the_cutoff_is_used(kind):
    rng, oldest = np.random.default_rng(8), math.exp(-20.0 / 100)
    for now in rng.uniform(0, 500, 100):
        draw = kind(replace(PLAN, cutoff=20.0), 4, rng).take(float(now), 6)
        assert draw.states[:, 0].min() >= 0.25 + 0.75 * oldest
        assert draw.states.sum(axis=1) == pytest.approx(np.ones(6))


@pytest.mark.parametrize("kind", KINDS)
def test_attempts_and_discards_only_grow(kind):
    store = kind(replace(PLAN, cutoff=20.0), 4, np.random.default_rng(9))
    before = (0, 0)
    for now in (0.0, 3.0, 50.0, 50.0, 400.0):
        made = store.attempts(now), store.discarded(now)
        assert made >= before and made[1] >= before[1]
        before = made
    store.take(400.0, 30)
    assert store.attempts(410.0) >= before[0]
    store.withdraw(410.0)
    assert store.attempts(420.0) <= before[0] + 4 * 20 / 1.1 + 4
    assert store.attempts(420.0) >= before[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_idle_time_is_skipped(kind):
    plan = replace(PLAN, cutoff=2.0)
    store = kind(plan, 4, np.random.default_rng(10))
    cycles = 4 * 1e6 / (1.1 / 0.125 + 1.9)
    assert store.discarded(1e6) == pytest.approx(cycles, rel=0.1)
    assert store.attempts(1e6) == pytest.approx(cycles / 0.125, rel=0.1)


def test_a_million_pairs_are_one_draw():
    rare = replace(PLAN, link=replace(LINK, source=1e-4))
    store = DirectPairs(rare, 32, np.random.default_rng(11))
    draw = store.take(0.0, 1_000_000)
    assert draw.ready_s == pytest.approx(1e6 / (32 * 0.5e-8) * 1.1, rel=0.01)
    half = store.withdraw(draw.ready_s / 2)
    assert half == pytest.approx(5e5, rel=0.01)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 20), st.integers(1, 60), st.floats(0, 100), st.integers(0, 2**31))
def test_every_draw_has_its_pairs(memories, count, now, seed):
    for kind in KINDS:
        store = kind(replace(PLAN, cutoff=30.0), memories, np.random.default_rng(seed))
        draw = store.take(now, count)
        assert draw.states.shape == (count, 4)
        assert draw.ready_s >= now
        assert 0 <= draw.stored <= min(count, memories)
        assert store.attempts(draw.ready_s) >= count


def test_the_store_follows_the_plan():
    rng = np.random.default_rng(0)
    assert isinstance(store_of(PLAN, 2, rng), DirectPairs)
    assert isinstance(store_of(replace(PLAN, lengths=(50.0, 50.0)), 2, rng), ChainPairs)
    assert isinstance(store_of(replace(PLAN, purification=DEJMPS()), 2, rng), PurifiedPairs)


@pytest.mark.parametrize("kind", KINDS)
def test_mistakes_are_told(kind):
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="memories must be >= 1"):
        kind(PLAN, 0, rng)
    store = kind(PLAN, 2, rng)
    with pytest.raises(ValueError, match="count must be >= 1"):
        store.take(0.0, 0)
    with pytest.raises(ValueError, match="nothing is waited for"):
        store.withdraw(10.0)
