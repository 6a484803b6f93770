"""Forged receipts: what a server carries from one chain to another does not prove what it says."""

from dataclasses import dataclass, replace

import numpy as np

from qflsim.chain.block import Certificate, Header
from qflsim.chain.crosschain import CrossChainReceipt
from qflsim.chain.transactions import SignedTransaction, Transaction
from qflsim.chain.wire import Reader
from qflsim.checks import quantity
from qflsim.crypto.keyring import Keyring
from qflsim.security.held import HeldNodes

__all__ = ["ForgedReceipts"]


@dataclass(frozen=True, kw_only=True)
class ForgedReceipts(HeldNodes):
    """Servers carry receipts across that they forged, under signatures of their own that are right.

    Whoever receives one follows the proof to the root, checks every signature of the certificate, and asks whether
    those who signed were a quorum of the committee of the block. What fails is rejected: a local block then does not
    reach the shard chain, and a global model not the global chain.

    Parameters
    ----------
    part:
        What is forged: ``proof``, the proven transaction, from which the proof leads elsewhere; ``certificate``, a
        signature with one byte changed; or ``committee``, a certificate that the server signed alone.
    nodes, share, start, end:
        See `HeldNodes`.

    *Scope*: validators that the adversary holds reject forged receipts as the others do.

    *Validation*: no forged receipt gets into a block, whichever part is forged.
    """

    part: str = quantity("proof", advice="give 'proof', 'certificate' or 'committee'")

    def check(self) -> None:
        """Refuse what `HeldNodes` refuses, and a part that receipts do not have."""
        super().check()
        if self.part not in ("proof", "certificate", "committee"):
            raise ValueError(
                f"ForgedReceipts.part must be 'proof', 'certificate' or 'committee', got {self.part!r}; name one"
            )

    def forge(
        self, transaction: Transaction, signed: SignedTransaction, keyring: Keyring, rng: np.random.Generator
    ) -> SignedTransaction:
        """The receipt with one part forged, signed by its sender."""
        if not isinstance(transaction, CrossChainReceipt) or not self.active(transaction.time_s):
            return signed
        if self.part == "certificate":
            return replace(signed, witness=_flipped(signed.witness))
        if self.part == "committee":
            digest = Header.decode(Reader(transaction.header)).hash
            alone = Certificate.of(digest, [transaction.sender], keyring)
            return replace(signed, witness=alone.encode())
        forged = replace(transaction, leaf=_flipped(transaction.leaf))
        return forged.signed(keyring)


def _flipped(content: bytes) -> bytes:
    """The same bytes, the last one changed."""
    return content[:-1] + bytes([content[-1] ^ 1])
