"""``python -m qflsim completion SHELL``: a script by which bash, zsh or fish completes commands, options and runs.

The script is written out once, from the commands' own parsers, and holds all words; completing starts no Python, so
that it answers at once, and it needs no package. Fields that ``--set`` and ``--axis`` may change are those of
`Scenario`; of names with commas between them, bash and zsh complete the last.
"""

import argparse
import dataclasses
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from .options import new_parser

__all__ = ["carry_out", "parser", "script"]

_HELP = (
    "for bash: source <(qflsim completion bash); for zsh: source <(qflsim completion zsh); for fish: qflsim completion "
    "fish | source"
)

_SCRIPT = """\
# Completion of qflsim in {shell}; made by: qflsim completion {shell}
{zsh}_qflsim() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} words head=
    COMPREPLY=()
    if [[ $word == *,* ]]; then head=${{word%,*}},; fi
    case $before in
{values}
    esac
    case ${{COMP_WORDS[1]}} in
{options}
    esac
    if [ "$COMP_CWORD" -eq 1 ]; then words="{commands} $words"; fi
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -o default -F _qflsim qflsim
"""
"""Where nothing of one's own fits, ``-o default`` completes names of files and folders: scenarios and runs."""


def parser() -> argparse.ArgumentParser:
    """Its arguments."""
    made = new_parser("completion", f"Print a script that makes the shell complete what follows 'qflsim': {_HELP}.")
    made.add_argument("shell", choices=("bash", "zsh", "fish"), help="which shell")
    return made


def carry_out(options: argparse.Namespace) -> int:
    """Print it."""
    sys.stdout.write(script(options.shell))
    return 0


def script(shell: str) -> str:
    """The script for ``bash``; for ``zsh``, which understands that of bash once told so; or for ``fish``."""
    from . import COMMANDS, command_of

    parsers = {word: command_of(word).parser() for word in COMMANDS}
    if shell == "fish":
        return "\n".join(_in_fish(parsers, {word: about for word, (_, about) in COMMANDS.items()})) + "\n"
    parsers["*"] = parsers.pop("run")  # any other first word is a scenario file
    return _SCRIPT.format(
        shell=shell,
        zsh="autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n" * (shell == "zsh"),
        values="\n".join(_values(parsers.values())),
        options="\n".join(f'        {word}) words="{" ".join(_words(made))}" ;;' for word, made in parsers.items()),
        commands=" ".join(COMMANDS),
    )


def _in_fish(parsers: Mapping[str, argparse.ArgumentParser], about: Mapping[str, str]) -> Iterator[str]:
    """Lines for fish, which completes names of files where nothing else is said."""
    yield "# Completion of qflsim in fish; made by: qflsim completion fish"
    for word, told in about.items():
        yield f"complete -c qflsim -n __fish_is_first_arg -a {word} -d {shlex.quote(told)}"
    others = f"not __fish_seen_subcommand_from {' '.join(word for word in parsers if word != 'run')}"
    for word, made in parsers.items():
        where = shlex.quote(others if word == "run" else f"__fish_seen_subcommand_from {word}")
        for action in made._actions:
            names = [option.removeprefix("--") for option in action.option_strings if option.startswith("--")]
            for name in names:
                known = _known().get(f"--{name}", ())
                takes = "" if action.nargs == 0 else f" -x -a {shlex.quote(' '.join(known))}" if known else " -r"
                yield f"complete -c qflsim -n {where} -l {name}{takes} -d {shlex.quote(action.help or '')}"
            if not names and action.choices:
                yield f"complete -c qflsim -n {where} -f -a {shlex.quote(' '.join(action.choices))}"


@cache
def _known() -> dict[str, tuple[str, ...]]:
    """What may follow an option that takes a word of a few."""
    from qflsim.plots import FIGURES, FORMATS
    from qflsim.plots.style import SIZES
    from qflsim.scenario import Scenario
    from qflsim.sweeps.points import VARIANT
    from qflsim.trace import TABLES

    fields = tuple(f"{field.name}=" for field in dataclasses.fields(Scenario))
    return {
        "--set": fields,
        "--axis": (f"{VARIANT}=", *fields),
        "--only": FIGURES,
        "--format": FORMATS,
        "--size": tuple(SIZES),
        "--keep": (*(record.table for record in TABLES), "ledger"),
    }


def _words(made: argparse.ArgumentParser) -> list[str]:
    """Options that begin with two dashes, and the words that a positional argument may be."""
    words = [option for action in made._actions for option in action.option_strings if option.startswith("--")]
    return words + [choice for action in made._actions if not action.option_strings for choice in action.choices or ()]


def _values(parsers: Iterable[argparse.ArgumentParser]) -> Iterator[str]:
    """Cases of what may follow an option: words where they are known, names of files after others that take a value."""
    for option, words in _known().items():
        reply = f'COMPREPLY=($(compgen -P "$head" -W "{" ".join(words)}" -- "${{word##*,}}")); return ;;'
        before = "head=; compopt -o nospace 2>/dev/null; " if words[0].endswith("=") else ""
        yield f"        {option}) {before}{reply}"
    taking = [action for made in parsers for action in made._actions if action.option_strings and action.nargs != 0]
    plain = {option for action in taking for option in action.option_strings if option not in _known()}
    yield f"        {'|'.join(sorted(plain))}) return ;;"
