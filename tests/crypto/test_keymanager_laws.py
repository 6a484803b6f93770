"""The laws of a key manager under any sequence of calls, and its waits under random requests."""

import math

import numpy as np
import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from qflsim.crypto.keymanager import KeyManager
from qflsim.crypto.keystore import KeyStore


class Walk(RuleBasedStateMachine):
    """Deposits, rates, requests, withdrawals and time in any order; the ledger of bits is kept apart."""

    def __init__(self):
        super().__init__()
        self.now = 0.0
        self.store = KeyStore(minimum=100.0, threshold=500.0, maximum=1000.0)
        self.keys = KeyManager(self.store)
        self.requests, self.served = [], []
        self.lumps = self.handed = self.spent = 0.0

    def pass_until(self, time):
        while (due := self.keys.next_event()) is not None and due <= time:
            assert due >= self.now
            self.now = due
            self.take_in(self.keys.advance(due))
        self.now = time

    def take_in(self, ended):
        for request in ended:
            assert request.state in ("served", "expired")
            if request.state == "served":
                assert request.served_s == self.now <= request.deadline_s
                self.served.append(request)
            else:
                assert self.now >= request.deadline_s

    @rule(seconds=st.floats(0.0, 20.0))
    def wait(self, seconds):
        self.pass_until(self.now + seconds)

    @rule(rate=st.sampled_from([0.0, 1.0, 7.3, 256.0, 1e5]))
    def change_rate(self, rate):
        self.pass_until(self.now)
        self.keys.set_rate(self.now, rate)

    @rule(bits=st.floats(0.0, 2000.0))
    def deposit(self, bits):
        self.pass_until(self.now)
        kept = self.keys.deposit(self.now, bits)
        assert 0.0 <= kept <= bits
        self.lumps += kept
        self.pass_until(self.now)

    @rule(bits=st.integers(0, 900), patience=st.sampled_from([0.0, 0.5, 30.0, math.inf]))
    def request(self, bits, patience):
        self.pass_until(self.now)
        waiting = self.keys.waiting
        request = self.keys.request(self.now, bits, self.now + patience)
        self.requests.append(request)
        if request.state == "served":
            assert not waiting
            self.served.append(request)

    @precondition(lambda self: any(request.state == "served" for request in self.served))
    @rule(data=st.data())
    def hand_out(self, data):
        request = data.draw(st.sampled_from([r for r in self.served if r.state == "served"]))
        self.keys.hand_out(self.now, request)
        self.handed += request.bits
        self.pass_until(self.now)

    @precondition(lambda self: any(r.state in ("waiting", "served") for r in self.requests))
    @rule(data=st.data())
    def withdraw(self, data):
        request = data.draw(st.sampled_from([r for r in self.requests if r.state in ("waiting", "served")]))
        self.keys.withdraw(self.now, request)
        self.pass_until(self.now)

    @rule(bits=st.integers(0, 300))
    def authenticate(self, bits):
        self.pass_until(self.now)
        there = self.keys.level(self.now)
        assert self.keys.spend(self.now, bits) == (bits <= there)
        if bits <= there:
            self.spent += bits

    @invariant()
    def every_bit_is_somewhere(self):
        keys, level = self.keys, self.keys.level(self.now)
        held = level + keys.set_aside_bit
        assert level >= 0.0 and held <= self.store.maximum * (1 + 1e-12)
        assert keys.set_aside_bit == pytest.approx(sum(r.bits for r in self.requests if r.state == "served"), abs=1e-6)
        assert keys.drawn_bit == pytest.approx(self.handed)
        assert keys.spent_bit == pytest.approx(self.spent)
        assert self.store.minimum + keys.made_bit == pytest.approx(held + self.handed + self.spent, rel=1e-9)
        assert keys.made_bit >= self.lumps * (1 - 1e-12) - 1e-6

    @invariant()
    def nothing_below_the_minimum_was_served(self):
        assert all(request.level_bit >= self.store.minimum - 1e-9 for request in self.served)

    @invariant()
    def service_is_in_order(self):
        numbers = [request.number for request in self.served]
        assert numbers == sorted(set(numbers))

    @invariant()
    def nobody_waits_who_could_be_served(self):
        waiting = [request for request in self.requests if request.state == "waiting"]
        assert len(waiting) == self.keys.waiting
        if waiting:
            assert self.keys.level(self.now) < self.store.minimum + waiting[0].bits
            assert all(request.deadline_s >= self.now for request in waiting)

    @invariant()
    def a_full_link_rests_and_a_low_one_works(self):
        held = self.keys.level(self.now) + self.keys.set_aside_bit
        if held >= self.store.maximum:
            assert not self.keys.producing
        elif held < self.store.low or self.keys.waiting:
            assert self.keys.producing


TestWalk = Walk.TestCase
TestWalk.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@pytest.mark.parametrize("load", [0.5, 0.8])
def test_requests_at_random_wait_as_in_m_d_1(load):
    """A store of one key lacks, at any time, the unfinished work of a server that takes bits/rate per request."""
    keys = KeyManager(KeyStore(minimum=0.0, threshold=256.0, maximum=256.0))
    keys.set_rate(0.0, 256.0)
    rng, now, waits = np.random.default_rng(4), 1.0, []

    def hand_out(request):
        waits.append(request.waited_s)
        keys.hand_out(request.served_s, request)

    for gap in rng.exponential(1.0 / load, 100_000).tolist():
        now += gap
        while (due := keys.next_event()) is not None and due <= now:
            for request in keys.advance(due):
                hand_out(request)
        request = keys.request(now, 256.0)
        if request.state == "served":
            hand_out(request)
    assert np.mean(waits) == pytest.approx(load / (2 * (1 - load)), rel=0.03)
