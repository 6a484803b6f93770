"""Light devices: before they train they ask for the proof that the last global model stands on the global chain."""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from qflsim.chain.copies import FRAME_BYTE, HASH_BYTE, Held
from qflsim.chain.merkle import inclusion_proof, proves_inclusion

from .retrieval import Errand

if TYPE_CHECKING:
    import simpy

    from qflsim.chain.block import Block

    from .stores import Stores

__all__ = ["Proofs"]

GLOBAL = "global"


class Proofs:
    """What light devices ask of their servers.

    Parameters
    ----------
    stores:
        The stores of all nodes.
    """

    def __init__(self, stores: "Stores") -> None:
        self._stores = stores

    def shown(self, device: str, server: str) -> Generator[Any, Any, bool]:
        """Let ``device`` get from ``server`` what it lacks; returns whether it may train.

        Nothing is asked of who is not light, and nothing while there is no global model.
        """
        chain, retrieval = self._stores.chain(GLOBAL), self._stores.retrieval
        if chain is None or retrieval is None or not self._stores.policy_of(device, GLOBAL).proves:
            return True
        copy = self._stores.copy(device, chain)
        last = self._stores.last_model(GLOBAL)
        if last is None or copy.of(last.header.height) is not None:
            return True
        headers = self._stores.missing(copy, last.header.height + 1)
        proof = inclusion_proof(last.leaves, _model_in(last))
        transaction = last.transactions[_model_in(last)]
        size = sum(block.header_byte for block in headers) + last.certificate_byte
        done: simpy.Event = self._stores.event()
        retrieval.run(
            Errand(
                kind="proof", chain=GLOBAL, height=last.header.height, node=device, providers=[server],
                size_byte=size + FRAME_BYTE + transaction.size_byte + HASH_BYTE * len(proof),
                signatures=1 + (len(last.certificate.signers) if last.certificate else 0), patience=60.0,
                fits=lambda provider: self._fits(last, proof) and not self._stores.damaged(provider, GLOBAL, last),
                then=lambda provider: done.succeed(bool(provider)),
            )
        )  # fmt: skip
        shown: bool = yield done
        if shown:
            for block in headers:
                copy.put(block, Held(header_byte=block.header_byte))
        return shown

    def _fits(self, block: "Block", proof: tuple[bytes, ...]) -> bool:
        """Whether the proof leads from the model's transaction to the root in the header."""
        index = _model_in(block)
        return proves_inclusion(block.leaves[index], index, len(block.leaves), proof, block.header.root)


def _model_in(block: "Block") -> int:
    """Place of the global model among a block's transactions: it is the one that has its digest."""
    digest = block.header.model.digest.encode()
    return next((i for i, item in enumerate(block.transactions) if digest in item.payload), 0)
