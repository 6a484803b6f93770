"""Runs that end early: what was done by then is whole, and said so."""

import errno
import json
import os
from dataclasses import replace

import pytest

import qflsim.plots
from qflsim import __main__, experiment
from qflsim.checks import ScenarioError
from qflsim.experiment import run
from qflsim.resuming import resume
from qflsim.trace import Round
from qflsim.world import World


def interrupted(*_, **__):
    raise KeyboardInterrupt


def status(made):
    return json.loads((made.folder / "run.json").read_text())["status"]


def test_ctrl_c_while_drawing_keeps_the_finished_run(tiny, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(qflsim.plots, "draw_all", interrupted)
    made = run(tiny, out=tmp_path)
    assert (made.status, status(made), made.rounds_done) == ("finished", "finished", 2)
    assert "interrupted while drawing" in capsys.readouterr().err
    assert not list(made.folder.glob("*.png"))


def test_ctrl_c_in_the_aer_check_keeps_all_rounds(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(World, "check_on_aer", interrupted)
    made = run(tiny, out=tmp_path, figures=False)
    assert made.status == status(made) == "finished, Aer check interrupted"
    assert len(made.table("rounds")) == made.rounds_done == 2


def test_ctrl_c_in_the_middle_of_a_round_keeps_the_rounds_before(tiny, tmp_path):
    def stop_after_the_first(record):
        if isinstance(record, Round):
            raise KeyboardInterrupt

    made = run(replace(tiny, rounds=5), out=tmp_path, observers=[stop_after_the_first], figures=False)
    assert made.status == status(made) == "interrupted"
    assert len(made.table("rounds")) == made.rounds_done == 1
    assert made.table("transfers")["round"].max() == 1


def test_a_bug_shows_its_traceback_and_leaves_readable_tables(tiny, tmp_path):
    def fail(record):
        if isinstance(record, Round):
            raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError):
        run(tiny, out=tmp_path, observers=[fail], figures=False)
    (folder,) = (tmp_path / "tiny").iterdir()
    assert json.loads((folder / "run.json").read_text())["status"] == "failed"
    assert (folder / "rounds.csv").read_text().count("\n") == 2


def test_a_full_disk_ends_in_a_sentence_and_keeps_what_was_written(tiny, tmp_path):
    def full(record):
        if isinstance(record, Round) and record.round == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(ScenarioError, match=r"cannot go on writing to .*seed3: No space left on device; make room"):
        run(tiny, out=tmp_path, observers=[full], figures=False)
    made = resume(tmp_path / "tiny" / "seed3", 1, out=tmp_path / "on", figures=False)
    assert made.rounds_done == 2 and made.table("rounds")["round"].tolist() == [2]


def test_ctrl_c_before_anything_runs_says_so(monkeypatch, capsys):
    monkeypatch.setattr("qflsim.cli.main", interrupted)
    assert __main__.main() == 130
    assert "nothing was written" in capsys.readouterr().err


def test_replications_share_a_scenario_and_nothing_else(tiny, tmp_path):
    first, second = (run(tiny, out=tmp_path, replication=r, figures=False) for r in (0, 1))
    assert (first.folder.name, second.folder.name) == ("seed3", "seed3-rep1")
    assert first.scenario == second.scenario
    assert experiment.Run.table(first, "nodes")["east_m"].tolist() != second.table("nodes")["east_m"].tolist()
