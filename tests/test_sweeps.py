"""Sweeps as their user meets them: all points there, the same bytes whoever ran them, nothing lost, nothing twice."""

import inspect
import signal
import socket
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from joblib.externals.loky import process_executor

import qflsim as qfl
from qflsim.cli import main
from qflsim.comparison import compared
from qflsim.overrides import read_axis
from qflsim.sweeps import worker
from qflsim.sweeps.sources import scenarios_of
from qflsim.tables import read_run, read_table

FILE = '''"""A scenario of a test, with a part of its user's own."""
from dataclasses import dataclass, replace
import qflsim as qfl
from qflsim.units import m

def gain():
    return 0.5

@dataclass(frozen=True, kw_only=True)
class Lazy(qfl.Mixing):
    """Servers that listen with half an ear."""

    patience: float = 1.0

    def matrix(self, servers, rng):
        if self.patience < 0.0:
            raise RuntimeError("no patience left")
        from qflsim import Star
        import numpy as np
        return (1 - gain()) * np.eye(servers) + gain() * Star().matrix(servers, rng)

scenario = qfl.Scenario(
    name="small", seed=3, rounds=1, topology=qfl.DenseCell(servers=2, devices_per_server=2, radius=100 * m),
    qpu=qfl.EdgeQPU(shots=16), model=qfl.VQC(qubits=2, layers=1), data=qfl.Digits(classes=(0, 1), features=2),
    training=qfl.LocalTraining(batch=16, epochs=1), background=None, aer_samples=0, mixing=Lazy(),
)
'''


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A scenario file, and the scenario in it."""
    file = tmp_path_factory.mktemp("scenario") / "small.py"
    file.write_text(FILE)
    return file, qfl.load(file)


@pytest.fixture
def alone(small, tmp_path):
    """Sweep in this process into one folder."""
    fixed = {"workers": 1, "out": tmp_path / "s", "progress": False}
    return lambda base=small[1], **more: qfl.sweep(base, **fixed | more)


def files(folder):
    """Everything that was written below a folder, by path."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_every_combination_and_replication_is_there_with_its_settings(alone):
    made = alone(axes={"topology.servers": (2, 3)}, mixing=[qfl.Ring(), qfl.Star()])
    rounds, compared = made.table("rounds"), made.comparison
    assert (made.finished, made.ran, made.failures) == (4, 4, ())
    assert list(rounds.columns[:4]) == ["topology.servers", "mixing", "replication", "round"]
    assert compared["topology.servers"].tolist() == [2, 2, 3, 3]
    assert compared["mixing"].tolist() == ["Ring()", "Star()"] * 2
    assert compared["replication"].tolist() == [0] * 4
    for row in compared.itertuples():
        run = read_run(made.folder / row.folder)
        assert run["scenario"]["topology"]["servers"] == row[1]
        assert run["replication"] == row.replication
        assert read_table(made.folder / row.folder, "rounds")["loss"].iloc[-1] == row.loss


def test_a_point_is_the_run_that_anybody_makes(alone, small, tmp_path):
    made = alone(axes={"seed": (4,)}, replications=2)
    alike = qfl.run(replace(small[1], seed=4), replication=1, out=tmp_path / "single", figures=False)
    point = made.folder / made.comparison["folder"].iloc[1]
    assert {n: b for n, b in files(point).items() if n != "comparison.csv"} == {
        n: b for n, b in files(alike.folder).items() if "ledger" not in n
    }


def test_finished_points_are_not_run_again_and_a_store_grows(alone):
    first = alone(axes={"topology.servers": (2,)})
    stamps = {p: p.stat().st_mtime_ns for p in (first.folder / "points").rglob("*.csv")}
    assert alone(axes={"topology.servers": (2,)}).ran == 0
    grown = alone(axes={"topology.servers": (3, 2)}, replications=2)
    assert (grown.finished, grown.ran) == (4, 3)
    assert grown.comparison["topology.servers"].tolist() == [3, 3, 2, 2]
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items())


