"""Isolated training: each device for itself, on the same timeline, with nothing exchanged."""

from dataclasses import fields, replace

import numpy as np
import pytest

import qflsim as qfl
from qflsim.checks import ScenarioError
from qflsim.learning.collaboration import UNUSED_OF_TASK, USED, USED_OF_ENERGY
from qflsim.trace import Energy, Evaluation, Job, Round, Storage, Transfer
from qflsim.units import km, m
from qflsim.world import World


def played(scenario):
    """Run a scenario in memory; the world and all its records."""
    world, records = World(scenario), []
    world.trace.observe(records.append)
    world.run()
    return world, records


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


@pytest.fixture(scope="module")
def skewed(tiny):
    """A federation whose devices hold different samples."""
    return replace(tiny, data=replace(tiny.data, split=qfl.Dirichlet(alpha=0.5)))


@pytest.fixture(scope="module")
def alone(skewed):
    return qfl.Isolated.of(skewed)


@pytest.fixture(scope="module")
def run(alone):
    return played(alone)


def test_nothing_is_sent_agreed_on_stored_or_drawn(run):
    _, records = run
    written = {type(record).table for record in records}
    assert written == {"nodes", "jobs", "evaluations", "energy", "rounds"}
    for row in of(records, Round):
        assert (row.air_bit, row.wired_bit, row.key_bit, row.ledger_byte, row.aggregated) == (0, 0, 0, 0, 0)
    assert not of(records, Transfer) and not of(records, Storage)
    assert {(row.role, row.cause) for row in of(records, Energy)} == {
        ("device", cause) for cause in ("computing", "qpu_control", "qpu_cooling")
    }


def test_a_round_is_nothing_but_training(run):
    for row in of(run[1], Round):
        assert row.train_s == row.ended_s - row.started_s > 0
        others = (row.publish_s, row.distribute_s, row.cross_chain_s, row.aggregate_s)
        assert others == (0, 0, 0, 0) == (*others[:2], row.key_wait_s, row.local_agreement_s)


def test_jobs_are_those_of_the_federation_with_the_same_energy(run, skewed):
    """The same circuits on the same machines: only who they are for, and when they begin, differs."""
    _, records = run
    _, federated = played(skewed)

    def trained(rows):
        return {(j.node, j.round): (j.steps, j.circuits, j.samples, j.control_j) for j in rows if j.purpose == "train"}

    own, shared = trained(of(records, Job)), trained(of(federated, Job))
    assert own.keys() == shared.keys() and len(own) == 18
    for key, (steps, circuits, samples, joules) in own.items():
        assert (steps, circuits, samples) == shared[key][:3]
        assert joules == pytest.approx(shared[key][3], rel=1e-9)
    assert {job.server for job in of(records, Job)} == {""}
    first = [
        {j.node: j.loss for j in of(rows, Job) if j.round == 1 and j.purpose == "train"}
        for rows in (records, federated)
    ]
    assert first[0] == pytest.approx(first[1], abs=1e-5)  # the same first model, batches and data


def test_a_round_ends_with_its_slowest_device_and_the_next_begins(run):
    _, records = run
    rounds, jobs = of(records, Round), of(records, Job)
    for row in rounds:
        last = max(job.ended_s for job in jobs if job.round == row.round)
        assert row.ended_s == pytest.approx(last, rel=1e-6)
        assert row.ended_s - row.started_s == row.train_s
        assert row.qpu_s == max(job.ended_s - job.started_s for job in jobs if job.round == row.round)
    assert rounds[1].started_s == rounds[0].ended_s


def test_rounds_tell_mean_and_spread_of_the_devices_own_models(run):
    _, records = run
    evaluations = of(records, Evaluation)
    assert [e.model for e in evaluations if e.round == 0] == ["devices"]
    for row in of(records, Round):
        own = [e for e in evaluations if e.round == row.round and e.model.startswith("device-")]
        (mean,) = (e for e in evaluations if e.round == row.round and e.model == "devices")
        accuracies = np.array([e.accuracy for e in own])
        assert len(own) == 9
        assert row.accuracy == row.own_accuracy == mean.accuracy == pytest.approx(accuracies.mean())
        assert row.loss == row.own_loss == mean.loss == pytest.approx(np.mean([e.loss for e in own]))
        assert (row.own_accuracy_min, row.own_accuracy_max) == (accuracies.min(), accuracies.max())
        assert row.own_accuracy_std == pytest.approx(accuracies.std())
        assert len({e.loss for e in own}) == 9  # nobody has the model of another


