"""Going on from a round of another run: what is put back, what is refused, and that the original stays as it is."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim import audit
from qflsim.chain.archive import Archive
from qflsim.checks import ScenarioError
from qflsim.cli import main
from qflsim.comparison import measure
from qflsim.experiment import run
from qflsim.resuming import resume, scenario_of
from qflsim.tables import read_run


@pytest.fixture(scope="module")
def source(tiny, tmp_path_factory):
    """A finished run of four rounds; star mixing, so that every server goes on with the global model."""
    return run(replace(tiny, rounds=4, mixing=qfl.Star()), out=tmp_path_factory.mktemp("from"), figures=False)


@pytest.fixture(scope="module")
def resumed(source, tmp_path_factory):
    before = contents(source.folder)
    made = resume(source.folder, 2, out=tmp_path_factory.mktemp("on"), figures=False)
    assert contents(source.folder) == before
    return made


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def audited(folder):
    told = []
    code = audit.audit(folder, told.append)
    return code, "".join(told)


def test_chains_begin_with_the_same_blocks(source, resumed):
    with (
        closing(Archive(source.folder / "ledger.sqlite")) as old,
        closing(Archive(resumed.folder / "ledger.sqlite")) as new,
    ):
        heights = old.heights_after(2)
        assert heights["global"] == 4 and set(heights) == set(new.chains)
        for chain, height in heights.items():
            for place in range(1, height + 1):
                assert new.block(chain, place).encode() == old.block(chain, place).encode()
            assert new.block(chain, height + 1).header.previous == old.block(chain, height).hash
            assert new.block(chain, height + 1).header.round == 3
    about = read_run(resumed.folder)
    assert about["resumed"]["round"] == 2 and about["rounds_done"] == 4
    assert audited(resumed.folder)[0] == 0


def test_the_model_of_the_round_is_learnt_further(source, resumed):
    before, after = source.table("rounds").set_index("round"), resumed.table("rounds").set_index("round")
    assert after.index.tolist() == [3, 4]
    assert after["loss"].tolist() == before.loc[[3, 4], "loss"].tolist()
    first = resumed.table("evaluations").iloc[0]
    assert (first["round"], first["loss"]) == (2, before.loc[2, "loss"])
    assert after.loc[3, "started_s"] == pytest.approx(read_run(resumed.folder)["resumed"]["time_s"])


def test_what_nodes_store_grows_as_in_the_run_before(source, resumed):
    before, after = (measure(made.folder, "") for made in (source, resumed))
    assert after.rounds == before.rounds - 2
    assert after.stored_byte == pytest.approx(before.stored_byte, rel=0.05)
    assert after.device_byte == pytest.approx(before.device_byte, rel=0.05)


def test_the_contract_goes_on_with_its_balances(source, resumed):
    def at_the_end(made):
        standings = made.table("standings")
        return standings[standings["round"] == 4].set_index("node")[["balance", "deposit", "reputation"]]

    assert at_the_end(resumed).equals(at_the_end(source))


def test_copies_hold_the_blocks_of_before(resumed):
    storage = resumed.table("storage")
    at_end = storage[(storage["round"] == 4) & (storage["chain"] == "global") & (storage["node"] == "server-1")]
    assert at_end["blocks"].item() == 9


def test_same_bytes_twice(source, resumed, tmp_path):
    again = resume(source.folder, 2, out=tmp_path, figures=False)
    assert {k: v for k, v in contents(again.folder).items() if k.endswith(("csv", "json"))} == {
        k: v for k, v in contents(resumed.folder).items() if k.endswith(("csv", "json"))
    }


def test_what_the_chains_do_not_say_may_change(source, tmp_path):
    made = resume(
        source.folder, 3, out=tmp_path, figures=False,
        change=lambda before: replace(
            before, rounds=5, mixing=qfl.Ring(), access=replace(before.access, bandwidth=1e8)
        ),
    )  # fmt: skip
    assert made.table("rounds")["round"].tolist() == [4, 5]
    assert made.table("refusals").empty, "the contract goes along with more rounds"
    assert made.scenario.mixing == qfl.Ring()
    assert audited(made.folder)[0] == 0


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("seed=4", "public keys"),
        ("topology.devices_per_server=4", "public keys"),
        ("signatures=ECDSA_P256()", "public keys"),
        ("model=VQC(qubits=2, layers=2)", "the model on the chains is VQC"),
        ("rounds=2", "Scenario.rounds must be > 2"),
        ("contract.deposit=5", "on the chain, where deposit=10.0, got deposit=5.0; leave contract as it was"),
        (
            "agreement=ProofOfWork()",
            "Scenario.agreement must leave the terms of the task as they stand on the chain, "
            "where a committee of 2 needs 2 votes, got 1; leave agreement as it was",
        ),
        ("agreement_deadline=60", "slack_s = 120.0, got 60.0; leave agreement_deadline as it was"),
    ],
)
def test_what_the_chains_say_must_stay(source, tmp_path, capsys, setting, said):
    code = main(
        ["resume", str(source.folder), "--from-round", "2", "--set", setting, "--out", str(tmp_path), "--quiet"]
    )
    error = capsys.readouterr().err
    assert code == 2 and said in error and error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_the_command_goes_on_and_counts_the_rounds_that_it_computed(source, tmp_path, capsys):
    assert main(["resume", str(source.folder), "--from-round", "3", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "tiny" / "seed3-from3" / "rounds.csv").read_text().count("\n") == 2
    out = capsys.readouterr().out
    assert str(tmp_path) in out and "\n1 round in " in out


def written_over(folder, query):
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as file:
        file.execute(query)
        file.commit()


def cut_short(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def tampered(source, where, chain, height, place=200):
    folder = where / "copy"
    shutil.copytree(source.folder, folder)
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as file:
        query = "SELECT data FROM blocks WHERE chain = ? AND height = ?"
        data = bytearray(file.execute(query, (chain, height)).fetchone()[0])
        data[place] ^= 1
        file.execute("UPDATE blocks SET data = ? WHERE chain = ? AND height = ?", (bytes(data), chain, height))
        file.commit()
    return folder


def test_a_tampered_run_is_refused_with_the_block_named(source, tmp_path):
    folder = tampered(source, tmp_path, "global", 3)
    with pytest.raises(ScenarioError, match="block 3 of chain global is not as it was agreed on"):
        resume(folder, 2, out=tmp_path / "out", figures=False)
    assert not (tmp_path / "out").exists()


def test_one_goes_on_from_before_the_tampering(source, tmp_path):
    folder = tampered(source, tmp_path, "shard-task-1", 7)
    with pytest.raises(ScenarioError, match="block 7 of chain shard-task-1"):
        resume(folder, 4, out=tmp_path / "out", figures=False)
    made = resume(folder, 2, out=tmp_path / "out", figures=False)
    assert audited(made.folder)[0] == 0


def test_missing_blocks_are_noticed(source, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(source.folder, folder)
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as file:
        file.execute("DELETE FROM blocks WHERE chain = 'lmuc-server-1' AND height >= 2")
        file.execute("DELETE FROM transactions WHERE chain = 'lmuc-server-1' AND height >= 2")
        file.commit()
    with pytest.raises(ScenarioError, match="block 2 is missing"):
        resume(folder, 3, out=tmp_path / "out", figures=False)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "ledger.sqlite").unlink(), "there is no ledger"),
        (lambda folder: (folder / "ledger.sqlite").write_bytes(b"nonsense" * 500), "no ledger of qflsim"),
        (
            lambda folder: written_over(folder, "UPDATE blocks SET height = 'x' WHERE height = 2"),
            "height of blocks must be",
        ),
        (
            lambda folder: written_over(folder, "UPDATE blocks SET chain = NULL"),
            "chain of blocks must be text, got null",
        ),
        (lambda folder: written_over(folder, "DELETE FROM library"), "library must have one row, got 0"),
        (lambda folder: cut_short(folder / "ledger.sqlite"), "no ledger of qflsim"),
        (lambda folder: (folder / "run.json").unlink(), "run.json"),
        (lambda folder: (folder / "run.json").write_text("{"), "damaged"),
        (lambda folder: shutil.rmtree(folder), "no run in"),
    ],
)
def test_what_is_no_whole_run_is_refused_in_a_sentence(source, tmp_path, capsys, damage, said):
    folder = tmp_path / "copy"
    shutil.copytree(source.folder, folder)
    damage(folder)
    for command in (
        ["resume", str(folder), "--from-round", "2", "--out", str(tmp_path / "out")],
        ["audit", str(folder)],
    ):
        assert main(command) == 2
        error = capsys.readouterr().err
        assert said in error and error.count("\n") == 1


def test_a_scenario_that_cannot_be_read_back_is_refused(source, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(source.folder, folder)
    about = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(about | {"python": "Scenario(nme=1)"}))
    with pytest.raises(ScenarioError, match="cannot be read: Scenario has no field 'nme'; did you mean 'name'"):
        resume(folder, 2, out=tmp_path / "out", figures=False)


def test_a_round_that_is_not_there_is_refused(source, tmp_path):
    with pytest.raises(ScenarioError, match="the latest up to there is of round 4"):
        resume(source.folder, 9, out=tmp_path, figures=False)


def test_scenarios_come_back_from_run_json(source, tiny):
    assert scenario_of(read_run(source.folder)) == source.scenario == replace(tiny, rounds=4, mixing=qfl.Star())


def test_a_killed_run_goes_on_from_its_last_whole_round(tiny, tmp_path, command_environment):
    """Killed by a signal that nothing can catch, in the middle of a round."""
    code = (
        "import sys; sys.path.insert(0, 'tests'); from conftest import TINY; from dataclasses import replace; "
        "from qflsim import run, Star; "
        f"run(replace(TINY, rounds=500, mixing=Star()), out={str(tmp_path)!r}, figures=False)"
    )
    root = command_environment["PYTHONPATH"]
    process = subprocess.Popen([sys.executable, "-c", code], env=command_environment, cwd=root)
    rounds = tmp_path / "tiny" / "seed3" / "rounds.csv"
    while not (rounds.exists() and rounds.read_text().count("\n") >= 4) and process.poll() is None:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    folder = rounds.parent
    assert read_run(folder)["status"] == "running"
    code, told = audited(folder)
    assert code == 0 and "stopped before" in told
    made = resume(folder, 3, out=tmp_path / "on", change=lambda s: replace(s, rounds=4), figures=False)
    assert made.table("rounds")["round"].tolist() == [4]
    assert audited(made.folder)[0] == 0


def test_a_ledger_left_in_the_middle_of_a_commit_is_read_as_it_was_before(source, tmp_path):
    """A hot journal: pages of the file are half written, and the journal says what was there."""
    path = tmp_path / "ledger.sqlite"
    shutil.copy(source.folder / "ledger.sqlite", path)
    with closing(Archive(path)) as whole:
        before = whole.tips()
    code = (
        f"import sqlite3, os; f = sqlite3.connect({str(path)!r}); f.execute('PRAGMA cache_size = 1'); "
        "f.execute('DELETE FROM blocks WHERE height > 1'); "
        "f.execute('CREATE TABLE more AS SELECT * FROM transactions'); "
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    assert path.with_name("ledger.sqlite-journal").exists()
    with closing(Archive(path)) as recovered:
        assert recovered.tips() == before
