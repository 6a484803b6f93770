"""Event A3: when a neighbour takes over, where, and how often a device is handed to and fro."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from qflsim.network.handover import Handover, Monitor

RULE = Handover(offset=2.0, hysteresis=1.0, time_to_trigger=0.16, period=0.04)


def handed(rule, qualities, serving="a"):
    """Follow qualities of stations, one mapping per measurement; (index, station) of every handover."""
    monitor, done = Monitor(rule), []
    for k, quality in enumerate(qualities):
        target = monitor.measure(k * rule.period, serving, quality)
        if target is not None:
            serving = target
            done.append((k, target))
    return done


def test_a_neighbour_takes_over_after_it_was_better_for_the_time_to_trigger():
    better = [{"a": 0.0, "b": 3.1}] * 9
    assert handed(RULE, better) == [(4, "b")]  # entered at 0, held until 4 x 40 ms
    assert handed(Handover(time_to_trigger=0.0), better) == [(0, "b")]


def test_exactly_the_margin_is_not_enough():
    assert handed(RULE, [{"a": 0.0, "b": 3.0}] * 50) == []


def test_one_measurement_in_between_starts_the_time_anew():
    better, worse = {"a": 0.0, "b": 9.0}, {"a": 0.0, "b": 2.9}
    assert handed(RULE, [better] * 4 + [worse] + [better] * 4) == []
    assert handed(RULE, [better] * 4 + [worse] + [better] * 5) == [(9, "b")]


def test_the_best_of_those_that_are_ready_takes_over():
    both = {"a": 0.0, "b": 5.0, "c": 6.0}
    late = {"a": 0.0, "b": 5.0, "c": 0.0}
    assert handed(RULE, [both] * 5) == [(4, "c")]
    assert handed(RULE, [late] + [both] * 4) == [(4, "b")]  # c is better, and not yet for long enough


def test_sampling_only_delays_a_handover():
    """The time to trigger is over at the first measurement after it."""
    coarse = Handover(time_to_trigger=0.16, period=0.2)
    assert handed(coarse, [{"a": 0.0, "b": 4.0}] * 3) == [(1, "b")]


@given(st.floats(2.0, 4.0), st.floats(200.0, 2000.0), st.floats(0.5, 40.0), st.floats(0.0, 6.0), st.integers(0, 10))
def test_crossing_a_symmetric_border_hands_over_where_the_closed_form_says(exponent, spacing, speed, hysteresis, held):
    rule = Handover(offset=1.0, hysteresis=hysteresis, time_to_trigger=held * 0.04, period=0.04)
    border = rule.border(spacing, exponent)
    begun = border - 7.3 * speed * rule.period  # a few measurements before the border, at a place of no meaning
    where = [begun + k * speed * rule.period for k in range(held + 20)]
    qualities = [{"a": -10 * exponent * math.log10(x), "b": -10 * exponent * math.log10(spacing - x)} for x in where]
    (((k, station),)) = handed(rule, qualities)
    assert station == "b"
    late = where[k] - speed * rule.time_to_trigger - border
    assert -1e-6 <= late <= speed * rule.period * (1 + 1e-6)


def test_without_a_margin_the_border_is_in_the_middle_and_it_recedes_with_the_margin():
    assert Handover(offset=0.0, hysteresis=0.0).border(1000.0, 3.5) == 500.0
    assert Handover(offset=2.0, hysteresis=1.0).border(1000.0, 2.1) == pytest.approx(581.5, abs=0.1)


def wandering(seed, samples=4000):
    """Two stations whose received powers differ by an Ornstein-Uhlenbeck process of 6 dB: shadowing at the border."""
    rng = np.random.default_rng(seed)
    keep = math.exp(-0.05)
    draws = rng.standard_normal(samples) * 6.0 * math.sqrt(1 - keep**2)
    difference = np.zeros(samples)
    for k in range(1, samples):
        difference[k] = keep * difference[k - 1] + draws[k]
    return [{"a": 0.0, "b": float(d)} for d in difference]


def test_ping_pong_falls_with_hysteresis_and_with_the_time_to_trigger():
    def handovers(**change):
        rule = Handover(**{"offset": 0.0, "hysteresis": 0.0, "time_to_trigger": 0.0, "period": 0.04} | change)
        return sum(len(handed(rule, wandering(seed))) for seed in range(5))

    by_hysteresis = [handovers(hysteresis=h) for h in (0.0, 1.0, 2.0, 4.0, 8.0)]
    assert by_hysteresis == sorted(by_hysteresis, reverse=True)
    assert by_hysteresis[0] > 2 * by_hysteresis[2] > 4 * by_hysteresis[4] > 0
    by_patience = [handovers(time_to_trigger=t) for t in (0.0, 0.16, 0.64, 2.56)]
    assert by_patience == sorted(by_patience, reverse=True)
    assert by_patience[0] > 4 * by_patience[3] > 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hysteresis": -1.0}, "Handover.hysteresis must be >= 0 dB"),
        ({"offset": -3.0, "hysteresis": 1.0}, r"offset \+ hysteresis must be >= 0 dB, got -3.0 \+ 1.0"),
        ({"period": 0.0}, "Handover.period must be > 0 s"),
        ({"interruption": -1e-3}, "Handover.interruption must be >= 0 s"),
    ],
)
def test_rules_that_make_no_sense_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        Handover(**change)
