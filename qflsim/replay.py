"""Replaying the contracts of a finished run from its chains, and whether its tables say the same."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Any

from .chain import reputation, rewards
from .chain.archive import Archive
from .chain.standings import Replay, tasks_of
from .chain.terms import TaskContract
from .checks import ScenarioError
from .overrides import read_part
from .trace import Record, cells

__all__ = ["STOCK", "contract_lines", "rules_reader"]

STOCK: dict[str, Any] = {"TaskContract": TaskContract} | {
    name: getattr(module, name) for module in (reputation, rewards) for name in module.__all__
}
"""The parts that rules may name, but for those of a scenario file of one's own."""


def rules_reader(names: Mapping[str, Any]) -> Callable[[str], TaskContract]:
    """What reads the rules of a contract, in which the parts ``names`` may be named."""

    def read(rules: str) -> TaskContract:
        part = read_part(rules, names)
        if not isinstance(part, TaskContract):
            raise ScenarioError(f"{rules!r} are no rules of a task contract")
        return part

    return read


def contract_lines(
    folder: Path, ledger: Archive, names: Mapping[str, Any], resumed: Mapping[str, Any] | None = None
) -> Iterator[tuple[str, str]]:
    """Each task of which terms stand on the chains, what its contract came to, and what is wrong; empty if nothing.

    The tables of standings and refusals must be, row by row, what the chains make of the contract.

    Parameters
    ----------
    names:
        Parts by name, which the rules on the chains may refer to.
    resumed:
        Where the run went on from, as ``run.json`` says it: its tables begin with the next round of each task.
    """
    before: Mapping[str, Any] = resumed or {}
    blocks, read = ledger.blocks(), rules_reader(names)
    for task in tasks_of(blocks):
        name = f"contract of {task}"
        after = before.get("tasks", {}).get(task, 0)
        try:
            written = {table: _written(folder, table, task) for table in ("standings", "refusals")}
            last = max((int(row["round"]) for row in written["standings"]), default=after)
            replay = Replay(task, blocks, read, last)
        except (ScenarioError, OSError, ValueError, KeyError, csv.Error) as error:
            yield (
                name,
                f"it cannot be replayed: {error}; for rules of a scenario file give --scenario FILE",
            )
            continue
        made = [record for record in replay.standings if record.round > after]
        refused = [record for record in replay.refusals if record.time_s > before.get("time_s", -inf)]
        reason = _different("standings", written["standings"], made)
        reason = reason or _different("refusals", written["refusals"], refused)
        yield f"{name}, {last} rounds replayed, {len(replay.refusals)} transitions refused", reason


def _written(folder: Path, table: str, task: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["task"] == task]


def _different(table: str, written: Sequence[Mapping[str, str]], made: Sequence[Record]) -> str:
    """Where a table differs from the rows that a replay made; empty if nowhere."""
    for number, (row, record) in enumerate(zip(written, made, strict=False), start=1):
        if list(row.values()) != [str(cell) for cell in cells(record)]:
            return f"its row {number} in table {table} is not what the chains say"
    return "" if len(written) == len(made) else f"table {table} has {len(written)} rows, the chains say {len(made)}"
