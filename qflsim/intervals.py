"""What replications say together: means with their intervals, paired differences, and what a given accuracy took.

Everything works on plain sequences of numbers; the functions on tables take those of `qflsim.Sweep`, with settings,
``replication`` and ``task`` among their columns.

References
----------
.. [1] W. S. Gosset ("Student"), "The probable error of a mean", Biometrika 6 (1908).
.. [2] A. M. Law, "Simulation Modeling and Analysis", 5th ed. (2015), sections 9.4 (replications) and 10.2 (paired-t).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .checks import ScenarioError

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Interval", "interval", "intervals", "paired", "paired_differences", "reached"]

_COSTS = ("rounds", "seconds", "joules", "bytes")


@dataclass(frozen=True)
class Interval:
    """A mean over replications, and where the expectation lies at a level of confidence.

    Parameters
    ----------
    mean:
        Mean of the values; NaN of none.
    low, high:
        Bounds of Student's t-interval; NaN if fewer than two values leave the spread unknown.
    count:
        How many values there are.
    """

    mean: float
    low: float
    high: float
    count: int

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside, so that the sign of the mean is no chance at that level."""
        return self.low > 0.0 or self.high < 0.0


def interval(values: Sequence[float], level: float = 0.95, geometric: bool = False) -> Interval:
    """Mean and Student's t-interval of independent values [1]_: mean ± t_{n-1, (1+level)/2} · s / √n.

    The geometric mean and its interval are those of the logarithms, taken back: for times, energies and whatever else
    lies on a logarithmic axis, where an interval around the arithmetic mean may reach below zero.

    Parameters
    ----------
    values:
        One per replication; NaN stands for none and is left out.
    level:
        Confidence, between 0 and 1.
    geometric:
        Whether to take the geometric mean.

    Raises
    ------
    ValueError
        If the level is not between 0 and 1, or a value without a logarithm is to be in a geometric mean.

    *Scope.* It holds for values that are about normal, or for many of them. A spread of nothing gives an interval of
    nothing.

    *Validation.* Against ``scipy.stats`` and worked examples.

    Examples
    --------
    >>> made = interval([1.0, 2.0, 3.0])
    >>> round(made.low, 3), made.mean, round(made.high, 3)
    (-0.484, 2.0, 4.484)
    >>> round(interval([1.0, 10.0, 100.0], geometric=True).mean, 9)
    10.0
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must be between 0 and 1, got {level!r}; give e.g. 0.95")
    known = [float(value) for value in values if not math.isnan(value)]
    if geometric:
        return _geometric(known, level)
    count = len(known)
    if count == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    mean = math.fsum(known) / count
    if count == 1:
        return Interval(mean, math.nan, math.nan, 1)
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in known) / (count - 1))
    half = _student(count - 1, level) * spread / math.sqrt(count)
    return Interval(mean, mean - half, mean + half, count)


def _geometric(values: list[float], level: float) -> Interval:
    """The interval of the logarithms, taken back."""
    least = min(values, default=1.0)
    if least <= 0.0:
        raise ValueError(f"a geometric mean needs values above zero, got {least!r}; leave it arithmetic")
    made = interval([math.log(value) for value in values], level)
    return Interval(math.exp(made.mean), math.exp(made.low), math.exp(made.high), made.count)


def paired(first: Sequence[float], second: Sequence[float], level: float = 0.95) -> Interval:
    """Interval of the difference first - second, replication by replication [2]_.

    Replication r of two points draws from the same streams; what the two have in common cancels in each pair, so that
    the interval is narrower than that of two independent means. A pair of which one value is NaN is left out.

    Raises
    ------
    ValueError
        If there are not equally many values.
    """
    if len(first) != len(second):
        raise ValueError(f"pairs need as many first as second values, got {len(first)} and {len(second)}")
    return interval([one - other for one, other in zip(first, second, strict=True)], level)


def intervals(
    table: "DataFrame", value: str, by: Sequence[str] | str, level: float = 0.95, geometric: bool = False
) -> "DataFrame":
    """Mean and `interval` of a column over replications, for each combination of the columns ``by``.

    Returns a data frame with the columns ``by``, ``mean``, ``low``, ``high`` and ``count``, in the order of the table.

    Raises
    ------
    ValueError
        As `interval` does.
    ScenarioError
        If there is no such column, or a replication stands twice in a group: what is not independent has no interval.
    """
    import pandas as pd

    keys = [by] if isinstance(by, str) else list(by)
    _refuse_unknown(table, [value, "replication", *keys])
    if table.duplicated([*keys, "replication"]).any():
        raise ScenarioError(
            f"a replication stands more than once for the same {', '.join(keys)}; add the columns in which they differ"
        )
    rows = []
    for names, group in table.groupby(keys, sort=False):
        made = interval(group[value].tolist(), level, geometric)
        rows.append([*names, made.mean, made.low, made.high, made.count])
    return pd.DataFrame(rows, columns=[*keys, "mean", "low", "high", "count"])


def paired_differences(
    table: "DataFrame", value: str, axis: str, first: Any, second: Any, level: float = 0.95
) -> Interval:
    """Interval of a column where ``axis`` is ``first`` less that where it is ``second``, replication by replication.

    Raises
    ------
    ScenarioError
        If there is no such column, one of the two is not there, or they do not have the same replications, once each.
    """
    _refuse_unknown(table, [value, "replication", axis])
    sides = []
    for wanted in (first, second):
        side = table[table[axis] == wanted].set_index("replication")[value].sort_index()
        if side.empty:
            raise ScenarioError(
                f"no row has {axis} = {wanted!r}; there are {', '.join(map(str, table[axis].unique()))}"
            )
        if side.index.has_duplicates:
            raise ScenarioError(
                f"{axis} = {wanted!r} has a replication more than once; select the other settings first"
            )
        sides.append(side)
    if not sides[0].index.equals(sides[1].index):
        raise ScenarioError(f"{first!r} and {second!r} do not have the same replications; pairs need both of each")
    return paired(sides[0].tolist(), sides[1].tolist(), level)


def reached(rounds: "DataFrame", accuracy: float, by: Sequence[str] = ()) -> "DataFrame":
    """What it took until the global model's accuracy was at least ``accuracy``, for each replication.

    Parameters
    ----------
    rounds:
        The table ``rounds`` of a sweep or of a run, of one task.
    accuracy:
        Between 0 and 1.
    by:
        Settings that tell points apart.

    Returns
    -------
    A data frame with the columns ``by``, ``replication`` (of a sweep), and ``rounds``, ``seconds`` of simulated time,
    ``joules`` and ``bytes`` on the air and on fibre, all from the start to the end of the first round that reached it;
    NaN where none did.

    Raises
    ------
    ScenarioError
        If a column is lacking, or a round stands twice for the same point: give the settings that tell points apart.
    """
    import pandas as pd

    keys = [*by, *(["replication"] if "replication" in rounds.columns else [])]
    _refuse_unknown(rounds, [*keys, "round", "accuracy"])
    if rounds.duplicated([*keys, "round"]).any():
        raise ScenarioError("a round stands more than once for the same point; name the settings, and take one task")
    rows = [[*names, *_first(group, accuracy)] for names, group in _groups(rounds, keys)]
    return pd.DataFrame(rows, columns=[*keys, *_COSTS])


def _first(group: "DataFrame", accuracy: float) -> list[float]:
    """Rounds, seconds, joules and bytes of one point until the accuracy was there."""
    ordered = group.sort_values("round")
    enough = (ordered["accuracy"] >= accuracy).to_numpy()
    if not enough.any():
        return [math.nan] * len(_COSTS)
    until = ordered.iloc[: int(enough.argmax()) + 1]
    sent = (until["air_bit"] + until["wired_bit"]).sum() / 8.0
    return [float(len(until)), float(until["ended_s"].iloc[-1]), float(until["energy_j"].sum()), float(sent)]


def _groups(table: "DataFrame", keys: list[str]) -> Any:
    return table.groupby(keys, sort=False) if keys else [((), table)]


def _refuse_unknown(table: "DataFrame", names: Sequence[str]) -> None:
    for name in names:
        if name not in table.columns:
            raise ScenarioError(f"there is no column {name!r}; there are {', '.join(map(str, table.columns))}")


def _student(degrees: int, level: float) -> float:
    """The quantile of Student's t that bounds the middle ``level`` of it."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.5 + 0.5 * level))
