"""Receipts between chains: what is forged is rejected, and what is right is believed."""

from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.chain.crosschain import CrossChainReceipt
from qflsim.chain.kinds import decode_transaction
from qflsim.trace import Refusal, Rejection, Round, Standing
from qflsim.world import World


def played(scenario):
    world, records = World(scenario), []
    world.trace.observe(records.append)
    world.run()
    return world, records


def receipts_on(world, chain):
    ledger = next(ledger for ledger in world.ledgers if ledger.chain.name == chain)
    found = [decode_transaction(item) for block in ledger.chain.blocks for item in block.transactions]
    return [item for item in found if isinstance(item, CrossChainReceipt)]


@pytest.fixture(scope="module")
def small(tiny):
    return replace(tiny, rounds=1, agreement_deadline=30.0)


def test_every_local_block_is_proven_on_its_shard_and_every_shard_block_on_the_global_chain(small):
    world, records = played(small)
    local = receipts_on(world, "shard-task-1")
    assert [item.source for item in local] == ["lmuc-server-1", "lmuc-server-2", "lmuc-server-3"]
    (shard,) = receipts_on(world, "global")
    assert shard.source == "shard-task-1"
    assert all(item.fault() == "" for item in (*local, shard))
    assert b"intermediate-model" in shard.payload
    assert not [record for record in records if isinstance(record, Rejection)]


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ("proof", "its proof does not lead to the root in its header"),
        ("certificate", "signature 1 of the certificate does not fit the header"),
        ("committee", "no quorum of the committee of its source signed its block"),
    ],
)
def test_a_forged_receipt_does_not_reach_the_shard_chain(small, part, reason):
    world, records = played(replace(small, threats=(qfl.ForgedReceipts(part=part, nodes=("server-2",)),)))
    rejected = [record for record in records if isinstance(record, Rejection)]
    assert {(record.sender, record.kind, record.reason) for record in rejected} == {("server-2", "receipt", reason)}
    assert [item.source for item in receipts_on(world, "shard-task-1")] == ["lmuc-server-1", "lmuc-server-3"]
    (last,) = [record for record in records if isinstance(record, Round)]
    assert last.aggregated == 6, "the round goes on with the others' updates"


def test_a_shard_that_cannot_prove_its_block_gets_no_global_model(small):
    """The first server leads the first round: its forged proof stands in the proposal of the global block."""
    later = replace(small, threats=(qfl.ForgedReceipts(nodes=("server-1",)),), mixing=qfl.Star())
    world, records = played(replace(later, topology=replace(later.topology, servers=1)))
    assert receipts_on(world, "global") == []
    assert all(record.aggregated == 0 for record in records if isinstance(record, Round))


def test_a_part_that_receipts_do_not_have_is_refused():
    with pytest.raises(ValueError, match=r"ForgedReceipts\.part must be 'proof', 'certificate' or 'committee'"):
        qfl.ForgedReceipts(part="seal", nodes=("server-1",))


def test_the_contract_takes_updates_from_proven_blocks_and_refuses_nothing(small):
    _, records = played(small)
    assert not [record for record in records if isinstance(record, Refusal)]
    paid = [record for record in records if isinstance(record, Standing) and record.role == "device"]
    assert paid and all(record.earned > 0 for record in paid)


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ("proof", "its proof does not lead to the root in its header"),
        ("committee", "no quorum of the committee of its source signed its block"),
    ],
)
def test_a_payment_is_not_credited_on_a_forged_receipt_of_its_lock(small, part, reason):
    """The leader of the payee's shard says that money is locked in the other one, and cannot prove it."""
    into = ("server-2", "server-3")
    tasks = (qfl.Task(name="a", servers=("server-1",)), qfl.Task(name="b", servers=into))
    paid = replace(small, tasks=tasks, mixing=qfl.Star(), payments=qfl.CrossShardTraffic(rate=4.0))
    honest, _ = played(paid)
    assert {item.source for item in receipts_on(honest, "shard-b")} >= {"shard-a"}
    world, records = played(replace(paid, threats=(qfl.ForgedReceipts(part=part, nodes=("server-2",)),)))
    assert "shard-a" not in {item.source for item in receipts_on(world, "shard-b")}
    rejected = {(r.node, r.sender, r.reason) for r in records if isinstance(r, Rejection) and r.kind == "block"}
    assert ("server-3", "server-2", reason) in rejected
    assert sum(desk.accounts.total for desk in world._common.desks) == 2 * 100 * 10
