"""Validators of shards drawn by lot: anew in every epoch, each after it has fetched the chain."""

from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.checks import ScenarioError
from qflsim.trace import Agreement, Refusal, Retrieval, Round, ShardDraw
from qflsim.world import World


def played(scenario):
    world, records = World(scenario), []
    world.trace.observe(records.append)
    world.run()
    return world, records


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


@pytest.fixture(scope="module")
def many(tiny):
    return replace(
        tiny,
        rounds=3,
        topology=replace(tiny.topology, servers=6, devices_per_server=1),
        mixing=qfl.Star(),
        sharding=qfl.Sharding(rounds=1),
        tasks=(qfl.Task(name="a"), qfl.Task(name="b", data=qfl.Digits(classes=(2, 3), features=2))),
    )


@pytest.fixture(scope="module")
def drawn(many):
    return played(many)


def test_all_servers_are_dealt_out_and_only_the_drawn_validate(drawn):
    _, records = drawn
    draws = {(draw.task, draw.epoch): draw.validators.split() for draw in of(records, ShardDraw)}
    for epoch in range(3):
        dealt = [*draws["a", epoch], *draws["b", epoch]]
        assert sorted(dealt) == [f"server-{i}" for i in range(1, 7)]
    shards = [decision for decision in of(records, Agreement) if decision.chain.startswith("shard-")]
    assert {decision.validators for decision in shards} == {3}
    assert all(round_.aggregated == 6 for round_ in of(records, Round))
    assert not of(records, Refusal)


def test_new_validators_fetch_the_chain_before_they_validate(drawn):
    _, records = drawn
    fetched = [errand for errand in of(records, Retrieval) if errand.kind == "handover"]
    later = [draw for draw in of(records, ShardDraw) if draw.epoch]
    assert len(fetched) == sum(draw.new for draw in later) > 0
    assert all(errand.size_byte > 0 and errand.outcome == "whole" for errand in fetched)
    assert all(draw.seated == draw.size == 3 for draw in later)
    assert all((draw.seated_s > draw.began_s) == bool(draw.new) for draw in later)
    by_height = sorted((errand.height, errand.size_byte) for errand in fetched)
    assert by_height[0][1] < by_height[-1][1], "a longer chain takes more bytes"


def test_epochs_last_as_many_rounds_as_said(many):
    _, records = played(replace(many, tasks=(), sharding=qfl.Sharding(rounds=2, validators=4)))
    assert [(draw.round, draw.size) for draw in of(records, ShardDraw)] == [(1, 4), (3, 4)]


def test_the_odds_of_a_draw_stand_in_the_table_and_are_said_before_the_run(many, drawn):
    _, records = drawn
    draw = of(records, ShardDraw)[0]
    assert (draw.nodes, draw.faulty, draw.assumed, draw.tolerated) == (6, 1, True, 0)
    assert draw.failure_probability == pytest.approx(0.5), "the faulty one of six is in this half or the other"
    (note,) = [note for note in World(many).notes() if "shards" in note]
    assert "of which 1 is faulty (assumed)" in note
    assert note.endswith("1 in a draw and 1 in 3 draws; this is not small: use larger shards, or fewer of them")
    held = replace(many, threats=(qfl.Crash(nodes=("server-1", "server-2")),))
    (note,) = [note for note in World(held).notes() if "shards" in note]
    assert "of which 2 are faulty (held by threats)" in note


def test_lots_fall_by_epoch_and_seed_and_on_all_alike():
    import numpy as np

    servers = [f"server-{i}" for i in range(7)]
    counts = dict.fromkeys(servers, 0)
    rng = np.random.default_rng(3)
    for _ in range(2000):
        dealt = qfl.Sharding().assign(servers, ["a", "b"], lambda name: rng)
        assert sorted((*dealt["a"], *dealt["b"])) == servers
        assert (len(dealt["a"]), len(dealt["b"])) == (3, 4)
        for server in dealt["a"]:
            counts[server] += 1
    assert all(count == pytest.approx(2000 * 3 / 7, rel=0.1) for count in counts.values())


def test_shards_larger_than_there_are_servers_are_refused(many):
    with pytest.raises(ScenarioError, match=r"Scenario\.sharding needs 9 servers for its 2 shards, and there are 6"):
        World(replace(many, sharding=qfl.Sharding(validators=9)))
