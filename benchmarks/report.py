"""A trace of a million rows to its report, and to its timeline: CPU time and memory, each in a process of its own.

A small run is made, and the rows of its longest tables are repeated: nine in ten of the million are messages, the
others QPU jobs, keys, agreements, blocks, energy and storage. Processor time is measured, not wall time, so that other
work on the machine does not count.

    python benchmarks/report.py [--rows 1000000]
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pandas as pd

import qflsim as qfl

MESSAGES = 0.9
OTHERS = ("jobs", "keys", "agreements", "blocks", "energy", "storage", "propagation")
LIMIT_S, LIMIT_MIB = 20.0, 1024.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as place:
        scenario = replace(qfl.load(Path(__file__).parents[1] / "scenarios" / "6g_dense.py"), rounds=5, aer_samples=0)
        folder = qfl.run(scenario, out=place, figures=False).folder
        print(f"{lengthened(folder, rows):,} rows, {sum(f.stat().st_size for f in folder.glob('*.csv')) / 1e6:.0f} MB")
        met = [measured(name, folder) for name in ("report", "timeline")]
    return 0 if all(met) else 1


def lengthened(folder: Path, rows: int) -> int:
    """Repeat rows of the run's tables until there are about so many; returns their number."""
    repeat(folder / "transfers.csv", round(MESSAGES * rows))
    for table in OTHERS:
        repeat(folder / f"{table}.csv", round((1.0 - MESSAGES) * rows / len(OTHERS)))
    return sum(file.read_bytes().count(b"\n") - 1 for file in folder.glob("*.csv"))


def repeat(path: Path, rows: int) -> None:
    """Every row as often as it takes, in the order of rounds, as a run writes them."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    copies = -(-rows // len(table))
    table.loc[table.index.repeat(copies)].head(rows).to_csv(path, index=False, lineterminator="\n")


def measured(name: str, folder: Path) -> bool:
    """Processor time and peak memory of ``python -m qflsim NAME FOLDER``; whether both are within their limits."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    code = (
        "import resource, sys; from qflsim.cli import main; code = main(sys.argv[1:]); "
        "sys.stderr.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code, name, str(folder)], capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    mib = int(done.stderr.split()[-1]) / 1024.0
    size = next(folder.glob(f"{name}.*")).stat().st_size / 1e6
    limits = f"at most {LIMIT_S:.0f} s and {LIMIT_MIB:.0f} MiB"
    print(f"{name:<9} {seconds:5.1f} s of processor time, {mib:5.0f} MiB ({limits}); file of {size:.1f} MB")
    return seconds < LIMIT_S and mib < LIMIT_MIB


if __name__ == "__main__":
    sys.exit(main())
