"""The commands in the guide to looking at runs work as they stand there."""

import re
import shlex
import shutil
from pathlib import Path

from qflsim.cli import main

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "docs" / "guides" / "report.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^python -m qflsim (.+)$", GUIDE, re.MULTILINE)


def test_its_folders_are_those_of_two_runs_in_the_tutorial():
    tutorial = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    accepted = re.findall(r"^python -m qflsim scenarios/6g_dense.py (?!.*=-1$)", tutorial, re.MULTILINE)
    assert len(accepted) == 2
    folders = {word for command in COMMANDS for word in command.split() if word.startswith("results/")}
    assert folders == {"results/6g_dense/seed7", "results/6g_dense/seed7-2"}


def test_its_commands_run_one_after_the_other(tiny_run, tmp_path, monkeypatch, capsys):
    for folder in ("seed7", "seed7-2"):  # those that the tutorial makes
        shutil.copytree(tiny_run.folder, tmp_path / "results" / "6g_dense" / folder)
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    monkeypatch.chdir(tmp_path)
    assert len(COMMANDS) == 6
    for command in COMMANDS:
        assert main(shlex.split(command)) == 0, command
    told = capsys.readouterr().out
    for made in ("report.html", "timeline.json"):
        assert (tmp_path / "results" / "6g_dense" / "seed7" / made).is_file() and f"{made}" in told
    assert (tmp_path / "figures" / "energy.pdf").read_bytes().startswith(b"%PDF")
    assert "No setting differs." in told and "scenarios/6g_dense.py" in told
