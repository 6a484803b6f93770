"""The world: builds the parts of a scenario, wires the nodes, and lets them run.

Everything that can be refused is refused while the world is built: before any event, and before any file is written.
"""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .chain.archive import Archive
from .chain.beginning import Beginning
from .checks import ScenarioError
from .crypto.keyring import Keyring
from .learning.datasets import Data
from .learning.task import LearningTask
from .network.placement import Placement
from .nodes.books import Books
from .nodes.isolated import IsolatedRounds
from .nodes.ledger import Ledger
from .nodes.membership import Membership
from .nodes.rounds import Rounds
from .quantum.qpu import ShotTiming
from .scenario import Scenario
from .trace import Trace
from .wiring import Wiring
from .wiring.chains import notes, refuse_small_blocks
from .wiring.common import context, share
from .wiring.description import described
from .wiring.effort import refuse_endless
from .wiring.feasibility import check_deadlines, check_parts, key_demand, largest_committee, smallest_committees
from .wiring.isolated import isolate, silent
from .wiring.machines import unused_qpus
from .wiring.movement import roam, set_out
from .wiring.payments import payments_of
from .wiring.presence import attend, powered
from .wiring.restart import put_back, refuse_other_tasks
from .wiring.shards import risks
from .wiring.storage import storage_notes
from .wiring.tasks import learn, task_parts

__all__ = ["World"]


