"""What a server goes by in a task, and what its devices did for it in one round."""

from dataclasses import dataclass, field

from qflsim.chain.block import Block, Certificate
from qflsim.learning.aggregation import Aggregator, Update
from qflsim.learning.participation import Participation, Synchronous
from qflsim.learning.selection import Requirement, Selection

from .device import Floats
from .workbook import Labour

__all__ = ["Contribution", "Rules"]


@dataclass(frozen=True)
class Rules:
    """What a server goes by: whom it accepts and selects, how it aggregates, how long it waits and for how many."""

    task: str
    requirement: Requirement
    selection: Selection
    aggregation: Aggregator
    update_deadline: float
    participation: Participation = Synchronous()


@dataclass
class Contribution:
    """What one server's devices, those selected and those still at work on an earlier model, did in a round."""

    selected: tuple[str, ...] = ()
    committee: tuple[str, ...] = ()
    works: dict[str, Labour] = field(default_factory=dict)
    updates: tuple[Update, ...] = ()
    blocks: tuple[Block, ...] = ()
    model: Floats | None = None
    distributed_s: float = 0.0
    scores: dict[str, float] = field(default_factory=dict)

    @property
    def certified(self) -> list[tuple[Block, Certificate]]:
        """Each block with its certificate."""
        return [(block, block.certificate) for block in self.blocks if block.certificate is not None]

    @property
    def samples(self) -> int:
        """Samples behind the updates that were aggregated."""
        return sum(update.samples for update in self.updates)
