"""A committee: the validators of one chain, agreeing on its blocks message by message over the real links."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import simpy

from qflsim.chain.agreement import (
    Agreement,
    Broadcast,
    CancelTimer,
    Decide,
    Effects,
    Message,
    Proposal,
    Replica,
    Send,
    SetTimer,
    Validate,
)
from qflsim.chain.sizes import message_byte
from qflsim.crypto.signatures import SignatureScheme
from qflsim.trace import Agreement as AgreementRecord

from .computer import Computer
from .context import Context
from .fabric import Fabric
from .media import Action
from .tags import Tag, Tagger

__all__ = ["Committee", "Outcome"]


@dataclass
class Outcome:
    """How one decision went: who decided when, in which view, at which cost."""

    round: int
    height: int
    started_s: float
    digest: str
    ended_s: float = 0.0
    decided_s: dict[str, float] = field(default_factory=dict)
    view: int = 0
    messages: int = 0
    size_bit: float = 0.0
    tag_bit: float = 0.0
    tag_wait_s: float = 0.0

    @property
    def first_decided_s(self) -> float:
        """Simulated time at which the first validator decided; NaN if none did."""
        return min(self.decided_s.values(), default=float("nan"))


class Committee:
    """The validators of one chain.

    Parameters
    ----------
    ctx, fabric:
        The run's shared services and its links.
    chain:
        Name of the chain, as in the traces.
    agreement:
        The protocol; each validator runs one replica of it per height.
    scheme:
        Signature scheme of the votes.
    tagger:
        Pays the tags of the messages.
    patience:
        Time [s] after which a decision that did not fall is given up and recorded so.
    """

    def __init__(
        self,
        ctx: Context,
        fabric: Fabric,
        chain: str,
        agreement: Agreement,
        scheme: SignatureScheme,
        tagger: Tagger,
        patience: float,
    ) -> None:
        self._ctx = ctx
        self._fabric = fabric
        self.chain = chain
        self._agreement = agreement
        self._scheme = scheme
        self._tagger = tagger
        self._patience = patience

    def decide(
        self,
        height: int,
        validators: Sequence[Computer],
        proposer: str,
        proposal: Proposal,
        *,
        unseen: int,
        held: Mapping[str, simpy.Event],
        sound: Callable[[str], bool],
    ) -> simpy.Event:
        """An event that is done when every validator has decided, or patience is over; its value is the `Outcome`.

        Parameters
        ----------
        height, validators, proposer, proposal:
            What is decided, by whom, and who proposes it.
        unseen:
            Transactions in the block that the validators see with the proposal, and whose signatures they verify.
        held:
            For each validator, the event of its holding what the proposal only names; it takes no proposal before.
        sound:
            Whether a validator finds all transactions of the block to be right; it votes for no other.
        """
        members = self._seated(tuple(validator.node for validator in validators), proposer, height)
        draws = partial(self._ctx.streams.fresh, "agreement", self.chain, str(self._ctx.round), str(height))
        replicas = {
            name: self._agreement.seat(name, members, validate=_asking(sound, name), draws=draws, memory=None)
            for name in members
        }
        session = _Session(
            self._ctx,
            self._fabric,
            self.chain,
            self._agreement,
            self._scheme,
            self._tagger,
            height,
            validators,
            replicas,
            unseen,
            held,
        )
        self._ctx.after(self._patience, session.give_up)
        session.start(proposal)
        return session.done

    def _seated(self, names: tuple[str, ...], proposer: str, height: int) -> tuple[str, ...]:
        """The members in an order in which the protocol has ``proposer`` lead first at this height."""
        for shift in range(len(names)):
            members = names[shift:] + names[:shift]
            if self._agreement.replica(members[0], members).leader(0, height) == proposer:
                return members
        raise ValueError(
            f"{proposer} never leads {self.chain} under {self._agreement.name}; its leader must be a member"
        )


def _asking(sound: Callable[[str], bool], validator: str) -> Validate:
    """A validator's word on proposals: only one is ever made."""
    return lambda digest: sound(validator)


