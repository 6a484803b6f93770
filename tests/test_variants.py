"""Variants of a scenario: run one after the other, laid side by side, nothing lost and nothing run in vain."""

from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.cli import main
from qflsim.comparison import read_comparison
from qflsim.plots import draw_comparison
from qflsim.tables import read_table
from qflsim.trace import Round
from qflsim.variants import _notes
from qflsim.world import World

FILE = '''"""Two protocols."""
from dataclasses import replace
import qflsim as qfl

scenario = qfl.Scenario(
    name="two", seed=3, rounds=1, background=None, aer_samples=0,
    topology=qfl.DenseCell(servers=3, devices_per_server=4), model=qfl.VQC(qubits=4, layers=1),
    training=qfl.LocalTraining(epochs=1),
)
variants = {"PBFT": scenario, "one vote": replace(scenario, agreement=qfl.ProofOfAuthority())}
'''


@pytest.fixture
def pair(tiny):
    return {"PBFT": tiny, "of authority": replace(tiny, agreement=qfl.ProofOfAuthority())}


def test_what_stands_side_by_side_is_what_the_runs_wrote(pair, tmp_path):
    made = qfl.compare(pair, out=tmp_path, figures=False)
    table = read_comparison(made.folder)
    assert made.folder == tmp_path / "tiny" / "seed3"
    assert table["variant"].tolist() == ["PBFT", "of authority"]
    assert table["folder"].tolist() == ["PBFT/seed3", "of-authority/seed3"]
    for row in table.itertuples():
        run = made.folder / row.folder
        rounds, decisions = read_table(run, "rounds"), read_table(run, "agreements")
        assert row.energy_j == pytest.approx(rounds["energy_j"].mean())
        assert row.qpu_j + row.mining_j + row.qkd_j + row.other_j == pytest.approx(row.energy_j)
        assert row.accuracy == rounds["accuracy"].iloc[-1]
        assert row.ended_s == rounds["ended_s"].iloc[-1]
        assert row.messages * row.rounds == decisions["messages"].sum()
        took = decisions["ended_s"] - decisions["started_s"]
        assert row.global_s == pytest.approx(took[decisions["chain"] == "global"].mean())
        assert row.local_s == pytest.approx(took[decisions["chain"].str.startswith("lmuc-")].mean())
        stored = read_table(run, "storage")
        assert row.stored_byte * row.rounds == stored.loc[stored["round"] == row.rounds, "size_byte"].sum()
        last = stored[(stored["round"] == row.rounds) & stored["node"].str.startswith("device")]
        devices = (read_table(run, "nodes")["role"] == "device").sum()
        assert row.device_byte * row.rounds * devices == pytest.approx(last["size_byte"].sum())
    pbft, authority = table.itertuples()
    assert pbft.messages > authority.messages
    assert pbft.accuracy == authority.accuracy  # the same draws: nothing but the protocol differs


def test_repetitions_are_paired_and_nothing_is_overwritten(pair, tmp_path):
    first = qfl.compare(pair, out=tmp_path, replications=2, figures=False)
    before = (first.folder / "comparison.csv").read_bytes()
    again = qfl.compare(pair, out=tmp_path, figures=False)
    assert again.folder.name == "seed3-2"
    assert (first.folder / "comparison.csv").read_bytes() == before
    table = read_comparison(first.folder)
    assert table["replication"].tolist() == [0, 0, 1, 1]
    nodes = [read_table(first.folder / folder, "nodes")["east_m"].tolist() for folder in table["folder"]]
    assert nodes[0] == nodes[1] != nodes[2] == nodes[3]


def test_ctrl_c_keeps_what_is_done(pair, tmp_path):
    def stopping(name, scenario):
        def stop(record):
            if name != "PBFT" and isinstance(record, Round):
                raise KeyboardInterrupt

        return stop

    made = qfl.compare({**pair, "never": pair["PBFT"]}, out=tmp_path, observers=stopping, figures=False)
    assert made.interrupted
    assert read_comparison(made.folder)["variant"].tolist() == ["PBFT", "of authority"]
    assert not (made.folder / "never").exists()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda pair: {}, "variants must hold a scenario each by name, got none"),
        (lambda pair: {"../x": pair["PBFT"]}, "the name of a variant must be letters"),
        (lambda pair: {**pair, "b": replace(pair["PBFT"], name="other")}, "share its name"),
        (lambda pair: {**pair, "b": replace(pair["PBFT"], seed=8)}, "share its seed"),
        (
            lambda pair: {**pair, "b": replace(pair["PBFT"], update_deadline=1e-9)},
            "variant 'b': Scenario.update_deadline must leave time for training",
        ),
    ],
)
def test_variants_that_cannot_be_run_are_refused_before_anything_runs(pair, tmp_path, change, complaint):
    with pytest.raises(qfl.ScenarioError, match=complaint):
        qfl.compare(change(pair), out=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_with_variants_runs_them_all_with_its_changes(tmp_path, capsys):
    file = tmp_path / "two.py"
    file.write_text(FILE)
    assert main([str(file), "--set", "rounds=2", "--seed", "5", "--out", str(tmp_path)]) == 0
    shown = capsys.readouterr()
    table = read_comparison(tmp_path / "two" / "seed5")
    assert table["rounds"].tolist() == [2, 2]
    assert "one vote" in shown.out
    assert "2 runs in" in shown.out
    picture = (tmp_path / "two" / "seed5" / "comparison.png").read_bytes()
    draw_comparison(tmp_path / "two" / "seed5")
    assert (tmp_path / "two" / "seed5" / "comparison.png").read_bytes() == picture


@pytest.mark.parametrize("value", ["[scenario]", "{'a': 1}", "{3: scenario}"])
def test_variants_of_another_kind_are_refused_in_one_sentence(tmp_path, capsys, value):
    file = tmp_path / "two.py"
    file.write_text(FILE[: FILE.index("variants")] + f"variants = {value}\n")
    assert main([str(file), "--out", str(tmp_path / "out")]) == 2
    assert "'variants' must be scenarios by name" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_without_a_comparison_is_told_so(tmp_path):
    with pytest.raises(qfl.ScenarioError, match=r"holds no comparison\.csv"):
        draw_comparison(tmp_path)


def test_what_is_said_of_all_variants_is_said_once(tiny):
    network = replace(tiny, model=qfl.Perceptron(features=2, outputs=2))
    worlds = {"one": World(network), "other": World(replace(network, rounds=1)), "circuit": World(tiny)}
    (said,) = (note for note in _notes(worlds) if "No QPU takes part" in note)
    assert said.startswith("one, other: No QPU")
    del worlds["circuit"]
    assert {note.partition(":")[0] for note in _notes(worlds)} == {"all variants"}
