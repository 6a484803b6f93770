"""Chains of repeaters: waiting in closed form, states against the algebra, cut-offs, failures, routing."""

import math
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

from qflsim.quantum.chain import ChainPlan
from qflsim.quantum.entanglement import bbpssw, dejmps, swap, werner
from qflsim.quantum.heralding import Midpoint
from qflsim.quantum.memory import DephasingMemory, DepolarisingMemory, Memory
from qflsim.quantum.operations import PERFECT, Operations
from qflsim.quantum.purification import BBPSSW, DEJMPS, Purification
from qflsim.quantum.repeaters import ChainRun
from qflsim.quantum.routing import HighestFidelity, HighestRate, Routing, expectation
from qflsim.quantum.segmentpairs import SegmentPairs
from qflsim.quantum.waiting import expected_attempts, slowest

FOREVER = DepolarisingMemory(lifetime=math.inf)


def link(success, fidelity=1.0, *, attempt=1.0, **more):
    """A link whose attempts take ``attempt`` [s] and succeed with ``success``, whatever its length."""
    kept = (4 * fidelity - 1) / 3
    facts = {"source": math.sqrt(2 * success), "detector": 1.0, "dark_count": 0.0, "visibility": 1.0}
    return Midpoint(**facts, mixed=1 - kept, preparation=attempt, attenuation=0.0, **{"propagation": 0.0} | more)


def plan(segments, success=0.1, fidelity=1.0, memory=FOREVER, operations=PERFECT, length=1.0, **more):
    chain = {key: more.pop(key) for key in ("purification", "cutoff", "parallel") if key in more}
    return ChainPlan((length,) * segments, link(success, fidelity, **more), memory, operations, **chain)


def delivered(chain, count, seed=1):
    rng = np.random.default_rng(seed)
    return [ChainRun(chain, 0.0, rng).finish() for _ in range(count)]


def check_mean(values, expected, sigmas=4.0):
    values = np.asarray(values, dtype=float)
    assert abs(values.mean() - expected) < sigmas * values.std() / math.sqrt(len(values)) + 1e-12


@pytest.mark.parametrize("segments", [1, 2, 3, 4, 8])
def test_parallel_segments_wait_for_the_slowest(segments):
    made = delivered(plan(segments), 3000)
    check_mean([d.ready_s for d in made], expected_attempts(0.1, segments))
    check_mean([d.attempts for d in made], segments / 0.1)


def test_two_segments_in_closed_form():
    p = 0.1
    check_mean([d.ready_s for d in delivered(plan(2), 8000)], (3 - 2 * p) / (p * (2 - p)))


def test_segments_one_after_the_other_add_up():
    check_mean([d.ready_s for d in delivered(plan(3, parallel=False), 3000)], 30.0)


def test_a_failed_bell_measurement_begins_two_segments_anew():
    half = replace(PERFECT, bell_success=0.5)
    check_mean([d.ready_s for d in delivered(plan(2, operations=half), 4000)], 2 * expected_attempts(0.1, 2))


def test_a_chain_delivers_what_the_algebra_says():
    operations = Operations(gate_fidelity=0.99, measurement_error=0.01)
    chain = plan(4, fidelity=0.95, operations=operations)
    expected = werner(0.95)
    for _ in range(3):
        expected = swap(expected, werner(0.95), operations)
    for d in delivered(chain, 20):
        assert list(d.pair.state) == pytest.approx(list(expected))
    assert list(expectation(chain).pair) == pytest.approx(list(expected))


def test_pairs_lose_what_they_wait():
    """Two links of p = 0.1: the first to come waits G1 - G2 attempts, E[q^|G1 - G2|] in closed form."""
    p, lifetime = 0.1, 50.0
    q = math.exp(-1 / lifetime)
    kept = p / (2 - p) * (1 + 2 * (1 - p) * q / (1 - (1 - p) * q))
    chain = plan(2, memory=DepolarisingMemory(lifetime=lifetime))
    check_mean([d.pair.state.fidelity for d in delivered(chain, 4000)], 0.25 + 0.75 * kept)


def test_the_age_of_a_pair_counts_from_its_first_photon():
    memory = DephasingMemory(coherence=1.0)
    chain = plan(1, success=0.5, memory=memory, propagation=0.1)  # light takes 0.1 s, the herald comes 0.1 s after
    (d,) = delivered(chain, 1)
    assert d.pair.at(d.ready_s, memory).fidelity == pytest.approx((1 + math.exp(-2 * 0.1)) / 2)


