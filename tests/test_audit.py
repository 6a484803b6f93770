"""Auditing a run as its user does: whole, tampered with, searched and rolled back."""

import sqlite3

import pytest

import qflsim as qfl
from qflsim.audit import audit, find, roll_back, show
from qflsim.chain.archive import Archive
from qflsim.checks import ScenarioError
from qflsim.runs import LEDGER
from qflsim.units import m

SCENARIO = qfl.Scenario(
    name="audited",
    seed=3,
    rounds=2,
    topology=qfl.DenseCell(servers=2, devices_per_server=3, radius=100 * m),
    qpu=qfl.EdgeQPU(shots=16),
    model=qfl.VQC(qubits=2, layers=1),
    data=qfl.Digits(classes=(0, 1), features=2),
    training=qfl.LocalTraining(batch=16, epochs=1),
    aer_samples=0,
)


@pytest.fixture
def run(tmp_path):
    return qfl.run(SCENARIO, out=tmp_path, figures=False).folder


@pytest.fixture
def said():
    return []


def change(run, statement, *values):
    file = sqlite3.connect(run / LEDGER)
    file.execute(statement, values)
    file.commit()
    file.close()


def select(run, query):
    file = sqlite3.connect(run / LEDGER)
    row = file.execute(query).fetchone()
    file.close()
    return row


def test_an_untouched_run_is_whole(run, said):
    assert audit(run, said.append) == 0
    assert sum(line.startswith("whole") for line in said) == 5  # global, shard, two local chains, and the contract
    assert said[-1].endswith("all as they were written\n")


def test_tampering_is_located_to_the_block_and_blames_no_other_chain(run, said):
    (data,) = select(run, "SELECT data FROM blocks WHERE chain = 'lmuc-server-1' AND height = 2")
    change(
        run,
        "UPDATE blocks SET data = ? WHERE chain = 'lmuc-server-1' AND height = 2",
        data[:300] + bytes([data[300] ^ 1]) + data[301:],
    )
    assert audit(run, said.append) == 1
    broken = [line for line in said if line.startswith("BROKEN")]
    assert len(broken) == 1
    assert "lmuc-server-1" in broken[0]
    assert "block 2 is not as it was agreed on" in broken[0]


def test_a_chain_cut_off_is_noticed_by_its_tip(run, said):
    change(run, "DELETE FROM blocks WHERE chain = 'global' AND height = 4")
    change(run, "DELETE FROM transactions WHERE chain = 'global' AND height = 4")
    assert audit(run, said.append) == 1
    assert any("chain global" in line and "run.json states 4:" in line for line in said)


def test_a_block_put_in_place_of_another_leaves_its_receipt_without_it(run, said):
    """Whoever rewrites a local chain, run.json included, is betrayed by the receipt on the shard chain."""
    change(run, "DELETE FROM blocks WHERE chain = 'lmuc-server-2'")
    change(run, "DELETE FROM transactions WHERE chain = 'lmuc-server-2'")
    assert audit(run, said.append) == 1
    assert any("receipt of a block that is not on chain lmuc-server-2" in line for line in said)


def test_changed_and_missing_tables_are_named(run, said):
    (run / "rounds.csv").write_text((run / "rounds.csv").read_text().replace("0", "1", 1))
    (run / "jobs.csv").unlink()
    assert audit(run, said.append) == 1
    assert "BROKEN  table rounds.csv: it was changed after the run\n" in said
    assert "BROKEN  table jobs.csv: it is missing\n" in said


def test_the_same_seed_gives_the_same_ledger(run, tmp_path):
    again = qfl.run(SCENARIO, out=tmp_path / "again", figures=False).folder
    tips = []
    for folder in (run, again):
        archive = Archive(folder / LEDGER)
        tips.append(archive.tips())
        archive.close()
    assert tips[0] == tips[1]
    assert (run / LEDGER).read_bytes() == (again / LEDGER).read_bytes()


