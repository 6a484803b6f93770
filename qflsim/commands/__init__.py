"""What stands behind ``python -m qflsim``: one module for each word that may follow.

Each has a ``parser()``, and a ``carry_out(options)`` that returns the exit code and imports what it needs only then.
"""

from importlib import import_module
from types import ModuleType

__all__ = ["COMMANDS", "command_of"]

COMMANDS = {
    "run": ("running", "run a scenario, or its variants (the word may be left out)"),
    "sweep": ("sweeping", "run every combination of settings, on all cores or a cluster"),
    "list": ("listing", "the scenarios there are, and what they ask"),
    "show": ("showing", "the summary of a run, or the table of a comparison or sweep"),
    "compare": ("contrasting", "two runs side by side: settings and outcomes that differ"),
    "plot": ("plotting", "draw figures of a run, comparison or sweep, for the screen or for print"),
    "report": ("reporting", "write a run, comparison or sweep as a page for the browser"),
    "timeline": ("timing", "write a run as a timeline that opens in Perfetto"),
    "audit": ("auditing", "check and search the chains of a run"),
    "resume": ("resuming", "go on from a round of a run"),
    "validate": ("validating", "compare the models with published results"),
    "completion": ("completion", "a script that lets your shell complete all of these"),
}
"""The module of each command and what it does."""


def command_of(word: str) -> ModuleType:
    """The module of a command."""
    return import_module(f".{COMMANDS[word][0]}", __name__)