def test_points_that_are_refused_for_one_reason_are_told_once_and_counted(small, tmp_path, capsys):
    out = str(tmp_path / "s")
    arguments = ["sweep", str(small[0]), "--out", out, "--workers", "1", "--keep", "rounds", "--axis", "mixing=Star()"]
    assert main([*arguments, "--set", "data.features=3", "--replications", "3"]) == 1
    shown = capsys.readouterr()
    reason = "VQC encodes 2 features, the data set has 3"
    assert "Traceback" not in shown.err and "show" not in shown.out
    assert shown.err.count(reason) == 2, shown.err  # of the first point, and in the end
    assert f"mixing=Star(), replication 0 failed: {reason}" in shown.err and f"3 points failed: {reason}" in shown.err
    assert "no point is finished; mend the scenario" in shown.err
    for command in ("show", "report", "plot"):
        assert main([command, out]) == 2
        assert f"no point of the sweep in {out} is finished; give its command again" in capsys.readouterr().err


def test_a_sweep_without_a_finished_point_makes_way_for_another(alone, small):
    refused = alone(replace(small[1], data=qfl.Digits(classes=(0, 1), features=3)))
    assert (refused.finished, len(refused.failures), refused.failures[0].trace) == (0, 1, "")
    assert refused.table("jobs").empty
    made = alone(seed=[3], keep=("rounds",))
    assert (made.finished, made.folder) == (1, refused.folder)
    assert not (made.folder / "jobs.csv").exists()  # the other's, which this one does not keep


DIES_HALF_WAY = """
import os, signal, sys
import qflsim as qfl
from qflsim.sweeps import worker

file, out = sys.argv[1:]
whole, left = worker.carry_out, [1]

def half(world, folder, **more):
    if left[0] == 0:
        (folder / "rounds.csv").write_text("half a ro")
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    return whole(world, folder, **more)

worker.carry_out = half
qfl.sweep(qfl.load(file), workers=1, out=out, progress=False, replications=2)
"""


def test_a_killed_sweep_goes_on_where_it_was(alone, small, tmp_path, command_environment):
    killed = [sys.executable, "-c", DIES_HALF_WAY, str(small[0]), str(tmp_path / "s")]
    assert subprocess.run(killed, env=command_environment, check=False).returncode == -signal.SIGKILL
    assert any(path.read_text() == "half a ro" for path in tmp_path.rglob("rounds.csv"))
    made = alone(replications=2)
    assert (made.finished, made.ran) == (2, 1)
    fresh = qfl.sweep(small[1], workers=1, out=tmp_path / "fresh", progress=False, replications=2)
    assert files(made.folder) == files(fresh.folder)


def test_two_processes_make_the_same_bytes_and_a_failing_point_stops_no_other(alone, small, tmp_path, capsys):
    lazy = type(small[1].mixing)
    mixing = [lazy(), lazy(patience=-1.0), qfl.Star()]
    here = alone(mixing=mixing)
    there = qfl.sweep(small[1], mixing=mixing, workers=2, out=tmp_path / "two", progress=False)
    assert (there.finished, there.ran) == (2, 2)
    assert [(f.point, f.reason) for f in there.failures] == [
        ("mixing=Lazy(patience=-1.0), replication 0", "RuntimeError: no patience left")
    ]
    assert "in matrix" in there.failures[0].trace
    assert "mixing=Lazy(patience=-1.0), replication 0 failed: RuntimeError: no patience left" in capsys.readouterr().err
    assert there.comparison["mixing"].tolist() == ["Lazy()", "Star()"]
    assert files(here.folder) == files(there.folder)


def test_only_what_is_kept_is_there(alone):
    made = alone(keep=("rounds", "ledger"))
    point = made.folder / made.comparison["folder"].iloc[0]
    assert {path.name for path in point.iterdir()} == {"rounds.csv", "comparison.csv", "run.json", "ledger.sqlite"}
    with pytest.raises(qfl.ScenarioError, match=r"holds no transfers\.csv; keep the table"):
        made.table("transfers")
    assert qfl.read_sweep(made.folder).table("rounds").equals(made.table("rounds"))


DAMAGE = {
    "rounds.csv is missing": lambda point: (point / "rounds.csv").unlink(),
    "energy.csv is not as": lambda point: (point / "energy.csv").write_bytes((point / "energy.csv").read_bytes()[:-9]),
    "evaluations.csv is not as": lambda point: (point / "evaluations.csv").write_text(""),
    "nodes.csv is not as": lambda point: (point / "nodes.csv").write_bytes(b"\xff"),
    "run.json is missing or damaged": lambda point: (point / "run.json").write_text("{"),
    "comparison.csv is missing or damaged": lambda point: (point / "comparison.csv").write_text("a,b\n"),
}


