"""What the guide to storage and formats shows works as it stands there."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import qflsim as qfl
from qflsim.trace import Retrieval, Round, Storage
from qflsim.world import World

GUIDE = Path(__file__).parent.parent / "docs" / "guides" / "storage.md"
SMALL, MILESTONES, TURNS = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


def shown(code):
    names = {"__name__": "guide"}
    exec(code, names)
    return names


def played(scenario):
    world, records = World(scenario), []
    world.trace.observe(records.append)
    world.run()
    return records


def test_the_scenario_of_the_guide_is_one():
    scenario = shown(SMALL)["scenario"]
    assert scenario.storage.of("device", "global") == qfl.Light()
    assert scenario.storage.of("server", "global").room == 2000 * 8e3


def test_a_policy_of_ones_own_keeps_milestones(tiny):
    policy = shown(MILESTONES)["scenario"].storage
    records = played(replace(tiny, rounds=4, storage=policy))
    last = [row for row in records if isinstance(row, Storage) and row.round == 4]
    assert {row.mode for row in last} == {"milestones"}
    assert {row.bodies for row in last if row.chain.startswith("lmuc")} == {2}
    read = [row for row in records if isinstance(row, Retrieval)]
    assert read and all((row.outcome == "whole") == (row.height % 2 == 0) for row in read)


def test_a_format_of_ones_own_writes_angles(tiny):
    form = shown(TURNS)["scenario"].compression
    model = np.array([0.5, -1.0, 6.0, 0.0])
    packed = form.encode(model, np.random.default_rng(1))
    assert len(packed) == 8 and form.encode(form.decode(packed), None) == packed
    np.testing.assert_allclose(form.decode(packed), np.mod(model, 2 * np.pi), atol=np.pi / 65536)
    records, plain = (played(replace(tiny, compression=c)) for c in (form, qfl.Float32()))
    ends = [[row.loss for row in run if isinstance(row, Round)][-1] for run in (records, plain)]
    assert ends[0] != ends[1] and ends[0] == pytest.approx(ends[1], abs=0.01)
