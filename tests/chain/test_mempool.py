"""Transactions that wait: order, limits, and that none is lost or doubled whatever happens."""

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import qflsim as qfl
from qflsim.chain.bundle import FRAME_BYTE, Bundle
from qflsim.chain.mempool import Mempool
from qflsim.chain.ordering import OTHERS, Waiting
from qflsim.chain.transactions import read_transaction
from qflsim.units import byte, s


def pool(**limits):
    return Mempool(qfl.BlockLimits(**({"transactions": 2} | limits)))


def numbers(taken):
    return [item.number for item in taken]


def test_who_comes_first_goes_first_and_a_block_ends_before_what_does_not_fit():
    mempool = pool(size=100 * byte, transactions=None)
    for size in (60, 50, 10, 40):
        mempool.add(1.0, size)
    assert numbers(mempool.take()) == [1]  # 50 more would not fit, and the small one behind it waits too
    assert numbers(mempool.take()) == [2, 3, 4]
    assert mempool.take() == [] and len(mempool) == mempool.size_byte == 0


def test_the_highest_fee_per_byte_goes_first_and_ties_go_by_arrival():
    mempool = pool(order=qfl.ByFeeRate(), transactions=4)
    for size, fee in ((100, 100.0), (10, 30.0), (200, 400.0), (100, 100.0)):
        mempool.add(0.0, size, fee)
    assert numbers(mempool.take()) == [2, 3, 1, 4]


def test_kinds_go_in_classes_and_others_last():
    mempool = pool(order=qfl.ByPriority(kinds=("global-model",)), transactions=4)
    for kind in (OTHERS, "update", "global-model", "join"):
        mempool.add(0.0, 100, kind=kind)
    assert numbers(mempool.take()) == [3, 2, 4, 1]
    assert qfl.ByPriority(kinds=("others",)).rank(Waiting(1, 0.0, 100, 0.0, OTHERS)) == 0.0


def test_a_sender_does_not_overtake_itself():
    mempool = pool(order=qfl.ByFeeRate(), transactions=1)
    mempool.add(0.0, 100, 100.0)
    first = mempool.add(0.0, 100, 50.0, kind="terms")
    mempool.add(0.0, 100, 300.0, kind="task", after=first)
    assert [numbers(mempool.take())[0] for _ in range(3)] == [1, 2, 3]
    assert mempool.add(0.0, 100, 400.0, after=first) == 4  # the first waits no more


def test_a_full_mempool_evicts_the_last_in_order():
    mempool = pool(order=qfl.ByFeeRate(), mempool=250 * byte)
    for fee in (3.0, 1.0, 2.0, 0.5):
        mempool.add(0.0, 100, fee, kind="update")
    assert [(item.number, why) for item, why in mempool.gone()] == [(2, "evicted"), (4, "evicted")]
    assert numbers(mempool.take()) == [1, 3]
    late = pool(mempool=250 * byte)
    for _ in range(3):
        late.add(0.0, 100)
    assert 3 not in late and 2 in late and late.counts.evicted == 1


def test_what_waits_too_long_expires():
    mempool = pool(expiry=10 * s)
    mempool.add(0.0, 100, kind="update")
    mempool.add(5.0, 100)
    mempool.expire(10.0)
    assert len(mempool) == 2
    mempool.expire(10.5)
    assert [why for _, why in mempool.gone()] == ["expired"] and mempool.oldest_s == 5.0
    assert len(mempool) == mempool.counts.expired == 1


def test_doubled_and_oversized_transactions_are_refused():
    mempool = pool(size=100 * byte, expiry=10 * s)
    assert mempool.add(0.0, 50, key=b"one") == 1
    assert mempool.add(1.0, 50, key=b"one") is None
    assert mempool.add(1.0, 101, key=b"two") is None
    mempool.include(mempool.take())
    assert mempool.add(2.0, 50, key=b"one") is None  # it stands in a block already
    mempool.expire(20.0)
    assert mempool.add(20.0, 50, key=b"one") == 2
    assert mempool.counts.refused == 3


def test_what_was_not_agreed_on_waits_again_with_its_old_age():
    mempool = pool()
    for time in (1.0, 2.0, 3.0):
        mempool.add(time, 100)
    taken = mempool.take()
    assert mempool.under_way == 2 and mempool.oldest_s == 3.0
    mempool.put_back(taken)
    assert mempool.oldest_s == 1.0 and numbers(mempool.take()) == [1, 2]


OPERATIONS = st.one_of(
    st.tuples(st.just("add"), st.integers(1, 120), st.floats(0, 9), st.sampled_from([OTHERS, "update", "join"])),
    st.tuples(st.just("double"), st.integers(0, 3)),
    st.tuples(st.sampled_from(["take", "include", "put back", "expire", "withdraw"])),
)


