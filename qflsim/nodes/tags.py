"""Authentication tags on the timeline: a message leaves when the key store of its two ends has paid for its tag."""

from functools import partial

from qflsim.crypto.authentication import Authentication
from qflsim.crypto.keyrouting import Ends, ends_of
from qflsim.crypto.keystore import KeyRequest, KeyStore

from .context import Context
from .keylink import KeyLink
from .keynetwork import KeyDraw, KeyNetwork, RelayMaker, key_row
from .media import Action

__all__ = ["Tag", "Tagger"]

LOTS_KEPT = 4
"""Lots of relayed key that two nodes without a link of their own keep at most (assumption)."""


class Tag:
    """The key for one tag, waiting or paid."""

    __slots__ = ("_link", "_request", "asked_s", "bits")

    def __init__(self, link: KeyLink, request: KeyRequest) -> None:
        self._link = link
        self._request = request
        self.bits = request.bits
        self.asked_s = request.requested_s

    @property
    def waiting(self) -> bool:
        """Whether the store could not pay yet."""
        return self._request.state == "waiting"

    def withdraw(self) -> None:
        """Give up a tag that waits: its message is not sent any more."""
        self._link.withdraw(self._request)


class Tagger:
    """Pays the tags of messages from the key stores of their ends.

    Parameters
    ----------
    ctx:
        The run's shared services.
    authentication:
        What a tag takes.
    network:
        The key network; None if tags take no key.
    """

    def __init__(self, ctx: Context, authentication: Authentication, network: KeyNetwork | None) -> None:
        self._ctx = ctx
        self._authentication = authentication
        self._network = network
        self._links: dict[Ends, KeyLink] = {}
        self.tag_bit = 8.0 * authentication.tag_byte

    def pay(self, sender: str, receiver: str, then: Action) -> Tag | None:
        """Take the key of one tag, then do ``then``: at once if the store can pay, else when it can.

        Returns
        -------
        Tag or None
            What was or will be paid; None if tags take no key.
        """
        if self._network is None:
            then()
            return None
        ends = ends_of(sender, receiver)
        first, own = ends not in self._links, ends in self._network.links
        if first:
            self._links[ends] = self._network.links[ends] if own else self._kept_by_relay(ends, self._network)
        link = self._links[ends]

        def paid(request: KeyRequest) -> None:
            link.hand_out(request)
            if own:  # relayed key was counted when it was drawn from the links
                self._ctx.totals.qkd_bit += request.bits
            then()

        request = link.request(self._authentication.key_bit(first=first), float("inf"), paid)
        tag = Tag(link, request)
        if request.state == "served":
            paid(request)
        return tag

    def _kept_by_relay(self, ends: Ends, network: KeyNetwork) -> KeyLink:
        """A store between two nodes without a link of their own, filled by relay from the first message on."""
        lot = self._authentication.lot_bit
        store = KeyStore(minimum=0.0, threshold=lot, maximum=LOTS_KEPT * lot, block_tags=0.0)
        return KeyLink(self._ctx, ends, store, RelayMaker(self._ctx, network, lot, partial(self._note, ends)))

    def _note(self, ends: Ends, draw: KeyDraw) -> None:
        self._ctx.record(key_row(self._ctx, ends, "qkd", "tags", draw.requested_s, draw.ended_s, 0.0, draw))
