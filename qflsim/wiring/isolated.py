"""A task that every device learns for itself: the same devices, data and processors, and nothing that connects them."""

from collections.abc import Sequence
from dataclasses import replace

from qflsim.crypto.keys import KEMKeys
from qflsim.learning.collaboration import Federated
from qflsim.network.placement import DenseCell
from qflsim.nodes.books import Books
from qflsim.nodes.evaluator import Evaluator
from qflsim.nodes.isolated import IsolatedRounds
from qflsim.nodes.ledger import Ledger
from qflsim.scenario import Scenario

from .common import Common
from .tasks import TaskParts, device_of

__all__ = ["isolate", "silent"]


def silent(scenario: Scenario) -> Scenario:
    """The scenario whose network is built where nobody will use it: it asks for nothing and takes no power."""
    return replace(scenario, collaboration=Federated(), keys=KEMKeys(), background=None, topology=DenseCell())


def isolate(common: Common, parts: TaskParts, books: Books, ledgers: Sequence[Ledger]) -> IsolatedRounds:
    """The devices of a task that have samples, ready to go through its rounds, each for itself."""
    plan, ctx, task = parts.plan, parts.ctx, parts.task
    parts.machines.check(common.scenario)
    devices = [device_of(common, parts, name) for name in parts.devices]
    return IsolatedRounds(
        ctx,
        plan.rounds,
        [device for device in devices if device.samples],
        plan.model.initial(ctx.streams.fresh("initial")),
        Evaluator(ctx, task),
        books,
        ledgers,
    )
