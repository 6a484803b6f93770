"""One decision of a committee, while it is sought: replicas, messages under way, timers, and what came of it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import simpy

from qflsim.chain.agreement import (
    Abort,
    Agreement,
    Broadcast,
    CancelTimer,
    Decide,
    Effects,
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
from qflsim.chain.blocktree import HEADER_BYTE, BlockMessage
from qflsim.chain.sizes import message_byte
from qflsim.crypto.signatures import SignatureScheme
from qflsim.network.dissemination import Item, Obtain
from qflsim.quantum.singlets import Entries
from qflsim.trace import Agreement as AgreementRecord, TreeBlock as TreeBlockRecord

from .computer import Computer
from .context import Alarm, Context
from .entangler import Entangler, Order
from .fabric import Fabric
from .media import Action
from .spread import About, Spread
from .tags import Tag, Tagger

__all__ = ["Business", "Outcome", "Session", "Terms"]

NONE = float("nan")


@dataclass(frozen=True)
class Terms:
    """What all decisions of a chain have in common: name, protocol, scheme of votes, who makes lists, and a title."""

    chain: str
    agreement: Agreement
    scheme: SignatureScheme
    entangler: Entangler | None = None
    title: str = ""


@dataclass(frozen=True)
class Business:
    """What a block asks of the validators.

    Parameters
    ----------
    proposal, rival:
        The block, and another with the same content, which faulty validators may propose beside it.
    unseen:
        Transactions in the block that the validators see with the proposal, and whose signatures they verify.
    held:
        For each validator, the event of its holding what the proposal only names; it takes no proposal before.
    sound:
        Whether a validator finds all transactions of the block to be right; it votes for no other.
    named_byte:
        Bytes of the proposal that carry its transactions, or name them.
    parts:
        Bits of each of its transactions.
    holds:
        Which of them, by index, a validator holds at the moment.
    """

    proposal: Proposal
    rival: Proposal
    unseen: int
    held: Mapping[str, simpy.Event]
    sound: Callable[[str], bool]
    named_byte: int = 0
    parts: tuple[float, ...] = ()
    holds: Callable[[str], Collection[int]] = lambda validator: ()

    def accepts(self, validator: str, digest: str) -> bool:
        """Whether a validator may vote for a block."""
        return digest in (self.proposal.digest, self.rival.digest) and self.sound(validator)

    def check(self, digest: str) -> None:
        """Refuse a decision on what nobody can have proposed.

        Raises
        ------
        RuntimeError
            If the protocol decided on such a block.
        """
        if digest not in (self.proposal.digest, self.rival.digest):
            raise RuntimeError(f"the block {digest!r} was decided, which nobody proposed")


@dataclass
class Outcome:
    """How one decision went: who decided what and when, in which view, at which cost.

    Only validators that follow the protocol count. ``memory`` and ``signers`` are those of the first to decide;
    ``tree_byte`` is what blocks of a tree, beside what they carry, take in a copy of the ledger.
    """

    round: int
    height: int
    started_s: float
    ended_s: float = 0.0
    decided_s: dict[str, float] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    aborted: dict[str, str] = field(default_factory=dict)
    view: int = 0
    messages: int = 0
    size_bit: float = 0.0
    tag_bit: float = 0.0
    tag_wait_s: float = 0.0
    qubits: int = 0
    memory: object = None
    signers: tuple[str, ...] = ()
    tree_byte: int = 0

    @property
    def first_decided_s(self) -> float:
        """Simulated time at which the first validator decided; NaN if none did."""
        return min(self.decided_s.values(), default=float("nan"))

    @property
    def digest(self) -> str:
        """The block that most validators decided on, of several the one decided first; empty if none did."""
        decided = list(self.digests.values())
        return max(decided, key=decided.count, default="")


class Session:
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
        self._ctx = ctx
        self._fabric = fabric
        self._tagger = tagger
        self._terms = terms
        self._unpaid: dict[Tag, Action] = {}  # tags that wait for key, and whom to tell if it never comes, in order
        self._validators: Mapping[str, Computer] = {v.node: v for v in validators}
        self._replicas = replicas
        self._correct = [name for name in replicas if name not in faulty]
        self._business = business
        self._group = fabric.disseminator.group(terms.chain, tuple(replicas))
        self._spreads: list[Spread] = []
        self._recorded = False
        self._orders: list[Order] = []
        self._timers: dict[tuple[str, str], Alarm] = {}
        self.deadline: Alarm | None = None
        self._under_way = 0  # messages sent or about to be, and neither handled nor lost yet
        self._made: dict[str, tuple[str, Extend, float]] = {}  # blocks of a tree, with who made them, and when [s]
        self.outcome = Outcome(round=round, height=height, started_s=ctx.now)
        self.done: simpy.Event = ctx.env.event()

    def start(self, proposal: Proposal) -> None:
        """Every replica enters the height; whoever comes to lead proposes the same block, unless it is faulty."""
        self._ctx.away.watch(self, lambda node: self._finish_if_settled())
        for name, replica in self._replicas.items():
            self._perform(name, replica.start(self._ctx.now, proposal, self.outcome.height))

    def give_up(self) -> None:
        """End the decision if it is still open; what was reached stands in the outcome."""
        if not self.done.triggered:
            self._finish()
        self._record()

    def _perform(self, name: str, effects: Effects) -> None:
        for effect in effects:
            match effect:
                case Broadcast(message=message) if message.payload_byte or isinstance(message, BlockMessage):
                    self._sign_and_spread(name, message)
                case Broadcast(message=message):
                    others = [other for other in self._replicas if other != name]
                    self._sign_and_send(name, message, others)
                case Send(to=to, message=message):
                    self._sign_and_send(name, message, [to])
                case Decide():
                    self._decided(name, effect)
                case SetTimer(name=timer, delay=delay):
                    self._set_timer(name, timer, delay)
                case CancelTimer(name=timer):
                    self._cancel_timer(name, timer)
                case Spend(energy_j=energy_j, cause=cause):
                    self._ctx.energy.charge(name, cause, energy_j)
                case Entangle():
                    self._entangle(name, effect)
                case Transmit(qubits=qubits):
                    self.outcome.qubits += qubits
                case Abort(reason=reason):
                    self._aborted(name, reason)
                case Extend():
                    self._made[effect.name] = (name, effect, self._ctx.now)

    def _sign_and_send(self, name: str, message: Message, receivers: Sequence[str]) -> None:
        """Sign once, then send one copy to each receiver, each with a tag of its own if tags are used."""
        size_bit = 8.0 * message_byte(message, self._terms.scheme.signature_byte) + self._tagger.tag_bit
        self._under_way += len(receivers)

        def send() -> None:
            for receiver in receivers:
                arrived = partial(self._arrived, receiver, message)
                self._pay_and_send(message.kind, name, receiver, size_bit, arrived, self._settle_one)

        if message.signatures:
            self._validators[name].sign(send)
        else:
            send()

    def _sign_and_spread(self, name: str, message: Message) -> None:
        """Sign a block once; then it finds its way to all others as the run's dissemination has it."""
        about = About(chain=self._terms.chain, height=message.height, digest=message.digest)
        spread = Spread(self._group, self._item(message), about, self._post, partial(self._obtained, message))
        self._spreads.append(spread)
        self._under_way += 1

        def start() -> None:
            spread.start(name)
            self._settle_one()

        if message.signatures:
            self._validators[name].sign(start)
        else:
            start()

    def _item(self, message: Message) -> Item:
        business, size_bit = self._business, 8.0 * message_byte(message, self._terms.scheme.signature_byte)
        named_bit = 8.0 * business.named_byte if message.payload_byte else 0.0
        return Item(
            name=self._group.name(message.digest), kind=message.kind, size_bit=size_bit, head_bit=size_bit - named_bit,
            parts=business.parts if message.payload_byte else (), held=business.holds,
        )  # fmt: skip

    def _post(self, kind: str, source: str, destination: str, size_bit: float, arrived: Action, lost: Action) -> None:
        """Send a packet that has to do with a block, with a tag of its own if tags are used."""
        self._under_way += 1

        def then_settle(action: Action) -> None:
            action()
            self._settle_one()

        arrive, lose = partial(then_settle, arrived), partial(then_settle, lost)
        self._pay_and_send(kind, source, destination, size_bit + self._tagger.tag_bit, arrive, lose)

    def _obtained(self, message: Message, name: str, obtain: Obtain, checked: Callable[[bool], None]) -> None:
        """Verify what came with a block, pass it on, then let the replica answer."""
        self._under_way += 1
        unseen = self._business.unseen if message.payload_byte else 0
        signatures = message.signatures + (len(obtain.fetched) if obtain.rebuilt else unseen)

        def verified() -> None:
            checked(True)
            self._take(name, message, complete=obtain.rebuilt)

        self._validators[name].verify(signatures, verified)

    def _pay_and_send(
        self, kind: str, name: str, receiver: str, size_bit: float, arrived: Action, lost: Action
    ) -> None:
        """Send when the key for the tag is there; what waits for key when the decision is over is not sent."""
        tag: Tag | None = None

        def send() -> None:
            if tag is not None:
                del self._unpaid[tag]
                self._note_paid(tag)
            self.outcome.messages += 1
            self.outcome.size_bit += size_bit
            self._fabric.send(kind, name, receiver, size_bit, arrived, lost)

        tag = self._tagger.pay(name, receiver, send)
        if tag is None:
            return
        if not tag.waiting:
            self._note_paid(tag)
        elif self.done.triggered:
            self._give_up_tag(tag, lost)
        else:
            self._unpaid[tag] = lost

    def _note_paid(self, tag: Tag) -> None:
        self.outcome.tag_bit += tag.bits
        self.outcome.tag_wait_s = max(self.outcome.tag_wait_s, self._ctx.now - tag.asked_s)

    def _give_up_tag(self, tag: Tag, lost: Action) -> None:
        self.outcome.tag_wait_s = max(self.outcome.tag_wait_s, self._ctx.now - tag.asked_s)
        tag.withdraw()
        lost()

    def _arrived(self, name: str, message: Message) -> None:
        """Verify, the transactions of a block included, then let the replica answer."""
        signatures = message.signatures + (self._business.unseen if message.payload_byte else 0)
        self._validators[name].verify(signatures, lambda: self._take(name, message))

    def _take(self, name: str, message: Message, *, complete: bool = False) -> None:
        """A validator votes only for a block whose transactions it holds: a proposal waits for them, if they lack."""
        held = self._business.held.get(name)
        if message.payload_byte and not complete and held is not None and not held.processed:
            held.callbacks.append(lambda _: self._handle(name, message))
        else:
            self._handle(name, message)

    def _handle(self, name: str, message: Message) -> None:
        """The replica answers even after the others have decided: what it sends then loads the links all the same."""
        self._perform(name, self._replicas[name].handle(self._ctx.now, message))
        self._settle_one()

    def _settle_one(self) -> None:
        """One message less under way; the last one after the decision closes the book."""
        self._under_way -= 1
        if self.done.triggered and not self._under_way:
            self._record()

    def _set_timer(self, name: str, timer: str, delay: float) -> None:
        def expire() -> None:
            del self._timers[name, timer]
            self._perform(name, self._replicas[name].expire(self._ctx.now, timer))

        self._cancel_timer(name, timer)
        if not self.done.triggered:
            self._timers[name, timer] = self._ctx.alarm(delay, expire)

    def _cancel_timer(self, name: str, timer: str) -> None:
        alarm = self._timers.pop((name, timer), None)
        if alarm is not None:
            alarm.cancel()

    def _decided(self, name: str, decide: Decide) -> None:
        if self.done.triggered or name not in self._correct:
            return  # too late, the others have gone on without this block; or of no account
        self._business.check(decide.digest)
        outcome = self.outcome
        if not outcome.decided_s:
            outcome.memory, outcome.signers = self._replicas[name].memory, decide.signers
        outcome.decided_s[name], outcome.digests[name] = self._ctx.now, decide.digest
        outcome.view = max(outcome.view, decide.view)
        self._finish_if_settled()

    def _aborted(self, name: str, reason: str) -> None:
        if not self.done.triggered and name in self._correct:
            self.outcome.aborted[name] = reason
            self._finish_if_settled()

    def _finish_if_settled(self) -> None:
        settled, away = {*self.outcome.decided_s, *self.outcome.aborted}, self._ctx.away
        if settled and not self.done.triggered and all(name in settled or name in away for name in self._correct):
            self._finish()  # nobody waits for who is not there

    def _entangle(self, name: str, what: Entangle) -> None:
        """Have lists made; each member takes in its entries when it has read them."""
        if self._terms.entangler is None:
            raise RuntimeError(f"{self._terms.agreement.name} asks for pairs and states no supply")
        members = {name, *(member for pair in what.lists for member in pair)}
        self._under_way += len(members)

        def read(member: str, entries: Mapping[tuple[str, str], Entries]) -> None:
            self._perform(member, self._replicas[member].read(self._ctx.now, what.height, entries))
            self._settle_one()

        self._orders.append(Order(self._terms.chain, self.outcome.round, name, what))
        self._terms.entangler.make(self._orders[-1], read, self._settle_one)

    def _finish(self) -> None:
        self.outcome.ended_s = self._ctx.now
        self._ctx.away.unwatch(self)
        for name, replica in self._replicas.items():
            self._perform(name, replica.close(self._ctx.now))
        for spread in self._spreads:
            spread.stop()
        self._look_at_tree()
        self.done.succeed(self.outcome)
        for alarm in self._timers.values():
            alarm.cancel()
        self._timers.clear()
        unpaid, self._unpaid = self._unpaid, {}
        for tag, lost in unpaid.items():
            self._give_up_tag(tag, lost)
        if not self._under_way:
            self._record()

    def _look_at_tree(self) -> None:
        """Write down the blocks that were made in a tree, and what those that stay take in every copy of the ledger."""
        kept, name = set(), getattr(self.outcome.memory, "name", "")
        while name in self._made:
            kept.add(name)
            name = self._made[name][1].parent
        size = self._terms.scheme.signature_byte
        for name, (maker, block, time) in self._made.items():
            if name in kept:
                self.outcome.tree_byte += HEADER_BYTE + sum(message_byte(vote, size) for vote in block.evidence)
            self._ctx.record(
                TreeBlockRecord(
                    round=self.outcome.round,
                    chain=self._terms.chain,
                    height=self.outcome.height,
                    made_s=time,
                    node=maker,
                    depth=block.depth,
                    name=name,
                    parent=block.parent,
                    filled=bool(block.digest),
                    kept=name in kept,
                )
            )

    def _record(self) -> None:
        """Write the decision down, once, when its last message is handled or patience is over."""
        if self._recorded:
            return
        self._recorded = True
        for spread in self._spreads:
            spread.close()
        if self.deadline is not None:
            self.deadline.cancel()
        outcome, n = self.outcome, len(self._replicas)
        risks = self._terms.agreement.risks(self._orders[-1].errors) if self._orders else None
        reasons = list(outcome.aborted.values())
        self._ctx.record(
            AgreementRecord(
                round=outcome.round,
                chain=self._terms.chain,
                height=outcome.height,
                protocol=self._terms.title or self._terms.agreement.title,
                validators=n,
                tolerated=self._terms.agreement.tolerated(n),
                quorum=self._terms.agreement.quorum(n),
                started_s=outcome.started_s,
                first_decided_s=outcome.first_decided_s,
                ended_s=outcome.ended_s,
                decided=len(outcome.decided_s),
                faulty=n - len(self._correct),
                blocks=len(set(outcome.digests.values())),
                view=outcome.view,
                messages=outcome.messages,
                size_bit=outcome.size_bit,
                tag_bit=outcome.tag_bit,
                tag_wait_s=outcome.tag_wait_s,
                aborted=len(reasons),
                reason=max(reasons, key=reasons.count, default=""),
                pairs=sum(order.pairs for order in self._orders),
                qubits=outcome.qubits,
                idealised=bool(self._terms.agreement.assumption),
                abort_risk=risks.abort if risks else NONE,
                sender_risk=risks.sender if risks else NONE,
                receiver_risk=risks.receiver if risks else NONE,
            )
        )
