"""The file of a durable ledger: its tables, how it is opened to be read, and what no run can have written.

References
----------
.. [1] SQLite, https://www.sqlite.org/pragma.html#pragma_quick_check.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

__all__ = ["SCHEMA", "opened"]

SCHEMA = """
CREATE TABLE blocks (chain TEXT, height INTEGER, round INTEGER, hash TEXT, data BLOB, PRIMARY KEY (chain, height));
CREATE TABLE transactions (chain TEXT, height INTEGER, position INTEGER, kind TEXT, sender TEXT, task TEXT,
                           round INTEGER, PRIMARY KEY (chain, height, position));
CREATE TABLE register (node TEXT PRIMARY KEY, public_key BLOB);
CREATE TABLE library (name TEXT);
CREATE TABLE contents (digest TEXT, holder TEXT, chain TEXT, data BLOB, PRIMARY KEY (digest, holder));
CREATE TABLE chunks (chain TEXT, height INTEGER, number INTEGER, holder TEXT, needed INTEGER, data BLOB,
                     PRIMARY KEY (chain, height, number, holder));
"""


def opened(path: Path) -> sqlite3.Connection:
    """The file at ``path``, to be read.

    Raises
    ------
    ValueError
        If it is no ledger: not a whole SQLite file [1]_, other tables, or values of other kinds than a run writes.
        Whether the blocks are those that were agreed on is for an audit to tell.
    """
    try:
        file = _connected(path)
    except sqlite3.DatabaseError as error:
        raise ValueError(_refusal(path, str(error))) from None
    try:
        reason = next(_oddities(file), "")
    except sqlite3.DatabaseError as error:
        reason = str(error)
    if reason:
        file.close()
        raise ValueError(_refusal(path, reason))
    return file


def _refusal(path: Path, reason: str) -> str:
    return f"{path} is no ledger of qflsim ({reason})"


def _connected(path: Path) -> sqlite3.Connection:
    """One that a crash left in the middle of a commit is read as it was before, from a copy."""
    if not path.with_name(f"{path.name}-journal").exists():
        return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
    with tempfile.TemporaryDirectory() as folder:
        for file in (path, path.with_name(f"{path.name}-journal")):
            shutil.copy(file, folder)
        with closing(sqlite3.connect(Path(folder) / path.name)) as recovered:
            memory = sqlite3.connect(":memory:")
            recovered.backup(memory)
    return memory


def _oddities(file: sqlite3.Connection) -> Iterator[str]:
    """What is wrong with the file as such, the first thing first."""
    checked = str(file.execute("PRAGMA quick_check(1)").fetchone()[0])
    if checked != "ok":
        yield " ".join(checked.split())
    for table, column, kind, place in _columns():
        named = "".join(f", {name}" for name in place)
        wrong = file.execute(
            f"SELECT typeof({column}){named} FROM {table} WHERE typeof({column}) <> ? LIMIT 1", (kind,)
        )
        if found := wrong.fetchone():
            where = ", ".join(f"{name} {value}" for name, value in zip(place, found[1:], strict=True))
            yield f"{column} of {table} must be {kind}, got {found[0]}{' at ' if where else ''}{where}"
    names = file.execute("SELECT count(*) FROM library").fetchone()[0]
    if names != 1:
        yield f"library must have one row, got {names}"


def _columns() -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Table, name and kind of every column, and the columns that tell the rows of its table apart."""
    with closing(sqlite3.connect(":memory:")) as empty:
        empty.executescript(SCHEMA)
        for (table,) in empty.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = empty.execute(f"PRAGMA table_info({table})").fetchall()
            place = tuple(name for _, name, *_, key in columns if key)
            for _, name, kind, *_ in columns:
                yield table, name, kind.lower(), place
