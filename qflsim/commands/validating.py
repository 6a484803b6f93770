"""``python -m qflsim validate``: every model against published results."""

import argparse
import sys

from .options import new_parser

__all__ = ["carry_out", "parser"]


def parser() -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser("validate", "Compare every model with published results; exits with 1 if one comparison fails.")
    made.add_argument(
        "--only",
        metavar="TEXT",
        default="",
        help="only areas whose name contains TEXT, e.g. radio, or else what is about it, e.g. 'path loss'",
    )
    return made


def carry_out(options: argparse.Namespace) -> int:
    """Compare, and print the table."""
    from qflsim.validation import validate

    return validate(only=options.only, write=sys.stdout.write)
