"""The command line: run a scenario, validate the models against published results, or audit a finished run.

Mistakes of the user's end with one sentence on standard error and exit code 2; an interrupted run says what it kept
and ends with 130; everything else that raises is a bug and shows its traceback.
"""

import argparse
import io
import sys
from collections.abc import Sequence
from typing import Any

from .checks import ScenarioError

__all__ = ["main"]

_EPILOG = """\
examples:
  python -m qflsim scenarios/6g_dense.py
  python -m qflsim scenarios/6g_dense.py --set rounds=3 --set topology.devices_per_server=10 --set "mixing=Star()"
  python -m qflsim scenarios/paper.py --seed 11 --replications 3 --out elsewhere
  python -m qflsim validate
  python -m qflsim audit results/6g_dense/seed7
  python -m qflsim resume results/6g_dense/seed7 --from-round 12 --set rounds=40
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _never_fail_to_print()
    try:
        command = _COMMANDS.get(arguments[0] if arguments else "")
        return command(arguments[1:]) if command else _run(arguments)
    except ScenarioError as error:
        sys.stderr.write(f"qflsim: {error}\n")
        return 2
    except BrokenPipeError:
        return 141


def _never_fail_to_print() -> None:
    """A terminal that knows only ASCII shows a question mark for a micro sign, and no traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _run(arguments: list[str]) -> int:
    options = _run_parser().parse_args(arguments)
    from .terminal import run_from_command_line

    return run_from_command_line(
        options.scenario,
        overrides=options.set,
        seed=options.seed,
        replications=options.replications,
        out=options.out,
        quiet=options.quiet,
    )


def _run_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m qflsim",
        description="Simulate quantum federated learning over blockchains in 6G networks: accuracy, latency, energy, "
        "storage and key consumption from one timeline.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "scenario", help="scenario file, e.g. scenarios/6g_dense.py; or 'validate', 'audit' or 'resume'"
    )
    parser.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[], help="change a field, nested by dots; repeatable"
    )
    parser.add_argument("--seed", type=_count(0), metavar="N", help="seed in place of the scenario's own")
    parser.add_argument(
        "--replications", type=_count(1), default=1, metavar="R", help="independent repetitions (default 1)"
    )
    parser.add_argument("--out", default="results", metavar="FOLDER", help="where run folders go (default results)")
    parser.add_argument(
        "--quiet", action="store_true", help="no progress bar and no summary, only the path of the results"
    )
    return parser


def _validate(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m qflsim validate",
        description="Compare every model with published results; exits with 1 if one comparison fails.",
    )
    parser.add_argument(
        "--only",
        metavar="TEXT",
        default="",
        help="only areas whose name contains TEXT, or else comparisons whose quantity or source does",
    )
    options = parser.parse_args(arguments)
    from .validation import validate

    return validate(only=options.only, write=sys.stdout.write)


def _audit(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m qflsim audit",
        description="Check that the chains and tables of a finished run are as they were written; exits with 1 and "
        "names the first bad block of each chain if they are not.",
    )
    parser.add_argument("run", help="folder of the run, e.g. results/6g_dense/seed7")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--find", metavar="TEXT", help="list transactions by kind, sender, task, chain or block hash")
    what.add_argument("--show", metavar="CHAIN:HEIGHT", help="print one block, e.g. global:3")
    what.add_argument("--rollback", metavar="ROUND", type=_count(0), help="copy the chains as after this round")
    parser.add_argument("--scenario", metavar="FILE", help="scenario file with parts of one's own that contracts name")
    parser.add_argument("--into", metavar="FILE", help="the new file that --rollback writes")
    options = parser.parse_args(arguments)
    if (options.rollback is None) != (options.into is None):
        parser.error("--rollback ROUND and --into FILE belong together")
    from . import audit

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
    from .loading import load_module
    from .terminal import known_names

    return known_names(load_module(scenario))


def _resume(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m qflsim resume",
        description="Go on from a round of a run, whether it was finished, interrupted or killed: a new run whose "
        "chains begin with the blocks up to there and whose first model is that round's global one. The run itself "
        "stays as it is.",
    )
    parser.add_argument("run", help="folder of the run, e.g. results/6g_dense/seed7")
    parser.add_argument("--from-round", metavar="ROUND", type=_count(1), required=True, help="the last round to keep")
    parser.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[],
        help="change a field from there on, e.g. rounds=40; what the chains say must stay: nodes, seed, model, terms",
    )  # fmt: skip
    parser.add_argument("--scenario", metavar="FILE", help="scenario file with parts of one's own that the run used")
    parser.add_argument(
        "--out", default="results", metavar="FOLDER", help="where the new folder goes (default results)"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar and no summary, only the path")
    options = parser.parse_args(arguments)
    from .terminal import resume_from_command_line

    return resume_from_command_line(
        options.run, options.from_round, scenario=options.scenario, overrides=options.set, out=options.out,
        quiet=options.quiet,
    )  # fmt: skip


_COMMANDS = {"validate": _validate, "audit": _audit, "resume": _resume}


class _count:  # noqa: N801 (argparse shows the name of the type in its message)
    """A whole number >= minimum, for argparse."""

    def __init__(self, minimum: int) -> None:
        self.minimum = minimum

    def __call__(self, text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = self.minimum - 1
        if value < self.minimum:
            raise argparse.ArgumentTypeError(f"must be a whole number >= {self.minimum}, got {text!r}")
        return value
