"""A battery gives what was put in, for the causes that it feeds, and is empty then."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from qflsim.energy import CAUSES, Battery, Store


@given(st.lists(st.tuples(st.sampled_from(CAUSES), st.floats(0, 1e3)), max_size=60))
def test_initial_level_minus_level_is_the_sum_of_the_charges_that_it_feeds(charges):
    store = Battery(capacity=1e4).store(np.random.default_rng(1))
    for cause, joules in charges:
        store.draw(cause, joules)
    fed = math.fsum(joules for cause, joules in charges if cause in ("radio", "computing", "cryptography"))
    assert store.initial - store.level == pytest.approx(fed, rel=1e-12, abs=1e-9)
    assert store.empty == (store.level <= 0)


def test_only_the_causes_named_are_fed():
    store = Battery(capacity=10.0, drains=("radio",)).store(np.random.default_rng(1))
    store.draw("cryptography", 100.0)
    assert store.level == 10.0
    store.draw("radio", 4.0)
    assert (store.level, store.empty) == (6.0, False)
    store.draw("radio", 6.0)
    assert (store.level, store.empty) == (0.0, True)


def test_initial_levels_are_spread_as_asked():
    levels = [Battery(capacity=1.0, initial=(0.2, 0.6)).store(np.random.default_rng(i)).initial for i in range(500)]
    assert 0.2 <= min(levels) < 0.22 and 0.58 < max(levels) <= 0.6
    assert np.mean(levels) == pytest.approx(0.4, abs=0.02)
    assert Battery().store(np.random.default_rng(1)).initial == pytest.approx(15 * 3600)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Battery(capacity=0.0), "Battery.capacity must be > 0 J"),
        (lambda: Battery(drains=()), "Battery.drains must name what it feeds"),
        (lambda: Battery(initial=(0.9, 0.1)), r"Battery.initial must be \(smallest, largest\)"),
        (lambda: Battery(initial=(0.0, 0.5)), r"Battery.initial\[0\] must be > 0"),
        (lambda: Battery(drains=("qpu_cooling",)), "got 'qpu_cooling', which runs on the mains"),
        (lambda: Battery(drains=("love",)), "got 'love', which is no cause"),
        (lambda: Store(math.inf, ()), "initial level must be > 0 J and finite"),
    ],
)
def test_batteries_that_make_no_sense_are_refused(build, words):
    with pytest.raises(ValueError, match=words):
        build()
