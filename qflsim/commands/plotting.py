"""``python -m qflsim plot RUN``: the figures of a run or of a comparison, from their tables alone."""

import argparse
import sys
from pathlib import Path

from .damage import changes_told
from .options import new_parser

__all__ = ["carry_out", "parser"]


def parser() -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser("plot", "Draw the figures of a finished run, or of a comparison, from its tables.")
    made.add_argument("run", metavar="RUN", help="folder of a run or of a comparison, e.g. results/6g_dense/seed7")
    made.add_argument(
        "--format", metavar="F", default="png", help="png, pdf or svg, or several separated by commas (default png)"
    )
    made.add_argument(
        "--only", metavar="NAME", action="append", default=[], help="only this figure, e.g. energy; repeatable"
    )
    made.add_argument(
        "--size", metavar="S", default="screen",
        help="screen; or for print page (7.16 inch wide) or column (3.5 inch), text of 7 points (default screen)",
    )  # fmt: skip
    made.add_argument("--out", metavar="FOLDER", help="where the files go (default: the run's folder)")
    return made


def carry_out(options: argparse.Namespace) -> int:
    """Draw, and print the files."""
    from qflsim.comparison import is_comparison
    from qflsim.plots import draw_all, draw_comparison
    from qflsim.tables import check_run

    folder, formats = Path(options.run), tuple(dict.fromkeys(options.format.split(",")))
    if is_comparison(folder):
        files = draw_comparison(folder, formats, into=options.out, size=options.size)
    else:
        check_run(folder)
        with changes_told(folder):
            files = draw_all(folder, formats, only=options.only, into=options.out, size=options.size)
    sys.stdout.write("".join(f"{file}\n" for file in files))
    return 0