def test_a_federation_of_one_device_learns_what_it_learns_alone(tiny):
    single = replace(tiny, rounds=3, topology=replace(tiny.topology, servers=1, devices_per_server=1))
    (world, federated), (lonely, isolated) = played(single), played(qfl.Isolated.of(single))
    np.testing.assert_allclose(world.model, lonely.model, atol=1e-6)  # float32 on its way
    assert np.abs(lonely.model - World(single).model).max() > 0.01  # it did learn
    for one, other in zip(of(federated, Round), of(isolated, Round), strict=True):
        assert one.loss == pytest.approx(other.loss, abs=1e-6)
        assert one.train_loss == pytest.approx(other.train_loss, abs=1e-6)


def test_what_a_device_learns_depends_on_nobody_else(alone):
    """A device among nine and the only one in the world, on the same samples, do the same in every round."""
    many = replace(alone, data=replace(alone.data, split=Twenty()))
    single = qfl.DenseCell(servers=1, devices_per_server=1, radius=100 * m, names=("device-2-3",))
    losses = [
        [e.loss for e in of(played(scenario)[1], Evaluation) if e.model == "device-2-3"]
        for scenario in (many, replace(many, topology=single))
    ]
    assert len(losses[0]) == 2 and losses[0] == pytest.approx(losses[1], rel=1e-12)


class Twenty(qfl.Split):
    """Every client holds the same twenty samples."""

    def split(self, labels, clients, rng):
        return [np.arange(20)] * clients


def test_a_device_without_samples_takes_no_part(alone):
    lacking = replace(alone, rounds=1, data=replace(alone.data, split=AllButOne()))
    _, records = played(lacking)
    (row,) = of(records, Round)
    assert row.selected == 8
    assert "device-1-1" not in {job.node for job in of(records, Job)}


class AllButOne(qfl.Split):
    """The first client gets nothing."""

    def split(self, labels, clients, rng):
        return [np.arange(0), *np.array_split(np.arange(len(labels)), clients - 1)]


def test_several_tasks_are_learnt_side_by_side(alone):
    tasks = (
        qfl.Task(name="pairs", servers=("server-1",)),
        qfl.Task(name="threes", rounds=1, data=qfl.Digits(classes=(2, 3), features=2)),
    )
    _, records = played(replace(alone, tasks=tasks))
    counts = {task: [r.selected for r in of(records, Round) if r.task == task] for task in ("pairs", "threes")}
    assert counts == {"pairs": [3, 3], "threes": [9]}


def test_slow_machines_stay_slow(alone):
    _, records = played(replace(alone, rounds=1, speeds=qfl.LognormalSpeeds(sigma=1.0)))
    times = [job.ended_s - job.started_s for job in of(records, Job)]
    assert max(times) > 2 * min(times)


def test_what_would_have_no_effect_is_named(alone, tiny):
    with pytest.raises(
        ValueError, match=r"so Scenario\.mixing would have no effect; leave it out, or write qfl\.Isolated\.of"
    ):
        replace(tiny, collaboration=qfl.Isolated())
    with pytest.raises(ValueError, match=r"so Scenario\.keys, agreement would have no effect; leave them out"):
        replace(alone, keys=qfl.KEMKeys(), agreement=qfl.Raft())
    with pytest.raises(ValueError, match=r"Scenario\.energy\.station would"):
        replace(alone, energy=qfl.EnergyModels(station=qfl.MacroStationEnergy()))
    with pytest.raises(ValueError, match=r"Scenario\.tasks\[0\]\.mixing would"):
        replace(alone, tasks=(qfl.Task(name="one", mixing=qfl.Star()),))


