"""The sweeps that the case study is made of, and how they are carried out or cut down."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import qflsim as qfl
from qflsim.loading import load_module, load_variants
from qflsim.sweeps.points import axes_of
from qflsim.sweeps.sources import scenarios_of
from qflsim.sweeps.store import Store, plan_of

__all__ = ["STUDIES", "Study", "carry_out", "check", "read"]

FOLDER = Path(__file__).parents[1]
KEPT = ("rounds",)
STUDIES = ("four_classes", "ten_classes", "five_clients", "more_servers")


@dataclass(frozen=True)
class Study:
    """One sweep: a scenario file of this folder with its variants and axes."""

    name: str
    variants: Mapping[str, qfl.Scenario]
    axes: Mapping[str, tuple[Any, ...]]

    @property
    def question(self) -> str:
        """The first paragraph of the file's docstring."""
        return (sys.modules[f"scenarios.{self.name}"].__doc__ or "").partition("\n\n")[0]

    def quick(self) -> "Study":
        """The same with few rounds, few images and the first values of its axes: to see that it works."""
        small = {
            name: replace(
                scenario,
                rounds=2,
                data=replace(scenario.data, samples=2000, test_samples=200),
                training=replace(scenario.training, epochs=1, samples=8),
            )
            for name, scenario in self.variants.items()
        }
        return replace(self, variants=small, axes={axis: values[:1] for axis, values in self.axes.items()})


def read(name: str) -> Study:
    """A study by the name of its file."""
    path = FOLDER / f"{name}.py"
    variants = load_variants(path)
    return Study(name, variants, load_module(path).axes)


def check(studies: Sequence[Study], out: Path, replications: int) -> None:
    """Refuse digits that are not there and stores of something else, before the first of an hour's points runs.

    Raises
    ------
    ScenarioError
        Saying which, and what to do.
    """
    try:
        qfl.MNIST(features=qfl.Pixels()).load(np.random.default_rng(0))
    except (OSError, ValueError) as error:
        raise qfl.ScenarioError(str(error)) from None
    for study in studies:
        named, axes = scenarios_of(study.variants), axes_of(study.variants, study.axes)
        Store(_store(study, out)).admit(plan_of(named, axes, replications, KEPT))


def carry_out(
    study: Study, out: Path, *, replications: int, workers: int | None, told: Callable[[str], object]
) -> qfl.Sweep:
    """Run what is not there yet of a study in its store."""
    return qfl.sweep(
        study.variants,
        axes=study.axes,
        replications=replications,
        out=_store(study, out),
        workers=workers,
        keep=KEPT,
        told=told,
    )


def _store(study: Study, out: Path) -> Path:
    return out / "store" / study.name
