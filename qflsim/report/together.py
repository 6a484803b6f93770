"""What the runs of a comparison or a sweep say together: ranges over the settings, means over replications."""

import json
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qflsim.comparison import called, settings_of
from qflsim.intervals import Interval, interval
from qflsim.readable import show, show_time
from qflsim.sweepfolder import PLAN

from .notes import idealised_parts
from .page import paragraphs, table

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["again", "carry", "means", "ranges"]

_MEASURES: dict[str, tuple[str, Callable[[float], str]]] = {
    "accuracy": ("accuracy after the last round", lambda value: f"{100.0 * value:.1f} %"),
    "round_s": ("time of a round", show_time),
    "energy_j": ("energy of a round", lambda value: show(value, "J")),
    "sent_bit": ("bits sent in a round", lambda value: show(value, "bit")),
    "ledger_byte": ("growth of all ledgers in a round", lambda value: show(value, "B")),
}
"""What is told of all runs together: column of the comparison, its name, and how it is written."""


@dataclass(frozen=True)
class _Group:
    """The replications of one combination of settings."""

    name: str
    settings: list[str]
    rows: "DataFrame"

    def interval(self, column: str) -> Interval:
        return interval(self.rows[column].tolist())


def ranges(runs: "DataFrame") -> str:
    """Sentences on where each measure is least and most, as HTML."""
    groups = list(_groups(runs))
    counts = sorted({len(group.rows) for group in groups})
    several = f"{counts[0]}" + (f" to {counts[-1]}" if len(counts) > 1 else "")
    replications = f", with {several} replications each" if counts[-1] > 1 else ""
    told = [f"{_number(len(runs), 'run')} of {_number(len(groups), 'combination')} of settings{replications}."]
    told += [_range(groups, column) for column in _MEASURES]
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in told if line) + "</ul>"


def means(runs: "DataFrame") -> str:
    """Mean and interval of each measure for each combination of settings, as a table; nothing without replications."""
    groups = list(_groups(runs))
    if max(len(group.rows) for group in groups) < 2:
        return ""
    used = [column for column in _MEASURES if runs[column].fillna(0.0).any()]
    lines = [
        [*group.settings, *(_with_bounds(group.interval(column), _MEASURES[column][1]) for column in used)]
        for group in groups
    ]
    return table([*settings_of(runs), *(_MEASURES[column][0] for column in used)], lines)


def carry(about: dict[str, Any], runs: "DataFrame") -> str:
    """How far the numbers carry: replications, what is idealised, and where models are checked; as HTML."""
    least = min(len(group.rows) for group in _groups(runs))
    spread = (
        "Bounds in brackets are Student's t-intervals at 95 % over independent replications. Replication r of all "
        "settings draws from the same streams, so that differences between settings, taken replication by replication "
        "(`qflsim.intervals.paired_differences`), have narrower ones."
        if least > 1
        else "A single replication says nothing about chance; `--replications 10` gives intervals."
    )
    parts = ", ".join(f"`{part}`" for part in idealised_parts(about.get("scenario", {})))
    granted = f"Idealised in the first of the runs, which grants what physics does not: {parts}." if parts else (
        "No part of the first of the runs is idealised."
    )  # fmt: skip
    models = "`python -m qflsim validate` compares the models behind these numbers with published results."
    return paragraphs("\n\n".join((spread, granted, models)))


def again(folder: Path, name: str) -> str:
    """How to make a sweep again, as HTML; nothing if it is none."""
    try:
        plan = json.loads((folder / PLAN).read_text(encoding="utf-8"))
        axes = {str(axis): [str(value) for value in values] for axis, values in plan["axes"].items()}
        replications = int(plan["replications"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""
    options = " ".join("--axis " + shlex.quote(f"{axis}=" + ",".join(values)) for axis, values in axes.items())
    command = f"python -m qflsim sweep SCENARIO {options} --replications {replications} --out NEW"
    told = (
        f"With the file of the scenario `{name}` for SCENARIO this gives the same bytes in every table, on any number "
        "of cores. With this folder in place of NEW it goes on with what is not finished; more values and more "
        "replications are added to what is there."
    )
    return f"<pre><code>{escape(command)}</code></pre>{paragraphs(told)}"


def _groups(runs: "DataFrame") -> Iterator[_Group]:
    axes = settings_of(runs)
    if not axes:
        yield _Group("", [], runs)
        return
    varied = [axis for axis in axes if runs[axis].nunique() > 1] or axes
    for values, rows in runs.groupby(axes, sort=False):
        settings = dict(zip(axes, map(str, values), strict=True))
        yield _Group(", ".join(called(axis, settings[axis]) for axis in varied), list(settings.values()), rows)


def _range(groups: list[_Group], column: str) -> str:
    """Where a measure is least and most; nothing of what is nothing everywhere."""
    name, text = _MEASURES[column]
    found = [(group.interval(column), group.name) for group in groups]
    known = sorted((made.mean, place) for place, (made, _) in enumerate(found) if made.count)
    if not known or known[-1][0] == 0.0:
        return ""
    (least, low), (most, high) = (found[place] for _, place in (known[0], known[-1]))
    title = name[0].upper() + name[1:]
    if len(known) == 1:
        return f"{title}: {_with_bounds(most, text)}" + (f" with {high}." if high else ".")
    if text(least.mean) == text(most.mean):
        return f"{title}: {_with_bounds(most, text)} throughout."
    return f"{title}: {_with_bounds(least, text)} with {low}, to {_with_bounds(most, text)} with {high}."


def _with_bounds(made: Interval, text: Callable[[float], str]) -> str:
    """A mean as text, its interval in brackets if there is one."""
    if not made.count:
        return "none"
    mean, low, high = map(text, (made.mean, made.low, made.high))
    return mean if made.count == 1 or low == high else f"{mean} ({low} to {high})"


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"
