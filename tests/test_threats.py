"""Whole runs with adversaries: what does not pass its receivers' check changes nothing, whatever makes signatures."""

import dataclasses
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np
import pytest

import qflsim as qfl
from qflsim.audit import audit
from qflsim.chain.transactions import GlobalModel, IntermediateModel, digest_of, pack_parameters, read_transaction
from qflsim.checks import ScenarioError
from qflsim.crypto.exchange import SecretExchange
from qflsim.nodes.device import update_in
from qflsim.runs import LEDGER
from qflsim.summary import summarise
from qflsim.trace import Agreement, Block, Key, Rejection, Round, Transfer
from qflsim.units import m, s
from qflsim.world import World

CHEAP = {"signatures": qfl.ECDSA_P256(), "keys": qfl.KEMKeys(kem=qfl.ECDH())}


@pytest.fixture
def small(tiny):
    return replace(tiny, topology=qfl.DenseCell(servers=2, devices_per_server=4, radius=60 * m), **CHEAP)


def played(scenario):
    world, records = World(scenario), []
    world.trace.observe(records.append)
    world.run()
    return world, records


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


def rows(records):
    """All records in the order of their writing; NaN equal to NaN."""
    return [(type(record).__name__, repr(dataclasses.astuple(record))) for record in records]


def senders(world, chain, height):
    (ledger,) = [ledger for ledger in world.ledgers if ledger.chain.name == chain]
    items = [(item, read_transaction(item.payload)) for item in ledger.chain.blocks[height].transactions]
    return [update_in(item, world.ctx.stores).device for item, fields in items if fields["kind"] == "update"]


@pytest.mark.parametrize(
    ("altered", "reason"),
    [(False, "its public key is not that of its sender"), (True, "its signature does not fit its content")],
)
def test_a_forged_update_is_rejected_by_all_and_both_modes_agree_to_the_last_record(small, altered, reason):
    forged = replace(small, threats=(qfl.ForgedUpdates(devices=("device-1-1",), altered=altered),))
    world, records = played(forged)
    computed, others = played(replace(forged, computed_cryptography=True))
    assert rows(records) == rows(others)
    cell = {f"device-1-{i}" for i in range(1, 5)}
    for number in (1, 2):
        rejected = [r for r in of(records, Rejection) if r.round == number]
        assert {r.node for r in rejected} == cell and len(rejected) == 4  # once each, its own validator included
        assert {(r.sender, r.kind, r.reason) for r in rejected} == {("device-1-1", "update", reason)}
        assert senders(computed, "lmuc-server-1", number) == sorted(cell - {"device-1-1"})
        assert len(senders(computed, "lmuc-server-2", number)) == 4
    assert [r.aggregated for r in of(records, Round)] == [7, 7]
    assert of(records, Round)[-1].ended_s < 0.2 * small.update_deadline  # nobody waits for a right one
    assert all(a.decided == a.validators for a in of(records, Agreement))
    assert all(ledger.chain.verify(computed.keyring) is None for ledger in computed.ledgers)
    assert all(ledger.chain.verify(world.keyring) is None for ledger in world.ledgers)


def test_without_threats_nothing_is_rejected_and_a_forged_model_is_not_learned(small):
    _, clean = played(small)
    _, forged = played(replace(small, threats=(qfl.ForgedUpdates(share=0.2, first_round=2),)))
    assert not of(clean, Rejection)
    assert {r.round for r in of(forged, Rejection)} == {2}
    assert len({r.sender for r in of(forged, Rejection)}) == 2  # of eight, rounded up
    first, second = of(clean, Round), of(forged, Round)
    assert first[0].loss == second[0].loss and first[1].loss != second[1].loss
    assert (first[1].aggregated, second[1].aggregated) == (8, 6)


def test_a_cell_whose_updates_are_all_forged_has_no_block(small):
    all_of_one = qfl.ForgedUpdates(devices=tuple(f"device-1-{i}" for i in range(1, 5)))
    _, records = played(replace(small, threats=(all_of_one,), rounds=1))
    assert [b.chain for b in of(records, Block) if b.chain.startswith("lmuc")] == ["lmuc-server-2"]
    assert of(records, Round)[0].aggregated == 4
    assert of(records, Round)[0].ended_s < 0.2 * small.update_deadline


