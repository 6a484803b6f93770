"""``python -m qflsim compare RUN RUN``: what differs between two runs, in settings and in outcomes."""

import argparse
import sys

from .damage import changes_told
from .options import new_parser
from .tabular import columns

__all__ = ["carry_out", "parser"]


def parser() -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser("compare", "Lay two finished runs side by side: the settings that differ, and what came out.")
    made.add_argument("first", metavar="RUN", help="folder of one run, e.g. results/6g_dense/seed7")
    made.add_argument("second", metavar="RUN", help="folder of the other")
    return made


def carry_out(options: argparse.Namespace) -> int:
    """Print both tables."""
    from qflsim.differences import side_by_side

    with changes_told(options.first, options.second):
        pair = side_by_side(options.first, options.second)
    write = sys.stdout.write
    write(f"A  {options.first}\nB  {options.second}\n\n")
    if pair.settings:
        rows = [(line.what, line.first, line.second) for line in pair.settings]
        write("Settings that differ\n" + columns([("", "A", "B"), *rows]))
    else:
        write("No setting differs.\n")
    outcomes = [(line.what, line.first, line.second, line.change) for line in pair.outcomes]
    write("\nWhat came out\n" + columns([("", "A", "B", "B against A"), *outcomes]))
    write("".join(f"\nnote: {note}\n" for note in pair.notes))
    return 0
