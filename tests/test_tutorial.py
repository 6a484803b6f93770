"""The files of the tutorial, as they stand there."""

import re
from pathlib import Path

import pandas as pd

from qflsim.cli import main

TUTORIAL = Path(__file__).parent.parent / "docs" / "tutorial.md"
DISTANCE, PLAIN_MEAN, FROM_PYTHON = re.findall(r"```python\n(.*?)```", TUTORIAL.read_text(encoding="utf-8"), re.DOTALL)


def test_the_scenario_of_the_tutorial_compares_distances(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with_part = DISTANCE.replace("\nscenario =", f"\n{PLAIN_MEAN}\nscenario =")
    Path("distance.py").write_text(with_part.replace("rounds=3,", "rounds=3,\n    aggregation=PlainMean(),"))
    assert main(["distance.py", "--quiet", "--set", "rounds=1", "--set", "aer_samples=0"]) == 0
    compared = pd.read_csv("results/distance/seed1/comparison.csv")
    assert list(compared["variant"]) == ["10 km", "50 km", "100 km"]


def test_a_run_from_python_gives_its_rounds(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("distance.py").write_text(DISTANCE.replace("rounds=3", "rounds=1, aer_samples=0"))
    exec(FROM_PYTHON, {})
    assert "accuracy" in capsys.readouterr().out
