"""Classical networks in a whole run, beside circuits on the same timeline."""

import csv
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

import qflsim as qfl
from qflsim.audit import audit
from qflsim.summary import summarise
from qflsim.trace import Evaluation, Job, Round
from qflsim.units import GHz
from qflsim.world import World

GUIDE = Path(__file__).parent.parent / "docs" / "guides" / "own_parts.md"
PERCEPTRON = qfl.Perceptron(features=2, hidden=(3,), outputs=2)
QUANTUM = ("circuits", "shots", "overhead_s", "circuit_s", "readout_s", "repetition_s", "control_j", "cooling_j")


def played(scenario):
    world, records = World(scenario), []
    world.trace.observe(records.append)
    world.run()
    return world, records


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


@pytest.fixture(scope="module")
def classical(tiny):
    training = qfl.LocalTraining(batch=16, epochs=3, optimizer=qfl.Adam(rate=0.05))
    return replace(tiny, model=PERCEPTRON, training=training)


@pytest.fixture(scope="module")
def run(classical, tmp_path_factory):
    told = []
    found = qfl.run(replace(classical, aer_samples=4), out=tmp_path_factory.mktemp("networks"), told=told.append)
    return found, told


def rows(run, table):
    with (run.folder / f"{table}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_federation_of_perceptrons_learns_and_its_jobs_are_operations(classical):
    world, records = played(classical)
    rounds, jobs = of(records, Round), of(records, Job)
    assert rounds[-1].loss < 0.8 * of(records, Evaluation)[0].loss
    train = {job.node: job for job in jobs if job.purpose == "train" and job.round == 1}
    assert len(train) == 9
    for device, job in train.items():
        samples = world.task.samples(device)
        assert job.operations == 3 * samples * PERCEPTRON.training_operations == 3 * samples * 3 * 2 * (2 * 3 + 3 * 2)
        assert job.arithmetic_s == pytest.approx(job.operations / 2e9)
        assert job.ended_s - job.started_s == pytest.approx(job.arithmetic_s)
        assert job.computing_j == pytest.approx(1e-28 * job.operations * 4e18)
        assert [getattr(job, column) for column in QUANTUM] == [0] * len(QUANTUM)
    tested = [job for job in jobs if job.purpose == "evaluate" and job.round == 1]
    assert sum(job.operations for job in tested) == world.task.test_samples * PERCEPTRON.operations
    assert rounds[0].qpu_s == rounds[0].qpu_cooling_j == 0.0
    assert world.timing is None


def test_the_processor_of_the_scenario_says_how_long_and_for_how_many_joules(classical):
    fast = qfl.ComputeEnergy(frequency=1 * GHz, operations_per_cycle=8)
    energy = replace(classical.energy, device_compute=fast)
    slow = qfl.LognormalSpeeds(sigma=0.5)
    world, records = played(replace(classical, rounds=1, energy=energy, speeds=slow))
    jobs = [job for job in of(records, Job) if job.purpose == "train"]
    factors = {job.node: job.arithmetic_s / (job.operations / 8e9) for job in jobs}
    assert len(set(factors.values())) == 9
    for job in jobs:
        assert job.computing_j == pytest.approx(factors[job.node] * 1e-28 * job.operations / 8 * 1e18)
    charged = world.ctx.energy.by_cause()["computing"]
    assert charged > sum(job.computing_j for job in of(records, Job))


def test_models_have_the_bytes_of_their_format(classical):
    worlds = [World(replace(classical, compression=form)) for form in (qfl.Float32(), qfl.Float16())]
    sizes = [world._rounds[0].model_byte for world in worlds]
    assert sizes[0] - sizes[1] == 2 * PERCEPTRON.parameters


@pytest.mark.parametrize(
    "parts",
    [
        {"compression": qfl.TopK(share=0.2)},
        {"aggregation": qfl.Median(), "storage": qfl.OffChain()},
    ],
)
def test_networks_go_with_formats_rules_and_stores(classical, parts):
    _, records = played(replace(classical, rounds=1, **parts))
    assert of(records, Round)[0].aggregated == 9


def test_same_seed_same_bytes_and_the_audit_finds_all_whole(classical, run, tmp_path):
    first, _ = run
    second = qfl.run(replace(classical, aer_samples=4), out=tmp_path, figures=False)
    tables = sorted(path.name for path in first.folder.glob("*.csv"))
    assert all((first.folder / name).read_bytes() == (second.folder / name).read_bytes() for name in tables)
    lines = []
    assert audit(first.folder, lines.append) == 0
    assert any("contract of task-1, 2 rounds replayed" in line for line in lines)


def test_nothing_is_said_of_a_qpu_where_there_is_none(run):
    found, told = run
    text = summarise(found.folder)
    assert "QPU time" not in text
    assert "no QPU was cooled" in text
    assert "Networks have no circuit to run on Aer" in text
    assert any("No QPU takes part" in note and "Scenario.qpu = IBMSnapshot" in note for note in told)
    assert json.loads((found.folder / "run.json").read_text())["aer"] is None
    assert (found.folder / "time.png").stat().st_size > 0
    assert float(rows(found, "rounds")[0]["qpu_cooling_j"]) == 0.0


def test_circuit_and_network_are_learnt_side_by_side(tiny):
    tasks = (qfl.Task(name="circuit"), qfl.Task(name="network", model=PERCEPTRON))
    world, records = played(replace(tiny, rounds=1, tasks=tasks))
    jobs = of(records, Job)
    assert all((job.circuits > 0) == (job.task == "circuit") for job in jobs)
    assert all((job.operations > 0) == (job.task == "network") for job in jobs)
    assert {task for task, model in world.models.items() if len(model) == PERCEPTRON.parameters} == {"network"}


def test_the_network_of_the_guide_is_trained(tmp_path):
    code = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)[-2]
    (tmp_path / "waves.py").write_text(code, encoding="utf-8")
    scenario = qfl.load(tmp_path / "waves.py")
    world, records = played(scenario)
    assert len(world.model) == 4 * 8 + 8 + 8 * 4
    assert scenario.model.operations == 2 * (4 * 8 + 8 * 4)
    assert of(records, Round)[-1].loss < of(records, Evaluation)[0].loss
    assert len(code.splitlines()) < 40


@dataclass(frozen=True, kw_only=True)
class Neither(qfl.Model):
    """Neither circuit nor network."""

    features = 2
    outputs = 2
    parameters = 1

    def initial(self, rng):
        return np.zeros(1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": qfl.Perceptron()}, "Perceptron takes 4 features, the data set has 2; make them equal"),
        ({"model": replace(PERCEPTRON, outputs=5)}, "Perceptron.outputs must be 2, as many as .* got 5"),
        ({"model": Neither()}, "Neither must be a circuit or a network; derive it from qfl.QuantumModel or"),
        (
            {"training": qfl.LocalTraining(gradient=qfl.ParameterShift())},
            r"LocalTraining.gradient must be ExactGradient\(\) for Perceptron, which has no shots .* leave it out",
        ),
        ({"update_deadline": 1e-9}, "the quickest job, that of .* raise update_deadline, or lower epochs$"),
    ],
)
def test_what_does_not_fit_a_network_is_refused(classical, change, message):
    with pytest.raises(qfl.ScenarioError, match=message):
        World(replace(classical, **change))
