"""The key manager: what is served when, and where every bit is."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from qflsim.crypto.keymanager import KeyManager
from qflsim.crypto.keystore import KeyStore


def manager(rate=0.0, *, minimum=0.0, threshold=None, maximum=1000.0, lifetime=math.inf):
    made = KeyManager(KeyStore(minimum=minimum, threshold=threshold, maximum=maximum, lifetime=lifetime))
    made.set_rate(0.0, rate)
    return made


def play_on(keys, until=math.inf, *, hand_out=False):
    """Let everything happen that happens on its own; returns (time, request) as they end."""
    ended = []
    while (due := keys.next_event()) is not None and due <= until:
        for request in keys.advance(due):
            ended.append((due, request))
            if hand_out:
                keys.hand_out(due, request)
    return ended


def test_a_dry_store_makes_the_request_wait():
    keys = manager(100.0)
    keys.advance(0.0)
    first = keys.request(0.0, 100)
    assert (first.state, keys.next_event()) == ("waiting", 1.0)
    assert keys.advance(1.0) == [first]
    assert (first.state, first.served_s, first.waited_s) == ("served", 1.0, 1.0)
    assert (first.made_bit, first.drawn_bit, first.level_bit) == (100.0, 100.0, 0.0)


def test_a_filled_store_serves_at_once():
    keys = manager(100.0)
    request = keys.request(5.0, 256)
    assert (request.state, request.served_s, request.level_bit, request.made_bit) == ("served", 5.0, 244.0, 500.0)
    keys.hand_out(5.0, request)
    assert keys.level(6.0) == 344.0
    assert keys.next_event() is None


def test_later_requests_wait_behind_earlier_ones_even_if_small():
    keys = manager(100.0)
    first, second = keys.request(0.0, 500), keys.request(1.0, 1)
    assert [request.number for _, request in play_on(keys)] == [0, 1]
    assert (first.served_s, second.served_s) == (5.0, 5.01)


def test_nothing_below_the_minimum_is_served():
    keys = manager(100.0, minimum=200.0)
    assert keys.level(0.0) == 200.0  # what the installers left
    assert keys.state(0.0) == "empty"
    request = keys.request(0.0, 100)
    assert play_on(keys) == [(1.0, request)]
    assert request.level_bit == 200.0
    with pytest.raises(ValueError, match="what the store can serve at once, got 801"):
        keys.request(2.0, 801)


def test_the_link_rests_when_the_store_is_full_until_it_is_low():
    keys = manager(100.0, threshold=400.0)
    assert keys.level(10.0) == 1000.0 and not keys.producing
    assert keys.made_bit == 1000.0
    keys.hand_out(10.0, keys.request(10.0, 500))
    assert not keys.producing and keys.level(12.0) == 500.0  # above the threshold: it rests on
    assert keys.state(12.0) == "ready"
    keys.hand_out(12.0, keys.request(12.0, 200))
    assert keys.producing and keys.state(12.0) == "low"
    assert keys.level(13.0) == 400.0
    assert keys.level(20.0) == 1000.0 and not keys.producing


def test_a_waiting_request_ends_the_rest():
    keys = manager(100.0, threshold=100.0)
    keys.hand_out(10.0, keys.request(10.0, 500))
    big = keys.request(11.0, 600)
    assert keys.producing
    assert play_on(keys) == [(12.0, big)]


def test_lumps_serve_in_order_and_what_does_not_fit_is_lost():
    keys = manager()
    first, second = keys.request(0.0, 300), keys.request(0.0, 300)
    assert keys.next_event() is None
    assert keys.deposit(1.0, 400) == 400
    assert keys.advance(1.0) == [first] and second.state == "waiting"
    assert keys.deposit(2.0, 2000) == 600  # 300 set aside, 100 there
    assert keys.discarded_bit == 1400
    assert keys.advance(2.0) == [second]


def test_a_request_expires_at_its_deadline_and_lets_the_next_one_through():
    keys = manager(10.0)
    big, small = keys.request(0.0, 500, deadline_s=3.0), keys.request(1.0, 20)
    assert keys.next_event() == 3.0
    assert [(t, r.number, r.state) for t, r in play_on(keys)] == [(3.0, 0, "expired"), (3.0, 1, "served")]
    assert math.isnan(big.served_s) and small.served_s == 3.0
    assert keys.level(3.0) == pytest.approx(10.0)


def test_a_request_that_is_served_at_its_very_deadline_is_served():
    keys = manager(10.0)
    request = keys.request(0.0, 30, deadline_s=3.0)
    assert play_on(keys) == [(3.0, request)] and request.state == "served"


def test_withdrawing_gives_back_what_was_not_handed_out():
    keys = manager(100.0)
    held, waiting, last = keys.request(5.0, 400), keys.request(5.0, 400), keys.request(5.0, 400)
    keys.withdraw(5.0, waiting)
    assert keys.waiting == 1 and last.state == "waiting"
    keys.withdraw(5.0, held)
    assert keys.advance(5.0) == [last]
    keys.hand_out(5.0, last)
    assert (keys.level(5.0), keys.drawn_bit, keys.set_aside_bit) == (100.0, 400.0, 0.0)
    for ended in (held, waiting, last):
        with pytest.raises(ValueError, match="must be served and not handed out, got one that is"):
            keys.withdraw(5.0, ended)


def test_bits_set_aside_still_take_their_room():
    keys = manager(100.0)
    held = keys.request(10.0, 800)
    assert keys.level(100.0) == 200.0 and keys.made_bit == 1000.0  # no room for more
    waits = keys.request(100.0, 700)
    assert keys.next_event() is None  # until the other is handed out
    keys.hand_out(101.0, held)
    assert play_on(keys) == [(106.0, waits)]


def test_authentication_takes_the_reserve_and_comes_to_an_end():
    keys = manager(minimum=300.0)
    assert [keys.spend(float(t), 128) for t in range(3)] == [True, True, False]
    assert (keys.spent_bit, keys.level(3.0)) == (256.0, 44.0)
    keys.deposit(4.0, 300)
    request = keys.request(4.0, 44)
    assert request.state == "served" and keys.level(4.0) == 300.0
    assert keys.request(4.0, 1).state == "waiting"


def test_key_is_dropped_when_it_is_old():
    keys = manager(minimum=100.0, lifetime=16.0)
    keys.deposit(0.0, 50)
    keys.deposit(0.5, 50)  # within a sixteenth of the lifetime: the same lot
    keys.deposit(2.0, 70)
    assert keys.next_event() == 16.0
    keys.hand_out(3.0, keys.request(3.0, 30))  # of the oldest
    assert keys.level(15.9) == 240.0
    assert keys.advance(16.0) == [] and keys.level(16.0) == 170.0 and keys.expired_bit == 70.0
    assert keys.level(100.0) == 100.0  # the reserve stays
    assert keys.expired_bit == 140.0


def test_a_steady_link_keeps_no_more_than_a_lifetime_of_key():
    keys = manager(10.0, maximum=1e6, lifetime=8.0)
    levels = [keys.level(t) for t in np.arange(20.0, 40.0, 0.1)]
    assert min(levels) >= 75.0 - 1e-6 and max(levels) <= 80.0 + 1e-6
    held = keys.level(40.0)
    assert keys.made_bit == pytest.approx(400.0) == held + keys.expired_bit


def test_a_dead_link_never_serves_and_blocks_what_comes_after():
    keys = manager(0.0)
    assert keys.request(0.0, 0).state == "served"
    first, second = keys.request(1.0, 256), keys.request(2.0, 0)
    assert (first.state, second.state, keys.next_event()) == ("waiting", "waiting", None)
    keys.set_rate(10.0, 256.0)
    assert [t for t, _ in play_on(keys)] == [11.0, 11.0]


REQUESTS = st.lists(st.tuples(st.floats(0.0, 5.0), st.integers(0, 1000)), max_size=40)
RATES = st.sampled_from([1.0, 10.0, 256.0, 1000.0, 12345.678])


@given(RATES, REQUESTS)
def test_a_store_that_is_always_dry_hands_out_exactly_its_rate(rate, wanted):
    keys, total = manager(rate), 0.0
    requests = [keys.request(0.0, bits) for _, bits in wanted]
    play_on(keys, hand_out=True)
    for request in requests:
        total += request.bits
        assert request.served_s == pytest.approx(total / rate, rel=1e-9)


@given(RATES, REQUESTS)
def test_against_a_fluid_queue(rate, wanted):
    """Level and end of service by the recursion of a leaky bucket: an independent reckoning of the same store."""
    keys, now, level, free = manager(rate, threshold=1000.0), 0.0, 0.0, 0.0
    expected, requests = [], []
    for gap, bits in wanted:
        now += gap
        play_on(keys, until=now, hand_out=True)
        requests.append(keys.request(now, bits))
        if requests[-1].state == "served":
            keys.hand_out(now, requests[-1])
        start = max(now, free)
        level = min(1000.0, level + rate * (start - free))
        end = start + max(0.0, bits - level) / rate
        level = max(0.0, level - bits)
        free = end
        expected.append(end)
    play_on(keys, hand_out=True)
    assert [r.served_s for r in requests] == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda keys: keys.request(0.0, 1001), "bits must be >= 0 and <= 1000, .* got 1001; draw in parts"),
        (lambda keys: keys.request(0.0, -1), "bits must be >= 0"),
        (lambda keys: keys.request(math.nan, 1), "deadline_s must be >= now = nan"),
        (lambda keys: keys.request(2.0, 1, deadline_s=1.0), "deadline_s must be >= now = 2.0 s, got 1.0"),
        (lambda keys: [keys.request(2.0, 1), keys.request(1.0, 1)], "time must not run backwards, got 1.0 s after 2.0"),
        (lambda keys: keys.set_rate(0.0, -1.0), "rate_bps must be >= 0 bit/s"),
        (lambda keys: keys.deposit(0.0, math.inf), "bits must be >= 0 and finite"),
        (lambda keys: KeyStore(maximum=0.0), "KeyStore.maximum must be > 0 bit"),
        (lambda keys: KeyStore(minimum=100.0, maximum=10.0), "minimum must be < maximum = 10 bit, got 100.0"),
        (lambda keys: KeyStore(minimum=10.0, threshold=5.0), "must lie between minimum = 10 and maximum"),
    ],
)
def test_mistakes_are_told(call, message):
    with pytest.raises(ValueError, match=message):
        call(manager(100.0))


def test_a_refused_request_leaves_no_trace():
    keys = manager(100.0)
    with pytest.raises(ValueError):
        keys.request(5.0, 1001)
    assert keys.request(4.0, 400).level_bit == 0.0
