"""The rounds of a task: the five steps in order, and the records that each round leaves."""

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

from qflsim.learning.aggregation import Update
from qflsim.learning.task import LearningTask
from qflsim.quantum.native import NativeCircuit

from .books import Books
from .clerk import Clerk
from .closing import Learnt, StepTimes, record_round
from .context import Context
from .contribution import Contribution
from .device import Floats
from .evaluator import Evaluator
from .ledger import Ledger
from .processor import Work
from .publisher import Publisher
from .server import Server
from .shard import Mixed, TaskShard
from .workbook import WorkBook

__all__ = ["Rounds"]


class Rounds:
    """All rounds of one task, as one process.

    Parameters
    ----------
    ctx:
        The run's shared services, as the task's.
    publisher, servers, shard:
        Who acts.
    ledgers:
        The chains that the task writes on.
    task:
        The learning task.
    clerk:
        Keeps its contract.
    books:
        What the run spends, whichever task it is for.
    renew:
        Lets devices be members of the servers whose stations serve them now.
    quiet:
        Waits until nothing is under way any more.
    works:
        Which devices are at work.
    """

    def __init__(
        self,
        ctx: Context,
        publisher: Publisher,
        servers: Sequence[Server],
        shard: TaskShard,
        ledgers: Sequence[Ledger],
        task: LearningTask,
        clerk: Clerk,
        books: Books,
        renew: Callable[[], None],
        quiet: Callable[[], Generator[Any, Any, None]],
        works: WorkBook,
    ) -> None:
        self._ctx = ctx
        self._publisher = publisher
        self._servers = tuple(servers)
        self._shard = shard
        self.ledgers = tuple(ledgers)
        self._task = task
        self.clerk = clerk
        self._books = books
        self._renew = renew
        self._quiet = quiet
        self._works = works
        self._evaluator = Evaluator(ctx, task)
        self.model: Floats = self._servers[0].parameters

    @property
    def model_byte(self) -> int:
        """Bytes of one model on its way to a device, its seal left out."""
        return math.ceil(self._servers[0].content().size_bit / 8.0)

    def run(self) -> Generator[Any, Any, None]:
        """Evaluate the initial model, then go through all rounds."""
        self._evaluator.evaluate("global", self.model, self._ctx.now)
        for number in range(self._ctx.round + 1, self._publisher.offer.rounds + 1):
            yield from self._round(number)

    def _round(self, number: int) -> Generator[Any, Any, None]:
        """Publish, select and distribute, train, cross-chain, aggregate."""
        ctx = self._ctx
        ctx.begin_round(number)
        times = StepTimes(started=ctx.now)

        self._renew()  # who joins, and who is selected, goes by who is served at that moment
        members = yield from self._publisher.announce(self._servers)
        times.published = times.distributed = ctx.now

        contributions = {server: Contribution() for server in members}  # in their order, not in that of completion
        yield ctx.env.all_of([ctx.env.process(self._local(server, contributions)) for server in members])
        times.trained = ctx.now
        times.distributed = max([times.published, *(own.distributed_s for own in contributions.values())])

        present = yield from self._shard.cross_chain(contributions)
        times.crossed = ctx.now

        updates, mixed = yield from self._aggregate(members, contributions, present)
        for server, own in contributions.items():
            server.settle(own, present=bool(updates) and server in present)
        last = number == self._publisher.offer.rounds
        if last:
            self._works.drop_all("the task ended")
            yield from self._hand_out()
        yield ctx.env.all_of([ctx.env.process(self._test(server)) for server in self._servers])
        times.ended = ctx.now
        if last and self._books.leave():
            yield from self._quiet()  # late votes of earlier rounds fall into the next round; here there is none
        self._close(times, contributions, updates, mixed)

    def _aggregate(
        self, members: Sequence[Server], contributions: Mapping[Server, Contribution], present: Sequence[Server]
    ) -> Generator[Any, Any, tuple[list[Update], Mixed]]:
        """Step 5; returns the updates behind the new global model, none if there is none, and how it was mixed."""
        if not present:
            return [], Mixed()
        mixed = yield from self._shard.mix(members, contributions, present)
        updates = [update for server in present for update in contributions[server].updates]
        if mixed.model is None or not (yield from self._shard.store_global(mixed.model, present, updates)):
            return [], mixed
        self.model = mixed.model
        for server in self._servers:
            if server not in members:
                server.parameters = mixed.model  # it validated the global block, and has no model of its own
        return updates, mixed

    def _local(self, server: Server, contributions: dict[Server, Contribution]) -> Generator[Any, Any, None]:
        contributions[server] = yield from server.local_round()

    def _test(self, server: Server) -> Generator[Any, Any, None]:
        """One server runs its share of the test samples on its QPU, one circuit each."""
        index, count = self._servers.index(server), len(self._servers)
        share = len(range(index, self._task.test_samples, count))
        if share:
            rows = slice(index, None, count)
            loss = self._task.score(self.model, rows).loss
            work = self._task.evaluation(share)
            yield from server.processor.run(Work("evaluate", server.name, work, share, lambda: None, lambda: loss))

    def _hand_out(self) -> Generator[Any, Any, None]:
        """The final models go down to the devices; those of earlier rounds do so in the next round's second step."""
        env = self._ctx.env
        yield env.all_of([env.process(server.hand_out()) for server in self._servers])

    def _close(
        self, times: StepTimes, contributions: Mapping[Server, Contribution], updates: Sequence[Update], mixed: Mixed
    ) -> None:
        """Settle energy and storage, evaluate, and record the round."""
        ctx = self._ctx
        self.clerk.close_round()
        spent = self._books.close(ctx.round, self.ledgers, times.ended)
        score = self._evaluator.evaluate("global", self.model, times.ended)
        own = [self._evaluator.evaluate(server.name, server.parameters, times.ended) for server in self._servers]
        learnt = Learnt(
            selected=sum(len(contribution.selected) for contribution in contributions.values()),
            updates=updates,
            aggregated=len(updates),
            score=score,
            own=own,
            mixed=mixed,
        )
        record_round(ctx, times, learnt, spent)

    def check_on_aer(self, native: NativeCircuit, samples: Floats, shots: int, seed: int) -> dict[str, float]:
        """Run the final global model on Aer through PennyLane; see `Evaluator.check_on_aer`."""
        return self._evaluator.check_on_aer("global-sample", self.model, native, samples, shots, seed)
