"""The tables of a sweep: those of its points one below the other, each row with its point's settings in front."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qflsim.checks import ScenarioError
from qflsim.comparison import COMPARISON, SCENARIO, Compared
from qflsim.tables import read_rows
from qflsim.trace import TABLES, Record, columns
from qflsim.wholefiles import written_whole

from .points import Point

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["gather", "read"]

_COMPARED = Path(COMPARISON).stem
_NO_ROOM = "finished points are kept; make room there and give the same command again, which only gathers them"


def gather(folder: Path, home: Path, points: Sequence[Point], keep: Sequence[str] | None) -> None:
    """Write the tables that are kept, and the comparison, of finished points into the folder of the sweep."""
    axes = list(points[0].settings)
    records: tuple[type[Record], ...] = (*TABLES, Compared)
    for record in records:
        name = record.table
        if keep is None or name in keep or name == _COMPARED:
            _write(folder / f"{name}.csv", axes, record, [(p, home / p.key / f"{name}.csv") for p in points])
        else:
            (folder / f"{name}.csv").unlink(missing_ok=True)  # of a sweep without a point, which this one replaced


def read(folder: Path, name: str) -> "DataFrame":
    """One table of a sweep as a data frame: settings, replication, then the columns of the table.

    Raises
    ------
    ScenarioError
        If there is no such table.
    """
    record = _record(name)
    path = folder / f"{name}.csv"
    if not path.is_file():
        raise ScenarioError(
            f"{folder} holds no {path.name}; keep the table, e.g. keep=({name!r},), or let points finish"
        )
    return read_rows(path, record, settings=True)


def _record(name: str) -> type[Record]:
    tables: tuple[type[Record], ...] = (*TABLES, Compared)
    records = {record.table: record for record in tables}
    if name not in records:
        raise ScenarioError(f"there is no table {name!r}; the tables of a sweep are {', '.join(records)}")
    return records[name]


def _write(path: Path, axes: Sequence[str], record: type[Record], sources: Sequence[tuple[Point, Path]]) -> None:
    counted = record is not Compared  # which has the replication among its columns
    with written_whole(path, _NO_ROOM) as new, new.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*_heads(axes, record), *(["replication"] if counted else []), *columns(record)])
        for point, source in sources:
            settings = [*point.settings.values(), *([point.replication] if counted else [])]
            writer.writerows([*settings, *row] for row in _rows(source))


def _heads(axes: Sequence[str], record: type[Record]) -> list[str]:
    """Names of the settings in front of a table; one that the table has a column of is the scenario's."""
    return [f"{SCENARIO}{axis}" if axis in columns(record) else axis for axis in axes]


def _rows(path: Path) -> Iterator[list[Any]]:
    """Rows of a table of one point; none if it is not finished, or completed no round that could be compared."""
    if path.is_file():
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.reader(file)
            next(reader, None)
            yield from reader
