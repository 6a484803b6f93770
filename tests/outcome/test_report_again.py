"""What a report says under "Run it again" makes the run again, whatever kind of run it is."""

import json
import re
import shlex
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path

import pytest

import qflsim as qfl
from qflsim.cli import main
from qflsim.report.rerunning import rerun
from qflsim.resuming import _changes
from qflsim.runs import LEDGER, digests, own_parts
from qflsim.summary import RunTables
from qflsim.tables import read_run

SCENARIO = '''"""Plain?"""
from dataclasses import dataclass
import qflsim as qfl


@dataclass(frozen=True, kw_only=True)
class PlainMean(qfl.Aggregator):
    def aggregate(self, parameters, updates):
        _, models = self.stacked(parameters, updates)
        return models.mean(axis=0)


scenario = qfl.Scenario(
    name="plain", seed=3, rounds=2, background=None, aer_samples=0, aggregation=PlainMean(), mixing=qfl.Star(),
    topology=qfl.DenseCell(servers=3, devices_per_server=2), model=qfl.VQC(qubits=2, layers=1),
    data=qfl.Digits(classes=(0, 1), features=2), training=qfl.LocalTraining(epochs=1),
)
'''


@pytest.fixture(autouse=True)
def undrawn(monkeypatch, tmp_path):
    """Runs without figures, with results below the test's own folder."""
    monkeypatch.setattr("qflsim.experiment.draw_figures", lambda folder: None)
    monkeypatch.chdir(tmp_path)


def code_of(folder):
    """What stands in the report to be typed, as it stands there."""
    shown = rerun(RunTables(Path(folder)))
    return unescape(re.search(r"<pre><code>(.*?)</code></pre>", shown, re.DOTALL)[1])


def test_a_run_with_parts_of_ones_own_and_one_resumed_from_it_are_made_again(tmp_path):
    (tmp_path / "plain.py").write_text(SCENARIO)
    assert main(["plain.py", "--quiet", "--set", "training.epochs=2"]) == 0
    assert read_run("results/plain/seed3")["own"] == {"PlainMean": "plain.py"}
    exec(code_of("results/plain/seed3"), {})
    assert digests(tmp_path / "results/plain/seed3-2") == digests(tmp_path / "results/plain/seed3")

    words = ["--scenario", "plain.py", "--quiet", "--set", "rounds=3", "--set", "training.batch=16"]
    assert main(["resume", "results/plain/seed3", "--from-round", "1", *words]) == 0
    command = code_of("results/plain/seed3-from1")
    assert command.startswith("python -m qflsim resume results/plain/seed3 --from-round 1 --scenario plain.py --set")
    assert main([*shlex.split(command)[3:], "--quiet"]) == 0
    assert digests(tmp_path / "results/plain/seed3-from1-2") == digests(tmp_path / "results/plain/seed3-from1")


def test_a_run_of_stock_parts_is_made_again_from_its_settings(tiny, tmp_path):
    made = qfl.run(replace(tiny, rounds=1), replication=1, figures=False)
    assert "own" not in read_run(made.folder)
    exec(code_of(made.folder), {})
    assert digests(tmp_path / "results/tiny/seed3-rep1-2") == digests(tmp_path / "results/tiny/seed3-rep1")


@dataclass(frozen=True, kw_only=True)
class Typed(qfl.Star):
    """A part that is defined in a program."""


Typed.__module__ = "__main__"


def test_a_run_with_parts_of_a_program_shows_nothing_that_cannot_be_run(run, tiny):
    assert own_parts(replace(tiny, mixing=Typed())) == {"Typed": ""} and own_parts(tiny) == {}
    about = read_run(run) | {"own": {"Typed": ""}}
    (run / "run.json").write_text(json.dumps(about))
    shown = rerun(RunTables(run))
    assert "<pre>" not in shown and "Run again the program that made it" in shown and "<code>Typed</code>" in shown


def test_a_resumed_run_that_does_not_say_from_which_names_what_is_to_be_filled_in(run):
    (run / "run.json").write_text(json.dumps(read_run(run) | {"resumed": {"round": 2}}))
    assert code_of(run) == "python -m qflsim resume RUN --from-round 2"
    assert "RUN is that run" in rerun(RunTables(run))


def test_changes_are_told_as_set_takes_them(tiny):
    after = replace(tiny, rounds=4, mixing=qfl.Star(), training=replace(tiny.training, batch=8))
    assert list(_changes(tiny, after)) == ["rounds=4", "training.batch=8", "mixing=Star(steps=1, hub=0)"]


def test_an_audit_is_advised_only_where_there_are_chains_to_audit(run):
    told = rerun(RunTables(run))
    assert "cannot be audited" in told and "qflsim audit" not in told
    (run / LEDGER).write_bytes(b"")
    told = rerun(RunTables(run))
    assert "cannot be audited" not in told and f"qflsim audit {run}" in told