def test_points_that_no_longer_hold_what_their_runs_wrote_are_run_again(alone):
    made = alone()
    before, point = files(made.folder), made.folder / made.comparison["folder"].iloc[0]
    for what, damage in DAMAGE.items():
        damage(point)
        told = []
        again = alone(told=told.append)
        assert (again.ran, again.finished) == (1, 1) and len(told) == 1
        assert f"a damaged point is run again: replication 0: its {what}" in told[0]
        assert files(made.folder) == before


def test_a_setting_with_the_name_of_a_column_is_the_scenarios(alone, small):
    made = alone(rounds=[2, 1], model=[small[1].model])
    assert list(made.comparison.columns[:3]) == ["scenario.rounds", "model", "replication"]
    assert made.comparison["scenario.rounds"].tolist() == made.comparison["rounds"].tolist() == [2, 1]
    assert list(made.table("evaluations").columns[:2]) == ["rounds", "scenario.model"]
    rows, names = compared(made.folder)
    assert [row.rounds for row in rows] == [2, 1] and names[0].startswith("rounds=2, model=VQC(")


def test_numbers_of_numpy_are_numbers_and_names_may_come_one_by_one(alone):
    kept = {"keep": (name for name in ["rounds"])}
    made = alone(axes={"topology.servers": np.array([2])}, replications=np.int64(1), workers=np.int64(1), **kept)
    assert "\n2,0,points/" in (made.folder / "index.csv").read_text()
    assert alone(axes={"topology.servers": [2]}, keep=["rounds"]).ran == 0
    assert len(made.table("rounds")) == 1


def test_a_sweep_that_is_interrupted_has_the_tables_of_what_is_finished(alone, tmp_path, monkeypatch):
    whole, left = worker.carry_out, [1]

    def interrupted(*world, **more):
        if left.pop() == 0:
            raise KeyboardInterrupt
        left.append(0)
        return whole(*world, **more)

    monkeypatch.setattr(worker, "carry_out", interrupted)
    with pytest.raises(KeyboardInterrupt):
        alone(replications=2)
    assert qfl.read_sweep(tmp_path / "s").table("rounds")["replication"].tolist() == [0]
    assert qfl.read_sweep(tmp_path / "s").comparison["replication"].tolist() == [0]


def test_a_sweep_that_was_killed_before_it_wrote_its_plan_goes_on(alone, tmp_path):
    (tmp_path / "s" / "points" / ".locks").mkdir(parents=True)
    (tmp_path / "s" / "points" / ".locks" / ".sweep").touch()
    assert alone(keep=("rounds",)).ran == 1
    (tmp_path / "t" / "points" / "mine").mkdir(parents=True)
    with pytest.raises(qfl.ScenarioError, match="holds files but no sweep"):
        alone(out=tmp_path / "t")


