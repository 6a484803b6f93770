"""``python -m qflsim report RUN``: the run, a comparison or a sweep, as a page for the browser."""

import argparse
import sys

from .damage import changes_told
from .options import new_parser

__all__ = ["carry_out", "parser"]


def parser() -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        "report", "Write report.html of a finished run, comparison or sweep: one file that opens without a network."
    )
    made.add_argument(
        "run", metavar="RUN", help="folder of a run, a comparison or a sweep, e.g. results/6g_dense/seed7"
    )
    made.add_argument("--out", metavar="FILE", help="the file to write (default: report.html in the folder)")
    return made


def carry_out(options: argparse.Namespace) -> int:
    """Write it, and say where."""
    from qflsim.report import write_report

    with changes_told(options.run):
        file = write_report(options.run, into=options.out)
    sys.stdout.write(f"{file}\n")
    return 0
