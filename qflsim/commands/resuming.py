"""``python -m qflsim resume RUN --from-round R``: go on from a round of a run."""

import argparse

from .options import count, new_parser, run_folder

__all__ = ["carry_out", "parser"]


def parser() -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser(
        "resume",
        "Go on from a round of a run, whether it was finished, interrupted or killed: a new run whose chains begin "
        "with the blocks up to there and whose first model is that round's global one. The run itself stays as it is.",
    )
    run_folder(made)
    made.add_argument("--from-round", metavar="ROUND", type=count(1), required=True, help="the last round to keep")
    made.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[],
        help="change a field from there on, e.g. rounds=40; what the chains say must stay: nodes, seed, model, terms",
    )  # fmt: skip
    made.add_argument("--scenario", metavar="FILE", help="scenario file with parts of one's own that the run used")
    made.add_argument("--out", default="results", metavar="FOLDER", help="where the new folder goes (default results)")
    made.add_argument("--quiet", action="store_true", help="no progress bar and no summary, only the path")
    return made


def carry_out(options: argparse.Namespace) -> int:
    """Go on, and tell how it went."""
    from qflsim.terminal import resume_from_command_line

    return resume_from_command_line(
        options.run, options.from_round, scenario=options.scenario, overrides=options.set, out=options.out,
        quiet=options.quiet,
    )  # fmt: skip
