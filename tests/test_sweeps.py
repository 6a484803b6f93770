"""Sweeps as their user meets them: all points there, the same bytes whoever ran them, nothing lost, nothing twice."""

import os
import signal
from dataclasses import replace

import pytest

import qflsim as qfl
from qflsim.sweeps import worker
from qflsim.tables import read_run, read_table

FILE = '''"""A scenario of a test, with a part of its user's own."""
from dataclasses import dataclass
import qflsim as qfl
from qflsim.units import m

def gain():
    return 0.5

@dataclass(frozen=True, kw_only=True)
class Lazy(qfl.Mixing):
    """Servers that listen with half an ear."""

    patience: float = 1.0

    def matrix(self, servers, rng):
        if self.patience < 0.0:
            raise RuntimeError("no patience left")
        from qflsim import Star
        import numpy as np
        return (1 - gain()) * np.eye(servers) + gain() * Star().matrix(servers, rng)

scenario = qfl.Scenario(
    name="small", seed=3, rounds=1, topology=qfl.DenseCell(servers=2, devices_per_server=2, radius=100 * m),
    qpu=qfl.EdgeQPU(shots=16), model=qfl.VQC(qubits=2, layers=1), data=qfl.Digits(classes=(0, 1), features=2),
    training=qfl.LocalTraining(batch=16, epochs=1), background=None, aer_samples=0,
)
'''


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A scenario file, and the scenario in it."""
    file = tmp_path_factory.mktemp("scenario") / "small.py"
    file.write_text(FILE)
    return file, qfl.load(file)


@pytest.fixture
def alone(small, tmp_path):
    """Sweep in this process into one folder."""
    return lambda base=small[1], **axes: qfl.sweep(base, workers=1, out=tmp_path / "s", progress=False, **axes)


def files(folder):
    """Everything that was written below a folder, by path."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_every_combination_and_replication_is_there_with_its_settings(alone):
    made = alone(axes={"topology.servers": (2, 3)}, mixing=[qfl.Ring(), qfl.Star()], replications=2)
    rounds, compared = made.table("rounds"), made.comparison
    assert (made.finished, made.ran, made.failures) == (8, 8, ())
    assert list(rounds.columns[:4]) == ["topology.servers", "mixing", "replication", "round"]
    assert compared["topology.servers"].tolist() == [2] * 4 + [3] * 4
    assert compared["mixing"].tolist() == ["Ring()", "Ring()", "Star()", "Star()"] * 2
    assert compared["replication"].tolist() == [0, 1] * 4
    for row in compared.itertuples():
        run = read_run(made.folder / row.folder)
        assert run["scenario"]["topology"]["servers"] == row[1]
        assert run["replication"] == row.replication
        assert read_table(made.folder / row.folder, "rounds")["loss"].iloc[-1] == row.loss


def test_a_point_is_the_run_that_anybody_makes(alone, small, tmp_path):
    made = alone(axes={"seed": (4,)}, replications=2)
    alike = qfl.run(replace(small[1], seed=4), replication=1, out=tmp_path / "single", figures=False)
    point = made.folder / made.comparison["folder"].iloc[1]
    assert {n: b for n, b in files(point).items() if n != "comparison.csv"} == {
        n: b for n, b in files(alike.folder).items() if "ledger" not in n
    }


def test_finished_points_are_not_run_again_and_a_store_grows(alone):
    first = alone(axes={"topology.servers": (2,)})
    stamps = {p: p.stat().st_mtime_ns for p in (first.folder / "points").rglob("*.csv")}
    assert alone(axes={"topology.servers": (2,)}).ran == 0
    grown = alone(axes={"topology.servers": (3, 2)}, replications=2)
    assert (grown.finished, grown.ran) == (4, 3)
    assert grown.comparison["topology.servers"].tolist() == [3, 3, 2, 2]
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items())


@pytest.mark.parametrize("killed_after", [0, 2])
def test_a_killed_sweep_goes_on_where_it_was(alone, small, tmp_path, killed_after):
    child = os.fork()
    if child == 0:  # dies with a point half done
        left = [killed_after]
        whole = worker.carry_out

        def half(world, folder, **more):
            if left[0] == 0:
                (folder / "rounds.csv").write_text("half a ro")
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            return whole(world, folder, **more)

        worker.carry_out = half
        alone(replications=3)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    made = alone(replications=3)
    assert (made.finished, made.ran) == (3, 3 - killed_after)
    fresh = qfl.sweep(small[1], workers=1, out=tmp_path / "fresh", progress=False, replications=3)
    assert files(made.folder) == files(fresh.folder)
