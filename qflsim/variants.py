"""The variants of a scenario: one run after the other, each in a folder of its own, and side by side in the end."""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from . import runs
from .checks import ScenarioError
from .comparison import Compared, measure, write_comparison
from .experiment import Observer, carry_out
from .scenario import Scenario, refuse_no_scenario
from .world import World

__all__ = ["Compared", "Comparing", "compare"]


@dataclass(frozen=True)
class Comparing:
    """A comparison that has been made.

    Parameters
    ----------
    folder:
        Where ``comparison.csv``, its figure and the folders of the runs are.
    rows, names:
        Measures of the runs that completed a round, and the variant that each is of.
    interrupted:
        Whether Ctrl-C ended it before all runs were made.
    """

    folder: Path
    rows: tuple[Compared, ...]
    names: tuple[str, ...]
    interrupted: bool


def compare(
    variants: Mapping[str, Scenario],
    *,
    out: str | Path = "results",
    replications: int = 1,
    observers: Callable[[str, Scenario], Observer] | None = None,
    told: Callable[[str], object] | None = None,
    figures: bool = True,
) -> Comparing:
    """Run every variant and lay the results side by side.

    Parameters
    ----------
    variants:
        Scenarios by name, all with the same `Scenario.name` and seed.
    out:
        Folder under which ``<scenario>/<seed>/<variant>/<run>/`` is made; nothing is ever overwritten.
    replications:
        Independent repetitions of each variant. Repetition r of all variants draws from the same streams, so that
        differences between variants are paired.
    observers:
        Makes, for each run, what is called with every record as it happens.
    told:
        Called, before anything happens, with each sentence that a user should know of one of these worlds.
    figures:
        Whether the figure of the comparison is drawn. `qflsim.plots.draw_all` draws those of a single run.

    Raises
    ------
    ScenarioError
        If a variant cannot be run or its name be a folder's; nothing has run or been written then.
    """
    _refuse_unfit(variants)
    runs.refuse_unwritable(out)
    worlds = {name: _built(name, scenario) for name, scenario in variants.items()}
    if told is not None:
        for sentence in _notes(worlds):
            told(sentence)
    first = next(iter(variants.values()))
    top = runs.create_folder(out, first.name, first.seed, 0)
    rows: list[Compared] = []
    names: list[str] = []
    for replication in range(replications):
        for name, scenario in variants.items():
            world = worlds.pop(name) if name in worlds else World(scenario, replication)
            folder = runs.create_folder(top, name.replace(" ", "-"), scenario.seed, replication)
            watching = [observers(name, scenario)] if observers is not None else []
            made = carry_out(world, folder, observers=watching, figures=False)
            if made.rounds_done:
                rows.append(measure(made.folder, made.folder.relative_to(top).as_posix()))
                names.append(name)
                write_comparison(top, rows, names)
            if made.status == "interrupted":
                return Comparing(top, tuple(rows), tuple(names), interrupted=True)
    if figures and rows:
        _draw(top)
    return Comparing(top, tuple(rows), tuple(names), interrupted=False)


def _refuse_unfit(variants: Mapping[str, Scenario]) -> None:
    """Refuse names that are no folder names, and variants of different scenarios.

    Raises
    ------
    ScenarioError
        If there are none, or they do not go together.
    """
    if not isinstance(variants, Mapping):
        raise ScenarioError(
            f"qfl.compare takes scenarios by name, got {variants!r:.60}; give e.g. {{'ring': one, 'star': another}}"
        )
    if not variants:
        raise ScenarioError("variants must hold a scenario each by name, got none; give e.g. {'PBFT': scenario}")
    for name in variants:
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ._-]*", name):
            raise ScenarioError(f"the name of a variant must be letters, digits, spaces, '.', '_', '-', got {name!r}")
    for scenario in variants.values():
        refuse_no_scenario(scenario, "compare")
    for what in ("name", "seed"):
        values = {getattr(scenario, what) for scenario in variants.values()}
        if len(values) > 1:
            raise ScenarioError(
                f"variants must be of one scenario and share its {what}, got {sorted(values)!r}; make them with "
                "dataclasses.replace(scenario, ...)"
            )


def _built(name: str, scenario: Scenario) -> World:
    """The world of a variant, built before any variant runs, so that a bad one is refused at once."""
    try:
        return World(scenario, 0)
    except ScenarioError as error:
        raise ScenarioError(f"variant {name!r}: {error}") from None


def _notes(worlds: Mapping[str, World]) -> Iterator[str]:
    """What a user should know of these worlds, each sentence once, after the variants that it is about."""
    about: dict[str, list[str]] = {}
    for name, world in worlds.items():
        for note in world.notes():
            about.setdefault(note, []).append(name)
    for note, names in about.items():
        every = len(names) == len(worlds) > 1
        yield f"{'all variants' if every else ', '.join(names)}: {note}"


def _draw(top: Path) -> None:
    from .plots import draw_comparison

    try:
        draw_comparison(top)
    except KeyboardInterrupt:
        sys.stderr.write(f"\nqflsim: interrupted while drawing; all tables in {top} are whole\n")
