"""Runs of a tiny world under every way of storing and writing: what acts, and what does not change."""

import sqlite3
from collections import Counter
from dataclasses import dataclass, replace

import pytest

import qflsim as qfl
from qflsim.audit import audit
from qflsim.checks import ScenarioError
from qflsim.runs import LEDGER
from qflsim.trace import Block, Retrieval, Round, Storage, Transfer
from qflsim.units import byte
from qflsim.world import World


def played(scenario, **changes):
    world, records = World(replace(scenario, rounds=3, **changes)), []
    world.trace.observe(records.append)
    world.run()
    return records


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


def last_stored(records, begins=""):
    return [row for row in of(records, Storage) if row.round == 3 and row.node.startswith(begins)]


def losses(records):
    return [row.loss for row in of(records, Round)]


def outcomes(records):
    return Counter((row.kind, row.outcome) for row in of(records, Retrieval))


@pytest.fixture(scope="module")
def full(tiny):
    return played(tiny)


def test_full_copies_are_the_chains_and_nobody_asks_for_anything(full):
    heights = Counter(row.chain for row in of(full, Block))
    sizes = Counter()
    for block in of(full, Block):
        sizes[block.chain] += block.header_byte + block.body_byte + block.certificate_byte
    for row in last_stored(full):
        assert (row.mode, row.bodies, row.blocks) == ("full", heights[row.chain], heights[row.chain] + 1)
        assert row.size_byte - sizes[row.chain] == pytest.approx(100, abs=60)  # genesis
    assert not of(full, Retrieval)


@pytest.mark.parametrize(
    "policy",
    [
        qfl.Pruned(rounds=1),
        qfl.Light(proofs=False),
        qfl.ErasureCoded(k=2, m=1),
        qfl.Adaptive(device_room=30_000 * byte),
        qfl.IdealisedEntangledRecords(),
    ],
)
def test_what_is_stored_shrinks_and_what_is_learnt_does_not_change(tiny, full, policy):
    records = played(tiny, storage=policy)
    assert losses(records) == losses(full)
    devices = [sum(row.size_byte for row in last_stored(run, "device")) for run in (records, full)]
    assert devices[0] < 0.7 * devices[1]
    assert {row.mode for row in last_stored(records)} == {policy.name}


def test_light_devices_wait_for_proofs_that_cost_bits_and_time(tiny, full):
    records = played(tiny, storage=qfl.StoragePerRole(device=qfl.Light()))
    proofs = [row for row in of(records, Retrieval) if row.kind == "proof"]
    assert len(proofs) == 27 and {row.outcome for row in proofs} == {"whole"}  # 9 devices, 2 rounds and the end
    sent = [row for row in of(records, Transfer) if row.kind in ("proof", "request")]
    assert len(sent) == 2 * len(proofs)
    assert sum(row.size_bit for row in sent if row.kind == "proof") == 8 * sum(row.size_byte for row in proofs)
    assert of(records, Round)[-1].ended_s > of(full, Round)[-1].ended_s
    assert losses(records) == losses(full)
    headers = [row for row in last_stored(records, "device") if row.chain == "global"]
    assert len(headers) == 9 and {row.bodies for row in headers} == {0}


def test_light_devices_do_not_train_on_what_is_not_proved(tiny):
    liar = qfl.DamagedStores(nodes=("server-2",))
    records = played(tiny, storage=qfl.StoragePerRole(device=qfl.Light()), threats=(liar,), update_deadline=60.0)
    assert [row.aggregated for row in of(records, Round)] == [9, 6, 6]  # in round 1 there is nothing to prove
    assert outcomes(records)["proof", "damaged"] == 9


def test_off_chain_blocks_shrink_by_the_parameters_and_holders_keep_them(tiny, full):
    records = played(tiny, storage=qfl.OffChain(replicas=2))
    assert losses(records) == losses(full)
    parameters = World(tiny).model.size * 4
    before, after = (
        {(row.chain, row.round, row.transactions): row.body_byte for row in of(run, Block)} for run in (full, records)
    )
    local = [key for key in before if key[0].startswith("lmuc")]
    for key in local:
        assert before[key] - after[key] == pytest.approx(3 * parameters, abs=12)  # numbers take more or fewer digits
    contents = sum(row.content_byte for row in last_stored(records))
    assert contents == 2 * parameters * 3 * (9 + 3 + 1)  # twice, three rounds: updates, intermediate models, global
    assert {row.node[:6] for row in last_stored(records) if row.content_byte} <= {"server", "publis"}
    assert outcomes(records)["content", "whole"] > 0


