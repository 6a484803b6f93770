"""The six guides to parts of one's own: each page shows its file as it stands, each part does what its page says."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import qflsim as qfl
from qflsim.cli import main
from qflsim.learning.aggregation import Update
from qflsim.loading import load_module

GUIDES = Path(__file__).parent.parent / "docs" / "guides"
FILES = {file.stem: file for file in sorted((GUIDES / "parts").glob("*.py"))}


def run(name, folder, *settings):
    """Run a guide's file at a small size; the folder of each variant's run, or of its only run."""
    small = ("rounds=1", "training.epochs=1", "topology.devices_per_server=2", *settings)
    sets = [word for setting in small for word in ("--set", setting)]
    assert main([str(FILES[name]), "--quiet", "--out", str(folder), *sets]) == 0
    top = folder / name / "seed7"
    return {path.parent.name: path for path in top.glob("*/seed7")} or {name: top}


def table(folder, name):
    return pd.read_csv(folder / f"{name}.csv")


def part(name, field):
    return getattr(load_module(FILES[name]).scenario, field)


def test_there_are_six_of_them():
    assert set(FILES) == {f"own_{noun}" for noun in ("agreement", "aggregator", "dataset", "link", "qpu", "threat")}


@pytest.mark.parametrize("name", FILES)
def test_the_page_shows_the_file_as_it_stands(name):
    page = (GUIDES / f"{name}.md").read_text(encoding="utf-8")
    text = FILES[name].read_text(encoding="utf-8")
    assert f"```python\n{text}```\n" in page
    assert f"python -m qflsim docs/guides/parts/{name}.py" in page
    assert f"({name}.md)" in (GUIDES / "own_parts.md").read_text(encoding="utf-8")


def test_the_agreement_takes_three_messages_for_each_other_member(tmp_path):
    made = run("own_agreement", tmp_path)
    own, stock = table(made["turns"], "agreements"), table(made["PBFT"], "agreements")
    assert set(own["protocol"]) == {"turns"} and (own["decided"] == own["validators"]).all()
    assert (own["messages"] == 3 * (own["validators"] - 1)).all() and (own["view"] == 0).all()
    assert own["messages"].sum() < stock["messages"].sum()


def test_the_agreement_passes_over_who_keeps_its_block_to_itself(tmp_path):
    silent = "threats=(SilentLeader(nodes=('server-1', 'server-2')),)"
    made = run("own_agreement", tmp_path, silent, "agreement=Turns(patience=0.5)")
    own = table(made["turns"], "agreements")
    own = own[(own["chain"] == "global") | own["chain"].str.startswith("shard")]
    assert (own["decided"] == own["validators"] - own["faulty"]).all() and (own["view"] > 0).any()
    waited = own["ended_s"] - own["started_s"]
    assert ((waited > 0.5 * own["view"]) & (waited < 0.5 * (own["view"] + 1))).all()


def test_the_geometric_median_of_four_corners_is_where_the_diagonals_cross():
    corners = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 2.0))
    updates = [
        Update(device=f"device-1-{i}", parameters=np.array(corner), samples=1, loss=0.0)
        for i, corner in enumerate(corners)
    ]
    median = part("own_aggregator", "aggregation").aggregate(np.zeros(2), updates)
    assert median == pytest.approx([5 / 3, 5 / 3], abs=1e-3)  # their mean is (5, 3)


def test_the_geometric_median_learns_where_the_mean_does_not(tmp_path):
    made = run("own_aggregator", tmp_path, "topology.devices_per_server=5", "rounds=3", "training.epochs=2")
    losses = {variant: table(folder, "rounds")["loss"].iloc[-1] for variant, folder in made.items()}
    assert losses["geometric-median"] < losses["mean"] - 0.1


def test_the_link_loses_what_its_table_says(tmp_path):
    cell = part("own_link", "access")
    assert cell.distances == (30.0, 200.0)
    assert cell.path_loss(50.0, True) == pytest.approx(97.1) and cell.path_loss(100.0, False) == pytest.approx(129.4)
    assert cell.path_loss(np.sqrt(100.0 * 200.0), True) == pytest.approx((103.4 + 109.7) / 2)
    for distance, seen, hidden in cell.table:  # the close-in fits that they are taken from
        free_space = 20 * np.log10(4 * np.pi * 28e9 / 299_792_458)
        assert seen == pytest.approx(free_space + 21 * np.log10(distance), abs=0.06)
        assert hidden == pytest.approx(free_space + 34 * np.log10(distance), abs=0.06)
    made = run("own_link", tmp_path)
    measured, standard = table(made["measured"], "nodes"), table(made["standard"], "nodes")
    assert measured["east_m"].equals(standard["east_m"])
    devices = measured["role"] == "device"
    assert (measured.loc[devices, "snr_up_db"] != standard.loc[devices, "snr_up_db"]).all()
    transfers = table(made["measured"], "transfers")
    assert (transfers["medium"] == "access-up").any()


def test_the_threat_changes_what_is_learned_in_its_rounds_only(tmp_path):
    made = run("own_threat", tmp_path, "rounds=3")
    honest, third, always = (
        table(made[name], "rounds")["loss"] for name in ("honest", "every-third-round", "every-round")
    )
    assert (third[:2] == honest[:2]).all() and third[2] != honest[2]
    assert (always != honest).all()


def test_the_threat_exchanges_two_classes_and_nothing_else():
    swap = load_module(FILES["own_threat"]).OnOffSwap(period=1)
    angles, weights, biases = np.arange(32.0), np.arange(100.0, 116.0).reshape(4, 4), np.arange(200.0, 204.0)
    update = Update(
        device="device-1-1", parameters=np.concatenate([angles, weights.ravel(), biases]), samples=1, loss=0.0
    )
    lie = swap.corrupt(update, 1, np.random.default_rng(1)).parameters
    expected = np.concatenate([angles, weights[[1, 0, 2, 3]].ravel(), biases[[1, 0, 2, 3]]])
    assert (lie == expected).all() and update.parameters[32] == 100.0


def test_the_data_set_reads_another_table(tmp_path):
    rows = [f"{i % 2 + i / 100},{i % 7},{i % 5},{i % 3},{i % 2}" for i in range(48)]
    (tmp_path / "mine.csv").write_text("\n".join(["a,b,c,d,class", *rows]), encoding="utf-8")
    mine = (f"data.file='{tmp_path}/mine.csv'", "data.test_share=0.25", "data.split=IID()")
    made = run("own_dataset", tmp_path, *mine)
    jobs = table(made["own_dataset"], "jobs")
    assert jobs.loc[jobs["purpose"] == "train", "samples"].sum() == 36
    assert set(table(made["own_dataset"], "evaluations")["samples"]) == {12}
    data = part("own_dataset", "data").load(np.random.default_rng(1))
    assert (len(data.train_y), len(data.test_y), data.features) == (427, 142, 4)
    assert np.bincount(np.concatenate([data.train_y, data.test_y])).tolist() == [212, 357]


def test_the_ions_take_the_time_of_the_gates_that_the_circuit_has(tmp_path):
    import pennylane as qml

    qpu, model = part("own_qpu", "qpu"), part("own_qpu", "model")
    with qml.queuing.AnnotatedQueue() as queue:
        model.circuit(np.ones(4), np.ones(model.angles))
    kinds = [gate.name for gate in qml.tape.QuantumScript.from_queue(queue).operations]
    turned = kinds.count("CRX")  # one entangling gate and three turns each; turns about z take no time
    assert qpu.gates == (kinds.count("RX") + kinds.count("RY") + 3 * turned, turned)
    made = run("own_qpu", tmp_path, "qpu.shots=10")
    jobs = table(made["ions"], "jobs")
    took, shots = jobs["ended_s"] - jobs["started_s"], 10 * jobs["circuits"]
    assert np.allclose(took, shots * (48 * 135e-6 + 8 * 600e-6 + 320e-6), rtol=1e-6)
    stock = table(made["superconducting"], "jobs")
    assert (took > 20 * (stock["ended_s"] - stock["started_s"])).all()


def test_parts_of_ones_own_come_to_the_workers_of_a_sweep(tmp_path):
    small = {}
    for name, file in FILES.items():
        scenario = qfl.load(file)
        place = replace(scenario.topology, servers=2, devices_per_server=2)
        training = qfl.LocalTraining(epochs=1)
        small[name] = replace(scenario, name="own", rounds=1, topology=place, training=training)
    made = qfl.sweep(small, workers=2, out=tmp_path, keep=("rounds",), progress=False)
    assert made.failures == () and made.finished == len(FILES)
    alone = qfl.run(small["own_threat"], out=tmp_path / "alone", figures=False).table("rounds")
    swept = made.table("rounds").set_index("variant").loc["own_threat"]
    assert swept["loss"] == alone["loss"].iloc[-1]
