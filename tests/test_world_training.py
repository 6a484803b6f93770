"""What local training costs and leaves in a whole run."""

from dataclasses import dataclass, replace

import pytest

import qflsim as qfl
from qflsim.trace import Job, Round
from qflsim.world import World


def played(scenario):
    world, records = World(scenario), []
    world.trace.observe(records.append)
    world.run()
    return world, records


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


def test_a_round_costs_the_samples_that_it_draws(tiny):
    training = qfl.LocalTraining(batch=4, epochs=2, samples=10, optimizer=qfl.SGD(rate=0.5, momentum=0.9))
    world, records = played(replace(tiny, training=training))
    jobs = [job for job in of(records, Job) if job.purpose == "train"]
    assert len(jobs) == 18
    assert {(job.samples, job.steps) for job in jobs} == {(10, 6)}
    assert {job.circuits for job in jobs} == {2 * 10 * world.task.submissions("device-1-1")[0] // 4}
    assert all(world.task.samples(device) > 10 for device in world.placement.home)
    again = played(replace(tiny, training=training))[1]
    assert [r.loss for r in of(again, Round)] == [r.loss for r in of(records, Round)]


COUNTED = []


@dataclass(frozen=True, kw_only=True)
class Noting(qfl.Aggregator):
    """Notes down what updates claim, and keeps the model."""

    def aggregate(self, parameters, updates):
        COUNTED.extend(update.samples for update in updates)
        return parameters


def test_updates_count_by_the_samples_drawn(tiny):
    for wanted in (5, None):
        COUNTED.clear()
        training = qfl.LocalTraining(batch=16, epochs=1, samples=wanted)
        world, _ = played(replace(tiny, rounds=1, training=training, aggregation=Noting()))
        assert sorted(COUNTED) == sorted(wanted or world.task.samples(device) for device in world.placement.home)


def test_devices_and_rounds_draw_apart(tiny):
    training = qfl.LocalTraining(batch=8, epochs=1, samples=8)
    world = World(replace(tiny, training=training))
    held = world.task.samples("device-1-1")
    names = [("device-1-1", "1"), ("device-1-1", "2"), ("device-1-2", "1")]
    draws = [sorted(training.schedule(held, world.ctx.streams.fresh("train", *n)).ravel()) for n in names]
    assert len({tuple(draw) for draw in draws}) == 3


def test_drawing_more_than_a_device_holds_is_refused_before_anything_runs(tiny, tmp_path):
    with pytest.raises(ValueError, match=r"LocalTraining\.samples must be at most \d+, for device-\d-\d holds no more"):
        qfl.run(replace(tiny, training=qfl.LocalTraining(samples=1000)), out=tmp_path)
    assert not list(tmp_path.iterdir())


def test_pixels_do_not_fit_a_circuit(tiny):
    with pytest.raises(ValueError, match="VQC encodes 2 features, the data set has 64"):
        World(replace(tiny, data=qfl.Digits(classes=(0, 1), features=qfl.Pixels())))


def test_cycles_of_the_optimizers(tiny):
    def steps(optimizer):
        world = World(replace(tiny, training=replace(tiny.training, optimizer=optimizer)))
        return world.task.optimizer_cycles(100, 10)

    assert [steps(o) for o in (qfl.Adam(), qfl.SGD(), qfl.SGD(momentum=0.9))] == [15000.0, 2000.0, 4000.0]
