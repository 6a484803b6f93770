"""Session keys on the timeline: waiting for a key store, exchanging a KEM's messages, or both."""

import math
from collections.abc import Generator, Mapping
from copy import copy
from typing import Any

from qflsim.crypto.exchange import SecretExchange
from qflsim.crypto.keyrouting import Ends, ends_of
from qflsim.crypto.keys import SESSION_KEY_BIT, KeyNeed, KeySource
from qflsim.crypto.sealing import KeyInUse, Sealing
from qflsim.crypto.signatures import SignatureScheme

from .computer import Computer
from .context import Context
from .fabric import Fabric
from .keynetwork import KEY_ID_BYTE, KeyDraw, KeyNetwork, key_row

__all__ = ["KeyService"]


class KeyService:
    """Puts a session key at both ends of a link, for every message that needs a new one.

    Parameters
    ----------
    ctx, fabric:
        The run's shared services and its links.
    source:
        Where keys come from.
    sealing:
        What a message is sealed with, and how long one key serves.
    network:
        The key network; None if the source has no QKD.
    computers:
        The computer of every node.
    scheme:
        Signs the public keys of key encapsulation: an unsigned one could be anybody's.
    exchange:
        Carries key encapsulation out; None if it only costs.
    """

    def __init__(
        self,
        ctx: Context,
        fabric: Fabric,
        source: KeySource,
        sealing: Sealing,
        network: KeyNetwork | None,
        computers: Mapping[str, Computer],
        scheme: SignatureScheme,
        exchange: SecretExchange | None = None,
    ) -> None:
        self._ctx = ctx
        self._fabric = fabric
        self._source = source
        self._sealing = sealing
        self._network = network
        self._computers = computers
        self._scheme = scheme
        self._carried_out = exchange
        self._in_use: dict[Ends, KeyInUse] = {}

    def for_task(self, ctx: Context, fabric: Fabric) -> "KeyService":
        """The same keys, for the messages of one task; a key in use serves all tasks."""
        keys = copy(self)
        keys._ctx, keys._fabric = ctx, fabric
        return keys

    def session(self, initiator: str, responder: str, purpose: str, size_byte: int) -> Generator[Any, Any, int]:
        """Wait until both ends hold a key for a message of ``size_byte``; returns the bytes that sealing adds to it."""
        ends = ends_of(initiator, responder)
        used = self._in_use.get(ends)
        if used is None or not self._sealing.lasts(used, size_byte, self._ctx.now):
            bits = self._sealing.key_bit(size_byte, first=used is None)
            yield from self._new_key(initiator, responder, purpose, bits)
            used = self._in_use[ends] = KeyInUse(self._ctx.now)
        used.seal(size_byte)
        return self._sealing.overhead_byte + (KEY_ID_BYTE if self._network is not None else 0)

    def _new_key(self, initiator: str, responder: str, purpose: str, bits: float) -> Generator[Any, Any, None]:
        """A key of ``bits`` from the source, or from its fallback if QKD does not bring it."""
        need, requested, granted = self._source.need(bits), self._ctx.now, float("nan")
        draw: KeyDraw | None = None
        try:
            if need.qkd_bit and self._network is not None:
                done = self._ctx.env.event()
                patience = requested + self._source.patience
                draw = self._network.draw(initiator, responder, need.qkd_bit, patience, lambda _: done.succeed())
                if draw.pending:
                    yield done
                if draw.state == "failed":
                    need = yield from self._fallen_back(bits)
            if need.kem_bit:
                yield from self._exchange(need, initiator, responder)
            granted = self._ctx.now
        finally:  # broken off or not, the wait was there
            if draw is not None and self._network is not None:
                self._network.withdraw(draw)
            self._ctx.longest.key_wait_s = max(self._ctx.longest.key_wait_s, self._ctx.now - requested)
            source = "kem" if need.kem_bit and not need.qkd_bit else self._source.name
            ends = ends_of(initiator, responder)
            self._ctx.record(key_row(self._ctx, ends, source, purpose, requested, granted, need.kem_bit, draw))

    def _fallen_back(self, bits: float) -> Generator[Any, Any, KeyNeed]:
        """What to do without QKD. If only QKD will do the key never comes: whoever waits for it waits with an end."""
        need = self._source.fallback(bits)
        if need is None:
            yield self._ctx.env.event()
            raise RuntimeError("an event that nobody succeeds has happened")
        return need

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
        if self._carried_out is not None:
            secrets = math.ceil(need.kem_bit / SESSION_KEY_BIT)
            self._carried_out.agree(initiator, responder, secrets=secrets, with_qkd=need.qkd_bit > 0)
