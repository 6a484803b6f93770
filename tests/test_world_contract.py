"""Whole runs under a task contract: money moves on the chains, who misbehaves loses it and is not selected any more."""

import sqlite3
from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.audit import audit
from qflsim.chain.transactions import read_transaction
from qflsim.checks import ScenarioError
from qflsim.experiment import run
from qflsim.plots import draw_all
from qflsim.runs import LEDGER
from qflsim.summary import summarise
from qflsim.trace import Energy, Refusal, Round, Standing, Storage
from qflsim.units import m, s
from qflsim.world import World

CHEAP = {"signatures": qfl.ECDSA_P256(), "keys": qfl.KEMKeys(kem=qfl.ECDH()), "aer_samples": 0}


@pytest.fixture(scope="module")
def small(tiny):
    return replace(tiny, topology=qfl.DenseCell(servers=2, devices_per_server=4, radius=60 * m), **CHEAP)


def played(scenario):
    world, records = World(scenario), []
    world.trace.observe(records.append)
    world.run()
    return world, records


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


def transactions(world, kind):
    read = [
        read_transaction(item.payload)
        for ledger in world.ledgers
        for b in ledger.chain.blocks
        for item in b.transactions
    ]
    return [fields for fields in read if fields["kind"] == kind]


def standing(records, node, number):
    (row,) = [row for row in of(records, Standing) if (row.node, row.round) == (node, number)]
    return row


@pytest.fixture(scope="module")
def plain(small):
    return played(small)


def test_a_run_pays_its_whole_reward_on_the_chain_in_proportion_to_samples(plain, small):
    world, records = plain
    assert not of(records, Refusal)
    rewards = transactions(world, "reward")
    assert [round(sum(reward["amounts"]), 6) for reward in rewards] == [50.0, 50.0]
    updates = {fields["sender"]: fields["samples"] for fields in transactions(world, "update") if fields["round"] == 2}
    whole = sum(updates.values())
    for device, samples in updates.items():  # the weights of FedAvg, of the four fifths that go to devices
        assert standing(records, device, 2).earned == pytest.approx(0.8 * 50.0 * samples / whole, abs=2e-6)
    last = [row for row in of(records, Standing) if row.round == 2]
    assert sum(row.balance + row.deposit for row in last) == pytest.approx(1000.0 + 10 * 100.0)
    assert all(row.deposit == 0.0 for row in last)  # given back
    assert {row.deposit for row in of(records, Standing) if row.round == 1} == {0.0, 10.0}


def test_what_the_contract_writes_takes_bytes_and_energy(plain, small):
    world, _ = plain
    for kind, count in (("terms", 1), ("selection", 4), ("verdict", 4), ("reward", 2), ("reputation", 2)):
        assert len(transactions(world, kind)) == count
    (global_chain,) = [ledger.chain for ledger in world.ledgers if ledger.chain.name == "global"]
    reward = [item for item in global_chain.blocks[-1].transactions if b'"kind":"reward"' in item.payload]
    assert reward[0].size_byte > 300  # ten names and amounts, a key and a signature
    assert global_chain.blocks[-1].size_byte > reward[0].size_byte


def test_forging_devices_lose_deposit_and_reputation_and_are_soon_not_selected(small):
    forgers = {"device-1-1", "device-2-3"}
    scenario = replace(
        small, rounds=6, threats=(qfl.ForgedUpdates(devices=tuple(sorted(forgers))),),
        selection=qfl.ReputationSelection(count=3, exploration=0.0),
    )  # fmt: skip
    world, records = played(scenario)
    chosen = [
        {d for f in transactions(world, "selection") if f["round"] == n for d in f["devices"]} for n in range(1, 7)
    ]
    seen = set.union(*chosen)
    for forger in forgers & seen:
        first = next(n for n in range(6) if forger in chosen[n])
        row = standing(records, forger, first + 1)
        assert (row.fault, row.slashed, row.earned) == ("rejected", 0.5, 0.0)
        assert row.reputation == pytest.approx(1 / 3.5)
        assert not any(forger in later for later in chosen[first + 1 :])
        assert standing(records, forger, 6).reputation == row.reputation  # it had no chance to mend it
    assert len(seen & forgers) > 0
    slashed = transactions(world, "slash")
    assert {node for fields in slashed for node in fields["nodes"]} == seen & forgers
    assert {row.transition for row in of(records, Refusal)} == {"submit"}
    honest = [
        row for row in of(records, Standing) if row.role == "device" and row.node not in forgers and row.round == 6
    ]
    assert min(row.reputation for row in honest) > 0.5


