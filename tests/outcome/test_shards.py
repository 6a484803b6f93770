"""The summary and the figures of a run of two tasks whose validators are drawn by lot."""

from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.plots import draw_all
from qflsim.summary import summarise


@pytest.fixture(scope="module")
def two(tiny, tmp_path_factory):
    tasks = (qfl.Task(name="a"), qfl.Task(name="b", rounds=3, data=qfl.Digits(classes=(2, 3), features=2)))
    scenario = replace(
        tiny,
        topology=replace(tiny.topology, servers=4, devices_per_server=1),
        mixing=qfl.Star(),
        tasks=tasks,
        sharding=qfl.Sharding(rounds=1),
        payments=qfl.CrossShardTraffic(rate=2.0),
    )
    return qfl.run(scenario, out=tmp_path_factory.mktemp("results"), figures=False)


def test_the_summary_tells_of_every_task_and_of_shards(two):
    text = " ".join(summarise(two.folder).split())
    assert "tiny, seed 3: 5 rounds" in text
    assert "Task a: The global model classifies" in text
    assert "Task b: The global model classifies" in text
    assert "Validators of shards were drawn 3 times from 4 servers, of which 1 is faulty (assumed)" in text
    assert "of at most 1 in a draw, which is not small." in text
    assert "new validators fetched" in text
    assert "One across shards took" in text


def test_all_figures_are_drawn(two):
    assert {file.stem for file in draw_all(two.folder)} >= {"learning", "time", "ledgers", "agreement"}
