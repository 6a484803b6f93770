"""Several learning tasks in one run: each its shard, all over the same devices, links and keys."""

from dataclasses import replace
from itertools import pairwise

import pytest

import qflsim as qfl
from qflsim.checks import ScenarioError
from qflsim.trace import Agreement, Block, Energy, Evaluation, Job, Round
from qflsim.world import World

ZEROS = qfl.Task(name="zeros")
THREES = qfl.Task(name="threes", rounds=3, data=qfl.Digits(classes=(2, 3), features=2), mixing=qfl.Star())


def played(scenario):
    world, records = World(scenario), []
    world.trace.observe(records.append)
    world.run()
    return world, records


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


@pytest.fixture(scope="module")
def two(tiny):
    return played(replace(tiny, tasks=(ZEROS, THREES)))


def test_every_task_goes_through_its_own_rounds_on_its_own_chains(two):
    world, records = two
    rounds = of(records, Round)
    assert [r.round for r in rounds if r.task == "zeros"] == [1, 2]
    assert [r.round for r in rounds if r.task == "threes"] == [1, 2, 3]
    assert all(r.aggregated == 9 for r in rounds)
    heights = {ledger.chain.name: len(ledger.chain.blocks) - 1 for ledger in world.ledgers}
    assert (heights["shard-zeros"], heights["shard-threes"]) == (4, 6)
    assert heights["global"] == 2 * (2 + 3)
    assert heights["lmuc-server-1-zeros"] == 2
    assert all(ledger.chain.verify(world.keyring) is None for ledger in world.ledgers)


def test_blocks_of_the_common_chain_are_decided_one_after_the_other_and_bear_their_tasks_round(two):
    _, records = two
    decisions = sorted((a.started_s, a.ended_s) for a in of(records, Agreement) if a.chain == "global")
    assert all(first[1] <= second[0] for first, second in pairwise(decisions))
    numbers = [block.round for block in of(records, Block) if block.chain == "global"]
    assert sorted(numbers) == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3]


def test_jobs_of_both_tasks_queue_for_the_one_qpu_of_a_device(two, tiny):
    _, records = two
    jobs = sorted((j.started_s, j.ended_s, j.submitted_s) for j in of(records, Job) if j.node == "device-1-1")
    assert len(jobs) == 5
    assert all(first[1] <= second[0] for first, second in pairwise(jobs))
    assert any(started > submitted for started, _, submitted in jobs)
    alone = [j for j in of(played(tiny)[1], Job) if j.node == "device-1-1"]
    assert all(job.started_s == job.submitted_s for job in alone)


def test_a_task_learns_the_same_whatever_else_is_learnt_meanwhile(two, tiny):
    """Contention costs time, not numbers: all updates arrive, late or not."""
    _, records = two
    other = replace(THREES, data=qfl.Digits(classes=(4, 5), features=2))
    _, changed = played(replace(tiny, tasks=(ZEROS, other)))

    def learnt(some):
        return [(e.round, e.accuracy, e.loss) for e in of(some, Evaluation) if (e.task, e.model) == ("zeros", "global")]

    assert learnt(records) == learnt(changed)


def test_what_rounds_say_they_spent_adds_up_to_what_was_spent(two):
    world, records = two
    rounds = of(records, Round)
    assert sum(r.energy_j for r in rounds) == pytest.approx(of(records, Evaluation)[-1].energy_j, rel=1e-12)
    assert sum(r.air_bit for r in rounds) == pytest.approx(world.ctx.totals.air_bit, rel=1e-12)
    assert sum(r.ledger_byte for r in rounds) == world.ctx.totals.ledger_byte


def test_tasks_of_different_servers_share_the_network_and_not_the_devices(tiny):
    apart = (replace(ZEROS, servers=("server-1",)), replace(THREES, mixing=None, servers=("server-2", "server-3")))
    world, records = played(replace(tiny, tasks=apart))
    by_task = {task: {j.node for j in of(records, Job) if j.task == task} for task in ("zeros", "threes")}
    assert not by_task["zeros"] & by_task["threes"]
    assert "device-1-1" in by_task["zeros"]
    assert set(world.models) == {"zeros", "threes"}
    every = [a.validators for a in of(records, Agreement) if a.chain == "global"]
    assert set(every) == {4}, "all servers and the publisher agree on the global chain"


def test_one_task_that_is_named_does_what_the_scenarios_own_fields_do(tiny):
    """Only the name differs."""
    _, unnamed = played(tiny)
    _, named = played(replace(tiny, tasks=(qfl.Task(name="task-1"),)))
    assert repr(unnamed) == repr(named)  # NaN is no equal of itself


def test_a_task_for_a_server_that_is_not_there_is_refused(tiny):
    with pytest.raises(ScenarioError, match=r"Task\.servers must be servers, got 'server-9'; they are server-1, ser"):
        World(replace(tiny, tasks=(qfl.Task(name="lost", servers=("server-9",)),)))


def test_tasks_need_a_name_each(tiny):
    with pytest.raises(ValueError, match=r"Scenario\.tasks must have a name each"):
        replace(tiny, tasks=(ZEROS, ZEROS))
    with pytest.raises(ValueError, match=r"Task\.name must be letters"):
        qfl.Task(name="a b")
    with pytest.raises(ValueError, match=r"Task\.servers must name each server once"):
        qfl.Task(name="a", servers=("server-1", "server-1"))


def test_a_qpu_of_ones_own_is_cooled_all_the_time_and_not_twice(tiny):
    """One task closes the books while the other's jobs run."""
    apart = (replace(ZEROS, servers=("server-1",)), replace(THREES, mixing=None, servers=("server-2", "server-3")))
    world, records = played(replace(tiny, tasks=apart))
    end = max(r.ended_s for r in of(records, Round))
    cooled = [e.energy_j for e in of(records, Energy) if e.cause == "qpu_cooling" and e.node == "device-1-1"]
    power = world.scenario.qpu.plant.idle_energy(world._tasks[0].machines.chip_qubits, 1.0)
    assert sum(cooled) == pytest.approx(power * end, rel=1e-6)
