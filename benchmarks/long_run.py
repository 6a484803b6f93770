"""Memory of a long run: resident bytes against the round, for three servers with five devices each.

    python benchmarks/long_run.py --rounds 1000 --out long

Training is cheap (two qubits, two classes), everything else is as in any run: five chains, PBFT, signatures, keys,
tables and the durable ledger on disk. What grows with the rounds stands on disk; memory must not.
"""

import argparse
import gc
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import qflsim as qfl
from qflsim.trace import Record, Round
from qflsim.units import m
from qflsim.world import World

SCENARIO = qfl.Scenario(
    name="long_run",
    seed=1,
    rounds=1000,
    topology=qfl.DenseCell(servers=3, devices_per_server=5, radius=100 * m),
    qpu=qfl.EdgeQPU(shots=64),
    model=qfl.VQC(qubits=2, layers=1),
    data=qfl.Digits(classes=(0, 1), features=2),
    training=qfl.LocalTraining(batch=32, epochs=1),
    aer_samples=0,
)
PAGE_BYTE = resource.getpagesize()


def resident_mb() -> float:
    """Memory that this process holds now [MB]."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTE / 1e6


class Watch:
    """Notes memory, objects and time every so many rounds."""

    def __init__(self, every: int) -> None:
        self.every = every
        self.rows: list[tuple[int, float, int, float]] = []
        self.kinds: dict[int, Counter[str]] = {}
        self._began = time.perf_counter()

    def __call__(self, record: Record) -> None:
        """Look at the end of every so many rounds."""
        if isinstance(record, Round) and record.round % self.every == 0:
            gc.collect()
            kinds = Counter(type(item).__name__ for item in gc.get_objects())
            row = (record.round, resident_mb(), kinds.total(), time.perf_counter() - self._began)
            self.rows.append(row)
            self.kinds[record.round] = kinds
            sys.stdout.write(f"| {row[0]:,} | {row[1]:.1f} | {row[2]:,} | {row[3]:.0f} |\n")
            sys.stdout.flush()


def main() -> int:
    """Run, print a line every so many rounds, and what kinds of objects grew most."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--every", type=int, default=50)
    parser.add_argument("--out", default=tempfile.gettempdir(), help="folder for the run's tables and ledger")
    options = parser.parse_args()
    from dataclasses import replace

    world = World(replace(SCENARIO, rounds=options.rounds))
    Path(options.out).mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="long-run-", dir=options.out))
    watch = Watch(options.every)
    world.trace.observe(watch)
    world.trace.open(folder)
    world.keep_ledgers(folder / "ledger.sqlite")
    sys.stdout.write("| round | resident [MB] | Python objects | computing [s] |\n|---|---|---|---|\n")
    world.run()
    world.trace.close()
    world.close_ledgers()
    on_disk = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    sys.stdout.write(f"\non disk: {on_disk:,.0f} MB in {folder}\n")
    first, last = watch.rows[min(1, len(watch.rows) - 1)], watch.rows[-1]
    grown = watch.kinds[last[0]] - watch.kinds[first[0]]
    sys.stdout.write(f"since round {first[0]}: {last[1] - first[1]:+.1f} MB; objects: {grown.most_common(6)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
