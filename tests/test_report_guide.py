"""The commands in the guide to looking at runs work as they stand there."""

import re
import shlex
import shutil
from pathlib import Path

from qflsim.cli import main

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "docs" / "guides" / "report.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^python -m qflsim (.+)$", GUIDE, re.MULTILINE)


def test_its_commands_run_one_after_the_other(tiny_run, tmp_path, monkeypatch, capsys):
    for seed in (3, 4):
        shutil.copytree(tiny_run.folder, tmp_path / "results" / "tiny" / f"seed{seed}")
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    monkeypatch.chdir(tmp_path)
    assert len(COMMANDS) == 6
    for command in COMMANDS:
        assert main(shlex.split(command)) == 0, command
    told = capsys.readouterr().out
    for made in ("report.html", "timeline.json"):
        assert (tmp_path / "results" / "tiny" / "seed3" / made).is_file() and f"{made}" in told
    assert (tmp_path / "figures" / "energy.pdf").read_bytes().startswith(b"%PDF")
    assert "No setting differs." in told and "scenarios/6g_dense.py" in told