def test_off_chain_updates_are_lost_with_their_only_holder_and_not_with_one_of_two(tiny):
    away = qfl.OffChain(replicas=1, holders=("publisher",))
    damaged = (qfl.DamagedStores(nodes=("publisher",)),)
    records = played(tiny, storage=away, threats=damaged)
    assert [row.aggregated for row in of(records, Round)] == [0, 0, 0]
    assert set(outcomes(records)) == {("content", "damaged")}
    both = played(tiny, storage=qfl.OffChain(replicas=2, holders=("publisher", "server-1")), threats=damaged)
    assert [row.aggregated for row in of(both, Round)] == [9, 9, 9]
    asked = [row.asked for row in of(both, Retrieval) if row.kind == "content"]
    assert max(asked) >= 1


def test_an_unreachable_holder_makes_contents_unavailable_after_its_patience(tiny):
    away = qfl.OffChain(replicas=1, holders=("publisher",), patience=0.5)
    cut = qfl.MessageLoss(nodes=("publisher",), loss=1.0)
    records = played(tiny, storage=away, threats=(cut,), agreement_deadline=5.0)
    assert not any(row.aggregated for row in of(records, Round))


def test_spot_checks_find_what_is_there_and_miss_what_nobody_keeps(tiny):
    def checks(policy, **more):
        return outcomes(played(tiny, storage=policy, **more))

    assert set(checks(qfl.FullCopies(spot_checks=2))) == {("block", "whole")}
    assert checks(qfl.Pruned(rounds=1, spot_checks=2))["block", "unavailable"] > 0
    assert set(checks(qfl.ErasureCoded(k=2, m=1, spot_checks=2))) == {("chunks", "whole")}
    assert checks(qfl.IdealisedEntangledRecords(spot_checks=2))["block", "granted"] > 0


def test_one_damaged_chunk_is_made_up_for_and_two_are_too_many(tiny):
    policy = qfl.StoragePerChain(local_chain=qfl.ErasureCoded(k=2, m=1), spot_checks=3)
    for nodes, word in ((("device-1-1",), "whole"), (("device-1-1", "device-1-2"), "damaged")):
        records = played(tiny, storage=policy, threats=(qfl.DamagedStores(nodes=nodes),))
        read = [row for row in of(records, Retrieval) if row.kind == "chunks" and row.chain == "lmuc-server-1"]
        assert read and {row.outcome for row in read} == {word}
        if word == "whole":
            assert {row.provider for row in read} == {"device-1-2+device-1-3"}


def _chosen_last(records):
    return {row.source for row in of(records, Transfer) if row.kind == "update" and row.round == 3}


def test_who_joins_late_asks_for_what_it_lacks(tiny):
    few = qfl.RandomSelection(share=0.67)
    sizes = {}
    for policy in (qfl.FullCopies(), qfl.Light(), qfl.FullCopies(catch_up=False)):
        records = played(tiny, storage=policy, selection=few)
        sizes[policy] = sum(row.size_byte for row in of(records, Retrieval) if row.kind == "catch-up")
        held = [row for row in last_stored(records, "device") if row.chain.startswith("lmuc")]
        fewest = min(row.blocks for row in held if row.node in _chosen_last(records))
        assert (fewest == 4) == policy.catch_up
    assert sizes[qfl.FullCopies()] > 5 * sizes[qfl.Light()] > 0 == sizes[qfl.FullCopies(catch_up=False)]


@pytest.mark.parametrize("form", [qfl.Float16(), qfl.Int8(), qfl.Int8(stochastic=True), qfl.TopK(share=0.2)])
def test_fewer_bytes_travel_and_other_models_come_out(tiny, full, form):
    records = played(tiny, compression=form)
    assert losses(records) != losses(full)
    assert losses(records)[-1] == pytest.approx(losses(full)[-1], abs=0.1)

    def sent(run):
        return sum(row.size_bit for row in of(run, Transfer) if row.kind == "update")

    assert sent(records) < sent(full)
    assert sum(row.ledger_byte for row in of(records, Round)) < sum(row.ledger_byte for row in of(full, Round))


