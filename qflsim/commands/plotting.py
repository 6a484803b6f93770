"""``python -m qflsim plot RUN``: the figures of a run or of a comparison, from their tables alone."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill

from .damage import changes_told
from .options import new_parser

__all__ = ["carry_out", "parser"]


def parser() -> argparse.ArgumentParser:
    """Its arguments."""
    from qflsim.plots import FIGURES

    made = new_parser(
        "plot",
        "Draw the figures of a finished run, or of a comparison, from its tables.",
        f"figures of a run, which has those that it has something to show for:\n{_listed(FIGURES)}\n"
        "a comparison or a sweep has one figure, comparison",
    )
    made.add_argument("run", metavar="RUN", help="folder of a run or of a comparison, e.g. results/6g_dense/seed7")
    made.add_argument(
        "--format", metavar="F", default="png", help="png, pdf or svg, or several separated by commas (default png)"
    )
    made.add_argument(
        "--only", metavar="NAME,NAME", action="append", default=[],
        help="only these figures of a run, e.g. energy or energy,time; repeatable",
    )  # fmt: skip
    made.add_argument(
        "--size", metavar="S", default="screen",
        help="screen; or for print page (7.16 inch wide) or column (3.5 inch), text of 7 points (default screen)",
    )  # fmt: skip
    made.add_argument("--out", metavar="FOLDER", help="where the files go (default: the run's folder)")
    return made


def carry_out(options: argparse.Namespace) -> int:
    """Draw, and print the files."""
    from qflsim.comparison import is_comparison
    from qflsim.plots import draw_all, draw_comparison, refuse_unknown
    from qflsim.tables import check_run

    folder, formats, only = Path(options.run), _names([options.format]), _names(options.only)
    if is_comparison(folder):
        refuse_unknown([name for name in only if name != "comparison"])
        files = draw_comparison(folder, formats, into=options.out, size=options.size)
    else:
        check_run(folder)
        with changes_told(folder):
            files = draw_all(folder, formats, only=only, into=options.out, size=options.size)
    sys.stdout.write("".join(f"{file}\n" for file in files))
    for name in only:
        if name not in {file.stem for file in files}:
            sys.stderr.write(f"qflsim: note: {_without(folder, name)}\n")
    return 0


def _names(given: Sequence[str]) -> tuple[str, ...]:
    """Names that stand one by one or with commas between them, each once."""
    return tuple(dict.fromkeys(name.strip() for text in given for name in text.split(",")))


def _listed(names: Sequence[str]) -> str:
    return fill(", ".join(names), 78, initial_indent="  ", subsequent_indent="  ")


def _without(folder: Path, name: str) -> str:
    """Why a figure that was asked for is not there."""
    from qflsim.comparison import is_comparison

    if is_comparison(folder):
        return f"{folder} is a comparison, whose one figure is comparison; {name} is a figure of its single runs"
    return f"the run in {folder} has nothing to show in the figure {name}, so it is not drawn"