class World:
    """One replication of one scenario.

    Parameters
    ----------
    scenario:
        What the world is.
    replication:
        Which independent repetition, counted from 0.
    beginning:
        What stands on the chains of another run, from where this one goes on; left out, it begins at the beginning.

    Raises
    ------
    ScenarioError
        If the parts of the scenario do not fit each other.
    """

    def __init__(self, scenario: Scenario, replication: int = 0, beginning: Beginning | None = None) -> None:
        self.scenario = scenario
        self.replication = replication
        try:
            self._build(replication, beginning)
        except (ValueError, OSError) as error:  # a part of the scenario refused what the others ask of it
            raise ScenarioError(str(error)) from error

    def _build(self, replication: int, beginning: Beginning | None) -> None:
        scenario = self.scenario
        if beginning is not None:
            refuse_other_tasks(beginning, scenario)
        start_s, done = (beginning.time_s, beginning.round) if beginning else (0.0, 0)
        self.ctx = context(scenario, replication, start_s, done)
        streams = self.ctx.streams
        placement, ways = set_out(scenario, scenario.topology.place(streams), streams)
        connected = scenario.collaboration.exchanges
        self._common = common = share(scenario if connected else silent(scenario), self.ctx, placement)
        rounds_done = {plan.name: beginning.of(plan.name).round if beginning else 0 for plan in scenario.learning}
        self._tasks = [task_parts(common, plan, rounds_done[plan.name]) for plan in scenario.learning]
        self._roaming = roam(common, ways, self.membership) if ways else None
        self._batteries = powered(common, scenario.battery) if scenario.battery else None
        self._attendance = attend(common, self._batteries)
        going = sum(plan.rounds > rounds_done[plan.name] for plan in scenario.learning)
        self._books = books = Books(self.ctx, common.roles(), self._upkeep, going)
        global_chain = common.ledger(self.ctx, "global")
        self._rounds: Sequence[Rounds | IsolatedRounds]
        if connected:
            self._connect(global_chain, beginning)
        elif beginning is None:
            self._rounds = [isolate(common, parts, books, [global_chain]) for parts in self._tasks]
        else:
            raise ScenarioError("a run cannot go on with Isolated(): no device's model stands on a chain; run it anew")
        self._payments = payments_of(common, beginning)

    def _connect(self, global_chain: Ledger, beginning: Beginning | None) -> None:
        """Publisher, servers, devices and chains of all tasks, whose parts are asked what they would refuse later."""
        scenario, common, books = self.scenario, self._common, self._books
        made = [
            learn(common, parts, global_chain, books, self._quiet, beginning, self._attendance) for parts in self._tasks
        ]
        self._rounds = made
        if beginning is not None:
            clerks = {parts.plan.name: rounds.clerk for parts, rounds in zip(self._tasks, made, strict=True)}
            put_back(beginning, common, self.ledgers, clerks)
        self._demand = key_demand(common, self._tasks, [rounds.model_byte for rounds in made])
        for parts in self._tasks:
            check_parts(common, parts)
            check_deadlines(common, parts)
        refuse_endless(common, self._tasks)
        refuse_small_blocks(
            scenario,
            max(rounds.model_byte for rounds in made),
            len(common.placement.servers),
            largest_committee(self._tasks),
        )

    def run(self) -> None:
        """Let simulated time pass until all rounds of all tasks are over."""
        connected = self.scenario.collaboration.exchanges
        for node in described(self._common, connected):
            self.trace(node)
        if connected:
            self.wiring.backhaul.record()
        env = self.ctx.env
        if self._roaming is not None:
            env.process(self._roaming.run())
        if self._payments is not None:
            env.process(self._payments.run(lambda: self._books.going))
        if self._attendance is not None:
            self._attendance.begin()
        try:
            with env.heeding_interrupts():
                env.run(until=env.all_of([env.process(rounds.run()) for rounds in self._rounds]))
        finally:
            self.wiring.backhaul.close()

    def keep_ledgers(self, path: Path, *, durable: bool = True) -> None:
        """Keep every block committed from now on in a new archive at ``path``."""
        self.ctx.shelf.archive = Archive(path, new=self.keyring, durable=durable)

    def continue_ledgers(self, archive: Archive) -> None:
        """Keep every block committed from now on in ``archive``, which holds the blocks that the chains begin with."""
        self.ctx.shelf.archive = archive

    def close_ledgers(self) -> dict[str, str]:
        """Close the archive; returns height and hash of the last block of every chain in it."""
        archive, self.ctx.shelf.archive = self.ctx.archive, None
        if archive is None:
            return {}
        tips = archive.tips()
        archive.close()
        return tips

    def check_on_aer(self) -> dict[str, Any] | None:
        """Re-evaluate the final global models through PennyLane on Aer; ``None`` if nothing is.

        Both results go to the evaluations table; what is returned compares them, task by task if there are several.
        """
        scenario = self.scenario
        if not scenario.aer_samples:
            return None
        pairs = zip(self._tasks, self._rounds, strict=True)
        checks = {parts.plan.name: parts.check_on_aer(rounds, scenario) for parts, rounds in pairs}
        if len(checks) == 1:
            return next(iter(checks.values()))
        return {name: check for name, check in checks.items() if check} or None

    def notes(self) -> list[str]:
        """What a user should know before the run: where it waits for keys and blocks, what to expect of lists."""
        if not self.scenario.collaboration.exchanges:
            return unused_qpus(self.scenario)
        times = [time for parts in self._tasks for time in parts.training_times(self._common).values()]
        crowds = notes(self.scenario, smallest_committees(self._common, self._tasks))
        shards = risks(self._common)
        return [
            *unused_qpus(self.scenario),
            *self._demand.notes(min(times)),
            *self.wiring.lists.notes,
            *storage_notes(self.scenario),
            *crowds,
            *shards,
        ]

    @property
    def trace(self) -> Trace:
        """Where all records go."""
        return self.ctx.trace

    @property
    def placement(self) -> Placement:
        """Where everybody stands at time 0."""
        return self._common.placement

    @property
    def wiring(self) -> Wiring:
        """The links between the nodes."""
        return self._common.wiring

    @property
    def keyring(self) -> Keyring:
        """The signing keys of all nodes."""
        return self._common.keyring

    @property
    def models(self) -> dict[str, NDArray[np.float64]]:
        """Parameters of the global model of every task as it is now; in isolated training, of its first device's."""
        return {parts.plan.name: rounds.model for parts, rounds in zip(self._tasks, self._rounds, strict=True)}

    @property
    def model(self) -> NDArray[np.float64]:
        """Parameters of the global model of the first task as it is now."""
        return self._rounds[0].model

    @property
    def ledgers(self) -> tuple[Ledger, ...]:
        """All chains: the global one, and for each task its shard and one local model update chain per server."""
        own = [ledger for rounds in self._rounds for ledger in rounds.ledgers[1:]]
        return (self._rounds[0].ledgers[0], *own)

    @property
    def data(self) -> Data:
        """Samples of the first task."""
        return self._tasks[0].data

    @property
    def task(self) -> LearningTask:
        """The first task as devices and servers use it."""
        return self._tasks[0].task

    @property
    def membership(self) -> Membership:
        """Which devices train for which server in the first task."""
        return self._tasks[0].membership

    @property
    def timing(self) -> ShotTiming | None:
        """Durations of one shot of the first task's circuit; ``None`` for a network."""
        return self._tasks[0].machines.timing

    def _upkeep(self, started: float, ended: float) -> None:
        """Charge what ran between two times [s] whether it was used or not."""
        self.wiring.keys.upkeep(ended - started)
        self.wiring.pairs.upkeep(ended - started, ended)
        self.wiring.lists.upkeep(ended - started, ended)
        for qpu in self._common.qpus.values():
            qpu.account_idle(ended)
        if self._batteries is not None:
            self._batteries.record(ended)

    def _quiet(self) -> Generator[Any, Any, None]:
        """Wait until nothing spreads, no message is under way and no computer has anything left to do."""
        fabric = self._common.fabric
        for ledger in self.ledgers:
            ledger.close()
        while True:
            spread = fabric.disseminator.idle()
            if spread is not None:
                yield spread
            yield fabric.idle()
            rest = max(computer.busy_until for computer in self._common.computers.values()) - self.ctx.now
            if rest <= 0.0:
                return
            yield self.ctx.env.timeout(rest)