def test_scenarios_with_names_and_files_in_a_folder(alone, small, tmp_path):
    both = {"star": replace(small[1], mixing=qfl.Star()), "ring": replace(small[1], mixing=qfl.Ring())}
    made = alone(both, variant=["ring"], axes={"topology.servers": (2,)})
    assert made.comparison[["variant", "topology.servers"]].to_numpy().tolist() == [["ring", 2]]
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "one.py").write_text(FILE)
    (folder / "two.py").write_text(FILE + "variants = {'a': scenario, 'b b': replace(scenario, mixing=Lazy())}\n")
    assert list(scenarios_of(folder)) == ["one", "two/a", "two/b b"]
    assert list(scenarios_of([folder / "two.py"])) == ["two/a", "two/b b"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"mixin": [qfl.Star()]}, "axis mixin, value Star(): Scenario has no field 'mixin'; did you mean 'mixing'?"),
        (
            {"axes": {"topology.servers": (3, 2.5)}},
            "axis topology.servers, value 2.5: DenseCell.servers must be a whole",
        ),
        ({"rounds": 3}, "axis rounds must be a list of values, got 3; give e.g. rounds=[3]"),
        ({"rounds": []}, "axis rounds has no values"),
        ({"rounds": [1, 2, 1]}, "axis rounds has the value 1 twice"),
        ({"variant": ["a"]}, "the scenario has no variants"),
        ({"replications": 0}, "replications must be a whole number >= 1, got 0; e.g."),
        ({"replications": "3"}, "replications must be a whole number >= 1, got '3'"),
        ({"replications": True}, "replications must be a whole number >= 1, got True"),
        ({"workers": 1.5}, "workers must be a whole number >= 1, got 1.5; leave it out"),
        ({"workers": "2"}, "workers must be a whole number >= 1, got '2'"),
        ({"workers": True}, "workers must be a whole number >= 1, got True"),
        ({"workers": None, "scheduler": 8786}, "scheduler must be an address such as tcp://10.0.0.1:8786, got 8786"),
        ({"keep": 3}, "keep must be names of tables, got 3; give e.g. keep=('rounds',)"),
        ({"keep": "energy"}, "keep must be names of tables, got 'energy'; give e.g. keep=('energy',)"),
        ({"out": 3}, "out must be the path of a folder, got 3"),
        ({"axes": [1]}, "axes must be values by the names of fields, got [1]"),
        ({"axes": pd.DataFrame({"rounds": [1]})}, "axes must be values by the names of fields, got a DataFrame"),
        ({"axes": {"rounds": [1]}, "rounds": [2]}, "axis rounds is given twice, in axes and as rounds=..."),
        ({"raplications": [3]}, "a sweep takes no 'raplications', and a scenario has no such field; did you mean 're"),
        ({"axes": {3: [1]}}, "an axis must be the name of a field, e.g. 'topology.servers', got 3"),
        ({"keep": ("round",)}, "keep: a point has no table 'round'; did you mean 'rounds'?"),
        ({"scheduler": "10.0.0.1"}, "give either workers or scheduler"),
    ],
)
def test_sweeps_that_make_no_sense_are_refused_before_anything_is_written(alone, tmp_path, change, complaint):
    with pytest.raises(qfl.ScenarioError) as caught:
        alone(**change)
    assert complaint in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            lambda made, base: {"base": replace(base, rounds=2)},
            "is a sweep of another scenario: its rounds is 1, not 2",
        ),
        (lambda made, base: {"seed": [3, 4]}, "is a sweep over nothing, not over seed"),
        (lambda made, base: {"replications": 1}, "holds 2 replications of each point, got 1; give as many or more"),
        (lambda made, base: {"replications": 2, "keep": ("rounds",)}, "keeps all tables of each point"),
    ],
)
def test_a_folder_of_another_sweep_is_left_as_it_is(alone, small, change, complaint):
    made = alone(replications=2)
    before = files(made.folder)
    with pytest.raises(qfl.ScenarioError) as caught:
        alone(**change(made, small[1]))
    assert complaint in str(caught.value)
    assert files(made.folder) == before


def test_another_version_and_other_files_are_left_as_they_are(alone, tmp_path):
    made = alone()
    plan = made.folder / "sweep.json"
    plan.write_text(plan.read_text().replace('"source": "', '"source": "0'))
    with pytest.raises(qfl.ScenarioError, match="was made with another version of source of qflsim's models"):
        alone()
    plan.write_text("{")
    with pytest.raises(qfl.ScenarioError, match=r"sweep\.json is damaged"):
        alone()
    plan.unlink()
    with pytest.raises(qfl.ScenarioError, match="holds files but no sweep"):
        alone()
    with pytest.raises(qfl.ScenarioError, match="there is no sweep in"):
        qfl.read_sweep(tmp_path)


def test_the_command_line_sweeps_and_tells_of_failures(small, tmp_path, capsys):
    out = str(tmp_path / "s")
    arguments = ["sweep", str(small[0]), "--out", out, "--workers", "1", "--quiet"]
    axes = ["--axis", "mixing=Star(),Lazy(patience=-1)", "--axis", "training.batch=16"]
    assert main([*arguments, *axes]) == 1
    shown = capsys.readouterr()
    assert shown.out == f"results: {out}\n"
    assert "mixing=Lazy(patience=-1.0), training.batch=16, replication 0 failed" in shown.err
    assert qfl.read_sweep(out).comparison["mixing"].tolist() == ["Star()"]
    for axis, complaint in [
        ("mixing=Star(),Moon()", "--axis mixing: unknown name 'Moon'"),
        ("training.batches=1", "--axis training.batches: LocalTraining has no field 'batches'; did you mean 'batch'?"),
        ("mixing=", "must read field=value,value"),
        ("mixing=Star(", "cannot read 'Star('"),
        (
            "training=LocalTraining() --set training.batch=4",
            "--set training.batch would be lost, since --axis",
        ),
        ("seed=1 --seed 5", "--seed would be lost, since --axis seed gives all points a value of their own"),
    ]:
        assert main([*arguments, "--axis", *axis.split(" ")]) == 2
        assert complaint in capsys.readouterr().err


