"""The case study: its set-up is the paper's, and its tables say what runs that are made up would have to give."""

import math
import re
import sys
from pathlib import Path

import pandas as pd
import pytest

import qflsim as qfl
from qflsim.loading import load_variants

FOLDER = Path(__file__).parent.parent / "scenarios" / "case_study"


@pytest.fixture(scope="module")
def analysis():
    sys.path.insert(0, str(FOLDER))
    try:
        from analysis import again, claims, command, figures, measures, outputs, studies

        modules = (again, claims, command, figures, measures, outputs, studies)
        yield {module.__name__.rpartition(".")[2]: module for module in modules}
    finally:
        sys.path.remove(str(FOLDER))


def made_up(accuracies, replications=3, rounds=20):
    """Rounds of methods whose accuracy is the given one, and a hundredth more in each replication."""
    return pd.DataFrame(
        {
            "variant": name, "data.split": "IID()", "replication": replication, "task": "task-1", "round": number,
            "ended_s": 10.0 * number, "energy_j": 5.0, "air_bit": 16.0, "wired_bit": 8.0,
            "accuracy": accuracy + 0.01 * replication, "loss": 1.0 - accuracy, "own_accuracy": accuracy,
            "disagreement_before": 0.2, "disagreement_after": 0.1,
        }
        for name, accuracy in accuracies.items()
        for replication in range(replications)
        for number in range(1, rounds + 1)
    )  # fmt: skip


@pytest.mark.parametrize("study", ["four_classes", "ten_classes", "five_clients", "more_servers"])
def test_every_method_is_the_papers_set_up(study):
    for name, scenario in load_variants(FOLDER / f"{study}.py").items():
        assert scenario.training.optimizer == qfl.Adam(rate=0.01)
        assert (scenario.training.batch, scenario.training.epochs) == (32, 10)
        assert scenario.rounds == (50 if study == "more_servers" else 100)
        if isinstance(scenario.model, qfl.VQC):
            assert (scenario.model.qubits, scenario.model.layers) == (4, 6)
        assert len(scenario.topology.devices) == {"five_clients": 5, "more_servers": 6}.get(study, 15), name


def test_the_matched_network_is_as_large_as_the_circuit():
    variants = load_variants(FOLDER / "four_classes.py")
    assert variants["QFL"].model.parameters == 96
    assert variants["FL MLP"].model.parameters == 94
    assert variants["FL MLP"].data == variants["QFL"].data
    assert variants["FL CNN"].model.features == 784


def test_the_central_method_differs_in_nothing_but_the_server():
    variants = load_variants(FOLDER / "four_classes.py")
    assert variants["QFL"].topology.devices == variants["DQFL star"].topology.devices
    assert variants["QFL"].topology.servers == 1


def test_claims_are_judged_by_the_sign_that_the_interval_leaves(analysis):
    ends = analysis["measures"].ends(made_up({"DQFL star": 0.9, "QFL": 0.8, "QNN": 0.8, "FL MLP": 0.85}))
    rows = {row["compared"]: row for row in analysis["claims"].judge(ends, {"data.split": "IID()"}, "here")
            if row["measure"] == "accuracy [points]"}  # fmt: skip
    assert rows["DQFL star - QFL"]["difference"] == pytest.approx(10.0)
    assert rows["DQFL star - QFL"]["verdict"] == "holds"
    assert rows["QFL - QNN"]["verdict"] == "the same"
    assert rows["QFL - FL MLP"]["verdict"] == "the opposite"
    loss = next(r for r in analysis["claims"].judge(ends, {}, "here") if r["measure"] == "loss [%]")
    assert loss["difference"] == pytest.approx(-50.0)
    assert loss["verdict"] == "holds"


def test_rounding_is_no_difference(analysis):
    ends = analysis["measures"].ends(made_up({"DQFL star": 0.9 + 1e-9, "QFL": 0.9}))
    assert {row["verdict"] for row in analysis["claims"].judge(ends, {}, "here")} == {"the same"}