def test_every_field_is_either_used_or_put_back(tiny):
    names = {field.name for field in fields(qfl.Scenario)}
    assert set(USED) <= names
    assert set(USED_OF_ENERGY) <= {field.name for field in fields(qfl.EnergyModels)}
    assert set(UNUSED_OF_TASK) <= {field.name for field in fields(qfl.Task)}
    rich = replace(
        tiny, agreement=qfl.Raft(), keys=qfl.KEMKeys(), threats=(qfl.Crash(nodes=("server-1",)),), aer_shots=64,
        energy=qfl.EnergyModels(device_compute=qfl.ComputeEnergy(frequency=1e9), station=qfl.MacroStationEnergy()),
        tasks=(qfl.Task(name="one", mixing=qfl.Star(), rounds=3),),
    )  # fmt: skip
    lonely, plain = qfl.Isolated.of(rich), qfl.Scenario(name="plain")
    for name in names - set(USED):
        assert getattr(lonely, name) == getattr(plain, name)
    for name in set(USED) - {"energy", "tasks", "collaboration"}:
        assert getattr(lonely, name) == getattr(rich, name)
    assert lonely.energy == qfl.EnergyModels(device_compute=rich.energy.device_compute)
    assert lonely.tasks == (qfl.Task(name="one", rounds=3),)
    assert qfl.Isolated.of(lonely) == lonely


def test_no_distance_is_too_far_for_those_who_do_not_talk(tiny):
    wide = replace(
        tiny, rounds=1, access=qfl.IndoorOffice(),
        topology=replace(tiny.topology, spacing=400 * km, nearest=1 * m, radius=30 * m),
    )  # fmt: skip
    _, records = played(qfl.Isolated.of(wide))
    assert of(records, Round)[0].selected == 9


def test_a_run_is_written_drawn_told_and_audited(alone, tmp_path):
    from qflsim.audit import audit
    from qflsim.experiment import run as made_in
    from qflsim.report import write_report
    from qflsim.resuming import resume
    from qflsim.summary import summarise

    made = made_in(replace(alone, aer_samples=4, aer_shots=128), out=tmp_path)
    assert {path.stem for path in made.folder.glob("*.png")} == {"learning", "time", "energy"}
    text = " ".join(summarise(made.folder).split())
    assert "Every device trained alone: on average their own models classify" in text
    assert "The final model of the first device on 4 test samples" in text
    assert "agreement" not in text and "updates" not in text
    assert set(made.table("evaluations").query("backend == 'aer'")["model"]) == {"device-1-1-sample"}
    page = " ".join(write_report(made.folder).read_text(encoding="utf-8").split())
    assert "Every device trained alone" in page and "decisions sought" not in page and "base station" not in page
    assert audit(made.folder, lambda line: None) == 0
    with pytest.raises(ScenarioError, match="no global model of that round is on the chains"):
        resume(made.folder, 1, out=tmp_path)


def test_a_federation_does_not_go_on_in_isolation(tiny_run, tmp_path):
    from qflsim.resuming import resume

    with pytest.raises(ScenarioError, match=r"cannot go on with Isolated\(\)"):
        resume(tiny_run.folder, 1, out=tmp_path, change=qfl.Isolated.of)


def test_same_seed_same_numbers(alone):
    first, second = (played(alone)[1] for _ in range(2))
    assert list(map(repr, first)) == list(map(repr, second))


def test_networks_are_trained_alone_too(alone):
    """CNN alone beside QNN alone: processors instead of QPUs, and a sentence on the QPU that nobody uses."""
    single = replace(alone, model=qfl.Perceptron(features=2, hidden=(3,), outputs=2))
    world, records = played(single)
    assert {row.cause for row in of(records, Energy)} == {"computing"}
    assert all(job.operations > 0 and job.circuits == 0 for job in of(records, Job))
    first, last = (e.loss for e in (of(records, Evaluation)[0], of(records, Evaluation)[-1]))
    assert last < first
    assert [note for note in world.notes() if note.startswith("No QPU takes part")]
    assert not World(alone).notes()


def test_a_scenario_file_may_say_so_too(tmp_path):
    """Its docstring becomes the scenario's question, which is no setting given in vain."""
    file = tmp_path / "lonely.py"
    file.write_text(
        '"""What does each learn alone?"""\n\nimport qflsim as qfl\n\n'
        'scenario = qfl.Scenario(name="lonely", collaboration=qfl.Isolated())\n'
    )
    loaded = qfl.load(file)
    assert not loaded.collaboration.exchanges and loaded.question == "What does each learn alone?"
    assert qfl.Isolated.of(loaded).question == loaded.question
