"""A world small enough to be run many times: three servers, three devices each, two qubits, two classes."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings

import qflsim as qfl
from qflsim.units import m, s

ROOT = Path(__file__).parent.parent

TINY = qfl.Scenario(
    name="tiny",
    seed=3,
    rounds=2,
    topology=qfl.DenseCell(servers=3, devices_per_server=3, radius=100 * m),
    qpu=qfl.IBMSnapshot(snapshot="manila", shots=16, job_overhead=0.01 * s),
    model=qfl.VQC(qubits=2, layers=1),
    data=qfl.Digits(classes=(0, 1), features=2),
    training=qfl.LocalTraining(batch=16, epochs=1),
    mixing=qfl.Ring(),
    aer_samples=0,
)

# A busy machine is no fault of the code; speed is shown by benchmarks.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def tiny():
    """The tiny scenario."""
    return TINY


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory):
    """One finished run of the tiny scenario, with its Aer check."""
    from qflsim.experiment import run

    return run(replace(TINY, aer_samples=4, aer_shots=128), out=tmp_path_factory.mktemp("results"))


@pytest.fixture
def command_environment():
    """Environment in which ``python -m qflsim`` finds this source tree."""
    return os.environ | {"PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg", "COLUMNS": "100"}
