"""Whether devices learn together or each for itself."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any, TypeVar

from qflsim.checks import Part

__all__ = ["Collaboration", "Federated", "Isolated"]

P = TypeVar("P", bound=Part)

USED = (
    "name", "seed", "rounds", "topology", "qpu", "model", "data", "training", "tasks", "speeds", "energy",
    "aer_samples", "aer_shots", "collaboration", "question",
)  # fmt: skip
"""Fields of a scenario that isolated training goes by."""

USED_OF_ENERGY = ("device_compute",)
UNUSED_OF_TASK = ("reward", "selection", "aggregation", "mixing")


@dataclass(frozen=True, kw_only=True)
class Collaboration(Part, ABC):
    """Whether devices learn together or each for itself."""

    @property
    @abstractmethod
    def exchanges(self) -> bool:
        """Whether anything that was learnt goes from one node to another."""

    def check_scenario(self, scenario: Part) -> None:
        """Refuse a scenario whose other fields make no sense with this one (none by default)."""


@dataclass(frozen=True, kw_only=True)
class Federated(Collaboration):
    """Devices send their updates, servers aggregate and mix them: the five steps of a round.

    *Validation*: everything that this project validates of rounds.
    """

    @property
    def exchanges(self) -> bool:
        """They do."""
        return True


@dataclass(frozen=True, kw_only=True)
class Isolated(Collaboration):
    """Every device trains a model of its own on its own data, round after round, and nothing is exchanged.

    A round is the same local training as in federated learning, so that a row of ``rounds.csv`` means the same work;
    what a device has learnt is what it begins the next round with. All devices begin with the model that a federated
    run of the same seed begins with. There are no messages, keys, blocks or servers at work: time and energy are
    those of the devices' processors. The other fields of the scenario would have no effect and are refused unless
    they are left at their defaults; `of` makes such a scenario of a federated one.

    Raises
    ------
    ValueError
        By the scenario, if it gives fields that isolated training does not use.

    Notes
    -----
    *Scope*: a round ends when the last device is done; all models are then evaluated on all test samples by an
    observer, which takes no time. The optimizer starts afresh in every round, as in federated learning. Devices are
    always there.

    *Validation*: a federation of one device learns the same, up to the format in which its model travels.

    References
    ----------
    .. [1] D. C. Nguyen et al., "When Quantum Federated Learning Meets Blockchain in 6G Networks", arXiv:2512.09958,
       figure 4: collaborative against isolated training.
    """

    @property
    def exchanges(self) -> bool:
        """Nothing is exchanged."""
        return False

    def check_scenario(self, scenario: Part) -> None:
        """Refuse fields that would be given in vain."""
        vain = _given_in_vain(scenario)
        if vain:
            raise ValueError(
                f"Isolated() exchanges nothing, so Scenario.{', '.join(vain)} would have no effect; leave "
                f"{'it' if len(vain) == 1 else 'them'} out, or write qfl.Isolated.of(scenario), which does"
            )

    @classmethod
    def of(cls, scenario: P) -> P:
        """The scenario with isolated training, and with everything that it does not use left at its default."""
        vain: dict[str, Any] = {**_defaults(scenario, USED), "collaboration": cls()}
        parts: Any = scenario
        vain["energy"] = replace(parts.energy, **_defaults(parts.energy, USED_OF_ENERGY))
        vain["tasks"] = tuple(replace(task, **dict.fromkeys(UNUSED_OF_TASK)) for task in parts.tasks)
        return replace(scenario, **vain)


def _defaults(part: Part, kept: tuple[str, ...]) -> Mapping[str, Any]:
    """The defaults of all fields but those that are kept."""
    return {field.name: field.default for field in fields(part) if field.name not in kept and field.default != MISSING}


def _given(part: Any, kept: tuple[str, ...]) -> list[str]:
    return [name for name, default in _defaults(part, kept).items() if getattr(part, name) != default]


def _given_in_vain(scenario: Any) -> list[str]:
    """Fields that hold something else than their defaults and that isolated training does not use."""
    tasks = [
        f"tasks[{number}].{name}"
        for number, task in enumerate(scenario.tasks)
        for name in UNUSED_OF_TASK
        if getattr(task, name) is not None
    ]
    return [*_given(scenario, USED), *(f"energy.{name}" for name in _given(scenario.energy, USED_OF_ENERGY)), *tasks]
