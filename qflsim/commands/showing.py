"""``python -m qflsim show RUN``: the summary of a finished run, or the table of a comparison or sweep."""

import argparse
import sys
from pathlib import Path

from .damage import changes_told
from .options import new_parser

__all__ = ["carry_out", "parser"]


def parser() -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        "show", "Print the summary of a run, or the table of a comparison or a sweep, from what it wrote down."
    )
    made.add_argument(
        "run", metavar="RUN", help="folder of a run, a comparison or a sweep, e.g. results/6g_dense/seed7"
    )
    return made


def carry_out(options: argparse.Namespace) -> int:
    """Print it."""
    from qflsim.comparison import compared, is_comparison, tabulate

    folder = Path(options.run)
    if is_comparison(folder):
        sys.stdout.write(tabulate(*compared(folder)))
        return 0
    from qflsim.summary import summarise
    from qflsim.tables import check_run

    check_run(folder)
    with changes_told(folder):
        sys.stdout.write(summarise(folder))
    return 0
