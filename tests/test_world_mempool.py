"""Blocks of limited size in a whole run: transactions wait, others compete, and a backlog shows where it must."""

from dataclasses import replace
from itertools import pairwise

import pytest

import qflsim as qfl
from qflsim.chain.bundle import FRAME_BYTE
from qflsim.chain.kinds import decode_transaction
from qflsim.chain.ledger import check_stored
from qflsim.chain.transactions import read_transaction
from qflsim.trace import Block, Mempool, Refusal, Rejection, Round, Submission
from qflsim.units import kB, s
from qflsim.world import World

OVERLOAD = {
    "block_limits": qfl.BlockLimits(size=30 * kB, interval=1 * s, chains=("global", "shard")),
    "traffic": qfl.ChainTraffic(rate=150 / s),
}
PER_BLOCK = 30_000 // 266


def played(scenario):
    world, records = World(scenario, 0), []
    world.trace.observe(records.append)
    world.run()
    return world, records


def of(records, table, /, **wanted):
    found = [record for record in records if isinstance(record, table)]
    return [each for each in found if all(getattr(each, name) == value for name, value in wanted.items())]


@pytest.fixture(scope="module")
def plain(tiny):
    return played(replace(tiny, rounds=1))[1]


@pytest.fixture(scope="module")
def small(tiny):
    """Two transactions a block, half a second apart."""
    return played(replace(tiny, block_limits=qfl.BlockLimits(transactions=2, interval=0.5 * s)))


@pytest.fixture(scope="module")
def crowded(tiny):
    return played(replace(tiny, rounds=1, **OVERLOAD))


def test_blocks_that_hold_everything_change_nothing(tiny, plain):
    roomy = played(replace(tiny, rounds=1, block_limits=qfl.BlockLimits(transactions=10_000)))[1]
    rest = [record for record in roomy if not isinstance(record, (Mempool, Submission))]
    assert sorted(map(repr, rest)) == sorted(map(repr, plain))
    assert not of(plain, Mempool) and not of(plain, Submission)
    assert {record.wait_s for record in of(roomy, Submission)} == {0.0}


def test_what_does_not_fit_goes_into_later_blocks_an_interval_apart(small):
    world, records = small
    for ledger in world.ledgers:
        assert max(len(block.transactions) for block in ledger.chain.blocks) == 2
        times = [block.header.time_s for block in ledger.chain.blocks[1:]]
        assert min(after - before for before, after in pairwise(times)) >= 0.5 - 1e-9
    updates = of(records, Submission, chain="lmuc-server-1", kind="update", round=1)
    assert [record.wait_s for record in updates] == pytest.approx([0.0, 0.0, 0.5], abs=1e-9)


def test_a_round_of_several_blocks_still_learns_the_same(small, plain):
    first = of(small[1], Round, round=1)[0]
    assert (first.accuracy, first.loss, first.aggregated) == tuple(
        getattr(of(plain, Round)[0], name) for name in ("accuracy", "loss", "aggregated")
    )
    before = of(plain, Round)[0]
    waited = max(record.wait_s for record in of(small[1], Submission, kind="intermediate-model", round=1))
    assert first.cross_chain_s == pytest.approx(before.cross_chain_s + waited, abs=0.1) and waited >= 2.0
    receipts = of(small[1], Submission, chain="shard-task-1", kind="cross-chain-receipt", round=1)
    assert len(receipts) == 2 * 3  # one for each block of each LMUC


def test_every_transaction_handed_in_stands_in_the_block_it_is_said_to(small):
    world, records = small
    chains = {ledger.chain.name: ledger.chain for ledger in world.ledgers}
    found = of(records, Submission)
    assert {record.outcome for record in found} == {"included"}
    for record in found:
        block = chains[record.chain].blocks[record.height]
        kinds = [read_transaction(item.payload) for item in block.transactions]
        assert (record.kind, record.sender) in [(each["kind"], each["sender"]) for each in kinds]
        assert (record.proposer, record.proposed_s) == (block.header.proposer, block.header.time_s)
    assert len(found) == sum(len(block.transactions) for chain in chains.values() for block in chain.blocks)


def test_above_capacity_blocks_are_full_and_the_backlog_grows_by_the_rest(crowded):
    records = crowded[1]
    rows = of(records, Mempool, chain="global")
    blocks = of(records, Block, chain="global")
    full = [row for row in rows[1:-1] if row.waiting]
    assert len(full) > 4 and max(row.under_way for row in full) == PER_BLOCK
    assert all(30_000 - 6_000 < block.body_byte <= 30_000 for block in blocks[1:-1])
    last = full[-1]
    assert last.waiting == pytest.approx((150 - PER_BLOCK) * last.time_s, rel=0.35)
    accepted = sum(row.included for row in full[1:]) / (full[-1].time_s - full[0].time_s)
    assert accepted == pytest.approx(PER_BLOCK, rel=0.06)  # a model takes the place of twenty of them
    assert sum(block.others for block in blocks) > 400


