"""One server that aggregates for all devices against several that mix: the same devices, data and draws."""

from dataclasses import replace

import numpy as np
import pytest

import qflsim as qfl
from qflsim.trace import Agreement, Job, Round, Transfer
from qflsim.units import m
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
def apart(tiny):
    """Five clients in all, on three servers."""
    cells = qfl.DenseCell(servers=3, devices_per_server=(2, 2, 1), radius=100 * m)
    return replace(
        tiny, rounds=3, topology=cells, mixing=qfl.Star(), data=replace(tiny.data, split=qfl.Dirichlet(alpha=0.5))
    )


@pytest.fixture(scope="module")
def several(apart):
    return played(apart)


@pytest.fixture(scope="module")
def one(apart):
    return played(replace(apart, topology=apart.topology.central()))


def test_devices_hold_the_same_data_wherever_they_hang(several, one):
    (first, _), (second, _) = several, one
    assert first.task.devices == second.task.devices
    assert [first.task.samples(d) for d in first.task.devices] == [second.task.samples(d) for d in second.task.devices]


def test_a_star_of_servers_learns_what_a_central_server_learns(several, one):
    """Star mixing weighs each server by its samples, which is FedAvg over all devices; models travel as float32."""
    (first, star), (second, central) = several, one
    np.testing.assert_allclose(first.model, second.model, atol=2e-6)
    for mixed, aggregated in zip(of(star, Round), of(central, Round), strict=True):
        assert mixed.loss == pytest.approx(aggregated.loss, abs=1e-5)
        assert mixed.train_loss == pytest.approx(aggregated.train_loss, abs=1e-5)
        assert mixed.aggregated == aggregated.aggregated == 5
        assert mixed.energy_j > aggregated.energy_j  # three servers with a cryostat each
    losses = [{(j.node, j.round): j.loss for j in of(r, Job) if j.purpose == "train"} for r in (star, central)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)


def test_the_chains_of_a_central_server(one):
    world, records = one
    assert [ledger.chain.name for ledger in world.ledgers] == ["global", "shard-task-1", "lmuc-server-1"]
    validators = {a.chain: a.validators for a in of(records, Agreement)}
    assert validators == {"global": 2, "shard-task-1": 1, "lmuc-server-1": 5}
    assert all(a.decided == a.validators for a in of(records, Agreement))
    assert not [t for t in of(records, Transfer) if t.kind == "mixed-model"]
    for row in of(records, Round):
        assert row.disagreement_before == row.disagreement_after == 0.0
        assert row.own_accuracy == row.own_accuracy_min == row.own_accuracy_max == row.accuracy
        assert row.own_accuracy_std == 0.0


def test_names_by_number_draw_other_batches_from_the_same_data(several, apart):
    numbered = replace(apart, rounds=1, topology=replace(apart.topology, servers=1, devices_per_server=5))
    (first, star), (second, central) = several, played(numbered)
    assert [first.task.samples(d) for d in first.task.devices] == [second.task.samples(d) for d in second.task.devices]
    assert of(star, Round)[0].train_loss == pytest.approx(of(central, Round)[0].train_loss, rel=0.2)
    assert of(star, Round)[0].train_loss != pytest.approx(of(central, Round)[0].train_loss, rel=1e-6)