def test_searching_showing_and_rolling_back(run, said, tmp_path):
    assert find(run, "global-model", said.append) == 0
    assert [line.split()[2] for line in said[:-1]] == ["global:2", "global:4"]
    said.clear()
    assert find(run, "nobody", said.append) == 1
    assert said[0] == "0 transactions\n" and "no kind, sender, task, chain or hash of a block is 'nobody'" in said[1]
    assert "kinds: cross-chain-receipt, global-model," in said[1] and "chains: global, lmuc-server-1" in said[1]
    assert find(run, "global-modell", said.append) == 1 and said[-1].endswith("; did you mean 'global-model'?\n")
    show(run, "shard-task-1:2", said.append)
    assert any("receipt by server-1" in line for line in said)
    assert roll_back(run, 1, tmp_path / "one.sqlite", said.append) == 0
    earlier = Archive(tmp_path / "one.sqlite")
    assert {tip.split(":")[0] for chain, tip in earlier.tips().items() if chain == "global"} == {"2"}
    assert all(earlier.verify(chain) is None for chain in earlier.chains)
    earlier.close()


def test_what_was_tampered_with_is_not_rolled_back_to_and_leaves_no_file(run, said, tmp_path):
    into = tmp_path / "back.sqlite"
    (data,) = select(run, "SELECT data FROM blocks WHERE chain = 'lmuc-server-1' AND height = 2")
    change(run, "UPDATE blocks SET data = ? WHERE chain = 'lmuc-server-1' AND height = 2", data[:50])
    with pytest.raises(ScenarioError, match=r"round 2 of .* block 2 of chain lmuc-server-1 is not as it was"):
        roll_back(run, 2, into, said.append)
    assert not into.exists()
    with pytest.raises(ScenarioError, match="block 2 of chain lmuc-server-1 cannot be read"):
        show(run, "lmuc-server-1:2", said.append)
    assert roll_back(run, 1, into, said.append) == 0


def test_the_place_of_a_value_of_the_wrong_kind_is_told(run, said):
    change(run, "UPDATE blocks SET data = 'words' WHERE chain = 'global' AND height = 3")
    with pytest.raises(ScenarioError, match="data of blocks must be blob, got text at chain global, height 3"):
        audit(run, said.append)


def test_a_round_whose_blocks_have_gone_and_one_that_never_was_are_not_rolled_back_to(run, said, tmp_path):
    with pytest.raises(ScenarioError, match="round must be <= 2, the last one on the chains, got 3"):
        roll_back(run, 3, tmp_path / "back.sqlite", said.append)
    change(run, "DELETE FROM blocks WHERE chain = 'global' AND height = 4")
    with pytest.raises(ScenarioError, match="on chain global, block 4 is missing"):
        roll_back(run, 2, tmp_path / "back.sqlite", said.append)


def test_mistakes_get_a_sentence(run, said, tmp_path):
    with pytest.raises(ScenarioError, match="named CHAIN:HEIGHT"):
        show(run, "global", said.append)
    with pytest.raises(ScenarioError, match="no block 99 on chain 'global'; its blocks are 1 to 4"):
        show(run, "global:99", said.append)
    with pytest.raises(ScenarioError, match="no block 1 on chain 'globe'; the chains are global, lmuc-server-1"):
        show(run, "globe:1", said.append)
    with pytest.raises(ScenarioError, match="nothing is overwritten"):
        roll_back(run, 1, run / LEDGER, said.append)
    with pytest.raises(ScenarioError, match="cannot roll back into"):
        roll_back(run, 1, tmp_path / "no" / "such" / "folder.sqlite", said.append)
    with pytest.raises(ScenarioError, match="holds no run"):
        audit(tmp_path, said.append)
    (run / LEDGER).unlink()
    with pytest.raises(ScenarioError, match="no ledger"):
        audit(run, said.append)