@settings(max_examples=300)
@given(
    operations=st.lists(OPERATIONS, max_size=60),
    order=st.sampled_from([qfl.FirstComeFirstServed(), qfl.ByFeeRate(), qfl.ByPriority(kinds=("join",))]),
    room=st.integers(100, 600),
)
def test_every_transaction_is_waiting_in_one_block_evicted_expired_or_withdrawn(operations, order, room):
    limits = qfl.BlockLimits(size=100 * byte, transactions=3, order=order, mempool=room * byte, expiry=8 * s)
    mempool, now, fate, blocks = Mempool(limits), 0.0, Counter(), []
    alive, under_way = {}, []
    for operation, *given_ in operations:
        now += 1.0
        if operation == "add":
            number = mempool.add(now, *given_)
            if number is not None:
                alive[number] = given_[0]
        elif operation == "double":
            key = bytes([given_[0]])
            number = mempool.add(now, 10, 1.0, "update", key)
            if number is not None:
                alive[number] = 10
        elif operation == "take" and not under_way:
            under_way = mempool.take()
            assert sum(item.size_byte for item in under_way) <= 100 and len(under_way) <= 3
        elif operation == "include":
            mempool.include(under_way)
            blocks += under_way
            under_way = []
        elif operation == "put back":
            mempool.put_back(under_way)
            under_way = []
        elif operation == "expire":
            mempool.expire(now)
        elif operation == "withdraw":
            waiting = [number for number in alive if number in mempool]
            if waiting:
                mempool.withdraw(waiting[0])
                fate["withdrawn"] += 1
        counts = mempool.counts
        assert mempool.size_byte <= room
        gone = counts.evicted + counts.expired + counts.withdrawn
        assert counts.arrived == len(alive) == len(mempool) + mempool.under_way + counts.included + gone
        assert mempool.size_byte == sum(size for number, size in alive.items() if number in mempool)
    assert mempool.counts.included == len(blocks) == len(set(numbers(blocks)))
    assert not any(item.number in mempool for item in blocks)


@given(st.lists(st.tuples(st.integers(1, 50), st.floats(0, 100)), min_size=1, max_size=40))
def test_fees_leave_in_order(offers):
    mempool = pool(order=qfl.ByFeeRate(), transactions=1)
    for size, fee in offers:
        mempool.add(0.0, size, fee)
    rates = [item.fee / item.size_byte for item in iter(lambda: (mempool.take() or [None])[0], None)]
    assert rates == sorted(rates, reverse=True) and len(rates) == len(offers)


@dataclass(frozen=True, kw_only=True)
class Patience(qfl.OrderBy):
    """A fee of one per byte is worth ten seconds of waiting."""

    def rank(self, waiting):
        return waiting.arrived_s - 10.0 * waiting.fee / waiting.size_byte


def test_an_order_of_ones_own_is_used():
    mempool = pool(order=Patience(), transactions=3)
    for time, fee in ((0.0, 0.0), (5.0, 100.0), (20.0, 100.0)):
        mempool.add(time, 100, fee)
    assert numbers(mempool.take()) == [2, 1, 3]


def test_arrivals_do_not_depend_on_when_they_are_asked_for():
    traffic = qfl.ChainTraffic(rate=100 / s, size_spread=0.5)
    at_once, in_steps = pool(), pool()
    arrivals = traffic.arrivals(np.random.default_rng(5))
    arrivals.enter(at_once, 20.0)
    again = traffic.arrivals(np.random.default_rng(5))
    for time in np.linspace(0.0, 20.0, 977):
        again.enter(in_steps, float(time))
    assert list(at_once._waiting.values()) == list(in_steps._waiting.values())
    assert arrivals.next_s == again.next_s > 20.0


def test_arrivals_are_poisson_and_have_the_means_they_are_given():
    traffic = qfl.ChainTraffic(rate=200 / s, size=500 * byte, size_spread=0.5, fee_rate=3.0, fee_spread=0.7)
    mempool = Mempool(qfl.BlockLimits(transactions=1, mempool=math.inf))
    traffic.arrivals(np.random.default_rng(1)).enter(mempool, 500.0)
    came = list(mempool._waiting.values())
    counts = np.histogram([item.arrived_s for item in came], bins=500, range=(0.0, 500.0))[0]
    assert counts.mean() == pytest.approx(200.0, rel=0.01) and counts.var() == pytest.approx(200.0, rel=0.2)
    sizes = np.array([item.size_byte - FRAME_BYTE for item in came])
    assert sizes.mean() == pytest.approx(500.0, rel=0.01) and sizes.min() >= 200
    assert sum(item.fee for item in came) / sizes.sum() == pytest.approx(3.0, rel=0.02)


def test_equal_sizes_and_fees_where_nothing_is_spread():
    mempool = Mempool(qfl.BlockLimits(transactions=1))
    qfl.ChainTraffic(rate=50 / s, fee_spread=0.0).arrivals(np.random.default_rng(1)).enter(mempool, 5.0)
    assert {(item.size_byte, item.fee) for item in mempool._waiting.values()} == {(266, 250.0)}


@given(count=st.integers(1, 5000), size=st.integers(200, 700), fee=st.floats(0, 1e6))
def test_a_bundle_takes_the_bytes_of_what_is_in_it(count, size, fee):
    origin = {"sender": "server-1", "task": "", "round": 12, "time_s": 123.456789012345, "fee": fee}
    bundle = Bundle.of(count, count * (size + FRAME_BYTE), **origin)
    taken = FRAME_BYTE + bundle.size_byte
    assert count * (size + FRAME_BYTE) - 1 <= taken <= count * (size + FRAME_BYTE)
    assert read_transaction(bundle.payload)["count"] == count


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: qfl.BlockLimits(size=0.0), r"BlockLimits.size must be > 0 bit, got 0.0; give it in bits"),
        (lambda: qfl.BlockLimits(transactions=0), "BlockLimits.transactions must be >= 1, got 0"),
        (lambda: qfl.BlockLimits(chains=("local",)), r"BlockLimits.chains must name kinds of chains, each once, got"),
        (lambda: qfl.BlockLimits(order=qfl.ByFeeRate()), "without size, transactions or interval none does"),
        (lambda: qfl.ByPriority(kinds=("join", "join")), "must name a kind once"),
        (lambda: qfl.ChainTraffic(size=100 * byte), "ChainTraffic.size must be >= 1600 bit, got 800.0"),
        (lambda: qfl.ChainTraffic(chains=()), "ChainTraffic.chains must name kinds of chains"),
        (lambda: qfl.Fees(rate=-1.0), "Fees.rate must be >= 0 1/byte, got -1.0"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
