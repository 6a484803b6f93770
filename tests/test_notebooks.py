"""Notebooks read as plain source: a question, a few cells of code, an answer with a figure that is there."""

import json
import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PAGE = ROOT / "docs" / "notebooks.md"
UNANSWERED = "**Answer.** Not run at full size yet."
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def text(cell):
    return "".join(cell["source"])


def question(path):
    return text(cells(path)[0]).splitlines()[0].removeprefix("# ")


def section(path):
    """What the page says of a notebook: from its heading to the next one."""
    found = re.search(
        rf"^## \[{re.escape(question(path))}\]\(\.\./notebooks/{path.name}\)\n(.*?)(?=^## |\Z)",
        PAGE.read_text(encoding="utf-8"),
        re.DOTALL | re.MULTILINE,
    )
    assert found, f"docs/notebooks.md has no section '## [{question(path)}](../notebooks/{path.name})'"
    return found[1]


@each
def test_a_notebook_is_plain_source(path):
    book = json.loads(path.read_text(encoding="utf-8"))
    nbformat.validate(nbformat.from_dict(book))
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    for cell in book["cells"]:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", cell["id"]), f"name cell {cell['id']} after what it does"
        assert not cell.get("outputs") and cell.get("execution_count") is None, f"clear the output of {cell['id']}"


@each
def test_it_asks_first_and_has_a_small_size(path):
    first, *others = cells(path)
    assert first["cell_type"] == "markdown" and re.match(r"# [^\n]+\?\n", text(first))
    setup = next(text(cell) for cell in others if cell["cell_type"] == "code")
    assert 'SMALL = "QFLSIM_SMALL" in os.environ' in setup


@each
def test_it_answers_with_a_figure_that_is_there_or_not_at_all(path):
    answer = text(cells(path)[-1])
    assert answer.startswith("**Answer.**") and "*Scope*" in answer
    if answer.startswith(UNANSWERED):
        assert not NUMBER.search(answer.partition("*Scope*")[0]), "what was not run at full size has no numbers"
        return
    figure = re.search(r"!\[([^\]]+)\]\(([^)]+)\)", answer)
    assert figure and figure[2] == f"../results/reference/notebooks/{path.stem}.png"
    assert (path.parent / figure[2]).is_file(), f"run it at full size: tests/run_notebooks.py --full {path.name}"


@each
def test_the_page_and_the_readme_list_it(path):
    shown = f"../results/reference/notebooks/{path.stem}.png" in section(path)
    assert shown is not text(cells(path)[-1]).startswith(UNANSWERED)
    assert f"(notebooks/{path.name})" in (ROOT / "README.md").read_text(encoding="utf-8")


@each
def test_the_page_gives_no_number_that_the_answer_does_not(path):
    words = re.sub(r"\]\([^)]*\)", "]", section(path))
    assert set(NUMBER.findall(words)) <= set(NUMBER.findall(text(cells(path)[-1])))