@pytest.mark.parametrize(
    "scheme", [qfl.Ed25519(), qfl.MLDSA(level=44), qfl.Falcon512(), qfl.SLHDSA(variant="128f")], ids=lambda x: x.name
)
def test_computing_signatures_changes_no_record(small, scheme):
    if isinstance(scheme, qfl.SLHDSA):
        pytest.importorskip("pqcrypto")
    if isinstance(scheme, qfl.Falcon512):
        pytest.importorskip("py_fn_dsa")
    scenario = replace(small, signatures=scheme, rounds=1, update_deadline=1e4 * s)
    world, records = played(scenario)
    computed, others = played(replace(scenario, computed_cryptography=True))
    assert rows(records) == rows(others)
    made = [item for ledger in computed.ledgers for block in ledger.chain.blocks for item in block.transactions]
    assert made and all(len(item.signature) == scheme.signature_byte for item in made)
    assert computed.keyring.library.name == scheme.name
    assert all(ledger.chain.verify(computed.keyring) is None for ledger in computed.ledgers)
    assert any(ledger.chain.verify(world.keyring) for ledger in computed.ledgers)  # other signatures than assumed ones


def test_a_random_number_of_attempts_moves_time_and_energy_and_no_learning(small):
    steady = replace(small, signatures=qfl.MLDSA(level=44), rounds=1)
    drawn = replace(steady, signatures=qfl.MLDSA(level=44, random_attempts=True))
    (_, first), (_, second), (_, again) = played(steady), played(drawn), played(drawn)
    assert rows(second) == rows(again) != rows(first)
    assert of(first, Round)[0].loss == of(second, Round)[0].loss
    assert of(first, Round)[0].ended_s != of(second, Round)[0].ended_s


def test_a_scheme_that_cannot_be_computed_is_refused_before_the_run(small, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "py_fn_dsa", None)
    with pytest.raises(ScenarioError, match=r"Falcon-512 cannot be computed here .* pip install 'qflsim\[pqc\]'"):
        World(replace(small, signatures=qfl.Falcon512(), computed_cryptography=True))
    World(replace(small, signatures=qfl.Falcon512()))


@pytest.mark.parametrize(
    "keys",
    [qfl.HybridKeys(kem=qfl.MLKEM()), qfl.KEMKeys(kem=qfl.ECDH(curve="P-256")), qfl.EitherKeys(patience=0.0)],
    ids=lambda keys: f"{type(keys).__name__}-{keys.kem.name}",
)
def test_keys_that_are_really_exchanged_change_no_record(small, keys, monkeypatch):
    agreed = []
    agree = SecretExchange.agree
    monkeypatch.setattr(SecretExchange, "agree", lambda *given, **more: agreed.append(agree(*given, **more)))
    _, records = played(replace(small, rounds=1, keys=keys))
    _, others = played(replace(small, rounds=1, keys=keys, computed_cryptography=True))
    assert rows(records) == rows(others)
    encapsulated = [key for key in of(records, Key) if key.kem_bit]
    assert len(agreed) == len(set(agreed)) == len(encapsulated) > 0
    assert all(len(key) == 32 for key in agreed)


def test_a_key_source_of_ones_own_names_its_kem_or_is_not_computed(small):
    @dataclass(frozen=True, kw_only=True)
    class Own(qfl.KeySource):
        name = "own"

        def need(self, bits=256.0):
            return qfl.KEMKeys().need(bits)

    with pytest.raises(ScenarioError, match="Own encapsulates keys and names no kem that could be computed"):
        World(replace(small, keys=Own(), computed_cryptography=True))


def test_a_threat_to_nobody_there_is_is_refused(small):
    with pytest.raises(ScenarioError, match="names 'device-9-9', which is no device"):
        World(replace(small, threats=(qfl.ForgedUpdates(devices=("device-9-9",)),)))


@dataclass(frozen=True, kw_only=True)
class Flipped(qfl.Threat):
    """Devices of the first cell lie: they sign the opposite of what they learned."""

    def targets(self, roles, rng):
        return [node for node in roles if node.startswith("device-1-")]

    def corrupt(self, update, round, rng):
        return replace(update, parameters=-update.parameters)


