"""The command line: run a scenario, or do with finished runs what `qflsim.commands` holds a word for.

Mistakes of the user's end with one sentence on standard error and exit code 2; an interrupted run says what it kept
and ends with 130; everything else that raises is a bug and shows its traceback.
"""

import io
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from .checks import ScenarioError, nearest
from .commands import COMMANDS, command_of

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _never_fail_to_print()
    if arguments and (Path(arguments[0]) / "__main__.py").is_file():
        return _run_folder(*arguments)
    if not arguments:
        command_of("run").parser().print_help(sys.stderr)
        return 2
    word = arguments.pop(0) if arguments[0] in COMMANDS else "run"
    command = command_of(word)
    try:
        if word == "run":
            _refuse_unknown_word(arguments)
        code: int = command.carry_out(command.parser().parse_args(arguments))
        return code
    except ScenarioError as error:
        sys.stderr.write(f"qflsim: {error}\n")
        return 2
    except BrokenPipeError:
        return 141


def _refuse_unknown_word(arguments: Sequence[str]) -> None:
    """Refuse a first word that is meant for a command and is none."""
    word = arguments[0] if arguments else ""
    if re.fullmatch(r"[a-z]+", word) and not Path(word).exists():
        raise ScenarioError(f"there is no command {word!r} and no such file; {nearest(word, COMMANDS)}")


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
