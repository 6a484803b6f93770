"""The points of a sweep: every combination of the values of its axes, several replications each."""

import itertools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qflsim.checks import ScenarioError
from qflsim.overrides import replaced
from qflsim.scenario import Scenario

from .identity import fingerprint, key_of, written

__all__ = ["VARIANT", "Base", "Point", "axes_of", "points_of"]

VARIANT = "variant"
"""Name of the axis of a sweep over scenarios that have names."""

_MOST = 100_000
"""Points of a sweep: a run of one second each takes a day."""

Base = Scenario | Mapping[str, Scenario]
"""What is swept over: one scenario, or several by name."""


@dataclass(frozen=True)
class Point:
    """One replication of one combination of settings.

    Parameters
    ----------
    settings:
        The value of each axis, as it stands in tables.
    scenario:
        What is run.
    replication:
        Which independent repetition, from 0.
    key:
        Hash of what is run and of the program that runs it; the name of the point's folder.
    """

    settings: Mapping[str, str]
    scenario: Scenario
    replication: int
    key: str

    @property
    def label(self) -> str:
        """The point in words, e.g. ``topology.servers=3, mixing=Ring(), replication 0``."""
        parts = [value if axis == VARIANT else f"{axis}={value}" for axis, value in self.settings.items()]
        return ", ".join([*parts, f"replication {self.replication}"])


def axes_of(base: Base, given: Mapping[str, Iterable[Any]]) -> dict[str, tuple[Any, ...]]:
    """The axes of a sweep with their values: those that are given, after the scenarios' names if they have some.

    Raises
    ------
    ScenarioError
        If an axis has no values, or one of them twice, or there is no scenario of that name.
    """
    axes = {axis: _values(axis, values) for axis, values in given.items()}
    if isinstance(base, Mapping):
        _refuse_names(base)
        names = axes.pop(VARIANT, tuple(base))
        for name in names:
            if name not in base:
                raise ScenarioError(
                    f"axis {VARIANT}: there is no scenario called {name!r}; there are {', '.join(base)}"
                )
        axes = {VARIANT: names, **axes}
    elif VARIANT in axes:
        raise ScenarioError(f"axis {VARIANT}: the scenario has no variants; give several scenarios by name")
    return axes


def points_of(base: Base, axes: Mapping[str, Sequence[Any]], replications: int) -> tuple[Point, ...]:
    """Every combination of the axes' values in order, the last axis fastest, and each one's replications in a row.

    Raises
    ------
    ScenarioError
        If a combination is no scenario: a field that does not exist, a value that is refused.
    """
    count = math.prod(len(values) for values in axes.values()) * replications
    if count > _MOST:
        raise ScenarioError(
            f"a sweep must have <= {_MOST} points, each of them a run and a folder, got {count} points; give fewer "
            "values, or lower replications"
        )
    points = []
    for values in itertools.product(*axes.values()):
        chosen = dict(zip(axes, values, strict=True))
        settings = {axis: written(value) for axis, value in chosen.items()}
        scenario = _scenario(base, chosen)
        what = fingerprint(scenario)
        points += [Point(settings, scenario, r, key_of(what, r)) for r in range(replications)]
    _refuse_twins(points)
    return tuple(points)


def _scenario(base: Base, chosen: Mapping[str, Any]) -> Scenario:
    """The scenario of one combination; whole parts are set before fields within them."""
    scenario = base[chosen[VARIANT]] if isinstance(base, Mapping) else base
    for axis in sorted(chosen, key=lambda name: name.count(".")):
        if axis == VARIANT:
            continue
        try:
            scenario = replaced(scenario, axis, chosen[axis])
        except (ValueError, TypeError, ArithmeticError) as error:
            raise ScenarioError(f"axis {axis}, value {written(chosen[axis])}: {error}") from None
    return scenario


def _values(axis: str, given: Any) -> tuple[Any, ...]:
    if not isinstance(axis, str):
        raise ScenarioError(f"an axis must be the name of a field, e.g. 'topology.servers', got {axis!r}")
    if isinstance(given, (str, Mapping)) or not isinstance(given, Iterable):
        raise ScenarioError(f"axis {axis} must be a list of values, got {given!r}; give e.g. {axis}=[{given!r}]")
    values = tuple(map(_plain, given))
    if not values:
        raise ScenarioError(f"axis {axis} has no values; give one at least")
    _refuse_repeated(axis, values)
    return values


def _plain(value: Any) -> Any:
    """A number of numpy's as one of Python's, which tables write without its type."""
    if isinstance(value, (tuple, list)):
        return tuple(map(_plain, value))
    return value.item() if isinstance(value, np.generic) else value


def _refuse_repeated(axis: str, values: Sequence[Any]) -> None:
    """Refuse a value that is given twice, and two of which tables could not say which is which."""
    said: dict[str, Any] = {}
    for value in values:
        text = written(value)
        if text not in said:
            said[text] = value
        elif fingerprint(value) == fingerprint(said[text]):
            raise ScenarioError(f"axis {axis} has the value {text} twice; give each value once")
        else:
            raise ScenarioError(
                f"axis {axis} has two values that are both written {text}; give their classes, or functions, different "
                "names"
            )


def _refuse_names(base: Mapping[str, Scenario]) -> None:
    if not base:
        raise ScenarioError("a sweep must hold a scenario each by name, got none; give e.g. {'PBFT': scenario}")
    for name, scenario in base.items():
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ./_-]*", name):
            raise ScenarioError(f"the name of a variant must be letters, digits, spaces, '.', '_', '-', got {name!r}")
        if not isinstance(scenario, Scenario):
            raise ScenarioError(f"variant {name!r} must be a qfl.Scenario, got {scenario!r}")


def _refuse_twins(points: Iterable[Point]) -> None:
    """Two combinations that are the same scenario would stand in the tables as if they were independent."""
    seen: dict[str, Point] = {}
    for point in points:
        twin = seen.setdefault(point.key, point)
        if twin is not point:
            raise ScenarioError(f"two points are the same run: {twin.label} and {point.label}; give each once")
