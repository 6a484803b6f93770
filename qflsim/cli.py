"""The command line: run a scenario, or do with finished runs what `qflsim.commands` holds a word for.

Mistakes of the user's end with one sentence on standard error and exit code 2; an interrupted run says what it kept
and ends with 130; everything else that raises is a bug and shows its traceback.
"""

import io
import sys
from collections.abc import Sequence
from pathlib import Path

from .checks import ScenarioError
from .commands import COMMANDS, command_of

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _never_fail_to_print()
    if arguments and (Path(arguments[0]) / "__main__.py").is_file():
        return _run_folder(*arguments)
    word = arguments.pop(0) if arguments and arguments[0] in COMMANDS else "run"
    command = command_of(word)
    try:
        code: int = command.carry_out(command.parser().parse_args(arguments))
        return code
    except ScenarioError as error:
        sys.stderr.write(f"qflsim: {error}\n")
        return 2
    except BrokenPipeError:
        return 141


def _run_folder(folder: str, *arguments: str) -> int:
    """Run a folder of scenarios that says itself what is made of them, as ``python FOLDER`` does; its exit code."""
    import runpy

    sys.argv = [folder, *arguments]
    try:
        runpy.run_path(folder, run_name="__main__")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _never_fail_to_print() -> None:
    """A terminal that knows only ASCII shows a question mark for a micro sign, and no traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
