"""A QKD link on the timeline: its boxes fill a key store, its key manager serves who asks for key."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from qflsim.crypto.keydelivery import DeliveredKey, KeyDelivery
from qflsim.crypto.keymanager import KeyManager
from qflsim.crypto.keyrouting import Ends
from qflsim.crypto.keystore import KeyRequest, KeyStore
from qflsim.quantum.keyblocks import BlockSource, KeyBlock

from .context import Context
from .qkdbook import QKDBook

__all__ = ["BlockMaker", "Ended", "KeyLink", "Maker"]

Ended = Callable[[KeyRequest], object]
"""What is done with a request that has waited and is now served or has expired."""


class Maker(Protocol):
    """Makes key in lumps, one after the other, as long as the store has room for it."""

    def make(self, link: "KeyLink") -> None:
        """Begin the next lump; `KeyLink.put` brings it, `KeyLink.idle` says that another one may begin."""


class KeyLink:
    """Two nodes that share a key store, and what fills it.

    The key manager is a pure state machine; the next thing that happens to it on its own stands as one event, which is
    set anew after every change; an outdated event is told by its number and ignored.

    Parameters
    ----------
    ctx:
        The run's shared services.
    ends:
        The two nodes, in alphabetical order.
    store:
        The marks of the store.
    maker:
        Makes key in lumps; left out for a link that makes key steadily (`set_rate`) or not at all.
    """

    def __init__(self, ctx: Context, ends: Ends, store: KeyStore, maker: Maker | None = None) -> None:
        self._ctx = ctx
        self.ends = ends
        self.manager = KeyManager(store)
        self._delivery = KeyDelivery(self.manager, *ends)
        self._maker = maker
        self._making = self._resting = False
        self._paced = 0.0
        self._book = QKDBook(ctx, ends)
        self._ended: dict[int, Ended] = {}
        self._event = 0
        self._due: float | None = None
        if maker is not None:
            ctx.after(0.0, self._make)

    @property
    def spare_bit(self) -> float:
        """Bits that the store could serve now."""
        return max(0.0, self.manager.level(self._ctx.now) - self.manager.store.minimum)

    def set_rate(self, rate_bps: float) -> None:
        """From now on the link makes ``rate_bps`` [bit/s] steadily, while its store has room."""
        level = self.manager.level(self._ctx.now)
        self._book.steady(self.manager.made_bit, level)
        self.manager.set_rate(self._ctx.now, rate_bps)
        self._follow_up()

    def pace(self, rate_bps: float) -> None:
        """Change the rate as `set_rate` does, without a row of its own in the tables."""
        self.manager.set_rate(self._ctx.now, rate_bps)
        self._follow_up()

    def request(self, bits: float, deadline_s: float, ended: Ended) -> KeyRequest:
        """Ask for ``bits``; ``ended`` is called when the request has waited and is served or expires.

        It is not called if the request is served before this returns.
        """
        request = self.manager.request(self._ctx.now, bits, deadline_s)
        if request.state == "waiting":
            self._ended[request.number] = ended
        self._follow_up()
        return request

    def hand_out(self, request: KeyRequest) -> None:
        """Give the bits of a served request away."""
        self.manager.hand_out(self._ctx.now, request)
        self._follow_up()

    def deliver(self, request: KeyRequest) -> DeliveredKey:
        """Give the bits of a served request away as one key, which the other end collects by its identifier."""
        now = self._ctx.now
        (key,) = self._delivery.hand_out(now, request, int(request.bits))
        self._delivery.get_key_with_ids(now, [key.key_ID])
        self._follow_up()
        return key

    def withdraw(self, request: KeyRequest) -> None:
        """Give up a request whose bits were not handed out."""
        self._ended.pop(request.number, None)
        self.manager.withdraw(self._ctx.now, request)
        self._follow_up()

    def put(self, bits: float) -> None:
        """Put a lump of key into the store."""
        self.manager.deposit(self._ctx.now, bits)
        self._follow_up()

    def idle(self) -> None:
        """Another lump may begin: at once if the store has room for it, else when it has."""
        self._making = False
        self._make()

    def put_block(self, block: KeyBlock) -> None:
        """Authenticate a block with key from the store, and put what it gave there.

        A block that is aborted, or gives less than its authentication takes, is dropped without authenticating it.
        """
        now, manager = self._ctx.now, self.manager
        before, tags, secret = manager.level(now), manager.store.block_tags, float(block.secret_bit)
        worth = not block.aborted and secret > tags
        trusted = worth and manager.spend(now, tags)
        if trusted:
            manager.deposit(now, secret)
        self._follow_up()
        aborted = block.aborted or (worth and not trusted)
        made, level = secret if trusted else 0.0, manager.level(now)
        self._book.block(block, aborted=aborted, secret_bit=made, before_bit=before, level_bit=level)

    def close_round(self) -> None:
        """Write down what the link has made and has not been written down yet."""
        level = self.manager.level(self._ctx.now)
        if self.manager.rate_bps:
            self._book.steady(self.manager.made_bit, level)
        self._book.close(level)

    def rest(self, resting: bool) -> None:
        """Let the boxes rest, or work again: one of the ends has no power, or has it back."""
        if resting == self._resting:
            return
        self._resting = resting
        if self._maker is None:
            rate, self._paced = (0.0, self.manager.rate_bps) if resting else (self._paced, 0.0)
            self.set_rate(rate)
        self._make()

    def _make(self) -> None:
        if self._maker is not None and self.manager.producing and not self._making and not self._resting:
            self._making = True
            self._maker.make(self)

    def _follow_up(self) -> None:
        """Set the event anew if something else happens next, and let the boxes work if there is room."""
        due = self.manager.next_event()
        if due != self._due:
            self._due = due
            self._event += 1
            if due is not None:
                self._ctx.at(due, partial(self._happen, self._event))
        self._make()

    def _happen(self, event: int) -> None:
        if event != self._event:
            return
        self._due = None
        for request in self.manager.advance(self._ctx.now):
            ended = self._ended.pop(request.number, None)
            if ended is not None:  # not withdrawn meanwhile, by what was done for an earlier one
                ended(request)
        self._follow_up()


class BlockMaker:
    """A QKD link at work: block after block, each in the store once it is post-processed.

    Parameters
    ----------
    ctx:
        The run's shared services.
    source:
        Draws the counts of the blocks.
    """

    def __init__(self, ctx: Context, source: BlockSource) -> None:
        self._ctx = ctx
        self._source = source

    def make(self, link: KeyLink) -> None:
        """Send the pulses of one block; a link that collects no block at all stays at it for ever."""
        block = self._source.next_block(self._ctx.now)
        if block.duration_s < float("inf"):
            self._ctx.after(block.duration_s, partial(self._sent, link, block))

    def _sent(self, link: KeyLink, block: KeyBlock) -> None:
        if block.latency_s:
            self._ctx.after(block.latency_s, partial(link.put_block, block))
        else:
            link.put_block(block)
        link.idle()
