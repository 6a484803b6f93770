"""Session keys on the timeline: waiting for a QKD pool, exchanging a KEM's messages, or both."""

from collections.abc import Generator, Mapping
from typing import Any

from qflsim.crypto.keypool import Draw, KeyPool
from qflsim.crypto.keys import SEAL_BYTE, KeyNeed, KeySource
from qflsim.crypto.signatures import SignatureScheme
from qflsim.trace import Key

from .computer import Computer
from .context import Context
from .fabric import Fabric

__all__ = ["KeyService"]


class KeyService:
    """Puts a fresh session key at both ends of a link, for every transfer that needs one.

    Parameters
    ----------
    source:
        Where keys come from.
    pools:
        The QKD pool of each link that has one, by its two ends in alphabetical order.
    computers:
        The computer of every node.
    scheme:
        Signs the public keys of key encapsulation: an unsigned one could be anybody's.
    """

    def __init__(
        self,
        ctx: Context,
        fabric: Fabric,
        source: KeySource,
        pools: Mapping[tuple[str, str], KeyPool],
        computers: Mapping[str, Computer],
        scheme: SignatureScheme,
    ) -> None:
        self._ctx = ctx
        self._fabric = fabric
        self._source = source
        self._pools = pools
        self._computers = computers
        self._scheme = scheme

    def session(self, initiator: str, responder: str, purpose: str) -> Generator[Any, Any, int]:
        """Wait until both ends hold a key; returns the bytes that sealing with it adds to a message."""
        need = self._source.need()
        requested = self._ctx.now
        ends = (min(initiator, responder), max(initiator, responder))
        draw = self._pools[ends].draw(requested, need.qkd_bit) if need.qkd_bit else None
        granted = float("nan")
        try:
            if draw is not None:
                self._ctx.totals.qkd_bit += need.qkd_bit
                yield self._ctx.env.timeout(draw.granted_s - requested)
            if need.kem_bit:
                yield from self._exchange(need, initiator, responder)
            granted = self._ctx.now
        finally:  # broken off or not, the bits are promised and the wait was there
            self._record(ends, purpose, need, requested, granted, draw)
        return SEAL_BYTE

    def _record(
        self, ends: tuple[str, str], purpose: str, need: KeyNeed, requested: float, granted: float, draw: Draw | None
    ) -> None:
        waited = self._ctx.now - requested
        self._ctx.totals.round_key_wait_s = max(self._ctx.totals.round_key_wait_s, waited)
        self._ctx.record(
            Key(
                round=self._ctx.round,
                first=ends[0],
                second=ends[1],
                source=self._source.name,
                purpose=purpose,
                requested_s=requested,
                granted_s=granted,
                pool_wait_s=0.0 if draw is None else draw.granted_s - requested,
                qkd_bit=float(need.qkd_bit),
                kem_bit=need.kem_bit,
                pool_made_bit=0.0 if draw is None else draw.made_bit,
                pool_drawn_bit=0.0 if draw is None else draw.drawn_bit,
                pool_level_bit=0.0 if draw is None else draw.level_bit,
            )
        )

    def _exchange(self, need: KeyNeed, initiator: str, responder: str) -> Generator[Any, Any, None]:
        """Signed public key there, ciphertext back. The initiator's operations before and after are booked together."""
        asking, answering = self._computers[initiator], self._computers[responder]
        yield asking.operated(need.initiator)
        yield asking.signed()
        request_byte = need.request_byte + self._scheme.signature_byte
        yield self._fabric.delivered("kem-public-key", initiator, responder, 8.0 * request_byte)
        yield answering.verified()
        yield answering.operated(need.responder)
        yield self._fabric.delivered("kem-ciphertext", responder, initiator, 8.0 * need.reply_byte)
