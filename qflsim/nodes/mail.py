"""The messages of one decision, from signing until somebody takes them in."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from qflsim.chain.agreement import Message
from qflsim.chain.sizes import message_byte
from qflsim.network.dissemination import Item, Obtain

from .business import Business, Terms
from .computer import Computer
from .media import Action
from .postage import Postage
from .spread import About, Group, Spread

__all__ = ["Mail"]


class Mail:
    """Carries messages between the validators of a committee, and counts those under way.

    Votes go from one to another; a block finds its way to all as the run's dissemination has it. Whoever receives one
    verifies it, and takes a proposal only with the transactions in it.

    Parameters
    ----------
    postage:
        Who pays and sends.
    terms, business:
        What messages are about.
    group:
        Among whom blocks spread.
    validators:
        Who signs and verifies, by name.
    deliver:
        Told of a receiver and its message, verified.
    empty:
        Told when nothing is under way any more.
    """

    def __init__(
        self,
        postage: Postage,
        terms: Terms,
        business: Business,
        group: Group,
        validators: Mapping[str, Computer],
        deliver: Callable[[str, Message], None],
        empty: Action,
    ) -> None:
        self._postage = postage
        self._terms = terms
        self._business = business
        self._group = group
        self._validators = validators
        self._deliver = deliver
        self._empty = empty
        self._spreads: list[Spread] = []
        self.under_way = 0
        """Messages sent or about to be, and neither handled nor lost yet."""

    def expect(self, messages: int) -> None:
        """So many more are under way."""
        self.under_way += messages

    def settle(self) -> None:
        """One message less is under way."""
        self.under_way -= 1
        if not self.under_way:
            self._empty()

    def stop(self) -> None:
        """The decision is over: blocks go on to nobody new."""
        for spread in self._spreads:
            spread.stop()

    def close(self) -> None:
        """Write down how far blocks came."""
        for spread in self._spreads:
            spread.close()

    def send(self, name: str, message: Message, receivers: Sequence[str]) -> None:
        """Sign once, then send one copy to each receiver, each with a tag of its own if tags are used."""
        size_bit = self._size_bit(message) + self._postage.tag_bit
        self.under_way += len(receivers)

        def send() -> None:
            for receiver in receivers:
                arrived = partial(self._arrived, receiver, message)
                self._postage.send(message.kind, name, receiver, size_bit, arrived, self.settle)

        self._sign(name, message, send)

    def spread(self, name: str, message: Message) -> None:
        """Sign a block once; then it finds its way to all others."""
        about = About(chain=self._terms.chain, height=message.height, digest=message.digest)
        spread = Spread(self._group, self._item(message), about, self._post, partial(self._obtained, message))
        self._spreads.append(spread)
        self.under_way += 1

        def start() -> None:
            spread.start(name)
            self.settle()

        self._sign(name, message, start)

    def _sign(self, name: str, message: Message, then: Action) -> None:
        if message.signatures:
            self._validators[name].sign(then)
        else:
            then()

    def _size_bit(self, message: Message) -> float:
        return 8.0 * message_byte(message, self._terms.scheme.signature_byte)

    def _item(self, message: Message) -> Item:
        business, size_bit = self._business, self._size_bit(message)
        named_bit = 8.0 * business.named_byte if message.payload_byte else 0.0
        return Item(
            name=self._group.name(message.digest), kind=message.kind, size_bit=size_bit, head_bit=size_bit - named_bit,
            parts=business.parts if message.payload_byte else (), held=business.holds,
        )  # fmt: skip

    def _post(self, kind: str, source: str, destination: str, size_bit: float, arrived: Action, lost: Action) -> None:
        """Send a packet that has to do with a block, with a tag of its own if tags are used."""
        self.under_way += 1

        def then_settle(action: Action) -> None:
            action()
            self.settle()

        arrive, lose = partial(then_settle, arrived), partial(then_settle, lost)
        self._postage.send(kind, source, destination, size_bit + self._postage.tag_bit, arrive, lose)

    def _obtained(self, message: Message, name: str, obtain: Obtain, checked: Callable[[bool], None]) -> None:
        """Verify what came with a block, pass it on, then let the replica answer."""
        self.under_way += 1
        unseen = self._business.unseen if message.payload_byte else 0
        signatures = message.signatures + (len(obtain.fetched) if obtain.rebuilt else unseen)

        def verified() -> None:
            checked(True)
            self._take(name, message, complete=obtain.rebuilt)

        self._validators[name].verify(signatures, verified)

    def _arrived(self, name: str, message: Message) -> None:
        """Verify, the transactions of a block included, then let the replica answer."""
        signatures = message.signatures + (self._business.unseen if message.payload_byte else 0)
        self._validators[name].verify(signatures, partial(self._take, name, message))

    def _take(self, name: str, message: Message, *, complete: bool = False) -> None:
        """A validator votes only for a block whose transactions it holds: a proposal waits for them, if they lack."""
        held = self._business.held.get(name)
        if message.payload_byte and not complete and held is not None and not held.processed:
            held.callbacks.append(lambda _: self._hand_over(name, message))
        else:
            self._hand_over(name, message)

    def _hand_over(self, name: str, message: Message) -> None:
        """The replica answers even after the others have decided: what it sends then loads the links all the same."""
        self._deliver(name, message)
        self.settle()
