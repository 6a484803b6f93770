"""Two runs side by side: which settings differ, and what each came to, from what they wrote down."""

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .checks import ScenarioError
from .comparison import Compared, measure
from .paths import folder_of
from .readable import show, show_time
from .tables import read_run

__all__ = ["Difference", "Pair", "settings_that_differ", "side_by_side"]

_MISSING = "(not there)"
_LONGEST = 60
"""Characters of a setting that are shown."""

_UNSHOWN = ("replication", "folder")
"""Columns of a comparison that say which run it is, not what it came to."""


@dataclass(frozen=True)
class Difference:
    """One line of a comparison: what it is about, and its text in either run; ``change`` in per cent if it has one."""

    what: str
    first: str
    second: str
    change: str = ""


@dataclass(frozen=True)
class Pair:
    """Two runs side by side.

    Parameters
    ----------
    settings:
        Settings and versions that differ.
    outcomes:
        All measures that are not nothing in both.
    notes:
        Sentences on what makes the two harder to compare.
    """

    settings: tuple[Difference, ...]
    outcomes: tuple[Difference, ...]
    notes: tuple[str, ...]


def side_by_side(first: str | Path, second: str | Path) -> Pair:
    """Compare the runs in two folders.

    Raises
    ------
    ScenarioError
        If they are one and the same, one of them completed no round, or a file is missing or damaged.
    """
    one, other = folder_of(first), folder_of(second)
    if one.resolve() == other.resolve():
        raise ScenarioError(f"{first} and {second} are the same run; give two, e.g. results/paper/seed7 and .../seed8")
    about = [read_run(folder) for folder in (one, other)]
    before, after = (measure(folder, folder.name) for folder in (one, other))
    settings = (*_world(*about), *settings_that_differ(_versions(about[0]), _versions(about[1]), "version of "))
    return Pair(settings, tuple(_outcomes(before, after)), tuple(_notes(before, after, settings)))


def settings_that_differ(first: Any, second: Any, path: str = "") -> Iterator[Difference]:
    """Lines for what differs between two scenarios as ``run.json`` holds them, nested fields with dots."""
    if _alike(first, second):
        keys = dict.fromkeys((*first, *second))
        for key in keys:
            below = f"{path}.{key}" if path and not path.endswith(" ") else path + key
            yield from settings_that_differ(first.get(key, _MISSING), second.get(key, _MISSING), below)
    elif isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        for number, (one, other) in enumerate(zip(first, second, strict=True)):
            yield from settings_that_differ(one, other, f"{path}[{number}]")
    elif first != second:
        yield Difference(path, _written(first), _written(second))


def _alike(first: Any, second: Any) -> bool:
    """Whether two values are parts of the same class, whose fields can be compared one by one."""
    return isinstance(first, dict) and isinstance(second, dict) and first.get("part") == second.get("part")


def _world(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[Difference]:
    yield from settings_that_differ(first.get("scenario", {}), second.get("scenario", {}))
    for key in ("replication", "resumed"):
        yield from settings_that_differ(first.get(key), second.get(key), key)


def _versions(about: Mapping[str, Any]) -> dict[str, Any]:
    return dict(about.get("versions", {}))


def _written(value: Any) -> str:
    """A value of ``run.json`` much as Python writes it, cut to a line."""
    text = _text(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2]} …"


def _text(value: Any) -> str:
    if isinstance(value, dict):
        fields = ", ".join(f"{key}={_text(item)}" for key, item in value.items() if key != "part")
        return f"{value.get('part', '')}({fields})"
    if isinstance(value, list):
        return f"({', '.join(map(_text, value))})"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _outcomes(first: Compared, second: Compared) -> Iterator[Difference]:
    """Every measure that is not nothing in both runs."""
    for field in dataclasses.fields(Compared):
        one, other = getattr(first, field.name), getattr(second, field.name)
        if field.name not in _UNSHOWN and any(value and not math.isnan(value) for value in (one, other)):
            what: str = field.metadata["meaning"]
            yield Difference(what, _shown(field.name, one), _shown(field.name, other), _change(field.name, one, other))


def _shown(name: str, value: float) -> str:
    if math.isnan(value):
        return "none"
    if name == "accuracy":
        return f"{100.0 * value:.1f} %"
    unit = {"s": "", "bit": "bit", "byte": "B", "j": "J"}.get(name.rpartition("_")[2])
    if unit is None:
        return f"{value:.4f}" if name == "loss" else f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
    return show(value, unit) if unit else show_time(value)


def _change(name: str, one: float, other: float) -> str:
    """By how much the second run has more, in per cent; of accuracies in points."""
    if math.isnan(one) or math.isnan(other):
        return ""
    if name == "accuracy":
        return f"{100.0 * (other - one):+.1f} points"
    if one == other:
        return "equal"
    change = 100.0 * (other / one - 1.0) if one > 0.0 else math.inf
    return "" if math.isinf(change) else "< 0.1 %" if abs(change) < 0.05 else f"{change:+.1f} %"


def _notes(first: Compared, second: Compared, settings: tuple[Difference, ...]) -> Iterator[str]:
    if first.rounds != second.rounds:
        yield (
            f"The runs have {first.rounds} and {second.rounds} whole rounds: means of a round compare, "
            "times and accuracies at the end do not."
        )
    learnt = [line.what for line in settings if line.what.partition(".")[0] in ("data", "tasks")]
    if learnt:
        yield f"They do not learn the same ({', '.join(learnt)} differ): one accuracy says nothing about the other."
