"""Going on from a round of a run that was made, finished or not: its chains are where the new run begins.

What stands on the chains is restored: the blocks, byte for byte, the global model of every task, its contract with
deposits, balances and reputations, the lots of shards, and the accounts and payments between them. The clock goes on
from the latest proposal. Everything else starts afresh, since no chain says what it was: queues, messages and jobs
under way, key stores, batteries, pools of pairs, and random streams that are drawn from again and again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from . import runs
from .audit import open_ledger, refuse_gaps
from .chain.archive import Archive
from .chain.beginning import Beginning, beginning
from .checks import Part, ScenarioError
from .experiment import Observer, Run, carry_out
from .overrides import read_part
from .scenario import Scenario, refuse_no_scenario
from .tables import read_run
from .world import World

__all__ = ["resume", "scenario_of"]

Change = Callable[[Scenario], Scenario]


def resume(
    folder: str | Path,
    from_round: int,
    *,
    out: str | Path = "results",
    change: Change = lambda scenario: scenario,
    names: Mapping[str, Any] | None = None,
    observers: Callable[[int], Sequence[Observer]] = lambda rounds: (),
    told: Callable[[str], object] | None = None,
    figures: bool = True,
) -> Run:
    """Make a new run that goes on from ``from_round`` of the one in ``folder``, which stays as it is.

    Parameters
    ----------
    folder:
        A run's folder, with its ledger; the run may have been interrupted, or killed.
    from_round:
        The round whose global model is the first one of the new run; its own rounds follow.
    out:
        Folder under which ``<scenario>/<run>/`` is made.
    change:
        Makes the scenario of the new run from that of the old one. What the chains say must stay as it was: nodes, keys
        and seed, the model, and the terms of the task's contract; everything else may change.
    names:
        Parts by name that a scenario file of one's own defines.
    observers, told, figures:
        See `qflsim.run`; the observers of a run that has so many rounds of all tasks to go.

    Raises
    ------
    ScenarioError
        If there is no such round, the chains up to there are not as they were written, or the scenario contradicts
        them; nothing has run or been written then.
    """
    runs.refuse_unwritable(out)
    about = read_run(folder)
    before = scenario_of(about, names)
    scenario = change(before)
    refuse_no_scenario(scenario, "resume(change=...)")
    _refuse_other_shards(before, scenario)
    with closing(open_ledger(folder)) as ledger:
        begins = _beginning(ledger, from_round, about, Path(folder))
        world = World(scenario, about.get("replication", 0), begins)
        if told is not None:
            for note in world.notes():
                told(note)
        made = runs.create_folder(out, scenario.name, scenario.seed, world.replication, f"-from{from_round}")
        return carry_out(
            world, made, observers=observers(_to_go(scenario, begins)), figures=figures, begins=begins,
            changed=tuple(_changes(before, scenario)),
        )  # fmt: skip


def _changes(before: Part, after: Part, path: str = "") -> Iterator[str]:
    """What makes one part of another of the same class, as ``--set`` takes it."""
    for field in fields(after):
        old, new, name = getattr(before, field.name), getattr(after, field.name), f"{path}{field.name}"
        if not field.compare or runs.describe(old) == runs.describe(new):
            continue
        if isinstance(new, Part) and type(old) is type(new):
            yield from _changes(old, new, f"{name}.")
        else:
            yield f"{name}={new!r}"


def scenario_of(about: Mapping[str, Any], names: Mapping[str, Any] | None = None) -> Scenario:
    """The scenario of a run, from its ``run.json``.

    Raises
    ------
    ScenarioError
        If it does not say, or names parts that are not among qflsim's or ``names``.
    """
    from .terminal import known_names

    text = about.get("python")
    if not isinstance(text, str):
        raise ScenarioError("run.json does not hold the scenario as Python writes it; run the scenario again")
    try:
        scenario = read_part(text, {**_stock(Part), **known_names(None), **(names or {})})
    except ScenarioError as error:
        reason = str(error).replace(f"cannot read {text!r}: ", "")
        raise ScenarioError(
            f"the scenario in run.json cannot be read: {reason}; for parts of a scenario file give --scenario FILE"
        ) from None
    if not isinstance(scenario, Scenario) or runs.describe(scenario) != about.get("scenario"):
        raise ScenarioError("run.json contradicts itself on what was run; it was changed after the run")
    return replace(scenario, question=str(about.get("question", "")))


def _refuse_other_shards(before: Scenario, after: Scenario) -> None:
    """Refuse what would make other lots, or other payments, of those that led to what stands on the chains."""
    for name in ("sharding", "payments"):
        if getattr(before, name) != getattr(after, name):
            raise ScenarioError(
                f"Scenario.{name} must stay {getattr(before, name)!r}, from which follows what stands on the shard "
                f"chains, got {getattr(after, name)!r}; leave it as it was"
            )
    tasks = [[plan.name for plan in scenario.learning] for scenario in (before, after)]
    if (before.sharding or before.payments) and tasks[0] != tasks[1]:
        raise ScenarioError(
            f"Scenario.tasks must stay {', '.join(tasks[0])}, whose shards have lots or payments in common, got "
            f"{', '.join(tasks[1])}; leave them as they were"
        )


def _to_go(scenario: Scenario, begins: Beginning) -> int:
    """Rounds of all tasks that are not over."""
    return sum(max(0, plan.rounds - begins.of(plan.name).round) for plan in scenario.learning)


def _stock(kind: type[Part]) -> dict[str, type[Part]]:
    """The parts of qflsim that derive from ``kind``, those without a public name among them."""
    found = {}
    for part in kind.__subclasses__():
        if part.__module__.startswith("qflsim."):
            found[part.__name__] = part
        found |= _stock(part)
    return found


def _beginning(ledger: Archive, round: int, about: Mapping[str, Any], folder: Path) -> Beginning:
    """What stands on the chains after a round, which must be as they were written."""
    try:
        begins = beginning(ledger, round)
        refuse_gaps(ledger, begins.heights, about)
    except ValueError as error:
        raise ScenarioError(f"cannot go on from round {round} of {folder}: {error}") from None
    return begins
