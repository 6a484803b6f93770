"""Rounds that do not wait for everybody: who is used when, and what becomes of the rest."""

from collections import Counter
from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.trace import Job, Rejection, Round, UpdateFate
from qflsim.units import s
from qflsim.world import World

RULES = (
    qfl.Synchronous(),
    qfl.FirstK(k=1),
    qfl.Deadline(seconds=30 * s),
    qfl.Buffered(k=2),
    qfl.Asynchronous(),
)


def played(scenario):
    world, records = World(scenario), []
    world.trace.observe(records.append)
    world.run()
    return world, records


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


@pytest.fixture(scope="module")
def runs(tiny):
    slow = replace(tiny, rounds=4, speeds=qfl.QueueingDelays(mean=30 * s))
    return {type(rule).__name__: played(replace(slow, participation=rule)) for rule in RULES}


def test_no_update_is_lost_in_silence(runs):
    for name, (_, records) in runs.items():
        rounds, fates = of(records, Round), of(records, UpdateFate)
        assert len(fates) == sum(r.selected for r in rounds), name
        assert len({(f.device, f.started_round) for f in fates}) == len(fates), name
        assert all(f.used == (not f.reason) for f in fates), name
        used = Counter(f.round for f in fates if f.used)
        assert {r.round: r.aggregated for r in rounds} == {r.round: used[r.round] for r in rounds}, name


def test_everybody_is_waited_for_only_in_synchronous_rounds(runs):
    ended = {name: of(records, Round)[0].ended_s for name, (_, records) in runs.items()}
    assert min(ended.values()) < ended["Synchronous"] == max(ended.values())
    assert ended["FirstK"] == pytest.approx(ended["Asynchronous"], abs=1e-3)
    assert ended["FirstK"] < ended["Buffered"]
    assert all(f.staleness == 0 and f.weight == 1.0 for f in of(runs["Synchronous"][1], UpdateFate))


def test_late_updates_are_used_later_by_their_staleness(runs):
    for name in ("FirstK", "Deadline", "Buffered", "Asynchronous"):
        fates = [f for f in of(runs[name][1], UpdateFate) if f.used]
        share = 0.6 if name == "Asynchronous" else 1.0
        assert any(f.staleness for f in fates), name
        for f in fates:
            assert f.staleness == f.round - f.started_round
            assert f.weight == pytest.approx(share * (1 + f.staleness) ** -0.5)
            assert f.chosen_s < f.signed_s <= f.arrived_s


def test_a_deadline_ends_the_training_of_every_round(runs):
    for r in of(runs["Deadline"][1], Round):
        assert 30 * s <= r.distribute_s + r.train_s < 32 * s


def test_weights_act_on_the_model(tiny, runs):
    flat = qfl.FirstK(k=1, staleness=qfl.ConstantWeight())
    slow = replace(tiny, rounds=4, speeds=qfl.QueueingDelays(mean=30 * s), participation=flat)
    losses = [[r.loss for r in of(records, Round)] for _, records in (played(slow), runs["FirstK"])]
    assert losses[0][0] == losses[1][0]
    assert losses[0][-1] != losses[1][-1]


def test_late_devices_are_broken_off_if_their_updates_are_not_wanted(tiny):
    scenario = replace(tiny, speeds=qfl.QueueingDelays(mean=30 * s), participation=qfl.FirstK(k=1, longest=0))
    _, records = played(scenario)
    fates = of(records, UpdateFate)
    assert Counter(f.reason for f in fates) == {"": 6, "late": 12}
    assert {r.selected for r in of(records, Round)} == {9}


def test_what_takes_too_long_is_broken_off(tiny):
    rule = qfl.FirstK(k=1, longest=1)
    _, records = played(replace(tiny, rounds=6, speeds=qfl.QueueingDelays(mean=60 * s), participation=rule))
    fates = of(records, UpdateFate)
    assert any(f.reason == "too stale" for f in fates)
    assert max(f.staleness for f in fates if f.used) == 1


def test_chains_with_late_updates_verify(runs):
    for world, records in runs.values():
        assert all(ledger.chain.verify(world.keyring) is None for ledger in world.ledgers)
        assert not of(records, Rejection)


def test_slower_devices_take_longer_and_more_energy(tiny):
    equal, spread = (played(replace(tiny, rounds=1, speeds=speeds))[1]
                     for speeds in (qfl.EqualSpeeds(), qfl.LognormalSpeeds(sigma=1.0)))  # fmt: skip
    before = {job.node: job for job in of(equal, Job)}
    ratios = {}
    for job in of(spread, Job):
        ratio = (job.ended_s - job.started_s) / (before[job.node].ended_s - before[job.node].started_s)
        assert job.control_j == pytest.approx(ratio * before[job.node].control_j)
        ratios[job.node] = ratio
    assert {node: ratio for node, ratio in ratios.items() if node.startswith("server")} == pytest.approx(
        {"server-1": 1.0, "server-2": 1.0, "server-3": 1.0}
    )
    assert len({round(ratio, 6) for node, ratio in ratios.items() if node.startswith("device")}) == 9
