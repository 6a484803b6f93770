"""``python -m qflsim list``: the scenarios in a folder, and the question that each asks."""

import argparse
import ast
import sys
from pathlib import Path
from textwrap import fill

from qflsim.checks import ScenarioError

from .options import new_parser

__all__ = ["carry_out", "parser", "question_of"]


def parser() -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser("list", "List the scenarios of a folder with the question that each one's docstring asks.")
    made.add_argument("folder", nargs="?", default="scenarios", help="where they are (default scenarios)")
    return made


def carry_out(options: argparse.Namespace) -> int:
    """Print file and question of each."""
    folder = Path(options.folder)
    if not folder.is_dir():
        raise ScenarioError(f"there is no folder {folder}; give the one that holds your scenario files")
    files = sorted([*folder.glob("[!_]*.py"), *(path.parent for path in folder.glob("[!_]*/__main__.py"))])
    if not files:
        raise ScenarioError(f"{folder} holds no scenario files; a scenario is a file like scenarios/6g_dense.py")
    texts = (
        f"{file}\n{fill(question_of(file), 96, initial_indent='    ', subsequent_indent='    ')}" for file in files
    )
    sys.stdout.write("\n\n".join(texts) + "\n")
    return 0


def question_of(file: Path) -> str:
    """The first paragraph of a scenario file's docstring, or why there is none; the file is not executed.

    Of a folder that is run as a whole, it is the file that runs it.
    """
    path = file / "__main__.py" if file.is_dir() else file
    try:
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    except SyntaxError as error:
        return f"(cannot be read: line {error.lineno or 1}: {error.msg})"
    except (OSError, ValueError) as error:
        return f"(cannot be read: {error})"
    return " ".join((text or "").partition("\n\n")[0].split()) or "(its docstring asks no question)"
