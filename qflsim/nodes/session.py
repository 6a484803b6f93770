"""One decision of a committee, while it is sought: replicas, messages under way, timers, and what came of it."""

from collections.abc import Collection, Mapping, Sequence

import simpy

from qflsim.chain.agreement import (
    Abort,
    Broadcast,
    CancelTimer,
    Decide,
    Entangle,
    Extend,
    Message,
    Proposal,
    Replica,
    Send,
    SetTimer,
    Spend,
    Transmit,
)
from qflsim.chain.blocktree import BlockMessage
from qflsim.chain.performer import Performer
from qflsim.quantum.singlets import Entries

from .business import Business, Outcome, Terms
from .computer import Computer
from .context import Alarm, Context
from .entangler import Order
from .fabric import Fabric
from .mail import Mail
from .minutes import Made, agreement_row, kept_byte, kept_names, tree_rows
from .postage import Postage
from .tags import Tagger

__all__ = ["Session"]


class Session(Performer):
    """One decision: the replicas of one height and their messages under way.

    Parameters
    ----------
    ctx, fabric, tagger:
        The run's shared services, its links, and who pays tags.
    terms:
        Chain, protocol and signature scheme.
    round, height:
        Which block is decided.
    validators:
        Who decides.
    replicas:
        Their parts in the protocol, by name, in the order of the members.
    faulty:
        Those of them whose place an adversary took: nobody waits for them, and what they decide counts for nothing.
    business:
        What the block asks of who takes it.
    """

    def __init__(
        self,
        ctx: Context,
        fabric: Fabric,
        tagger: Tagger,
        terms: Terms,
        round: int,
        height: int,
        validators: Sequence[Computer],
        replicas: Mapping[str, Replica],
        faulty: Collection[str],
        business: Business,
    ) -> None:
        super().__init__()
        self._ctx = ctx
        self._terms = terms
        self._replicas = replicas
        self._correct = [name for name in replicas if name not in faulty]
        self._others = {name: [other for other in replicas if other != name] for name in replicas}
        self._business = business
        self.outcome = Outcome(round=round, height=height, started_s=ctx.now)
        self._postage = Postage(ctx, fabric, tagger, self.outcome)
        group = fabric.disseminator.group(terms.chain, tuple(replicas))
        computers = {validator.node: validator for validator in validators}
        self._mail = Mail(self._postage, terms, business, group, computers, self._handle, self._record_if_over)
        self._recorded = False
        self._orders: list[Order] = []
        self._timers: dict[tuple[str, str], Alarm] = {}
        self.deadline: Alarm | None = None
        self._made: dict[str, Made] = {}  # blocks of a tree
        self.done: simpy.Event = ctx.env.event()

    def start(self, proposal: Proposal) -> None:
        """Every replica enters the height; whoever comes to lead proposes the same block, unless it is faulty."""
        self._ctx.away.watch(self, lambda node: self._finish_if_settled())
        for name, replica in self._replicas.items():
            self.perform(name, replica.start(self._ctx.now, proposal, self.outcome.height))

    def give_up(self) -> None:
        """End the decision if it is still open; what was reached stands in the outcome."""
        if not self.done.triggered:
            self._finish()
        self._record()

    def _handle(self, name: str, message: Message) -> None:
        self.perform(name, self._replicas[name].handle(self._ctx.now, message))

    def _send(self, name: str, send: Send) -> None:
        self._mail.send(name, send.message, (send.to,))

    def _broadcast(self, name: str, broadcast: Broadcast) -> None:
        message = broadcast.message
        if message.payload_byte or isinstance(message, BlockMessage):
            self._mail.spread(name, message)
        else:
            self._mail.send(name, message, self._others[name])

    def _set_timer(self, name: str, timer: SetTimer) -> None:
        def expire() -> None:
            del self._timers[name, timer.name]
            self.perform(name, self._replicas[name].expire(self._ctx.now, timer.name))

        self._forget_timer(name, timer.name)
        if not self.done.triggered:
            self._timers[name, timer.name] = self._ctx.alarm(timer.delay, expire)

    def _cancel_timer(self, name: str, timer: CancelTimer) -> None:
        self._forget_timer(name, timer.name)

    def _forget_timer(self, name: str, timer: str) -> None:
        alarm = self._timers.pop((name, timer), None)
        if alarm is not None:
            alarm.cancel()

    def _decide(self, name: str, decide: Decide) -> None:
        if self.done.triggered or name not in self._correct:
            return  # too late, the others have gone on without this block; or of no account
        self._business.check(decide.digest)
        outcome = self.outcome
        if not outcome.decided_s:
            outcome.memory, outcome.signers = self._replicas[name].memory, decide.signers
        outcome.decided_s[name], outcome.digests[name] = self._ctx.now, decide.digest
        outcome.view = max(outcome.view, decide.view)
        self._finish_if_settled()

    def _abort(self, name: str, abort: Abort) -> None:
        if not self.done.triggered and name in self._correct:
            self.outcome.aborted[name] = abort.reason
            self._finish_if_settled()

    def _extend(self, name: str, block: Extend) -> None:
        self._made[block.name] = Made(name, block, self._ctx.now)

    def _spend(self, name: str, spent: Spend) -> None:
        self._ctx.energy.charge(name, spent.cause, spent.energy_j)

    def _transmit(self, name: str, sent: Transmit) -> None:
        self.outcome.qubits += sent.qubits

    def _entangle(self, name: str, order: Entangle) -> None:
        """Have lists made; each member takes in its entries when it has read them."""
        if self._terms.entangler is None:
            raise RuntimeError(f"{self._terms.agreement.name} asks for pairs and states no supply")
        self._mail.expect(len({name, *(member for pair in order.lists for member in pair)}))

        def read(member: str, entries: Mapping[tuple[str, str], Entries]) -> None:
            self.perform(member, self._replicas[member].read(self._ctx.now, order.height, entries))
            self._mail.settle()

        self._orders.append(Order(self._terms.chain, self.outcome.round, name, order))
        self._terms.entangler.make(self._orders[-1], read, self._mail.settle)

    def _finish_if_settled(self) -> None:
        settled, away = {*self.outcome.decided_s, *self.outcome.aborted}, self._ctx.away
        if settled and not self.done.triggered and all(name in settled or name in away for name in self._correct):
            self._finish()  # nobody waits for who is not there

    def _finish(self) -> None:
        self.outcome.ended_s = self._ctx.now
        self._ctx.away.unwatch(self)
        for name, replica in self._replicas.items():
            self.perform(name, replica.close(self._ctx.now))
        self._mail.stop()
        self._look_at_tree()
        self.done.succeed(self.outcome)
        for alarm in self._timers.values():
            alarm.cancel()
        self._timers.clear()
        self._postage.close()
        if not self._mail.under_way:
            self._record()

    def _look_at_tree(self) -> None:
        """Write down the blocks that were made in a tree, and what those that stay take in every copy of the ledger."""
        kept = kept_names(self._made, getattr(self.outcome.memory, "name", ""))
        self.outcome.tree_byte = kept_byte(self._made, kept, self._terms.scheme.signature_byte)
        for row in tree_rows(self._terms, self.outcome, self._made, kept):
            self._ctx.record(row)

    def _record_if_over(self) -> None:
        """The last message after the decision closes the book."""
        if self.done.triggered:
            self._record()

    def _record(self) -> None:
        """Write the decision down, once, when its last message is handled or patience is over."""
        if self._recorded:
            return
        self._recorded = True
        self._mail.close()
        if self.deadline is not None:
            self.deadline.cancel()
        n = len(self._replicas)
        self._ctx.record(agreement_row(self._terms, self.outcome, n, n - len(self._correct), self._orders))
