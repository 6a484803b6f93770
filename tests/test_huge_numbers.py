"""Whole numbers far beyond sense, in every field of every part that takes one: refused at once, or no more work."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import qflsim as qfl
from qflsim.sweeps.points import points_of
from qflsim.world import World

SCRIPT = Path(__file__).parent / "huge_numbers.py"


def test_a_huge_number_is_refused_in_a_sentence_or_makes_no_more_work(command_environment):
    """Nothing hangs, eats memory or fails in the middle of a run; see the script."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], capture_output=True, text=True, check=False, env=command_environment, timeout=600
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 0, (lines[-1:], done.stderr[-2000:])
    told = dict(line.partition(": ")[::2] for line in lines)
    assert len(told) == len(lines) > 100
    for field, sentence in told.items():
        if sentence:
            assert re.search(field.replace(".", "|"), sentence, re.IGNORECASE), (field, sentence)
            assert re.search("must|cannot|takes|needs|encodes", sentence) and len(sentence) < 400, sentence
    refused = {field for field, sentence in told.items() if sentence}
    assert {"DenseCell.servers", "Scenario.rounds", "LocalTraining.epochs", "SlotTiming.retries"} <= refused


@pytest.mark.parametrize("number", [2**63, 10**30])
def test_no_field_takes_a_whole_number_that_arrays_cannot_hold(number):
    with pytest.raises(ValueError, match=r"Pruned.rounds must be at most 9.22337e\+18 in size"):
        qfl.Pruned(rounds=number)
    assert qfl.Scenario(name="x", seed=number).seed == number  # random streams take any


@pytest.mark.parametrize(
    ("topology", "told"),
    [
        ({"servers": 1000, "devices_per_server": 51}, "must make <= 50000 devices .* got 51000; lower one of them"),
        ({"servers": 2, "devices_per_server": (50_000, 1)}, "must make <= 50000 devices .* got 50001"),
    ],
)
def test_servers_and_devices_count_together(topology, told):
    with pytest.raises(ValueError, match=told):
        qfl.DenseCell(**topology)


def test_sensible_sizes_are_taken():
    qfl.Scenario(name="x", rounds=10_000, topology=qfl.DenseCell(servers=100, devices_per_server=100))
    qfl.LocalTraining(batch=60_000, epochs=1_000)
    qfl.ConvNet(channels=(32, 64), kernel=5, hidden=(512,)).check_task(784, 10)


def test_more_qubits_than_can_be_simulated_are_refused_by_the_name_of_their_field(tiny):
    wide = replace(
        tiny, model=qfl.VQC(qubits=9, layers=1), data=qfl.Digits(classes=(0, 1), features=9), qpu=qfl.EdgeQPU(copies=1)
    )
    with pytest.raises(qfl.ScenarioError, match=r"VQC.qubits must be <= 8, got 9: .* use fewer, and as many features"):
        World(wide)


def test_a_sweep_of_more_points_than_anybody_runs_is_refused(tiny):
    with pytest.raises(qfl.ScenarioError, match=r"got 2000000000 points; .* lower replications"):
        points_of(tiny, {"topology.servers": (3, 4)}, 10**9)