def test_the_federation_waits_behind_the_backlog_unless_it_pays_or_goes_first(tiny, crowded, plain):
    def wait(records):
        (record,) = of(records, Submission, kind="global-model")
        return record.wait_s

    behind = wait(crowded[1])
    limits = OVERLOAD["block_limits"]
    paying = played(
        replace(
            tiny, rounds=1, traffic=OVERLOAD["traffic"], fees=qfl.Fees(rate=1e6),
            block_limits=replace(limits, order=qfl.ByFeeRate()),
        )
    )  # fmt: skip
    first = played(
        replace(
            tiny, rounds=1, traffic=OVERLOAD["traffic"], block_limits=replace(limits, order=qfl.ByPriority()),
        )
    )  # fmt: skip
    assert behind > 1.0 >= max(wait(paying[1]), wait(first[1]))
    assert {record.fee for record in of(paying[1], Submission)} == {
        1e6 * (record.size_byte + FRAME_BYTE) for record in of(paying[1], Submission)
    }
    assert not of(paying[1], Refusal) and not of(crowded[1], Refusal)
    model = of(paying[1], Submission, kind="global-model")[0]
    stands = paying[0].ledgers[0].chain.blocks[model.height].transactions
    assert model.fee in [read_transaction(item.payload).get("fee") for item in stands]
    assert of(crowded[1], Round)[0].accuracy == of(plain, Round)[0].accuracy


def test_chains_with_others_on_them_verify_and_nothing_is_rejected(crowded):
    world, records = crowded
    assert not of(records, Rejection)
    for ledger in world.ledgers:
        chain = ledger.chain
        assert chain.verify(world.keyring) is None
        assert check_stored(chain.encode(), chain.name, world.keyring) is None
    assert not [block for block in of(records, Block) if block.chain.startswith("lmuc") and block.others]


def test_others_on_local_chains_are_in_no_receipt(tiny):
    limits = qfl.BlockLimits(size=60 * kB, interval=2 * s, chains=("lmuc",))
    traffic = qfl.ChainTraffic(rate=20 / s, chains=("lmuc",))
    world, records = played(replace(tiny, rounds=1, block_limits=limits, traffic=traffic))
    assert of(records, Round)[0].aggregated == 9 and sum(block.others for block in of(records, Block)) > 100
    (shard,) = [ledger.chain for ledger in world.ledgers if ledger.chain.name.startswith("shard")]
    receipts = [item for block in shard.blocks for item in block.transactions if item.witness]
    assert len(receipts) >= 3
    assert {read_transaction(decode_transaction(item).payload)["kind"] for item in receipts} == {"update"}


def test_the_same_seed_gives_the_same_records(tiny, crowded):
    assert list(map(repr, played(replace(tiny, rounds=1, **OVERLOAD))[1])) == list(map(repr, crowded[1]))


def test_who_waits_longer_than_the_deadline_gives_up_and_the_round_ends_without_a_model(tiny):
    slow = qfl.BlockLimits(transactions=1, interval=30 * s, chains=("shard",))
    _, records = played(replace(tiny, rounds=1, block_limits=slow, agreement_deadline=40 * s))
    outcomes = {record.outcome for record in of(records, Submission, chain="shard-task-1")}
    assert outcomes == {"included", "withdrawn"}
    assert all(record.wait_s == 40.0 for record in of(records, Submission, outcome="withdrawn"))
    assert of(records, Round)[0].aggregated == 0


def test_a_full_mempool_turns_the_federation_away(tiny):
    crowd = qfl.ChainTraffic(rate=2000 / s, chains=("global",))
    limits = qfl.BlockLimits(size=30 * kB, interval=1 * s, mempool=32 * kB, chains=("global",))
    _, records = played(replace(tiny, rounds=1, block_limits=limits, traffic=crowd))
    (model,) = of(records, Submission, kind="global-model")
    assert model.outcome == "evicted" and of(records, Round)[0].aggregated == 0
    assert sum(row.evicted for row in of(records, Mempool)) > 100


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"traffic": qfl.ChainTraffic()}, "must give the global chain an interval, since others use it"),
        ({"block_limits": qfl.BlockLimits(size=5 * kB)}, "size must be >= [0-9]+ bit, the largest .* global chain"),
        ({"block_limits": qfl.BlockLimits(size=1)}, r"bytes with framing.\, got 1.0 bit; raise it, or use"),
        (
            {"block_limits": qfl.BlockLimits(size=10 * kB, interval=1 * s), "traffic": qfl.ChainTraffic(size=12 * kB)},
            r"size must be >= 96128 bit, the transactions of others .12016 bytes with framing., got 80000.0 bit",
        ),
    ],
)
def test_what_cannot_be_is_refused_before_the_run(tiny, changes, message):
    with pytest.raises(qfl.ScenarioError, match=message):
        World(replace(tiny, **changes), 0)


def test_two_sets_of_limits_for_one_kind_of_chain_are_refused(tiny):
    twice = (qfl.BlockLimits(interval=1 * s), qfl.BlockLimits(transactions=5, chains=("lmuc",)))
    with pytest.raises(ValueError, match="must give a lmuc chain one set of limits, got 2"):
        replace(tiny, block_limits=twice)


def test_overload_is_said_before_the_run_and_only_then(tiny):
    said = World(replace(tiny, **OVERLOAD), 0).notes()
    assert "others offer 150 a second, 39.9 kB/s (offered)" in said[0]
    assert "carry at most 112 a second (capacity), so that the backlog grows by 38 a second" in said[0]
    assert [note.split(" chains")[0] for note in said] == [
        "transactions will wait on global", "transactions will wait on shard",
    ]  # fmt: skip
    calm = qfl.ChainTraffic(rate=100 / s)
    assert not World(replace(tiny, **OVERLOAD | {"traffic": calm}), 0).notes()