def test_the_ends_hear_of_a_swap_at_the_speed_of_light():
    chain = plan(2, success=0.5, propagation=0.1)
    for d in delivered(chain, 50):
        assert d.ready_s - d.pair.since == pytest.approx(0.1)
    later = ChainPlan((1.0, 3.0), link(0.5, propagation=0.1), FOREVER, PERFECT)
    for d in delivered(later, 50):
        assert d.ready_s - d.pair.since == pytest.approx(0.3)


@pytest.mark.parametrize(("scheme", "steps"), [(DEJMPS(rounds=2), 2), (BBPSSW(rounds=3), 3), (DEJMPS(rounds=1), 1)])
def test_purified_pairs_are_those_of_the_ladder(scheme, steps):
    operations = Operations(gate_fidelity=0.995, measurement_error=0.002)
    chain = plan(1, fidelity=0.8, purification=scheme, operations=operations)
    level = scheme.ladder(werner(0.8), operations)[steps - 1]
    for d in delivered(chain, 5):
        assert list(d.pair.state) == pytest.approx(list(level.pair))


def test_purification_takes_its_attempts_and_messages():
    """Without decay: T = (2 T0 + light)/p at each level."""
    first = dejmps(werner(0.8), werner(0.8))
    second = dejmps(first.pair, first.pair)
    chain = plan(1, fidelity=0.8, purification=DEJMPS(rounds=2), propagation=0.5)
    once = (2 * 15.0 + 0.5) / first.success  # an attempt takes 1 + 0.5 s
    expected = (2 * once + 0.5) / second.success
    check_mean([d.ready_s for d in delivered(chain, 4000)], expected)
    assert 1 / expectation(chain).rate == pytest.approx(expected)
    single = plan(1, fidelity=0.7, purification=BBPSSW())
    check_mean([d.attempts for d in delivered(single, 4000)], 20 / bbpssw(0.7).success)


@pytest.mark.parametrize("purification", [None, DEJMPS(rounds=1), DEJMPS(rounds=2), BBPSSW(rounds=2)])
@pytest.mark.parametrize("cutoff", [math.inf, 25.0])
@pytest.mark.parametrize("memory", [DepolarisingMemory(lifetime=80.0), DephasingMemory(coherence=200.0)])
def test_pairs_of_a_segment_made_in_arrays_are_those_of_the_machine(purification, cutoff, memory):
    operations = Operations(gate_fidelity=0.99, measurement_error=0.01)
    chain = plan(
        1, success=0.3, fidelity=0.9, memory=memory, operations=operations, propagation=0.4,
        purification=purification, cutoff=cutoff,
    )  # fmt: skip
    rng = np.random.default_rng(4)
    machine = [ChainRun(chain, 5.0, rng).finish() for _ in range(2000)]
    batch = SegmentPairs(chain, rng).make(8000)
    seen = {
        "took": [d.ready_s - 5.0 for d in machine],
        "attempts": [d.attempts for d in machine],
        "discarded": [d.discarded for d in machine],
        "states": [d.pair.at(d.ready_s, memory) for d in machine],
        "ages": [d.ready_s - d.pair.born for d in machine],
    }
    for column, values in seen.items():
        ours, theirs = getattr(batch, column).astype(float), np.array(values, float)
        spread = np.sqrt(ours.var(axis=0) / len(ours) + theirs.var(axis=0) / len(theirs))
        assert (abs(ours.mean(axis=0) - theirs.mean(axis=0)) < 4.5 * spread + 1e-12).all()