def test_below_a_least_reputation_nobody_is_selected(small):
    limited = replace(small, rounds=3, contract=qfl.TaskContract(least_reputation=0.4),
                      threats=(qfl.ForgedUpdates(devices=("device-1-1",)),))  # fmt: skip
    _, records = played(limited)
    assert [r.selected for r in of(records, Round)] == [8, 7, 7]


def test_two_updates_are_proof_and_neither_is_learned(small):
    world, records = played(replace(small, threats=(qfl.TwoUpdates(nodes=("device-1-1",)),)))
    _, without = played(replace(small, threats=(qfl.ForgedUpdates(devices=("device-1-1",)),)))
    assert [r.loss for r in of(records, Round)] == [r.loss for r in of(without, Round)]
    assert [f["sender"] for f in transactions(world, "update")].count("device-1-1") == 4
    for number in (1, 2):
        row = standing(records, "device-1-1", number)
        assert (row.fault, row.slashed) == ("equivocated", 0.5)
    assert {(r.subject, r.reason) for r in of(records, Refusal)} == {("device-1-1", "it signed two different updates")}
    assert {fields["reason"] for fields in transactions(world, "slash")} == {"equivocated"}


def test_a_device_whose_updates_get_lost_has_missed_them(small):
    lossy = replace(small, rounds=1, update_deadline=20 * s, threats=(qfl.Crash(nodes=("device-1-2",)),))
    _, records = played(lossy)
    row = standing(records, "device-1-2", 1)
    assert (row.fault, row.slashed) == ("missed", 0.1)
    assert standing(records, "device-1-1", 1).fault == ""


def test_who_cannot_put_down_the_deposit_does_not_train(small):
    contract = qfl.TaskContract(purse=10.0, deposit=10.0, rejected=1.0)
    poor = replace(small, contract=contract, threats=(qfl.ForgedUpdates(devices=("device-1-1",)),))
    _, records = played(poor)
    assert [r.selected for r in of(records, Round)] == [8, 7]
    refused = [(r.round, r.transition, r.subject, r.reason) for r in of(records, Refusal)]
    assert (2, "select", "device-1-1", "it cannot put down the deposit") in refused


@pytest.mark.parametrize("rule", [qfl.EqualReward(), qfl.RewardByContribution()])
def test_a_rule_divides_what_devices_earn_and_nothing_else(small, plain, rule):
    _, records = played(replace(small, contract=qfl.TaskContract(reward=rule, server_share=0.0)))
    earned = {row.node: row.earned for row in of(records, Standing) if row.round == 1}
    assert sum(earned.values()) == pytest.approx(50.0)
    assert earned["server-1"] == 0.0
    devices = {round(amount, 5) for node, amount in earned.items() if node.startswith("device")}
    assert (len(devices) == 1) == isinstance(rule, qfl.EqualReward)
    assert [r.loss for r in of(records, Round)] == [r.loss for r in of(plain[1], Round)]


