"""What a run has shown, in a page of text for the terminal, made from its tables alone."""

import re
from collections.abc import Callable
from pathlib import Path
from textwrap import wrap
from typing import Any

from qflsim.paths import folder_of
from qflsim.readable import show, show_time

from .reading import RunTables, carried_bit
from .sentences import BLOCKS, texts_of

__all__ = ["BLOCKS", "COLUMNS", "RunTables", "carried_bit", "glued", "summarise", "texts_of", "title_of"]

_WIDTH = 100
_LABEL = 12
_SHOWN_ROUNDS = 9


def summarise(folder: str | Path) -> str:
    """A page on the run in ``folder``: what was learnt, and what it took in time, energy, bits, bytes and keys.

    Only whole rounds count; a run that was interrupted is summarised up to there.

    Raises
    ------
    ScenarioError
        If the folder holds no run or a table is damaged.
    """
    run = RunTables(folder_of(folder))
    lines = [title_of(run), ""]
    if run.rounds.empty:
        return "\n".join([*lines, "No round was completed, so there is nothing to summarise.", ""])
    lines += [*_table(run), ""]
    for label, text in texts_of(run):
        lines += _block(label, text)
    return "\n".join([*lines, ""])


def title_of(run: RunTables) -> str:
    """Scenario, seed and how far the run came, in a line."""
    scenario, status = run.about.get("scenario", {}), run.about.get("status")
    planned, done = _planned(scenario), len(run.rounds)
    replication = f", replication {run.about['replication']}" if run.about.get("replication") else ""
    progress = f"{done} round{'s' * (done != 1)}" if status == "finished" else f"{done} of {planned} rounds, {status}"
    return f"{scenario.get('name')}, seed {scenario.get('seed')}{replication}: {progress}"


def _planned(scenario: dict[str, Any]) -> int:
    """Rounds of all tasks together, as the scenario says."""
    own: int = scenario.get("rounds", 0)
    tasks: list[int] = [task.get("rounds") or own for task in scenario.get("tasks", [])]
    return sum(tasks) or own


COLUMNS: dict[str, tuple[int, Callable[[Any], str]]] = {
    "round": (5, lambda row: f"{row.round}"),
    "ends at": (9, lambda row: show_time(row.ended_s)),
    "lasts": (9, lambda row: show_time(row.ended_s - row.started_s)),
    "accuracy": (8, lambda row: f"{100 * row.accuracy:.1f} %"),
    "loss": (7, lambda row: f"{row.loss:.4f}"),
    "energy": (9, lambda row: show(row.energy_j, "J")),
    "no cooling": (10, lambda row: show(row.energy_j - row.qpu_cooling_j, "J")),
    "on air": (9, lambda row: show(row.air_bit, "bit")),
    "ledgers": (8, lambda row: show(row.ledger_byte, "B")),
    "devices": (7, lambda row: f"{row.aggregated}/{row.selected}"),
}
"""Columns of the table of rounds: heading, width, and the text of a row."""


def _table(run: RunTables) -> list[str]:
    """First, some and last rounds, one line each."""
    rows, tasks = list(run.rounds.itertuples()), run.tasks
    columns = dict(COLUMNS)
    if len(tasks) > 1:
        columns = {"task": (max(map(len, tasks)), _task_of), **columns}
    lines = ["  ".join(f"{heading:>{width}}" for heading, (width, _) in columns.items())]
    lines += ["  ".join(f"{text(rows[i]):>{width}}" for width, text in columns.values()) for i in _some(len(rows))]
    left_out = len(rows) - len(lines) + 1
    return [*lines, f"({left_out} rounds between are in rounds.csv)"] if left_out else lines


def _task_of(row: Any) -> str:
    return str(row.task)


def _some(count: int) -> list[int]:
    """Indices of the first, the last and evenly spread rows between."""
    shown = min(count, _SHOWN_ROUNDS)
    return [0] if shown == 1 else [round(i * (count - 1) / (shown - 1)) for i in range(shown)]


def glued(text: str) -> str:
    """Text in which a number and its unit stay on one line."""
    return re.sub(r"(?<=[\d<]) (?=\S)", "\N{NO-BREAK SPACE}", text)


def _block(label: str, text: str) -> list[str]:
    """A label in the margin and the text beside it, wrapped; a number and its unit stay together."""
    lines = wrap(glued(text), _WIDTH - _LABEL, break_long_words=False, break_on_hyphens=False)
    return [
        f"{label if i == 0 else '':<{_LABEL}}{line}".replace("\N{NO-BREAK SPACE}", " ") for i, line in enumerate(lines)
    ]
