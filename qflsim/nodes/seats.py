"""Who validates the shard chain of one task, and how a seat is handed over to another validator."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import simpy

from qflsim.trace import ShardDraw

from .computer import Computer
from .context import Context
from .ledger import Ledger

__all__ = ["Odds", "Seats"]


@dataclass(frozen=True)
class Odds:
    """What is known of the nodes from which validators are drawn, for the record of a draw.

    Parameters
    ----------
    nodes:
        How many there are.
    faulty:
        Those that adversaries hold as validators, by name; none if that is only assumed.
    assumed:
        How many are faulty, if no threat says who.
    failure:
        ``failure(size)`` is the number of faulty validators that a shard of that size bears, and the probability that
        a draw puts more into it.
    """

    nodes: int
    faulty: frozenset[str]
    assumed: int
    failure: Callable[[int], tuple[int, float]]


class Seats:
    """The validators of one shard chain: the servers that joined the task, or those whom a draw put there for a while.

    A drawn validator that has not kept the chain so far asks those who have for what its storage policy keeps of it,
    checks the certificates, and takes its seat when it is done. Until then the others validate without it.

    Parameters
    ----------
    ctx:
        The run's shared services, as the task's.
    ledger:
        The shard chain.
    computers:
        Those of all servers, by name.
    draw:
        ``draw(epoch)`` is who validates in an epoch; ``None`` if it is always who joined.
    every:
        Rounds of an epoch.
    odds:
        For the record.
    patience:
        Time [s] after which the shard goes on without validators that are still fetching the chain.
    """

    def __init__(
        self,
        ctx: Context,
        ledger: Ledger,
        computers: Mapping[str, Computer],
        draw: Callable[[int], tuple[str, ...]] | None,
        every: int,
        odds: Odds,
        patience: float,
    ) -> None:
        self._ctx = ctx
        self._ledger = ledger
        self._computers = computers
        self._draw = draw
        self._every = every
        self._odds = odds
        self._patience = patience
        self._epoch = -1
        self._drawn: tuple[str, ...] = ()
        self._holding: set[str] = set()

    def open_round(self) -> Generator[Any, Any, None]:
        """If an epoch begins, draw its validators and hand the chain over to those who are new."""
        epoch = (self._ctx.round - 1) // self._every
        if self._draw is None or epoch == self._epoch:
            return
        before, began = self._holding, self._ctx.now
        self._epoch, self._drawn = epoch, self._draw(epoch)
        new = [node for node in self._drawn if node not in before]
        self._holding = {node for node in self._drawn if node in before}
        if self._ledger.chain.height:
            handed = [self._handed_over(node, epoch) for node in new]
            yield self._ctx.env.all_of(handed) | self._ctx.env.timeout(self._patience)
        else:
            self._holding.update(new)
        self._record(len(new), began)

    def recall(self, round: int) -> None:
        """The chain is that of an earlier run, up to ``round``: whom the lot had put there is seated."""
        if self._draw is not None and round:
            self._epoch = (round - 1) // self._every
            self._drawn = self._draw(self._epoch)
            self._holding = set(self._drawn)

    def of_rounds(self, rounds: range, members: Sequence[str]) -> list[str]:
        """Whom lots put there in some of the ``rounds``; ``members`` if there are no lots."""
        if self._draw is None:
            return list(members)
        epochs = sorted({(round - 1) // self._every for round in rounds})
        return sorted({node for epoch in epochs for node in self._draw(epoch)})

    def among(self, members: Sequence[Computer]) -> list[Computer]:
        """The validators now, if ``members`` are those who joined."""
        if self._draw is None:
            return list(members)
        return [self._computers[node] for node in self._drawn if node in self._holding]

    def _handed_over(self, node: str, epoch: int) -> simpy.Event:
        done = self._ctx.stores.hand_over(node, self._ledger.chain)
        done.callbacks.append(partial(self._seat, node, epoch))
        return done

    def _seat(self, node: str, epoch: int, done: simpy.Event) -> None:
        if done.value and epoch == self._epoch:
            self._holding.add(node)

    def _record(self, new: int, began: float) -> None:
        odds, size = self._odds, len(self._drawn)
        tolerated, failure = odds.failure(size)
        self._ctx.record(
            ShardDraw(
                round=self._ctx.round,
                task=self._ctx.task,
                epoch=self._epoch,
                chain=self._ledger.chain.name,
                validators=" ".join(self._drawn),
                size=size,
                tolerated=tolerated,
                nodes=odds.nodes,
                faulty=len(odds.faulty) or odds.assumed,
                assumed=not odds.faulty,
                faulty_inside=len(odds.faulty.intersection(self._drawn)),
                failure_probability=failure,
                new=new,
                seated=len(self._holding),
                began_s=began,
                seated_s=self._ctx.now,
            )
        )
