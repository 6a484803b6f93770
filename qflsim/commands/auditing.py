"""``python -m qflsim audit RUN``: check and search the chains of a run."""

import argparse
import sys
from typing import Any

from .options import count, new_parser, run_folder

__all__ = ["carry_out", "parser"]


def parser() -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        "audit",
        "Check that the chains and tables of a finished run are as they were written; exits with 1 and names the first "
        "bad block of each chain if they are not.",
    )
    run_folder(made)
    what = made.add_mutually_exclusive_group()
    what.add_argument("--find", metavar="TEXT", help="list transactions by kind, sender, task, chain or block hash")
    what.add_argument("--show", metavar="CHAIN:HEIGHT", help="print one block, e.g. global:3")
    what.add_argument("--rollback", metavar="ROUND", type=count(0), help="copy the chains as after this round")
    made.add_argument("--scenario", metavar="FILE", help="scenario file with parts of one's own that contracts name")
    made.add_argument("--into", metavar="FILE", help="the new file that --rollback writes")
    return made


def carry_out(options: argparse.Namespace) -> int:
    """Check, find, show or roll back."""
    if (options.rollback is None) != (options.into is None):
        parser().error("--rollback ROUND and --into FILE belong together")
    from qflsim import audit

    if options.find is not None:
        return audit.find(options.run, options.find, sys.stdout.write)
    if options.show is not None:
        return audit.show(options.run, options.show, sys.stdout.write)
    if options.rollback is not None:
        return audit.roll_back(options.run, options.rollback, options.into, sys.stdout.write)
    return audit.audit(options.run, sys.stdout.write, _known(options.scenario))


def _known(scenario: str | None) -> dict[str, Any] | None:
    """Everything by name that a scenario file, if one is given, may refer to and defines."""
    if scenario is None:
        return None
    from qflsim.loading import load_module
    from qflsim.terminal import known_names

    return known_names(load_module(scenario))
