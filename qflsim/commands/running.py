"""``python -m qflsim scenarios/….py``: run a scenario, or its variants."""

import argparse

from .options import count, new_parser

__all__ = ["carry_out", "parser"]

_EPILOG = """\
examples:
  python -m qflsim scenarios/6g_dense.py
  python -m qflsim scenarios/6g_dense.py --set rounds=3 --set topology.devices_per_server=10 --set "mixing=Star()"
  python -m qflsim scenarios/paper.py --seed 11 --replications 3 --out elsewhere

other commands, each with a --help of its own:
"""


def parser() -> argparse.ArgumentParser:
    """Its arguments."""
    from . import COMMANDS

    others = (f"  {word:<11} {about}" for word, (_, about) in COMMANDS.items())
    made = new_parser(
        "",
        "Simulate quantum federated learning over blockchains in 6G networks: accuracy, latency, energy, storage and "
        "key consumption from one timeline.",
        _EPILOG + "\n".join(others),
    )
    made.add_argument("scenario", help="scenario file, e.g. scenarios/6g_dense.py; or one of the commands below")
    made.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[], help="change a field, nested by dots; repeatable"
    )
    made.add_argument("--seed", type=count(0), metavar="N", help="seed in place of the scenario's own")
    made.add_argument(
        "--replications", type=count(1), default=1, metavar="R", help="independent repetitions (default 1)"
    )
    made.add_argument("--out", default="results", metavar="FOLDER", help="where run folders go (default results)")
    made.add_argument(
        "--quiet", action="store_true", help="no progress bar and no summary, only the path of the results"
    )
    return made


def carry_out(options: argparse.Namespace) -> int:
    """Run it and tell how it went."""
    from qflsim.terminal import run_from_command_line

    return run_from_command_line(
        options.scenario,
        overrides=options.set,
        seed=options.seed,
        replications=options.replications,
        out=options.out,
        quiet=options.quiet,
    )
