"""The order of one's own on the page on full blocks, as it stands there."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd

PAGE = Path(__file__).parent.parent / "docs" / "background" / "full_blocks.md"
(OWN_ORDER,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


def run(environment, folder, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "qflsim", "own.py", "--quiet", *arguments],
        capture_output=True, text=True, check=False, cwd=folder, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "results" / "fee_buys_time" / "seed7"


def test_the_order_of_the_page_runs_and_a_fee_buys_what_it_says(command_environment, tmp_path):
    waits = []
    for number, worth in enumerate((10_000, 0)):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "own.py").write_text(OWN_ORDER, encoding="utf-8")
        results = run(command_environment, folder, "--set", f"block_limits.order.worth={worth}")
        handed_in = pd.read_csv(results / "submissions.csv")
        waits.append(handed_in.loc[handed_in["kind"] == "global-model", "wait_s"].iloc[0])
    described = json.loads((results / "run.json").read_text())["scenario"]
    assert described["block_limits"]["order"] == {"part": "FeeBuysTime", "worth": 0.0}
    assert waits[0] <= 1.0 < waits[1]  # ahead of nearly all others, or behind what came before
