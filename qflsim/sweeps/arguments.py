"""What a sweep was called with, checked before anything is looked up: one sentence for each slip."""

import dataclasses
import difflib
import operator
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from qflsim.checks import ScenarioError
from qflsim.scenario import Scenario

__all__ = ["axes_given", "folder_given", "tables_given", "whole_number"]

_LONGEST = 40
"""Characters of a wrong value that are shown."""

_OPTIONS = ("axes", "replications", "out", "workers", "scheduler", "keep", "progress", "told")
"""What a sweep takes beside fields of the scenario."""


def whole_number(name: str, value: Any, advice: str) -> int:
    """A number >= 1, of Python's or numpy's.

    Raises
    ------
    ScenarioError
        If it is none.
    """
    try:
        number = 0 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = 0
    if number < 1:
        raise ScenarioError(f"{name} must be a whole number >= 1, got {_shown(value)}; {advice}")
    return number


def folder_given(out: Any) -> Path | None:
    """The folder of a sweep, if one is given.

    Raises
    ------
    ScenarioError
        If it is no path.
    """
    if out is None:
        return None
    if not isinstance(out, (str, Path)):
        raise ScenarioError(f"out must be the path of a folder, got {_shown(out)}; give e.g. out='results/mine'")
    return Path(out)


def tables_given(keep: Any) -> tuple[str, ...] | None:
    """Names of the tables that are kept; all if there are none.

    Raises
    ------
    ScenarioError
        If they are no names.
    """
    if keep is None:
        return None
    if isinstance(keep, str) or not isinstance(keep, Iterable):
        example = keep if isinstance(keep, str) else "rounds"
        raise ScenarioError(f"keep must be names of tables, got {_shown(keep)}; give e.g. keep=({example!r},)")
    return tuple(keep)


def axes_given(axes: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    """All axes, by the names of their fields.

    Raises
    ------
    ScenarioError
        If one is given twice, or is no field but a slip for something that a sweep takes.
    """
    if axes is not None and not isinstance(axes, Mapping):
        raise ScenarioError(
            f"axes must be values by the names of fields, got {_shown(axes)}; give e.g. "
            "axes={'topology.servers': (3, 5)}"
        )
    given = dict(axes or {})
    for name in fields:
        if name in given:
            raise ScenarioError(f"axis {name} is given twice, in axes and as {name}=...; give all its values at once")
        _refuse_option(name)
    return given | dict(fields)


def _refuse_option(name: str) -> None:
    known = [field.name for field in dataclasses.fields(Scenario)]
    near = difflib.get_close_matches(name, [*known, *_OPTIONS], n=1)
    if name not in known and near and near[0] in _OPTIONS:
        raise ScenarioError(f"a sweep takes no {name!r}, and a scenario has no such field; did you mean {near[0]!r}?")


def _shown(value: Any) -> str:
    """A wrong value as it was given, or what it is, where that takes lines."""
    text = repr(value)
    return f"a {type(value).__name__}" if len(text) > _LONGEST or "\n" in text else text