@dataclass(frozen=True, kw_only=True)
class StolenKey(qfl.Threat):
    """Somebody signs in the name of a device, with its key."""

    def targets(self, roles, rng):
        return ("device-1-1",)

    def forge(self, transaction, signed, keyring, rng):
        zeros = pack_parameters(np.zeros(len(transaction.parameters) // 4))
        return replace(transaction, parameters=zeros, digest=digest_of(zeros)).signed(keyring)


@dataclass(frozen=True, kw_only=True)
class Replayed(qfl.Threat):
    """A device's signed update of the round before comes again."""

    def targets(self, roles, rng):
        return ("device-1-1",)

    def forge(self, transaction, signed, keyring, rng):
        return replace(transaction, round=transaction.round - 1).signed(keyring)


@dataclass(frozen=True, kw_only=True)
class Forged(qfl.Threat):
    """What server-1 signs of one kind is signed by a stranger."""

    kind: type = GlobalModel
    aggregates: bool = True

    def targets(self, roles, rng):
        return ("server-1",)

    def forge(self, transaction, signed, keyring, rng):
        if not isinstance(transaction, self.kind) or bool(transaction.samples) is not self.aggregates:
            return signed  # a model on its way down or across states no samples, an aggregate does
        return type(signed)(signed.payload, *keyring.sign_as_stranger("mallory", signed.payload), signed.witness)


def test_a_lie_under_a_true_signature_is_believed(small):
    world, records = played(replace(small, rounds=1, threats=(Flipped(),)))
    honest, _ = played(replace(small, rounds=1))
    assert not of(records, Rejection) and of(records, Round)[0].aggregated == 8
    lies, truths = (w.ledgers[2].chain.tip.transactions for w in (world, honest))
    for lie, truth in zip(lies, truths, strict=True):
        np.testing.assert_array_equal(
            update_in(lie, world.ctx.stores).parameters, -update_in(truth, honest.ctx.stores).parameters
        )
    assert not np.allclose(world.model, honest.model)


def test_a_stolen_key_signs_what_is_then_learned(small):
    world, records = played(replace(small, rounds=1, threats=(StolenKey(),), mixing=qfl.Star()))
    assert not of(records, Rejection)
    updates = [update_in(item, world.ctx.stores) for item in world.ledgers[2].chain.tip.transactions]
    (update,) = [update for update in updates if update.device == "device-1-1"]
    assert not update.parameters.any()
    honest, _ = played(replace(small, rounds=1, mixing=qfl.Star()))
    assert not np.allclose(world.model, honest.model)


def test_an_old_update_is_not_taken_again(small):
    _, records = played(replace(small, rounds=1, threats=(Replayed(),)))
    assert {r.reason for r in of(records, Rejection)} == {"it is of another round"}
    assert of(records, Round)[0].aggregated == 7


def test_a_global_model_that_its_server_did_not_sign_gets_into_no_block(small):
    hasty = replace(small, rounds=1, agreement_deadline=30 * s)
    world, records = played(replace(hasty, threats=(Forged(),)))
    refusing = {r.node for r in of(records, Rejection)}
    assert {(r.kind, r.sender) for r in of(records, Rejection)} == {("block", "server-1")}
    assert refusing >= {"publisher", "server-2"}
    assert world.ledgers[0].chain.height == 1  # the task alone
    assert of(records, Round)[0].aggregated == 0


def test_a_model_that_its_server_did_not_sign_trains_nobody(small):
    hasty = replace(small, rounds=1, update_deadline=20 * s, agreement_deadline=30 * s)
    _, records = played(replace(hasty, threats=(Forged(kind=IntermediateModel, aggregates=False),)))
    rejected = of(records, Rejection)
    assert {r.node for r in rejected if r.kind == "model"} == {f"device-1-{i}" for i in range(1, 5)}
    assert not [t for t in of(records, Transfer) if t.kind == "update" and t.source.startswith("device-1-")]
    assert {r.kind for r in rejected} == {"model", "mixed-model"}
    assert of(records, Round)[0].aggregated == 0  # server-2 could not mix with what it rejected


def test_a_receipt_that_its_server_did_not_sign_is_left_out(small):
    _, records = played(replace(small, rounds=1, threats=(Forged(kind=IntermediateModel),)))
    assert {(r.kind, r.sender) for r in of(records, Rejection)} == {("receipt", "server-1")}
    assert {r.node for r in of(records, Rejection)} == {"server-1", "server-2"}
    assert of(records, Round)[0].aggregated == 4


def test_a_run_tells_of_rejections_and_its_ledger_is_audited_by_real_signatures(small, tmp_path):
    forged = replace(small, rounds=1, threats=(qfl.ForgedUpdates(devices=("device-1-1",)),), computed_cryptography=True)
    run = qfl.run(forged, out=tmp_path, figures=False).folder
    told = " ".join(summarise(run).split())
    assert "Receivers rejected what came as update from device-1-1, 4 times in all: its public key is not" in told
    said = []
    assert audit(run, said.append) == 0
    with closing(sqlite3.connect(run / LEDGER)) as file:
        assert file.execute("SELECT name FROM library").fetchall() == [("ECDSA-P256",)]
        (data,) = file.execute("SELECT data FROM blocks WHERE chain = 'global' AND height = 1").fetchone()
        changed = data[:-1] + bytes([data[-1] ^ 1])  # the last byte of the certificate's last signature
        file.execute("UPDATE blocks SET data = ? WHERE chain = 'global' AND height = 1", (changed,))
        file.commit()
    assert audit(run, said.append) == 1
    assert any("of the certificate does not fit the header" in line for line in said if line.startswith("BROKEN"))
