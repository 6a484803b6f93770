"""Session keys on the timeline: waiting for a QKD pool, exchanging a KEM's messages, or both."""

from collections.abc import Generator, Mapping
from typing import Any

from qflsim.crypto.keypool import KeyPool
from qflsim.crypto.keys import SEAL_BYTE, KeyNeed, KeySource
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
    """

    def __init__(
        self,
        ctx: Context,
        fabric: Fabric,
        source: KeySource,
        pools: Mapping[tuple[str, str], KeyPool],
        computers: Mapping[str, Computer],
    ) -> None:
        self._ctx = ctx
        self._fabric = fabric
        self._source = source
        self._pools = pools
        self._computers = computers

    def session(self, initiator: str, responder: str, purpose: str) -> Generator[Any, Any, int]:
        """Wait until both ends hold a key; returns the bytes that sealing with it adds to a message."""
        need = self._source.need()
        requested = self._ctx.now
        ends = (min(initiator, responder), max(initiator, responder))
        made = drawn = level = 0.0
        if need.qkd_bit:
            draw = self._pools[ends].draw(requested, need.qkd_bit)
            yield self._ctx.env.timeout(draw.granted_s - requested)
            made, drawn, level = draw.made_bit, draw.drawn_bit, draw.level_bit
            self._ctx.totals.qkd_bit += need.qkd_bit
        if need.kem_bit:
            yield from self._exchange(need, initiator, responder)
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
                granted_s=self._ctx.now,
                qkd_bit=float(need.qkd_bit),
                kem_bit=need.kem_bit,
                pool_made_bit=made,
                pool_drawn_bit=drawn,
                pool_level_bit=level,
            )
        )
        return SEAL_BYTE

    def _exchange(self, need: KeyNeed, initiator: str, responder: str) -> Generator[Any, Any, None]:
        """Public key there, ciphertext back. The initiator's operations before and after are booked together."""
        yield self._computers[initiator].operated(need.initiator)
        yield self._fabric.delivered("kem-public-key", initiator, responder, 8.0 * need.request_byte)
        yield self._computers[responder].operated(need.responder)
        yield self._fabric.delivered("kem-ciphertext", responder, initiator, 8.0 * need.reply_byte)
