"""Proof of authority: validators take turns, and whoever's turn it is decides for all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from qflsim.chain.agreement import Agreement, Broadcast, Effect, Message, Send, Validate
from qflsim.chain.heights import HeightReplica
from qflsim.checks import quantity

__all__ = ["ProofOfAuthority", "ProofOfAuthorityReplica"]

SEAL, ASK = "seal", "ask"


@dataclass(frozen=True, kw_only=True)
class ProofOfAuthority(Agreement):
    """Proof of authority: the validator in turn signs the block, the others accept it [1]_.

    The leader seals its block by signing it and sends it to all; that is all. A member that hears nothing in time
    passes the turn to the next, and asks that one whether it has a block already. Each time-out is twice the one
    before.

    One decision takes n - 1 messages and one delay: the cheapest that n validators can store one block, and so the
    baseline for every protocol that bears faults.

    Parameters
    ----------
    view_timeout:
        Time [s] a member waits for the block of the first in turn; 2^v times that for the one after v others. 2 s
        (assumption, as for `PBFT`; it must exceed one message delay, the block included).

    References
    ----------
    .. [1] P. Szilágyi, "EIP-225: Clique proof-of-authority consensus protocol", Ethereum (2017).
    .. [2] S. De Angelis et al., "PBFT vs proof-of-authority: applying the CAP theorem to permissioned blockchain",
       ITASEC (2018).

    *Scope*: no lie is tolerated: a leader that seals two blocks forks the chain at once, as does a first in turn whose
    block is slower than the time-out or lost, so that the next in turn seals another [2]_. Clique [1]_ lets the heavier
    fork win later; here a block once accepted stays, so that such a fork shows. Crashed validators are passed over as
    long as links are timely. Clique's random wait of those out of turn is a fixed order here. No change of validators.

    *Validation*: n - 1 messages and one delay for n = 4 to 64; a crashed leader costs one time-out and one delay; a
    leader that seals two blocks forks.
    """

    name: ClassVar[str] = "proof of authority"

    view_timeout: float = quantity(2.0, unit="s", above=0, advice="give it in seconds, e.g. 2 * s")

    def replica(self, me: str, members: tuple[str, ...], validate: Validate | None = None) -> "ProofOfAuthorityReplica":
        """The part of ``me`` among ``members``."""
        return ProofOfAuthorityReplica(self, me, members, validate, self.view_timeout)

    def messages(self, validators: int) -> int:
        """Messages of one decision among n correct validators: n - 1."""
        return validators - 1

    def tolerated(self, validators: int) -> int:
        """Faulty validators that n can bear without losing safety: none."""
        return 0

    def quorum(self, validators: int) -> int:
        """Signatures needed: the sealer's."""
        return 1


class ProofOfAuthorityReplica(HeightReplica):
    """One validator of proof of authority."""

    def _begin(self) -> list[Effect]:
        self._seals: dict[int, Message] = {}  # blocks that came before their sealer's turn
        return self._enter(0)

    def _reactions(self) -> Mapping[str, Callable[[Message], list[Effect]]]:
        return {SEAL: self._on_seal, ASK: self._on_ask}

    def _time_out(self, purpose: str) -> list[Effect]:
        return self._enter(self._view + 1)

    def _proves(self, decision: Message) -> bool:
        seals = decision.evidence
        return len(seals) == 1 and self._is_seal(seals[0]) and seals[0].digest == decision.digest

    def _asks(self, message: Message) -> bool:
        """Whoever asks for a later turn has missed the block; who asks for the very turn will have it soon."""
        return message.kind == ASK and message.view > self._decisions[message.height].view

    def _enter(self, view: int) -> list[Effect]:
        """Seal, if it is this member's turn; else wait for who is in turn, and ask it in case its block got lost."""
        self._view = view
        effects: list[Effect] = [self._set_timer("turn")]
        if view in self._seals:
            return effects + self._accept(self._seals[view])
        if self.leader(view) == self._me:
            return effects + self._seal()
        return effects + ([Send(self.leader(view), self._message(ASK, ""))] if view else [])

    def _seal(self) -> list[Effect]:
        if self._own is None or not self._validate(self._own.digest):
            return []
        seal = self._message(SEAL, self._own.digest, payload_byte=self._own.size_byte)
        return [Broadcast(seal), *self._accept(seal)]

    def _on_seal(self, message: Message) -> list[Effect]:
        """Accept the block of a member whose turn has come; keep one that is early."""
        if not self._is_seal(message) or not self._validate(message.digest):
            return []
        if message.view > self._view:
            self._seals.setdefault(message.view, message)
            return []
        return self._accept(message)

    def _on_ask(self, message: Message) -> list[Effect]:
        """Nothing to tell as yet."""
        return []

    def _is_seal(self, message: Message) -> bool:
        return (message.kind, message.height) == (SEAL, self._height) and message.sender == self.leader(message.view)

    def _accept(self, seal: Message) -> list[Effect]:
        self._blocks.setdefault(seal.digest, seal.payload_byte)
        return self._decide(seal.view, seal.digest, (replace(seal, payload_byte=0),))