@pytest.mark.parametrize(("least", "reputations"), [(0.0, {1.0}), (0.999, {0.0})])
def test_reputation_follows_the_rule_of_the_contract(small, least, reputations):
    smooth = qfl.TaskContract(reputation=qfl.SmoothedReputation(smoothing=1.0), least_contribution=least)
    world, records = played(replace(small, rounds=1, contract=smooth))
    scores = {}
    for fields in transactions(world, "verdict"):
        scores |= dict(zip(fields["devices"], fields["scores"], strict=True))
    good = {device: standing(records, device, 1).reputation for device in scores}
    assert good == {device: float(score > least) for device, score in scores.items()}
    assert set(good.values()) == reputations


def test_late_updates_are_paid_when_they_come(small):
    scenario = replace(small, rounds=4, participation=qfl.FirstK(k=2, longest=3))
    world, records = played(scenario)
    taken = transactions(world, "update")
    assert not of(records, Refusal)
    paid = sum(row.earned > 0 for row in of(records, Standing) if row.role == "device")
    assert paid == len(taken) > 8
    assert not [row for row in of(records, Standing) if row.fault]


def test_tasks_have_contracts_of_their_own(small):
    names = ("one", "two")
    world, records = played(replace(small, tasks=tuple(qfl.Task(name=name, rounds=1, reward=40.0) for name in names)))
    for name in names:
        rows = [row for row in of(records, Standing) if row.task == name]
        assert sum(row.earned for row in rows) == pytest.approx(40.0)
        assert sum(row.balance + row.deposit for row in rows) == pytest.approx(2000.0)
    assert len(transactions(world, "terms")) == 2


def test_the_chains_alone_give_the_state_and_an_audit_shows_it(small, tmp_path):
    scenario = replace(small, threats=(qfl.ForgedUpdates(devices=("device-1-1",)),))
    made = run(scenario, out=tmp_path, figures=False)
    said = []
    assert audit(made.folder, said.append) == 0
    assert "whole   contract of task-1, 2 rounds replayed, 2 transitions refused\n" in said
    told = " ".join(summarise(made.folder).split())
    assert "Rewards of 100.00 units were paid, 80.0 % of it to devices and 20.0 % to servers." in told
    assert "Slashed: 1.00 units of device-1-1 (rejected, 2 in all). Reputation of devices: 0.21 (device-1-1)" in told
    assert "Transitions refused: submit 2." in told
    assert [path.name for path in draw_all(made.folder) if "contract" in path.name] == ["contract.png"]
    table = made.folder / "standings.csv"
    table.write_text(table.read_text().replace("rejected", "missed"))
    said.clear()
    assert audit(made.folder, said.append) == 1
    assert any("its row 1 in table standings is not what the chains say" in line for line in said)


def test_rewards_that_were_tampered_with_are_found_in_their_block(small, tmp_path):
    made = run(replace(small, rounds=1), out=tmp_path, figures=False)
    file = sqlite3.connect(made.folder / LEDGER)
    ((data,),) = file.execute("SELECT data FROM blocks WHERE chain = 'global' AND height = 2").fetchall()
    assert b'"amounts":[1' in data
    file.execute(
        "UPDATE blocks SET data = ? WHERE chain = 'global' AND height = 2",
        (data.replace(b'"amounts":[1', b'"amounts":[2'),),
    )
    file.commit()
    file.close()
    said = []
    assert audit(made.folder, said.append) == 1
    assert any(line.startswith("BROKEN  chain global") and "block 2" in line for line in said)


def test_a_reward_that_the_publisher_cannot_pay_is_refused_before_the_run(small):
    with pytest.raises(ValueError, match=r"the reward of task-1 must be <= Scenario\.contract\.funds"):
        replace(small, reward=5000.0)
    assert issubclass(ScenarioError, ValueError)


def test_same_seed_same_records(small):
    scenario = replace(small, threats=(qfl.TwoUpdates(share=0.3),), selection=qfl.ReputationSelection(count=3))
    first, again = (played(scenario)[1] for _ in range(2))
    for kind in (Standing, Refusal, Energy, Storage):
        assert repr(of(first, kind)) == repr(of(again, kind))
