"""Blocks of updates on their way from the devices that agreed on them up to their server."""

from collections.abc import Generator, Sequence
from typing import Any

from qflsim.chain.block import Block
from qflsim.chain.transactions import read_transaction
from qflsim.learning.aggregation import Update

from .computer import Computer
from .context import Context
from .contribution import Contribution
from .fabric import Fabric
from .ledger import Ledger
from .notary import Notary

__all__ = ["Fetching"]


class Fetching:
    """How one server gets the blocks of its chain.

    Parameters
    ----------
    ctx, fabric, notary:
        The run's shared services, links, and who checks.
    server, computer:
        Who gets them, and what it verifies with.
    lmuc:
        Their chain.
    """

    def __init__(
        self, ctx: Context, fabric: Fabric, notary: Notary, server: str, computer: Computer, lmuc: Ledger
    ) -> None:
        self._ctx = ctx
        self._fabric = fabric
        self._notary = notary
        self._server = server
        self._computer = computer
        self._lmuc = lmuc

    def blocks(self, contribution: Contribution) -> Generator[Any, Any, bool]:
        """A device sends block and certificate up, the server verifies and stores; False if one is not to be believed.

        It never ends if one is lost on the way: whoever runs it does so with an end.
        """
        for block, certificate in contribution.certified:
            yield self._fabric.delivered("lmuc-block", self._carrier(block), self._server, 8.0 * block.size_byte)
            yield self._computer.verified(len(certificate.signers))
            if not self._lmuc.vouched(self._server, block, contribution.committee):
                return False
            self._lmuc.keep(self._server, block)
        return True

    def _carrier(self, block: Block) -> str:
        """Who sends a block up: its proposer, or, if that is not there any more, another who has it."""
        certificate, register = block.certificate, self._notary.keyring
        signers = () if certificate is None else [register.named(who) for who in certificate.signers]
        there = [name for name in signers if name is not None and name not in self._ctx.away]
        proposer = block.header.proposer
        return there[0] if proposer in self._ctx.away and there else proposer

    def updates(self, blocks: Sequence[Block], updates: tuple[Update, ...]) -> Generator[Any, Any, tuple[Update, ...]]:
        """Those updates of its blocks whose parameters are on the chain, or come from where they are kept."""
        fields = [read_transaction(item.payload) for block in blocks for item in block.transactions]
        digests = {item["sender"]: item["digest"] for item in fields if "digest" in item}
        wanted = [digests[update.device] for update in updates if update.device in digests]
        had: set[str] = yield self._ctx.stores.contents.obtained(self._server, self._lmuc.chain.name, wanted)
        return tuple(update for update in updates if len(update.parameters) and digests.get(update.device) in had)
