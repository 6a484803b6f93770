"""The trace of a run: it streams every record to the CSV of its table and to whoever observes."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from qflsim.trace.catalogue import TABLES
from qflsim.trace.record import Record, cell, columns

__all__ = ["Trace"]


class Trace:
    """Where processes hand in their records; each goes to the CSV of its table and to every observer.

    Rows are written as they happen and flushed at the end of each round, so that whatever stops a run leaves
    complete, readable tables of what has happened so far. Until `open` is called only observers see records.
    """

    def __init__(self) -> None:
        self._files: dict[type[Record], IO[str]] = {}
        self._rows: dict[type[Record], Callable[[tuple[Any, ...]], Any]] = {}
        self._names: dict[type[Record], tuple[str, ...]] = {record: columns(record) for record in TABLES}
        self._observers: list[Callable[[Record], None]] = []

    def open(self, folder: Path) -> None:
        """Write to new CSV files in ``folder`` from now on.

        Raises
        ------
        FileExistsError
            If one of the files exists: nothing is overwritten.
        """
        for record in TABLES:
            self._open(record, folder)

    def _open(self, record: type[Record], folder: Path) -> None:
        file = (folder / f"{record.table}.csv").open("x", newline="", encoding="utf-8", buffering=1 << 16)
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(self._names[record])
        self._files[record] = file
        self._rows[record] = writer.writerow

    def observe(self, observer: Callable[[Record], None]) -> None:
        """Let ``observer`` see every record from now on."""
        self._observers.append(observer)

    def __call__(self, record: Record) -> None:
        """Write one record."""
        kind = type(record)
        write = self._rows.get(kind)
        if write is not None:
            write(tuple([cell(getattr(record, name)) for name in self._names[kind]]))
        for observer in self._observers:
            observer(record)

    def flush(self) -> None:
        """Bring everything written so far to disk."""
        for file in self._files.values():
            file.flush()

    def close(self) -> None:
        """Flush and close all tables."""
        for file in self._files.values():
            file.close()
        self._files.clear()
        self._rows.clear()
