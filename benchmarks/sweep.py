"""What sharing a sweep out costs: 64 small points on all cores, against the same points one after another.

    python benchmarks/sweep.py --workers 2

Efficiency is the time one after another in one process, divided by workers times the time of the sweep; both include
everything from the first import of a model on, so that each worker's own imports count. A busy machine makes both
numbers worthless; the processor time of both says how much work sharing out adds, whatever else the machine does.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import qflsim as qfl
from qflsim.units import m

SCENARIO = qfl.Scenario(
    name="sweep_benchmark",
    seed=1,
    rounds=20,
    topology=qfl.DenseCell(servers=3, devices_per_server=5, radius=100 * m),
    qpu=qfl.EdgeQPU(shots=64),
    model=qfl.VQC(qubits=4, layers=2),
    data=qfl.Digits(classes=(0, 1)),
    training=qfl.LocalTraining(batch=32, epochs=2),
    aer_samples=0,
)


def swept(workers: int, points: int, rounds: int, out: str) -> None:
    """Run the points."""
    from dataclasses import replace

    made = qfl.sweep(replace(SCENARIO, rounds=rounds), replications=points, workers=workers, out=out, progress=False)
    assert (made.finished, made.failures) == (points, ())


def timed(workers: int, points: int, rounds: int) -> tuple[float, float]:
    """Seconds by the clock and of all processors, in processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, __file__, "--only", str(workers), "--points", str(points), "--rounds", str(rounds),
             "--out", str(Path(folder) / "s")],
            check=True,
        )  # fmt: skip
        took = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Run both and print the ratio."""
    parser = argparse.ArgumentParser(description="64 small points shared out, against one after another")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--points", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--out", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        swept(options.only, options.points, options.rounds, options.out)
        return
    alone, work_alone = timed(1, options.points, options.rounds)
    shared, work_shared = timed(options.workers, options.points, options.rounds)
    print(f"{options.points} points of {options.rounds} rounds on a machine with {os.cpu_count()} cores")
    print(f"one after another        {alone:8.1f} s, {work_alone:8.1f} s of processor time")
    print(f"{options.workers} workers                {shared:8.1f} s, {work_shared:8.1f} s of processor time")
    print(f"efficiency by the clock  {alone / shared / options.workers:8.1%}")
    print(f"work that is the same    {work_alone / work_shared:8.1%}")


if __name__ == "__main__":
    main()
