"""Running one replication of a scenario."""

import sqlite3
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from . import runs
from .chain.beginning import Beginning
from .checks import ScenarioError
from .runs import LEDGER
from .scenario import Scenario, refuse_no_scenario
from .trace import Record, Round
from .world import World

__all__ = ["Observer", "Run", "carry_out", "run"]

Observer = Callable[[Record], None]
"""Called with every record as it happens."""


@dataclass(frozen=True)
class Run:
    """A run that has been made.

    Parameters
    ----------
    folder:
        Where its tables, figures and ``run.json`` are.
    scenario:
        What was run.
    status:
        ``finished``, ``interrupted``, or ``finished, Aer check interrupted``.
    rounds_done:
        Rounds whose records are complete.
    rounds_before:
        How many of them are those of the run that this one goes on from.
    """

    folder: Path
    scenario: Scenario
    status: str
    rounds_done: int
    rounds_before: int = 0

    def table(self, name: str) -> Any:
        """One table as a pandas data frame, e.g. ``run.table("rounds")``."""
        from .tables import read_table

        return read_table(self.folder, name)


def run(
    scenario: Scenario,
    *,
    out: str | Path = "results",
    replication: int = 0,
    observers: Sequence[Observer] = (),
    told: Callable[[str], object] | None = None,
    figures: bool = True,
) -> Run:
    """Run one replication of a scenario and write its tables and figures.

    Parameters
    ----------
    scenario:
        What the world is.
    out:
        Folder under which ``<scenario>/<run>/`` is made; an existing run is never overwritten.
    replication:
        Which independent repetition, counted from 0.
    observers:
        Called with every record as it happens.
    told:
        Called, before anything happens, with each sentence that a user should know of this world.
    figures:
        Whether figures are drawn at the end.

    Raises
    ------
    ScenarioError
        If the scenario cannot be run or the folder not be written; nothing has run or been written then.
    """
    refuse_no_scenario(scenario, "run")
    runs.refuse_unwritable(out)
    world = World(scenario, replication)
    if told is not None:
        for note in world.notes():
            told(note)
    folder = runs.create_folder(out, scenario.name, scenario.seed, replication)
    return carry_out(world, folder, observers=observers, figures=figures)


def carry_out(
    world: World,
    folder: Path,
    *,
    observers: Sequence[Observer],
    figures: bool,
    begins: Beginning | None = None,
    changed: Sequence[str] = (),
    durable: bool = True,
) -> Run:
    """Run a world that was built, and write its tables and figures into ``folder``, which is new and empty.

    What was ``changed`` in the scenario of the run that it goes on from, as ``--set`` takes it, is written down too.
    Whose ledger is not kept afterwards need not be ``durable``.

    Raises
    ------
    ScenarioError
        If the folder takes no more, for want of room, say. What is written stays, and can be resumed from.
    """
    try:
        return _carried_out(world, folder, observers, figures, begins, changed, durable)
    except (OSError, sqlite3.OperationalError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ScenarioError(
            f"cannot go on writing to {folder}: {reason}; make room, or give another folder with --out; what is there "
            "is what could be written, and 'resume' goes on from its last whole round"
        ) from error


def _carried_out(
    world: World,
    folder: Path,
    observers: Sequence[Observer],
    figures: bool,
    begins: Beginning | None,
    changed: Sequence[str],
    durable: bool,
) -> Run:
    before = begins.done if begins else 0
    scenario, rounds_done = world.scenario, [before]

    def count(record: Record) -> None:
        rounds_done[0] += isinstance(record, Round)

    for observer in (count, *observers):
        world.trace.observe(observer)
    world.trace.open(folder)
    if begins is None:
        world.keep_ledgers(folder / LEDGER, durable=durable)
    else:
        world.continue_ledgers(begins.archive.rolled_back(begins.heights, folder / LEDGER))
    origin = _origin(begins, changed)
    tell = partial(runs.write_run_json, folder, scenario, replication=world.replication, resumed=origin)
    tell(status=runs.RUNNING, rounds_done=rounds_done[0], aer=None, ledgers={})  # in case that it is killed
    status, check = "failed", None
    try:
        world.run()
        status = "finished"
        check = world.check_on_aer()
    except KeyboardInterrupt:
        status = "interrupted" if rounds_done[0] < scenario.all_rounds else "finished, Aer check interrupted"
    finally:
        world.trace.close()
        tell(status=status, rounds_done=rounds_done[0], aer=check, ledgers=world.close_ledgers())
    if figures and rounds_done[0] > before:
        draw_figures(folder)
    return Run(folder, scenario, status, rounds_done[0], before)


def _origin(begins: Beginning | None, changed: Sequence[str]) -> dict[str, Any] | None:
    """Where a run went on from, as ``run.json`` says it: run, rounds, time, the last block of every chain, changes."""
    if begins is None:
        return None
    tips = {name: f"{height}:{begins.archive.digest(name, height)}" for name, height in begins.heights.items()}
    rounds = {name: task.round for name, task in begins.tasks.items()}
    return {
        "run": begins.archive.path.parent.as_posix(), "changed": list(changed), "round": begins.round, "tasks": rounds,
        "time_s": begins.time_s, "ledgers": tips,
    }  # fmt: skip


def draw_figures(folder: Path) -> None:
    """Draw all figures of a run; Ctrl-C leaves out those that are not drawn yet, the tables are whole by now."""
    from .plots import draw_all

    try:
        draw_all(folder)
    except KeyboardInterrupt:
        sys.stderr.write(
            f"\nqflsim: interrupted while drawing; all tables in {folder} are whole, figures are missing\n"
        )
