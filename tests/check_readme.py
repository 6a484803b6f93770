"""Check what the README shows of its main job: the sentences that the run prints, and the table that is kept of it.

Run it as ``python tests/check_readme.py results/6g_dense/seed7`` after the README's first command.
"""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
from pandas.testing import assert_frame_equal

ROOT = Path(__file__).parents[1]


def faults(run: Path) -> list[str]:
    """What the README and ``results/reference/`` say otherwise than the run."""
    printed = subprocess.run(
        [sys.executable, "-m", "qflsim", "show", str(run)], capture_output=True, text=True, check=True
    ).stdout
    shown = re.search(r"```text\n(learning .*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert shown, "the README shows no sentences of its run"
    found = [f"README.md: the run does not print: {line}" for line in shown[1].splitlines() if line not in printed]
    kept, made = (pd.read_csv(folder / "rounds.csv") for folder in (ROOT / "results/reference/6g_dense", run))
    try:
        assert_frame_equal(kept, made, rtol=1e-6)
    except AssertionError as differs:
        found.append(f"results/reference/6g_dense/rounds.csv: {' '.join(str(differs).split())}")
    return found


def main() -> int:
    """Print what is wrong; the exit code is 1 if anything is."""
    (run,) = map(Path, sys.argv[1:])
    found = faults(run)
    sys.stdout.write("\n".join(found or ["README.md and results/reference/6g_dense say what the run says"]) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
