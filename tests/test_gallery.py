"""The gallery: every scenario with the question of its file, a small figure, a number, and its command."""

import re
from pathlib import Path

import pytest

from qflsim.commands.listing import question_of

ROOT = Path(__file__).parent.parent
GALLERY = ROOT / "docs" / "gallery.md"
SECTIONS = dict(
    re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", GALLERY.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
)
FILES = {file.stem: file for file in sorted((ROOT / "scenarios").glob("[!_]*.py"))}


def test_every_scenario_is_there_and_no_other():
    assert sorted(SECTIONS) == sorted(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_section_asks_what_its_file_asks_and_answers_with_figure_number_and_command(name):
    section = SECTIONS[name]
    assert f"*{question_of(FILES[name])}*" in section
    assert f"```bash\npython -m qflsim scenarios/{name}.py\n```" in section
    (figure,) = re.findall(r"^\[!\[[^\]]+\]\(([^)]+)\)\]\(\1\)$", section, re.MULTILINE)
    picture = GALLERY.parent / figure
    assert picture.read_bytes().startswith(b"\x89PNG") and picture.stat().st_size < 120_000
    (sentence,) = (block for block in section.strip().split("\n\n") if not block.startswith(("*", "[!", "```")))
    assert re.search(r"\d", sentence) and sentence.endswith(".")
