"""Everything that one learning task of a world has to itself: its data and engine, its actors, its chains."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qflsim.chain.beginning import Beginning
from qflsim.checks import ScenarioError
from qflsim.learning.datasets import Data
from qflsim.learning.selection import Requirement
from qflsim.learning.task import LearningTask
from qflsim.nodes.attendance import Attendance
from qflsim.nodes.books import Books
from qflsim.nodes.clerk import Clerk
from qflsim.nodes.context import Context
from qflsim.nodes.contribution import Rules
from qflsim.nodes.device import Device
from qflsim.nodes.isolated import IsolatedRounds
from qflsim.nodes.ledger import Ledger
from qflsim.nodes.membership import Membership
from qflsim.nodes.publisher import Publisher, TaskOffer
from qflsim.nodes.rounds import Rounds
from qflsim.nodes.server import Server
from qflsim.nodes.shard import TaskShard
from qflsim.nodes.workbook import WorkBook
from qflsim.scenario import LearningPlan, Scenario

from .common import Common
from .contract import contracted
from .machines import Machines, machines
from .payments import desk
from .restart import starting_model
from .shards import seats_of

__all__ = ["TaskParts", "device_of", "learn", "task_parts"]


@dataclass
class TaskParts:
    """One learning task of a world."""

    plan: LearningPlan
    ctx: Context
    data: Data
    machines: Machines
    task: LearningTask
    servers: tuple[str, ...]
    membership: Membership
    least_reputation: float

    @property
    def requirement(self) -> Requirement:
        """What the task asks of a device."""
        return Requirement(qubits=self.machines.qubits, reputation=self.least_reputation)

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices that hold data of the task."""
        return self.task.devices

    def training_times(self, common: Common) -> dict[str, float]:
        """Time [s] of each device's job in a round."""
        training = [device for device in self.devices if self.task.samples(device)]
        return {
            device: self.machines.slowdown(common, device) * self.machines.duration(self.task.submissions(device))
            for device in training
        }

    def check_on_aer(self, rounds: Rounds | IsolatedRounds, scenario: Scenario) -> dict[str, Any] | None:
        """Re-evaluate the final model through PennyLane on Aer, beside the engine's result; not a network."""
        if self.machines.native is None:
            return None
        samples = min(scenario.aer_samples, len(self.data.test_y))
        seed = int(self.ctx.streams.fresh("aer").integers(2**31))
        return rounds.check_on_aer(self.machines.native, self.data.test_x[:samples], scenario.aer_shots, seed)


def task_parts(common: Common, plan: LearningPlan, done: int = 0) -> TaskParts:
    """Load and split the data of a task, and prepare what computes its model.

    Parameters
    ----------
    done:
        Rounds of it that are over.

    Raises
    ------
    ScenarioError
        If the task is for a server that there is not.
    """
    scenario, home = common.scenario, common.placement.home
    ctx = common.ctx if len(scenario.learning) == 1 else common.ctx.of_task(plan.name, done)
    servers = _servers(common, plan)
    devices = tuple(device for device in home if home[device] in servers)
    data = plan.data.load(ctx.streams.fresh("data"))
    plan.model.check_task(data.features, len(data.classes))
    shares = plan.data.split.split(data.train_y, len(devices), ctx.streams.fresh("split"))
    own = machines(scenario, plan, len(data.classes))
    task = LearningTask(
        own.engine,
        own.trainer,
        plan.training,
        data,
        dict(zip(devices, shares, strict=True)),
        head=own.head,
        effort=own.effort,
    )
    reached = _reached_with_data(common, frozenset(devices))
    membership = Membership(servers, common.wiring.access.serving, reached)
    least = scenario.contract.least_reputation
    return TaskParts(plan, ctx, data, own, task, servers, membership, least)


def _servers(common: Common, plan: LearningPlan) -> tuple[str, ...]:
    """The servers that may join a task, in the order of all."""
    known = common.placement.servers
    for name in plan.servers:
        if name not in known:
            raise ScenarioError(f"Task.servers must be servers, got {name!r}; they are {', '.join(known)}")
    return tuple(name for name in known if not plan.servers or name in plan.servers)


def _reached_with_data(common: Common, holders: frozenset[str]) -> Callable[[str], tuple[str, ...]]:
    return lambda server: tuple(device for device in common.wiring.reached(server) if device in holders)


