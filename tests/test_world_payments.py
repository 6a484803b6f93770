"""Payments between shards: locked and credited with proofs on both chains, or given back."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

import qflsim as qfl
from qflsim.chain.crosschain import CrossChainReceipt
from qflsim.chain.kinds import decode_transaction
from qflsim.chain.payments import Credit, Lock, Release, ShardAccounts
from qflsim.chain.sharding import cross_probability
from qflsim.checks import ScenarioError
from qflsim.trace import Payment, Refusal, Rejection, Round, ShardDraw
from qflsim.world import World


def played(scenario):
    world, records = World(scenario), []
    world.trace.observe(records.append)
    world.run()
    return world, records


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


def written(world, kind):
    return [
        decode_transaction(item)
        for ledger in world.ledgers
        if ledger.chain.name.startswith("shard-")
        for block in ledger.chain.blocks
        for item in block.transactions
        if decode_transaction(item).kind == kind.kind
    ]


@pytest.fixture(scope="module")
def two(tiny):
    tasks = (qfl.Task(name="a"), qfl.Task(name="b", data=qfl.Digits(classes=(2, 3), features=2)))
    return replace(tiny, rounds=1, mixing=qfl.Star(), tasks=tasks)


@pytest.fixture(scope="module")
def paid(two):
    return played(replace(two, payments=qfl.CrossShardTraffic(rate=4.0, holders=2, balance=2)))


def test_what_crosses_shards_is_locked_on_one_chain_and_credited_on_the_other(paid):
    world, records = paid
    payments = of(records, Payment)
    crossing = [payment for payment in payments if payment.shards == 2 and payment.committed]
    assert crossing and all(payment.blocks == 2 and payment.proof_byte > 0 for payment in crossing)
    local = [payment for payment in payments if payment.shards == 1]
    assert local and all(payment.blocks == 1 and payment.proof_byte == 0 for payment in local)
    proven = [item for item in written(world, CrossChainReceipt) if item.source.startswith("shard-")]
    assert len(proven) >= len(crossing)
    credited = {item.payment for item in written(world, Credit)}
    assert credited >= {payment.number for payment in payments if payment.committed}
    assert not of(records, Rejection)
    assert sum(r.aggregated for r in of(records, Round)) == 18, "learning goes on beside it"


def test_a_payer_without_money_is_refused_and_nothing_is_lost(paid):
    world, records = paid
    refused = {item.payment for item in written(world, Lock) if not item.accepted}
    assert refused >= {payment.number for payment in of(records, Payment) if not payment.committed}
    assert refused
    assert sum(desk.accounts.total for desk in world._common.desks) == 2 * 2 * 2


def test_who_has_locked_gets_it_back_when_another_shard_refuses(two):
    traffic = qfl.CrossShardTraffic(rate=4.0, accounts=4, holders=2, balance=1)
    world, _ = played(replace(two, payments=traffic))
    released = {item.payment for item in written(world, Release)}
    assert released
    assert not released & {item.payment for item in written(world, Credit)}
    assert sum(desk.accounts.total for desk in world._common.desks) == 2 * 2 * 1


def test_payments_wait_until_a_lot_has_put_validators_there(two):
    waiting = replace(two, sharding=qfl.Sharding(), block_limits=qfl.BlockLimits(interval=2.0))
    _, records = played(replace(waiting, payments=qfl.CrossShardTraffic(rate=5.0)))
    assert min(payment.asked_s for payment in of(records, Payment)) < max(d.seated_s for d in of(records, ShardDraw))
    assert not of(records, Refusal), "receipts of payments are no matter of a contract's"


def test_crossing_takes_longer_than_staying(paid):
    _, records = paid
    took = {shards: [p.ended_s - p.asked_s for p in of(records, Payment) if p.shards == shards] for shards in (1, 2)}
    assert sum(took[2]) / len(took[2]) > sum(took[1]) / len(took[1])


def test_payments_need_several_shards(tiny):
    with pytest.raises(ScenarioError, match=r"Scenario\.payments go between the shards of several tasks"):
        World(replace(tiny, payments=qfl.CrossShardTraffic()))


@pytest.mark.parametrize(("shards", "accounts"), [(2, 2), (4, 2), (4, 3), (16, 4)])
def test_the_share_that_crosses_is_that_of_accounts_at_random(shards, accounts):
    import numpy as np

    rng, traffic = np.random.default_rng(1), qfl.CrossShardTraffic(accounts=accounts)
    drawn = [len({shard for shard, _ in traffic.draw(shards, rng)}) > 1 for _ in range(20_000)]
    assert sum(drawn) / len(drawn) == pytest.approx(cross_probability(shards, accounts), abs=0.012)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5), st.booleans()), max_size=30))
def test_money_is_neither_made_nor_lost(orders):
    one, other = ShardAccounts(dict.fromkeys(range(3), 4)), ShardAccounts({0: 0})
    for number, (account, amount, goes) in enumerate(orders):
        if one.lock(number, Counter({account: amount})):
            if goes:
                other.credit(0, one.spend(number))
            else:
                one.release(number, {account: amount})
        assert one.total + other.total == 12
        assert min(one.balance(i) for i in range(3)) >= 0
