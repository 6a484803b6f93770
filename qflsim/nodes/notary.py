"""Signing and checking on behalf of every node, what adversaries do in between, and a record of what was rejected."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from qflsim.chain.audit import transaction_fault
from qflsim.chain.block import Block
from qflsim.chain.bundle import FRAME_BYTE
from qflsim.chain.ordering import Fees
from qflsim.chain.transactions import SignedTransaction, Transaction
from qflsim.checks import ScenarioError
from qflsim.crypto.keyring import Keyring, identity
from qflsim.learning.aggregation import Update
from qflsim.security.threat import Threat
from qflsim.trace import Rejection

from .adversaries import Adversaries
from .committees import Committees
from .context import Context

__all__ = ["Notary"]


class Notary:
    """What nodes do with their keys: each signs with its own, and checks what it receives against the register.

    It passes no time and takes no energy: that is what `Computer.sign` and `Computer.verify` do.

    Parameters
    ----------
    ctx:
        The run's shared services.
    keyring:
        The keys.
    adversaries:
        Who make nodes lie, and forge what they sign.
    fees:
        What nodes pay for what they write on a chain.
    committees:
        Who may certify blocks of other chains.
    """

    def __init__(
        self, ctx: Context, keyring: Keyring, adversaries: Adversaries, fees: Fees, committees: Committees
    ) -> None:
        self._ctx = ctx
        self.keyring = keyring
        self._fees = fees
        self.committees = committees
        self._threats = adversaries.holds

    def trained(self, update: Update) -> Update:
        """What a device is about to sign: what it trained, unless somebody made it lie."""
        for i, (threat, targets) in enumerate(self._threats):
            if update.device in targets:
                rng = self._ctx.streams("threat", str(i), "corrupt", update.device)
                update = _stated(threat, threat.corrupt(update, self._ctx.round, rng))
        return update

    def contradicted(self, update: Update) -> Update | None:
        """What else a device is about to sign, if somebody makes it sign something else too."""
        for i, (threat, targets) in enumerate(self._threats):
            if update.device in targets:
                rng = self._ctx.streams("threat", str(i), "contradict", update.device)
                other = threat.contradict(self._ctx.now, update, rng)
                if other is not None:
                    return other
        return None

    def sign_for_chain(self, transaction: Transaction) -> SignedTransaction:
        """The same as `sign` for what goes into a block: with the fee that its sender pays for that."""
        if self._fees.pays(transaction.kind):
            for _ in range(3):  # the fee is a part of what it is paid for
                size_byte = transaction.signed(self.keyring).size_byte + FRAME_BYTE
                transaction = replace(transaction, fee=self._fees.rate * size_byte)
        return self.sign(transaction)

    def sign(self, transaction: Transaction) -> SignedTransaction:
        """The transaction as it leaves its sender: signed, unless somebody forged it."""
        signed = transaction.signed(self.keyring)
        for i, (threat, targets) in enumerate(self._threats):
            if transaction.sender in targets:
                rng = self._ctx.streams("threat", str(i), "forge", transaction.kind, transaction.sender)
                signed = threat.forge(transaction, signed, self.keyring, rng)
        return signed

    def accepts(self, node: str, kind: str, sender: str, item: SignedTransaction, round: int) -> bool:
        """Whether ``item``, which came to ``node`` as one of ``sender`` in ``round``, is what it should be."""
        fault = transaction_fault(item, self.keyring, sender=sender, round=round) or self.committees.fault(item)
        return self._passes(node, kind, sender, fault)

    def accepts_proposed(self, node: str, block: Block, item: SignedTransaction, rounds: Mapping[str, int]) -> bool:
        """Whether ``item``, which came to ``node`` in a proposed block, is what the sender that it names signed.

        It must be of the round of the block, or of the one in ``rounds`` for its sender.
        """
        fault = transaction_fault(item, self.keyring, round=block.header.round, rounds=rounds)
        fault = fault or self.committees.fault(item)
        return self._passes(node, "block", block.header.proposer, fault)

    def accepts_block(self, node: str, block: Block, committee: Collection[str], quorum: int) -> bool:
        """Whether the block that came to ``node`` is vouched for by a quorum of its committee."""
        return self._passes(node, "lmuc-block", block.header.proposer, self._unvouched(block, committee, quorum))

    def _unvouched(self, block: Block, committee: Collection[str], quorum: int) -> str:
        certificate = block.certificate
        signers = set() if certificate is None else set(certificate.signers)
        if certificate is None or len(signers & {identity(name) for name in committee}) < quorum:
            return "no quorum of its committee signed it"
        return certificate.fault(self.keyring)

    def _passes(self, node: str, kind: str, sender: str, fault: str) -> bool:
        if fault:
            self._ctx.record(
                Rejection(
                    round=self._ctx.round, rejected_s=self._ctx.now, node=node, kind=kind, sender=sender, reason=fault
                )
            )
        return not fault


def _stated(threat: Threat, update: object) -> Update:
    """What a threat, which may be a user's own, makes a device state; refused in a sentence if it is no update."""
    if not isinstance(update, Update):
        raise ScenarioError(
            f"{type(threat).__name__}.corrupt must return an Update, got {update!r}; return the one it was given "
            "where it changes nothing"
        )
    return update