def test_a_wide_interval_is_not_called_the_same(analysis):
    table = made_up({"DQFL star": 0.9, "QFL": 0.9})
    table.loc[(table["variant"] == "QFL") & (table["replication"] == 0), "accuracy"] += 0.05
    rows = analysis["claims"].judge(analysis["measures"].ends(table), {}, "here")
    assert rows[0]["verdict"] == "no difference shown"


def test_replications_that_do_not_pair_are_refused(analysis):
    table = made_up({"DQFL star": 0.9, "QFL": 0.8})
    ends = analysis["measures"].ends(table[~((table["variant"] == "QFL") & (table["replication"] == 2))])
    with pytest.raises(qfl.ScenarioError, match="do not have the same replications"):
        analysis["claims"].judge(ends, {}, "here")


def test_curves_add_up_what_was_spent(analysis):
    curves = analysis["measures"].curves(made_up({"QFL": 0.8}))
    last = curves.iloc[-1]
    assert (last["seconds"], last["joules"], last["bytes"]) == (200.0, 100.0, 60.0)
    assert last["accuracy_mean"] == pytest.approx(0.81)
    assert last["accuracy_low"] == pytest.approx(0.81 - 4.302653 * 0.01 / math.sqrt(3))


def test_what_was_never_reached_is_told_as_such(analysis):
    table = analysis["measures"].reached(made_up({"QFL": 0.795}), (0.8, 0.9)).set_index("accuracy")
    assert list(table["reached"]) == [2, 0]
    assert table.loc[0.8, "seconds"] == 10.0
    assert math.isnan(table.loc[0.9, "joules"])


def test_figures_are_drawn_from_tables_alone(analysis, tmp_path):
    methods = dict.fromkeys(
        ["QNN", "QFL", "DQFL star", "DQFL circle", "DQFL random", "MLP", "FL MLP", "CNN", "FL CNN"], 0.8
    )
    rounds = made_up(methods)
    servers = made_up({"star": 0.8, "circle": 0.7}).rename(columns={"data.split": "topology.servers"})
    servers["topology.servers"] = "15"
    measures = analysis["measures"]
    tables = {"four_classes": rounds, "more_servers": servers}
    tops = {"four_classes": pd.DataFrame({"features": ["4 components"], "accuracy": [0.95]})}
    curves = {name: measures.curves(table) for name, table in tables.items()}
    ends = {name: measures.ends(table) for name, table in tables.items()}
    files = analysis["figures"].draw(curves, ends, tops, tmp_path)
    names = {f"{figure}.{kind}" for figure in ("figure_3", "figure_4", "costs") for kind in ("png", "pdf")}
    assert {file.name for file in files} == names


def test_more_servers_are_judged_by_their_own_models(analysis):
    ends = analysis["measures"].ends(made_up({"star": 0.9, "circle": 0.8, "random": 0.8}))
    rows = {row["compared"]: row for row in analysis["claims"].judge(ends, {}, "15 servers")}
    assert (rows["star - circle"]["measure"], rows["star - circle"]["verdict"]) == ("own accuracy [points]", "holds")
    assert rows["circle - random"]["verdict"] == "the same"


def test_both_readings_of_the_devices_stand_against_each_other(analysis, tmp_path):
    fifteen, five = made_up({"DQFL star": 0.85, "QFL": 0.85}), made_up({"QFL": 0.8}).drop(columns="data.split")
    ends = {
        name: analysis["measures"].ends(table) for name, table in (("four_classes", fifteen), ("five_clients", five))
    }
    rows = analysis["outputs"]._across(ends)
    assert [row["measure"] for row in rows] == ["accuracy [points]", "loss [%]"]
    assert rows[0]["difference"] == pytest.approx(5.0)
    assert rows[1]["difference"] == pytest.approx(-25.0)
    assert analysis["outputs"]._across({"four_classes": ends["four_classes"]}) == []


def outcome(analysis, out, study, accuracies):
    """Write what a study of made-up accuracies gives."""
    made = analysis["studies"].Study(study, load_variants(FOLDER / f"{study}.py"), {})
    analysis["outputs"].write([made], {study: made_up(accuracies)}, out, str)