def test_fields_of_an_axis_are_those_of_the_variants_that_are_swept(small, tmp_path, capsys):
    file = tmp_path / "several.py"
    variants = "variants = {'A': scenario, 'B': replace(scenario, mixing=qfl.Grid())}\n"
    file.write_text(FILE + variants)
    arguments = ["sweep", str(file), "--out", str(tmp_path / "s"), "--workers", "1", "--quiet"]
    columns = ["--axis", "mixing.columns=2,1"]
    assert main([*arguments, *columns, "--axis", "variant=B"]) == 0
    assert qfl.read_sweep(tmp_path / "s").comparison["mixing.columns"].tolist() == [2, 1]
    capsys.readouterr()
    for wrong, complaint in [("A,B", "Lazy has no field 'columns'"), ("C", "no scenario called 'C'")]:
        assert main([*arguments, *columns, "--axis", f"variant={wrong}"]) == 2
        assert complaint in capsys.readouterr().err


def test_a_scheduler_that_is_not_there_is_told_at_once(small, tmp_path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    arguments = ["sweep", str(small[0]), "--out", str(tmp_path / "s"), "--axis", "seed=1,2", "--quiet"]
    assert main([*arguments, "--scheduler", f"tcp://127.0.0.1:{port}"]) == 2
    told = capsys.readouterr().err
    assert f"no Dask scheduler listens at tcp://127.0.0.1:{port}" in told and told.count("\n") == 1
    assert main([*arguments, "--scheduler", "tcp://127.0.0.1:99999"]) == 2
    assert "must be an address such as" in capsys.readouterr().err
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[]", "is damaged"), ("{}", "it lacks 'program'"), ('{"program": 3}', "its entry 'program' is 3"),
        ('{"program": {}, "scenarios": {}, "axes": {"a": 1}, "replications": 1, "keep": null}', "no list of values"),
    ],
)  # fmt: skip
def test_a_plan_that_no_sweep_wrote_is_named(tmp_path, content, told):
    (tmp_path / "sweep.json").write_text(content)
    with pytest.raises(qfl.ScenarioError, match=r"sweep\.json is damaged") as caught:
        qfl.read_sweep(tmp_path)
    assert told in str(caught.value)


def test_a_comma_within_brackets_or_quotes_is_part_of_a_value(small):
    names = {"Digits": qfl.Digits}
    assert read_axis(small[1], "data.classes=(0,1),(2,3)", names)[1] == ((0, 1), (2, 3))
    assert read_axis(small[1], "data=Digits(classes=(0,1)),Digits(classes=(1,2))", names)[1] == (
        qfl.Digits(classes=(0, 1)),
        qfl.Digits(classes=(1, 2)),
    )
    assert read_axis(small[1], "name='a',b", names)[1] == ("a", "b")


def test_a_part_within_a_class_of_the_file_is_read(small, tmp_path):
    file = tmp_path / "nested.py"
    file.write_text(FILE + "class Outer:\n    class Inner(Lazy):\n        pass\n\n    patience = 0.5\n")
    out = ["--out", str(tmp_path / "s"), "--workers", "1", "--quiet"]
    axis = "mixing=Outer.Inner(patience=2),Outer.Inner(patience=Outer.patience)"
    assert main(["sweep", str(file), "--axis", axis, *out]) == 0
    swept = qfl.read_sweep(tmp_path / "s").comparison["mixing"]
    assert [value.removeprefix("Outer.") for value in swept] == ["Inner(patience=2.0)", "Inner(patience=0.5)"]


def test_a_file_is_executed_once_with_variants_and_without(small, tmp_path, capsys):
    for name, more in [("one", ""), ("several", "variants = {'A': scenario}\n")]:
        file = tmp_path / f"{name}.py"
        file.write_text(FILE + more + "print('executed')\n")
        for base in (file, [file]):
            scenarios_of(base)
            assert capsys.readouterr().out == "executed\n"


def test_the_bound_on_growth_that_is_lifted_is_the_one_that_processes_ask():
    assert "_MAX_MEMORY_LEAK_SIZE" in inspect.getsource(process_executor._process_worker)
