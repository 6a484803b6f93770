"""Learning tasks: what a publisher has learned, from which data, how, and by whose devices."""

import re
from dataclasses import dataclass, fields, replace

from qflsim.checks import Part, quantity
from qflsim.learning.aggregation import Aggregator
from qflsim.learning.datasets import Dataset
from qflsim.learning.mixing import Mixing
from qflsim.learning.models import Model
from qflsim.learning.selection import Selection
from qflsim.learning.training import LocalTraining

__all__ = ["LearningPlan", "Task"]


@dataclass(frozen=True, kw_only=True)
class LearningPlan:
    """A task with all that its publisher says of it."""

    name: str
    servers: tuple[str, ...]
    rounds: int
    reward: float
    model: Model
    data: Dataset
    training: LocalTraining
    selection: Selection
    aggregation: Aggregator
    mixing: Mixing


@dataclass(frozen=True, kw_only=True)
class Task(Part):
    """One of several learning tasks of a run, each with a shard of its own.

    All tasks go on at the same time over the same network. A server may take part in several, and its devices then
    train for all of them: each device has one QPU, and the jobs of its tasks queue for it. Links, key stores and
    processors are shared in the same way. Every task counts its own rounds, and none waits for another.

    Parameters
    ----------
    name:
        Its name, in the tables and in the name of its shard chain.
    servers:
        The servers that may join; empty for all.
    rounds, reward, model, data, training, selection, aggregation, mixing:
        As the fields of the same name of `Scenario`, which hold where ``None`` stands here.

    Raises
    ------
    TypeError, ValueError
        If a field is of the wrong type or out of bounds, or the name is none for a chain.

    Notes
    -----
    *Scope*: all tasks are announced at time 0, by the one publisher. A device trains for the tasks of the server whose
    cell it is in; it learns each task from data of its own.

    References
    ----------
    .. [1] D. C. Nguyen et al., "When Quantum Federated Learning Meets Blockchain in 6G Networks", arXiv:2512.09958:
       one shard of edge servers per learning task.
    """

    name: str
    servers: tuple[str, ...] = ()
    rounds: int | None = quantity(
        None, at_least=1, most=1_000_000, advice="give a whole number, e.g. 20, or None for the scenario's"
    )
    reward: float | None = quantity(None, at_least=0, advice="give a number, e.g. 100, or None for the scenario's")
    model: Model | None = None
    data: Dataset | None = None
    training: LocalTraining | None = None
    selection: Selection | None = None
    aggregation: Aggregator | None = None
    mixing: Mixing | None = None

    def check(self) -> None:
        """Refuse a name that would be none in the name of a chain, and a server named twice."""
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", self.name):
            raise ValueError(f"Task.name must be letters, digits, '.', '_' and '-', got {self.name!r}; e.g. 'digits'")
        if len(set(self.servers)) < len(self.servers):
            raise ValueError(f"Task.servers must name each server once, got {self.servers!r}")

    def plan(self, otherwise: LearningPlan) -> LearningPlan:
        """The task, with what is ``None`` here taken from another."""
        names = (field.name for field in fields(self) if getattr(self, field.name) is not None)
        return replace(otherwise, **{name: getattr(self, name) for name in names})
