"""What would never come to an end: parts that act so often in simulated time that no computer follows."""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from typing import Any

from qflsim.checks import Part, Recurring, ScenarioError

from .common import Common
from .tasks import TaskParts

__all__ = ["refuse_endless"]


def refuse_endless(common: Common, tasks: Sequence[TaskParts]) -> None:
    """Refuse periods so short and rates so high that a run would be nothing but them.

    Raises
    ------
    ScenarioError
        If something recurs more often than its part allows; see `qflsim.checks.Recurring`.
    """
    scenario, run_s = common.scenario, _least_run_time(common, tasks)
    for part, field, recurring in _recurring(scenario):
        value = getattr(part, field.name)
        span = scenario.agreement_deadline if recurring.while_deciding else run_s
        is_rate, unit = field.metadata["unit"] == "1/s", field.metadata["unit"]
        times = span * value if is_rate else span / value
        if times <= recurring.most:
            continue
        bound = recurring.most / span if is_rate else span / recurring.most
        within = "that one decision may take (agreement_deadline)" if recurring.while_deciding else "of the run or more"
        raise ScenarioError(
            f"{type(part).__name__}.{field.name} must be {'<=' if is_rate else '>='} {bound:.3g} {unit} here, got "
            f"{value!r}, which makes {times:.3g} {recurring.what} in the {span:.4g} s {within}, and more than "
            f"{recurring.most:g} of them take too long to simulate; {field.metadata['advice']}"
        )


def _least_run_time(common: Common, tasks: Sequence[TaskParts]) -> float:
    """The time [s] that the rounds of all tasks, side by side, take at least: waiting for the quickest training."""
    waits = common.scenario.participation.patience(common.scenario.update_deadline)
    return max(parts.plan.rounds * min(waits, *parts.training_times(common).values()) for parts in tasks)


def _recurring(part: Part) -> Iterator[tuple[Part, "dataclasses.Field[Any]", Recurring]]:
    """Every field of a part and the parts in it that says how often something recurs, if it ever does."""
    for field in dataclasses.fields(part):
        value, recurring = getattr(part, field.name), field.metadata.get("recurring")
        if recurring is not None and value and math.isfinite(value):
            yield part, field, recurring
        for inner in value if isinstance(value, tuple) else (value,):
            if isinstance(inner, Part):
                yield from _recurring(inner)