def test_parts_that_a_call_leaves_out_stay_in_tables_and_figures(analysis, tmp_path, monkeypatch):
    empty = pd.DataFrame({"study": [], "features": [], "accuracy": []})
    monkeypatch.setattr(analysis["outputs"].ceilings, "ceilings", lambda datasets, seed: empty)
    drawn = []
    monkeypatch.setattr(analysis["outputs"].figures, "draw", lambda curves, *rest: drawn.append(set(curves)))
    outcome(analysis, tmp_path, "four_classes", {"DQFL star": 0.9, "QFL": 0.8})
    outcome(analysis, tmp_path, "five_clients", {"DQFL star": 0.7, "QFL": 0.8})
    lines = (tmp_path / "claims.md").read_text().splitlines()
    assert (
        "| four_classes | DQFL star - QFL | accuracy [points] | +2.08 | +10.00 | [+10.00, +10.00] | holds |" in lines[2]
    )
    wanted = "| five_clients | DQFL star - QFL | accuracy [points] | +2.08 | -10.00 | [-10.00, -10.00] | the opposite |"
    assert lines[4].endswith(wanted)
    assert "against 5 at one, IID() | DQFL star - QFL five devices | accuracy [points] | +2.08 | +10.00" in lines[6]
    assert len(lines) == 8
    assert drawn == [{"four_classes"}, {"four_classes", "five_clients"}]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["data.split=IID()", "replication=0"], "variant must be one of MLP, "),
        (["variant=QFL", "data.split=IID", "replication=0"], "data.split must be one of IID(), Dirichlet(), got IID"),
        (["variant=QFL", "data.split=IID()"], "replication must be a whole number from 0, got none"),
        (["variant=QFL", "data.split=IID()", "replication=-1"], "got -1"),
        (["variant=QFL", "data.split=IID()", "replication=0", "rounds=3"], "four_classes has no axis 'rounds'"),
        (["variant=QFL", "data.split=IID()", "replication=0", "replication=3"], "a setting stands twice"),
    ],
)  # fmt: skip
def test_a_point_that_is_not_there_is_told(analysis, tmp_path, given, told):
    with pytest.raises(qfl.ScenarioError, match=re.escape(told)):
        analysis["again"].rerun([analysis["studies"].read("four_classes")], given, tmp_path)


def test_another_result_than_the_one_kept_is_told(analysis):
    kept = pd.Series(dict.fromkeys(analysis["again"].SHOWN, 0.5))
    assert analysis["again"]._compared(kept, kept)[1]
    told, same = analysis["again"]._compared(kept + 1e-5, kept)
    assert (told.splitlines()[-1], same) == ("not the same", False)
    assert analysis["again"]._compared(kept, None) == (analysis["again"]._compared(kept, None)[0], True)


def test_digits_that_are_missing_are_told_before_anything_runs(analysis, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("QFLSIM_DATA", str(tmp_path / "nowhere"))
    monkeypatch.setattr("qflsim.learning.mnist_files.MIRRORS", ())
    monkeypatch.setenv("HOME", str(tmp_path))
    assert analysis["command"].main(["--quick", "--out", str(tmp_path / "out")]) == 2
    assert "train-images-idx3-ubyte.gz is not in" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_figures_show_the_split_that_they_name(analysis):
    apart = made_up({"DQFL star": 0.6}).assign(**{"data.split": "Dirichlet()"})
    curves = analysis["measures"].curves(pd.concat([apart, made_up({"DQFL star": 0.8})], ignore_index=True))
    for figure in (
        analysis["figures"]._figure_3({"four_classes": curves}, {}),
        analysis["figures"]._costs(curves),
        analysis["figures"]._figure_4({"four_classes": curves}, {}),
    ):
        first = figure.axes[0]
        assert first.get_title().endswith("IID") or first.get_title() == "Three servers, IID: accuracy"
        assert first.lines[0].get_ydata()[-1] == pytest.approx(81.0)
