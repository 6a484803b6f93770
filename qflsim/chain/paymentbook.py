"""What stands on shard chains of payments between them, and what follows from it for the accounts."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from qflsim.chain.block import Block
from qflsim.chain.payments import Credit, Lock, Release, ShardAccounts
from qflsim.chain.transactions import read_transaction

__all__ = ["PaymentBook", "Standing"]


class Standing(NamedTuple):
    """A transaction of a payment that stands on a chain: in which block, at which place, and whether it accepts."""

    height: int
    position: int
    accepted: bool


class PaymentBook:
    """The payments of several shards, as everybody reads them from the chains.

    A payment that is credited has taken what its payers' shards had locked for it. What stands twice counts once.

    Parameters
    ----------
    accounts:
        The accounts of every shard before its first block, by the name of its chain; they follow what is read.

    *Validation*: after all blocks of a run whose payments have ended, the accounts are those of the run; whatever was
    read, all money is still there.
    """

    def __init__(self, accounts: Mapping[str, ShardAccounts]) -> None:
        self.accounts = dict(accounts)
        self._stands: dict[tuple[int, str, str], Standing] = {}

    def read(self, block: Block) -> None:
        """Take in the next block of a shard's chain; one is read after all that it rests on."""
        chain = block.header.chain
        for position, item in enumerate(block.transactions):
            fields = read_transaction(item.payload)
            step = (fields.get("payment", 0), str(fields["kind"]), chain)
            if fields["kind"] in (Lock.kind, Credit.kind, Release.kind) and step not in self._stands:
                accepted = fields["kind"] != Lock.kind or fields["accepted"]
                self._stands[step] = Standing(block.header.height, position, accepted)
                self._move(chain, fields)

    def find(self, payment: int, kind: str, chain: str) -> Standing | None:
        """Where a payment's transaction of a kind stands on a chain; ``None`` if it does not."""
        return self._stands.get((payment, kind, chain))

    def over(self, payment: int, payers: Collection[str], home: str) -> bool:
        """Whether nothing is left to be done for a payment out of the shards of ``payers`` into ``home``."""
        if self.find(payment, Credit.kind, home) is not None:
            return True
        locks = {chain: self.find(payment, Lock.kind, chain) for chain in payers}
        if None in locks.values() or all(lock is not None and lock.accepted for lock in locks.values()):
            return False
        holding = [chain for chain, lock in locks.items() if lock is not None and lock.accepted]
        return all(self.find(payment, Release.kind, chain) is not None for chain in holding)

    def _move(self, chain: str, fields: Mapping[str, Any]) -> None:
        number, own = fields["payment"], self.accounts[chain]
        amounts = dict(zip(fields["accounts"], fields["amounts"], strict=True))
        if fields["kind"] == Lock.kind and fields["accepted"]:
            own.lock(number, amounts)
        elif fields["kind"] == Release.kind:
            own.release(number, amounts)
        elif fields["kind"] == Credit.kind:
            for payer, accounts in self.accounts.items():
                if self._accepted(number, payer):
                    accounts.spend(number)
            for account, amount in amounts.items():
                own.credit(account, amount)

    def _accepted(self, payment: int, chain: str) -> bool:
        lock = self.find(payment, Lock.kind, chain)
        return lock is not None and lock.accepted