def learn(
    common: Common,
    parts: TaskParts,
    global_chain: Ledger,
    books: Books,
    quiet: Callable[[], Generator[Any, Any, None]],
    beginning: Beginning | None,
    attendance: Attendance | None,
) -> Rounds:
    """Publisher, servers, devices and chains of a task, ready to go through its rounds, from a beginning if any."""
    scenario, plan, ctx = common.scenario, parts.plan, parts.ctx
    fabric, notary = common.fabric.for_task(ctx), common.notary(ctx)
    shard_chain = common.ledger(ctx, f"shard-{plan.name}", fabric)
    patience, validators = scenario.agreement_deadline, common.validators()
    offer = TaskOffer(plan.name, repr(plan.model), parts.requirement.samples, plan.rounds, plan.reward)
    computer = common.computers["publisher"]
    seats = common.seats[shard_chain.chain.name] = seats_of(common, ctx, plan.name, shard_chain)
    if scenario.payments is not None:
        common.desks.append(desk(common, ctx, shard_chain, seats, parts.servers, notary))
    clerk = contracted(common, ctx, plan.name, parts.servers, parts.devices)
    arrival = ctx.env.event if attendance is None else attendance.next_arrival
    publisher = Publisher(
        ctx, fabric, computer, offer, notary, clerk, global_chain, shard_chain, seats, validators, patience,
        scenario.update_deadline, arrival, parts.membership.renew,
    )  # fmt: skip
    works = WorkBook(ctx)
    if attendance is not None:
        attendance.works.append(works)
    initial = plan.model.initial(ctx.streams.fresh("initial"))
    if beginning is not None:
        initial = starting_model(beginning.of(plan.name), plan, initial, ctx.stores.codec)
    servers = _edge(common, parts, works, clerk, initial, attendance)
    common.wiring.pairs.refuse_hopeless(servers[0].content())
    shard = TaskShard(
        ctx, fabric, common.keys.for_task(ctx, fabric), plan.name, plan.mixing, notary, clerk, [computer, *validators],
        global_chain, shard_chain, seats, patience,
    )  # fmt: skip
    ledgers = [global_chain, shard_chain, *(server.lmuc for server in servers)]
    for ledger in ledgers:
        ledger.read_by(clerk.saw)

    def renew() -> None:
        if attendance is not None:
            attendance.renew()
        parts.membership.renew()

    return Rounds(ctx, publisher, servers, shard, ledgers, parts.task, clerk, books, renew, quiet, works)


def _edge(
    common: Common,
    parts: TaskParts,
    works: WorkBook,
    clerk: Clerk,
    initial: NDArray[np.float64],
    attendance: Attendance | None,
) -> list[Server]:
    """The servers of a task, with the devices that may ever train for them."""
    scenario, access = common.scenario, common.wiring.access
    recruitable = [device for device in parts.devices if scenario.moves or access.reaches(device)]
    fleet = {device: device_of(common, parts, device) for device in recruitable}
    return [_server(common, parts, name, fleet, initial, works, clerk, attendance) for name in parts.servers]


def _server(
    common: Common,
    parts: TaskParts,
    name: str,
    fleet: Mapping[str, Device],
    initial: NDArray[np.float64],
    works: WorkBook,
    clerk: Clerk,
    attendance: Attendance | None,
) -> Server:
    ctx, plan, fabric = parts.ctx, parts.plan, common.fabric.for_task(parts.ctx)
    alone = len(common.scenario.learning) == 1
    rules = Rules(
        task=plan.name,
        requirement=parts.requirement,
        selection=plan.selection,
        aggregation=plan.aggregation,
        update_deadline=common.scenario.update_deadline,
        participation=common.scenario.participation,
    )
    return Server(
        ctx,
        fabric,
        common.keys.for_task(ctx, fabric),
        common.notary(ctx),
        common.models.for_task(ctx, fabric),
        name,
        common.computers[name],
        parts.machines.at(common, ctx, name),
        fleet,
        parts.membership,
        clerk,
        common.ledger(ctx, f"lmuc-{name}" if alone else f"lmuc-{name}-{plan.name}", fabric),
        rules,
        initial,
        device_qubits=parts.machines.chip_qubits,
        works=works,
        attendance=attendance,
    )


def device_of(common: Common, parts: TaskParts, name: str) -> Device:
    """A device as the task uses it."""
    machine, notary = parts.machines.at(common, parts.ctx, name), common.notary(parts.ctx)
    return Device(parts.ctx, name, parts.plan.name, common.computers[name], machine, parts.task, notary)
