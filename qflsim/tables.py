"""Reading back what a run wrote down: its tables as data frames, and ``run.json``.

Whatever is wrong with a folder or a file is told in one sentence: a run that was cut off by force can leave half a
row, and a spreadsheet can change a file behind one's back.
"""

import csv
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .checks import ScenarioError
from .paths import folder_of
from .runfile import fault_of
from .runsearch import run_within, runs_in
from .sweepfolder import is_point, keeps, told_of_sweep
from .trace import TABLES, Record

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["check_run", "read_rows", "read_run", "read_table", "reference"]

_BY_NAME = {record.table: record for record in TABLES}
_TYPES = {"int": "int64", "float": "float64", "str": "str", "bool": "bool"}


def read_table(folder: str | Path, name: str, columns: Sequence[str] | None = None) -> "DataFrame":
    """One table of a run as a data frame; an empty cell of a number is NaN.

    Parameters
    ----------
    folder:
        The run's folder.
    name:
        The table, e.g. ``"rounds"``.
    columns:
        Only these columns, which is quicker for a long table; all if left out.

    Raises
    ------
    ScenarioError
        If the folder or the table is missing, or the table is damaged.
    """
    record = _record(name)
    return read_rows(_existing(folder_of(folder), f"{name}.csv"), record, columns)


def read_rows(
    path: Path, record: type[Record], columns: Sequence[str] | None = None, *, settings: bool = False
) -> "DataFrame":
    """The rows of one file, which hold records of the given type, as a data frame.

    With ``settings``, other columns may stand in front: the settings of a sweep in which runs differ.

    Raises
    ------
    ScenarioError
        If the file is damaged.
    """
    from pandas.errors import ParserError

    try:
        _check_whole(path, record, settings=settings)
        return _parse(path, record, columns)
    except ScenarioError:
        raise
    except (ParserError, ValueError, OverflowError, csv.Error) as error:
        reason = " ".join(str(error).split())
        raise ScenarioError(f"{path} is damaged ({reason}); run the scenario again") from None


def check_run(folder: str | Path) -> None:
    """Refuse a folder that is no run, or whose tables are not all there, with today's columns and whole last rows.

    Raises
    ------
    ScenarioError
        That names the first file that is missing or damaged, and says what to do.
    """
    read_run(folder)
    for record in TABLES:
        path = _existing(Path(folder), f"{record.table}.csv")
        try:
            _check_whole(path, record)
        except csv.Error as error:  # a line longer than any that a run writes
            raise ScenarioError(f"{path} is damaged ({error}); run the scenario again") from None


def read_run(folder: str | Path) -> dict[str, Any]:
    """What a run was: the contents of its ``run.json``.

    Raises
    ------
    ScenarioError
        If the folder or the file is missing, or the file is damaged.
    """
    path = _existing(folder_of(folder), "run.json")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ScenarioError(f"{path} is damaged ({error}); run the scenario again") from None
    if fault := fault_of(content):
        raise ScenarioError(f"{path} is damaged ({fault}); run the scenario again")
    return dict(content)


def reference() -> str:
    """The reference page of all tables, in Markdown: what a row is, and every column with its type and meaning."""
    from .comparison import Compared

    return "\n".join([_HEAD, *(_section(record) for record in (*TABLES, Compared))])


def _record(name: str) -> type[Record]:
    if name not in _BY_NAME:
        raise ScenarioError(f"there is no table {name!r}; the tables of a run are {', '.join(_BY_NAME)}")
    return _BY_NAME[name]


def _existing(folder: Path, name: str) -> Path:
    if not folder.is_dir():
        raise ScenarioError(
            f"there is no run in {folder}: it is no folder; give a run's folder, e.g. results/paper/seed7"
        )
    path = folder / name
    if path.is_file():
        return path
    if name == "run.json":
        below = run_within(folder)
        inside = f"; {below} is one in it" if below else ""
        if (count := runs_in(folder)) > 1:
            inside = (
                f"; {below} is one of {count} in it; 'sweep SCENARIO --replications R' lays replications side by side"
            )
        raise ScenarioError(
            told_of_sweep(folder) or f"{folder} holds no {name}; give a run's folder, e.g. results/paper/seed7{inside}"
        )
    if is_point(folder):
        lost = "which its sweep keeps; give the command of the sweep again, which makes damaged points anew"
        other = "since its sweep keeps other tables; sweep into another folder, and keep this one too, or all"
        told = lost if keeps(folder.parent.parent, name.removesuffix(".csv")) else other
        raise ScenarioError(f"{folder} holds no {name}, {told}")
    raise ScenarioError(f"{folder} holds no {name}; give a run's folder whose tables are all there, or run it again")


def _check_whole(path: Path, record: type[Record], *, settings: bool = False) -> None:
    """Refuse a table with another header than today's, or whose last row was cut off."""
    expected = [field.name for field in dataclasses.fields(record)]
    with path.open("rb") as file:
        header, first = (file.readline().decode("utf-8", errors="replace").rstrip("\r\n") for _ in range(2))
        if settings:
            expected = [*next(csv.reader([header]), [])[: -len(expected)], *expected]
        if next(csv.reader([header]), []) != expected:
            raise ScenarioError(
                f"{path} is damaged (its first line is {header[:60]!r}, not the columns of {record.table}); "
                "run the scenario again with this version"
            )
        # pandas takes a surplus cell of the first row for an index, and finds only those of later rows wrong
        if any(len(row) > len(expected) for row in csv.reader([first])):
            raise ScenarioError(f"{path} is damaged (its rows have more cells than columns); run the scenario again")
        file.seek(-1, 2)
        if file.read(1) != b"\n":
            raise ScenarioError(
                f"{path} is damaged (its last row is cut off); delete that row or run the scenario again"
            )


def _parse(path: Path, record: type[Record], columns: Sequence[str] | None) -> "DataFrame":
    import pandas as pd

    kinds = {field.name: _type_name(field) for field in dataclasses.fields(record)}
    return pd.read_csv(
        path,
        usecols=None if columns is None else list(columns),
        dtype={name: _TYPES[kind] for name, kind in kinds.items()},
        na_values={name: [""] for name, kind in kinds.items() if kind != "str"},
        keep_default_na=False,
    )


def _type_name(field: "dataclasses.Field[Any]") -> str:
    return field.type if isinstance(field.type, str) else field.type.__name__


_HEAD = """\
# Tables of a run

Generated from `qflsim.trace` by `qflsim.tables.reference()`; do not edit.

Every run writes these tables into its own folder, `results/<scenario>/<run>/`, as CSV with a header line, one file
per table. Figures and summaries are made from them alone. Units stand in the column names: `_s` seconds, `_bit`
bits, `_byte` bytes, `_j` joules, `_m` metres, `_db` decibels, `_degree` degrees. Times are simulated times since the
start of the run unless the meaning says *duration* or *wait*. An empty cell of a number means that there is none.
`run.json` beside them holds the scenario with every field, the seed, the versions of the packages, and the SHA-256 of
each table.

`qflsim.tables.read_table(folder, "rounds")` reads one as a pandas data frame.
"""


def _section(record: type[Record]) -> str:
    rows = [f"| `{f.name}` | {_type_name(f)} | {f.metadata['meaning']} |" for f in dataclasses.fields(record)]
    about = record.about[0].upper() + record.about[1:]
    head = [f"## `{record.table}.csv`", "", f"{about}.", "", "| Column | Type | Meaning |", "|---|---|---|"]
    return "\n".join([*head, *rows, ""])
