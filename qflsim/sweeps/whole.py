"""Whether a finished point still holds what its run wrote.

A table that somebody deleted, or a disk cut off, would otherwise drop out of the sweep's tables without a word.
"""

import csv
from collections.abc import Sequence
from pathlib import Path

from qflsim.checks import ScenarioError
from qflsim.comparison import COMPARISON, Compared
from qflsim.runs import LEDGER, digests
from qflsim.tables import read_run
from qflsim.trace import TABLES, columns

__all__ = ["fault_of"]


def fault_of(point: Path, keep: Sequence[str] | None) -> str:
    """The first thing that is wrong with a point's folder, half a sentence; empty if it is whole."""
    try:
        about = read_run(point)
    except ScenarioError:
        return "its run.json is missing or damaged"
    kept = [record.table for record in TABLES if keep is None or record.table in keep]
    now = digests(point)
    for name in (f"{table}.csv" for table in kept):
        if name not in now:
            return f"its {name} is missing"
        if about.get("sha256", {}).get(name, now[name]) != now[name]:
            return f"its {name} is not as the run wrote it"
    if "ledger" in (keep or ()) and not (point / LEDGER).is_file():
        return f"its {LEDGER} is missing"
    if about["rounds_done"] and not _is_row(point / COMPARISON, about["replication"]):
        return f"its {COMPARISON} is missing or damaged"
    return ""


def _is_row(path: Path, replication: int) -> bool:
    """Whether a file is the comparison of one run; it is measured after the run, which so has no digest of it."""
    try:
        text = path.read_text(encoding="utf-8")
        head, row = csv.reader(text.splitlines())
        cells = dict(zip(columns(Compared), row, strict=True))
        numbers = [float(cell) for name, cell in cells.items() if name != "folder" and cell]
    except (OSError, ValueError, csv.Error):
        return False
    named = (cells["folder"].rpartition("/")[2], cells["replication"]) == (path.parent.name, str(replication))
    return text.endswith("\n") and head == list(columns(Compared)) and named and len(numbers) > 1