def test_idealised_options_are_named_before_the_run_and_counted_in_qubits(tiny, full):
    scenario = replace(tiny, storage=qfl.IdealisedEntangledRecords(), compression=qfl.IdealisedQuantumCompression())
    notes = World(scenario).notes()
    assert any("Holevo" in note for note in notes) and any("photon" in note for note in notes)
    assert not World(tiny).notes()
    records = played(tiny, compression=qfl.IdealisedQuantumCompression())
    assert losses(records) == losses(full)
    assert sum(row.qubits for row in last_stored(records)) > 0 == sum(row.qubits for row in last_stored(full))


def test_unknown_holders_are_refused_before_anything_runs(tiny):
    with pytest.raises(ScenarioError, match="'server-9', which is no node"):
        World(replace(tiny, storage=qfl.OffChain(replicas=1, holders=("server-9",))))
    with pytest.raises(ScenarioError, match=r"replicas must be <= 4"):
        World(replace(tiny, storage=qfl.OffChain(replicas=5)))


def _change(folder, statement):
    file = sqlite3.connect(folder / LEDGER)
    assert file.execute(statement).rowcount == 1
    file.commit()
    file.close()


def test_an_audit_checks_contents_and_names_the_holder(tiny, tmp_path):
    folder = qfl.run(replace(tiny, storage=qfl.OffChain(replicas=1)), out=tmp_path, figures=False).folder
    said = []
    assert audit(folder, said.append) == 0
    one = "(SELECT rowid FROM contents WHERE chain = 'global' LIMIT 1)"
    _change(folder, f"UPDATE contents SET data = x'00' WHERE rowid = {one}")
    assert audit(folder, said.append) == 1
    broken = [line for line in said if line.startswith("BROKEN")]
    assert any("are not those that were deposited" in line and "chain global" in line for line in broken)
    assert len(broken) == 1 and "store of server-" in broken[0]
    assert sum("MISSING nobody holds the parameters" in line for line in said) == 1


def test_an_audit_checks_chunks_and_names_the_block(tiny, tmp_path):
    folder = qfl.run(replace(tiny, storage=qfl.ErasureCoded(k=2, m=1)), out=tmp_path, figures=False).folder
    said = []
    assert audit(folder, said.append) == 0
    where = "chain = 'lmuc-server-2' AND height = 2 AND number = 2"
    _change(folder, f"UPDATE chunks SET data = x'00' WHERE {where}")
    assert audit(folder, said.append) == 1
    (broken,) = [line for line in said if line.startswith("BROKEN")]
    assert "store of device-2-" in broken and "chunk 2 of block 2 of chain lmuc-server-2" in broken


def test_the_same_seed_gives_the_same_retrievals(tiny):
    scenario = {"storage": qfl.OffChain(ledger=qfl.Pruned(rounds=1, spot_checks=1), spot_checks=1)}
    assert of(played(tiny, **scenario), Retrieval) == of(played(tiny, **scenario), Retrieval)


@dataclass(frozen=True, kw_only=True)
class NoContents(qfl.Threat):
    """Contents never arrive."""

    def fate(self, now, kind, source, destination, rng):
        return () if kind == "content" else (0.0,)


def test_contents_that_were_lost_on_their_way_are_told_and_blame_nobody(tiny, tmp_path):
    away = qfl.OffChain(replicas=1, holders=("server-1",))
    folder = qfl.run(replace(tiny, storage=away, threats=(NoContents(),)), out=tmp_path, figures=False).folder
    said = []
    assert audit(folder, said.append) == 0
    assert any(line.startswith("MISSING nobody holds") for line in said)


@pytest.mark.parametrize("storage", [qfl.FullCopies(), qfl.OffChain()])
def test_forged_updates_are_found_out_in_any_format(tiny, storage):
    forged = qfl.ForgedUpdates(devices=("device-1-1",))
    records = played(tiny, storage=storage, compression=qfl.Int8(), threats=(forged,))
    assert [row.aggregated for row in of(records, Round)] == [8, 8, 8]


def test_tasks_of_one_world_keep_their_formats_apart(tiny):
    """A device of two tasks holds back the changes of each by itself, though their models differ in size."""
    tasks = (qfl.Task(name="small", rounds=2), qfl.Task(name="large", rounds=2, model=qfl.VQC(qubits=2, layers=2)))
    storage = qfl.OffChain(ledger=qfl.StoragePerRole(), spot_checks=1)
    records = played(tiny, tasks=tasks, storage=storage, compression=qfl.TopK(share=0.5))
    assert [row.aggregated for row in of(records, Round)] == [9] * 4
    assert {row.outcome for row in of(records, Retrieval)} == {"whole"}