class _Session:
    """One decision: the replicas of one height and their messages under way."""

    def __init__(
        self,
        ctx: Context,
        fabric: Fabric,
        chain: str,
        agreement: Agreement,
        scheme: SignatureScheme,
        tagger: Tagger,
        height: int,
        validators: Sequence[Computer],
        replicas: Mapping[str, Replica],
        unseen: int,
        held: Mapping[str, simpy.Event],
    ) -> None:
        self._ctx = ctx
        self._fabric = fabric
        self._chain = chain
        self._agreement = agreement
        self._scheme = scheme
        self._tagger = tagger
        self._unpaid: dict[Tag, None] = {}  # tags that wait for key, in the order of their messages
        self._validators: Mapping[str, Computer] = {v.node: v for v in validators}
        self._replicas = replicas
        self._unseen = unseen
        self._held = held
        self._recorded = False
        self._timers: dict[tuple[str, str], int] = {}
        self._timer_count = 0
        self._under_way = 0  # messages sent or about to be, and neither handled nor lost yet
        self._outcome = Outcome(round=ctx.round, height=height, started_s=ctx.now, digest="")
        self.done: simpy.Event = ctx.env.event()

    def start(self, proposal: Proposal) -> None:
        """Every replica enters the height; whoever comes to lead proposes the same block."""
        self._outcome.digest = proposal.digest
        for name, replica in self._replicas.items():
            self._perform(name, replica.start(self._ctx.now, proposal, self._outcome.height))

    def give_up(self) -> None:
        """End the decision if it is still open; what was reached stands in the outcome."""
        if not self.done.triggered:
            self._finish()
        self._record()

    def _perform(self, name: str, effects: Effects) -> None:
        for effect in effects:
            match effect:
                case Broadcast(message=message):
                    others = [other for other in self._replicas if other != name]
                    self._sign_and_send(name, message, others)
                case Send(to=to, message=message):
                    self._sign_and_send(name, message, [to])
                case Decide(digest=digest, view=view):
                    self._decided(name, digest, view)
                case SetTimer(name=timer, delay=delay):
                    self._set_timer(name, timer, delay)
                case CancelTimer(name=timer):
                    self._timers.pop((name, timer), None)

    def _sign_and_send(self, name: str, message: Message, receivers: Sequence[str]) -> None:
        """Sign once, then send one copy to each receiver, each with a tag of its own if tags are used."""
        size_bit = 8.0 * message_byte(message, self._scheme.signature_byte) + self._tagger.tag_bit
        self._under_way += len(receivers)

        def send() -> None:
            for receiver in receivers:
                arrived = partial(self._arrived, receiver, message)
                self._pay_and_send(message.kind, name, receiver, size_bit, arrived)

        self._validators[name].sign(send)

    def _pay_and_send(self, kind: str, name: str, receiver: str, size_bit: float, arrived: Action) -> None:
        """Send when the key for the tag is there; what waits for key when the decision is over is not sent."""
        tag: Tag | None = None

        def send() -> None:
            if tag is not None:
                del self._unpaid[tag]
                self._note_paid(tag)
            self._outcome.messages += 1
            self._outcome.size_bit += size_bit
            self._fabric.send(kind, name, receiver, size_bit, arrived, self._settle_one)

        tag = self._tagger.pay(name, receiver, send)
        if tag is None:
            return
        if not tag.waiting:
            self._note_paid(tag)
        elif self.done.triggered:
            self._give_up_tag(tag)
        else:
            self._unpaid[tag] = None

    def _note_paid(self, tag: Tag) -> None:
        self._outcome.tag_bit += tag.bits
        self._outcome.tag_wait_s = max(self._outcome.tag_wait_s, self._ctx.now - tag.asked_s)

    def _give_up_tag(self, tag: Tag) -> None:
        self._outcome.tag_wait_s = max(self._outcome.tag_wait_s, self._ctx.now - tag.asked_s)
        tag.withdraw()
        self._settle_one()

    def _arrived(self, name: str, message: Message) -> None:
        """Verify, the transactions of a block included, then let the replica answer."""
        signatures = message.signatures + (self._unseen if message.payload_byte else 0)
        self._validators[name].verify(signatures, lambda: self._take(name, message))

    def _take(self, name: str, message: Message) -> None:
        """A validator votes only for a block whose transactions it holds: a proposal waits for them."""
        held = self._held.get(name)
        if message.payload_byte and held is not None and not held.processed:
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
        self._timer_count += 1
        number = self._timers[name, timer] = self._timer_count

        def expire() -> None:
            if self._timers.get((name, timer)) == number and not self.done.triggered:
                del self._timers[name, timer]
                self._perform(name, self._replicas[name].expire(self._ctx.now, timer))

        self._ctx.after(delay, expire)

    def _decided(self, name: str, digest: str, view: int) -> None:
        if self.done.triggered:
            return  # too late: the others have gone on without this block
        if digest != self._outcome.digest:
            raise RuntimeError(f"{name} decided on a block that nobody proposed on {self._chain}")
        self._outcome.decided_s[name] = self._ctx.now
        self._outcome.view = max(self._outcome.view, view)
        if len(self._outcome.decided_s) == len(self._replicas):
            self._finish()

    def _finish(self) -> None:
        self._outcome.ended_s = self._ctx.now
        self.done.succeed(self._outcome)
        unpaid, self._unpaid = self._unpaid, {}
        for tag in unpaid:
            self._give_up_tag(tag)
        if not self._under_way:
            self._record()

    def _record(self) -> None:
        """Write the decision down, once, when its last message is handled or patience is over."""
        if self._recorded:
            return
        self._recorded = True
        outcome, n = self._outcome, len(self._replicas)
        self._ctx.record(
            AgreementRecord(
                round=outcome.round,
                chain=self._chain,
                height=outcome.height,
                protocol=self._agreement.name,
                validators=n,
                tolerated=self._agreement.tolerated(n),
                quorum=self._agreement.quorum(n),
                started_s=outcome.started_s,
                first_decided_s=outcome.first_decided_s,
                ended_s=outcome.ended_s,
                decided=len(outcome.decided_s),
                view=outcome.view,
                messages=outcome.messages,
                size_bit=outcome.size_bit,
                tag_bit=outcome.tag_bit,
                tag_wait_s=outcome.tag_wait_s,
            )
        )
