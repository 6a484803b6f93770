"""All settings of a scenario, one line each."""

from collections.abc import Iterator
from typing import Any

from .page import table

__all__ = ["parts_of", "settings"]


def settings(scenario: dict[str, Any]) -> str:
    """The settings as a table that opens on demand."""
    lines = list(_lines(scenario, ""))
    return (
        f"<details><summary>{len(lines)} settings, in SI units</summary>{table(('setting', 'value'), lines)}</details>"
    )


def parts_of(value: Any) -> Iterator[str]:
    """Names of the classes of a part and of all parts within it."""
    if isinstance(value, dict):
        if "part" in value:
            yield str(value["part"])
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from parts_of(item)


def _lines(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        if path:
            yield path, str(value.get("part", ""))
        for key, item in value.items():
            if key != "part":
                yield from _lines(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for number, item in enumerate(value):
            yield from _lines(item, f"{path}[{number}]")
    else:
        yield path, ", ".join(map(str, value)) if isinstance(value, list) else str(value)
