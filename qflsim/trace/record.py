"""The rows of tables: their columns with their meanings, and how a value stands in a cell."""

import dataclasses
from typing import Any, ClassVar

__all__ = ["Record", "cell", "cells", "column", "columns"]


def column(meaning: str, default: Any = dataclasses.MISSING) -> Any:
    """A column of a table with its meaning, from which the reference page is generated."""
    return dataclasses.field(default=default, metadata={"meaning": meaning})


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One row of one table."""

    table: ClassVar[str] = ""
    about: ClassVar[str] = ""


def cells(record: Record) -> list[Any]:
    """A row as it stands in its table."""
    return [cell(getattr(record, name)) for name in columns(type(record))]


def columns(record: type[Record]) -> tuple[str, ...]:
    """Names of the columns of a table, in order."""
    return tuple(field.name for field in dataclasses.fields(record))


def cell(value: Any) -> Any:
    """A value as it stands in a CSV: floats by ``repr`` (shortest that round-trips), None and NaN as empty."""
    if isinstance(value, float):
        return "" if value != value else repr(value)
    return value
