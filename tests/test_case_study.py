"""The case study: its set-up is the paper's, and its tables say what runs that are made up would have to give."""

import math
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
        from analysis import claims, figures, measures, studies

        yield {"claims": claims, "figures": figures, "measures": measures, "studies": studies}
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
            if row["measure"] != "loss [%]"}  # fmt: skip
    assert rows["DQFL star - QFL"]["difference"] == pytest.approx(10.0)
    assert rows["DQFL star - QFL"]["verdict"] == "holds"
    assert rows["QFL - QNN"]["verdict"] == "no difference shown"
    assert rows["QFL - FL MLP"]["verdict"] == "the opposite"
    loss = next(r for r in analysis["claims"].judge(ends, {}, "here") if r["measure"] == "loss [%]")
    assert loss["difference"] == pytest.approx(-50.0)
    assert loss["verdict"] == "holds"


def test_rounding_is_no_difference(analysis):
    ends = analysis["measures"].ends(made_up({"DQFL star": 0.9 + 1e-9, "QFL": 0.9}))
    assert {row["verdict"] for row in analysis["claims"].judge(ends, {}, "here")} == {"no difference shown"}


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
    tops = pd.DataFrame({"study": ["four_classes"], "accuracy": [0.95]})
    curves = {name: measures.curves(table) for name, table in tables.items()}
    ends = {name: measures.ends(table) for name, table in tables.items()}
    files = analysis["figures"].draw(curves, ends, tops, tmp_path)
    names = {f"{figure}.{kind}" for figure in ("figure_3", "figure_4", "costs") for kind in ("png", "pdf")}
    assert {file.name for file in files} == names