@pytest.mark.parametrize("scheme", [BBPSSW(), DEJMPS()])
@pytest.mark.parametrize("memory", [DepolarisingMemory(lifetime=8.0), DephasingMemory(coherence=2.0)])
def test_many_at_once_are_one_after_the_other(scheme, memory):
    rng = np.random.default_rng(2)
    first, second = rng.dirichlet(np.ones(4), (2, 50))
    times = rng.uniform(0, 5, 50)
    noisy = Operations(gate_fidelity=0.97, measurement_error=0.02)
    for ours, theirs in zip(
        scheme.steps(first, second, noisy), Purification.steps(scheme, first, second, noisy), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    np.testing.assert_allclose(memory.all_decayed(first, times), Memory.all_decayed(memory, first, times), rtol=1e-12)


def test_a_cutoff_trades_rate_for_fidelity():
    memory = DepolarisingMemory(lifetime=60.0)
    patient = delivered(plan(3, memory=memory), 1500)
    strict = delivered(plan(3, memory=memory, cutoff=15.0), 1500)
    assert np.mean([d.ready_s for d in strict]) > np.mean([d.ready_s for d in patient])
    assert np.mean([d.pair.state.fidelity for d in strict]) > np.mean([d.pair.state.fidelity for d in patient])
    assert sum(d.discarded for d in strict) > 0 == sum(d.discarded for d in patient)


@pytest.mark.parametrize("parallel", [True, False])
@pytest.mark.parametrize("purification", [None, DEJMPS(rounds=1)])
def test_no_pair_is_delivered_older_than_the_cutoff(parallel, purification):
    chain = plan(
        3, success=0.3, cutoff=12.0, parallel=parallel, purification=purification, fidelity=0.9, propagation=0.1
    )
    for d in delivered(chain, 300):
        assert d.ready_s - d.pair.born < 12.0
        assert d.pair.born >= 0.0


def test_a_cutoff_of_two_links_counted_apart():
    """A pair waits for the other for less than the cut-off, else its link begins anew."""
    p, cutoff, rng = 0.2, 5.0, np.random.default_rng(9)

    def alone():
        ready = rng.geometric(p, size=2).astype(float)
        while abs(ready[0] - ready[1]) >= cutoff:
            old = int(np.argmin(ready))
            ready[old] += cutoff + rng.geometric(p)
        return ready.max()

    other = np.array([alone() for _ in range(4000)])
    ours = np.array([d.ready_s for d in delivered(plan(2, success=p, cutoff=cutoff), 4000)])
    spread = math.sqrt((other.var() + ours.var()) / 4000)
    assert abs(other.mean() - ours.mean()) < 4 * spread


def test_the_machine_is_told_the_time():
    run = ChainRun(plan(2), 5.0, np.random.default_rng(3))
    times = [run.next_s]
    while run.delivery is None:
        run.advance()
        times.append(run.next_s)
    assert times[0] >= 6.0
    assert times[:-1] == sorted(times[:-1])
    assert run.next_s == math.inf


def test_the_same_draws_make_the_same_chain():
    assert delivered(plan(3), 5) == delivered(plan(3), 5)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: plan(1, cutoff=0.05, propagation=0.1), r"cutoff must be > 0.1 s, which light alone takes"),
        (
            lambda: SegmentPairs(
                plan(1, success=1e-7, cutoff=3.0, purification=DEJMPS()), np.random.default_rng(0)
            ).make(1),
            "purification gave nothing in 20,000 steps",
        ),
        (lambda: delivered(plan(6, success=1e-3, cutoff=3.0), 1), "delivered nothing in 1,000,000 events"),
    ],
)
def test_hopeless_chains_are_told(build, message):
    with pytest.raises(ValueError, match=message):
        build()


# --- routing ----------------------------------------------------------------------------------------------------------


def graph(*fibres):
    made = nx.Graph()
    for first, second, length in fibres:
        made.add_edge(first, second, length=length)
    return made


LONG_OR_HOPS = graph(("a", "b", 60e3), ("a", "m", 40e3), ("m", "b", 40e3))
REAL = ChainPlan((1.0,), Midpoint(source=0.5, dark_count=0.0), FOREVER, Operations())


def test_entanglement_takes_the_fast_way_or_the_good_way():
    fast = HighestRate().choose(LONG_OR_HOPS, "a", "b", replace(REAL, parallel=True))
    good = HighestFidelity().choose(LONG_OR_HOPS, "a", "b", REAL)
    assert fast.nodes == ("a", "m", "b")
    assert good.nodes == ("a", "b")
    assert fast.expectation.rate > good.expectation.rate
    assert fast.expectation.pair.fidelity < good.expectation.pair.fidelity


def test_only_the_shortest_ways_are_compared():
    assert HighestRate(candidates=1).choose(LONG_OR_HOPS, "a", "b", REAL).nodes == ("a", "b")


def test_repeaters_divide_every_fibre():
    path = HighestRate().choose(LONG_OR_HOPS, "a", "b", REAL, repeaters=2)
    assert path.lengths == pytest.approx([40e3 / 3] * 6)
    assert sum(path.lengths) == pytest.approx(80e3)


def test_no_way_is_told():
    islands = graph(("a", "b", 1.0), ("c", "d", 1.0))
    with pytest.raises(ValueError, match="no fibre leads from a to d"):
        HighestRate().choose(islands, "a", "d", REAL)


def test_a_routing_of_ones_own():
    class MostHops(Routing):
        def worth(self, expected):
            return -expected.pair.fidelity

    assert MostHops().choose(LONG_OR_HOPS, "a", "b", REAL).nodes == ("a", "m", "b")


def test_expected_rate_of_unlike_segments():
    uneven = ChainPlan((10e3, 30e3), Midpoint(source=0.5), FOREVER, PERFECT)
    times = [1 / uneven.link.rate(length) for length in uneven.lengths]
    assert 1 / expectation(uneven).rate == pytest.approx(slowest(times))
    check_mean([d.ready_s for d in delivered(uneven, 3000)], slowest(times), sigmas=6.0)  # light takes 75 us more
