import math

import pytest
from hypothesis import given, strategies as st

from qflsim.crypto.keypool import KeyPool

REQUESTS = st.lists(st.tuples(st.floats(0.0, 5.0), st.integers(0, 1000)), max_size=40)
RATES = st.sampled_from([1.0, 10.0, 256.0, 1000.0, 12345.678])


def play(pool, requests):
    """Draw one after the other; gaps [s] between requests."""
    now, draws = 0.0, []
    for gap, bits in requests:
        now += gap
        draws.append((now, pool.draw(now, bits)))
    return draws


def test_a_dry_pool_makes_the_request_wait():
    pool = KeyPool(rate_bps=100.0, maximum_bit=1000.0)
    draw = pool.draw(1.0, 256)
    assert draw.granted_s == pytest.approx(2.56)
    assert (draw.drawn_bit, draw.level_bit, draw.made_bit) == (256.0, 0.0, 256.0)


def test_a_filled_pool_grants_at_once():
    pool = KeyPool(rate_bps=100.0, maximum_bit=1000.0)
    draw = pool.draw(5.0, 256)
    assert (draw.granted_s, draw.level_bit, draw.made_bit) == (5.0, 244.0, 500.0)
    assert pool.level(6.0) == 344.0


def test_later_requests_wait_behind_earlier_ones():
    pool = KeyPool(rate_bps=100.0, maximum_bit=1000.0)
    first = pool.draw(0.0, 500)
    second = pool.draw(1.0, 1)
    assert (first.granted_s, second.granted_s) == (5.0, 5.01)
    assert pool.level(2.0) == 0.0  # all that is there is promised


def test_a_full_pool_discards_and_counts():
    pool = KeyPool(rate_bps=100.0, maximum_bit=1000.0)
    assert pool.level(60.0) == 1000.0
    assert pool.discarded(60.0) == 5000.0
    draw = pool.draw(60.0, 1000)
    assert (draw.granted_s, draw.made_bit, draw.level_bit) == (60.0, 1000.0, 0.0)
    assert pool.discarded(65.0) == 5000.0
    with pytest.raises(ValueError, match="now must be >= the last grant at 60"):
        pool.discarded(1.0)


@given(RATES, st.sampled_from([1000.0, 5000.0]), REQUESTS)
def test_bits_are_conserved_and_handed_out_in_order(rate, maximum, requests):
    pool = KeyPool(rate, maximum)
    drawn, last = 0.0, 0.0
    for now, draw in play(pool, requests):
        drawn += draw.bits
        assert draw.granted_s >= max(now, last)
        assert draw.drawn_bit == drawn
        assert draw.made_bit == draw.drawn_bit + draw.level_bit
        assert 0.0 <= draw.level_bit <= maximum
        assert draw.made_bit <= rate * draw.granted_s * (1 + 1e-12) + 1e-9
        last = draw.granted_s
    made = pool.level(last + 1.0) + drawn
    assert made + pool.discarded(last + 1.0) == pytest.approx(rate * (last + 1.0), rel=1e-9)


def test_against_a_queue_filled_bit_by_bit():
    """One bit at a time into a store, served in order: an independent reckoning of the same pool."""
    requests = [(0.5, 30), (0.25, 10), (3.0, 64), (0.0, 64), (0.25, 1), (20.0, 100), (0.0, 3)]
    pool = KeyPool(rate_bps=16.0, maximum_bit=100.0)
    granted = [draw.granted_s for _, draw in play(pool, requests)]
    level, clock, expected, now = 0.0, 0.0, [], 0.0
    for gap, bits in requests:
        now += gap
        while clock < now or level < bits:
            clock += 1 / 1024
            level = min(100.0, level + 16 / 1024)
        level -= bits
        expected.append(clock)
    assert granted == pytest.approx(expected, abs=2e-3)


@given(RATES, REQUESTS)
def test_a_pool_that_is_always_dry_hands_out_exactly_its_rate(rate, requests):
    pool = KeyPool(rate, 1000.0)
    total = 0.0
    for _, bits in requests:
        total += bits
        assert pool.draw(0.0, bits).granted_s == pytest.approx(total / rate, rel=1e-9)


def test_a_dead_link_never_grants_and_blocks_what_comes_after():
    pool = KeyPool(rate_bps=0.0)
    assert pool.draw(0.0, 0).granted_s == 0.0
    for now in (1.0, 2.0):
        draw = pool.draw(now, 256)
        assert draw == (math.inf, 256, 0.0, 0.0, 0.0)
    assert pool.draw(3.0, 0).granted_s == math.inf
    assert pool.level(1e9) == 0.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda pool: pool.draw(0.0, 1001), "bits must be <= 1000, what the pool can hold, got 1001; draw in parts"),
        (lambda pool: pool.draw(0.0, -1), "bits must be >= 0"),
        (lambda pool: pool.draw(math.nan, 1), "now must be >= 0.0 s"),
        (lambda pool: [pool.draw(2.0, 1), pool.draw(1.0, 1)], "now must be >= 2.0 s, the time of the request before"),
        (lambda pool: KeyPool(-1.0), "rate_bps must be >= 0 bit/s"),
        (lambda pool: KeyPool(1.0, 0.0), "maximum_bit must be > 0 bit"),
    ],
)
def test_mistakes_are_told(call, message):
    with pytest.raises(ValueError, match=message):
        call(KeyPool(100.0, 1000.0))


def test_a_refused_request_leaves_no_trace():
    pool = KeyPool(100.0, 1000.0)
    with pytest.raises(ValueError):
        pool.draw(5.0, 1001)
    assert pool.draw(4.0, 400).level_bit == 0.0
