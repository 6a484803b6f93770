"""The files of the tutorial, as they stand there."""

import re
import shlex
from pathlib import Path

import pandas as pd
import pytest

from qflsim.cli import main

ROOT = Path(__file__).parent.parent
TUTORIAL = ROOT / "docs" / "tutorial.md"
DISTANCE, PLAIN_MEAN, FROM_PYTHON = re.findall(r"```python\n(.*?)```", TUTORIAL.read_text(encoding="utf-8"), re.DOTALL)


COMMANDS = [
    shlex.split(line)
    for block in re.findall(r"```bash\n(.*?)```", TUTORIAL.read_text(encoding="utf-8"), re.DOTALL)
    for line in block.replace("\\\n", " ").splitlines()
    if "scenarios/" in line
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_its_commands_run_and_what_cannot_be_is_refused(command, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert command[:3] == ["python", "-m", "qflsim"]
    given, refused = command[3:], "rounds=-1" in command
    small = ["topology.devices_per_server=3", "aer_samples=0", *([] if refused else ["rounds=1"])]
    overrides = [word for value in small for word in ("--set", value)]
    assert main([*given, *overrides, "--out", str(tmp_path), "--quiet"]) == (2 if refused else 0)


def test_the_scenario_of_the_tutorial_compares_distances(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with_part = DISTANCE.replace("\nscenario =", f"\n{PLAIN_MEAN}\nscenario =")
    Path("distance.py").write_text(with_part.replace("rounds=3,", "rounds=3,\n    aggregation=PlainMean(),"))
    assert main(["distance.py", "--quiet", "--set", "rounds=1", "--set", "aer_samples=0"]) == 0
    compared = pd.read_csv("results/distance/seed1/comparison.csv")
    assert list(compared["variant"]) == ["10 km", "130 km", "135 km"]
    assert compared["round_s"].is_monotonic_increasing and compared["accuracy"].nunique() == 1


def test_a_run_from_python_gives_its_rounds(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("distance.py").write_text(DISTANCE.replace("rounds=3", "rounds=1, aer_samples=0"))
    exec(FROM_PYTHON, {})
    assert "accuracy" in capsys.readouterr().out
