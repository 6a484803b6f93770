"""Money on a chain: what nodes hold, what they have put down as a deposit, what a task has in escrow."""

from collections.abc import Mapping

__all__ = ["Accounts"]


class Accounts:
    """The accounts of one contract, in whole grains.

    Parameters
    ----------
    balances:
        What every node brings.

    *Scope*: a contract has accounts of its own: what is earned in one task cannot be put down in another.

    *Validation*: no movement changes the sum of everything, and nothing is ever negative.
    """

    def __init__(self, balances: Mapping[str, int]) -> None:
        for node, balance in balances.items():
            if balance < 0:
                raise ValueError(f"the balance of {node} must be >= 0 grains, got {balance}")
        self._free = dict(balances)
        self._deposit = dict.fromkeys(balances, 0)
        self.escrow = 0

    @property
    def total(self) -> int:
        """All money that there is; it never changes."""
        return sum(self._free.values()) + sum(self._deposit.values()) + self.escrow

    def balance(self, node: str) -> int:
        """What ``node`` can spend; 0 of one without an account."""
        return self._free.get(node, 0)

    def deposit(self, node: str) -> int:
        """What ``node`` has put down."""
        return self._deposit.get(node, 0)

    def top_up(self, node: str, deposit: int) -> bool:
        """Bring the deposit of ``node`` up to ``deposit``; nothing moves, and it is False, if it cannot pay that."""
        missing = max(0, deposit - self.deposit(node))
        if node not in self._free or missing > self._free[node]:
            return False
        self._free[node] -= missing
        self._deposit[node] += missing
        return True

    def give_back(self, node: str) -> None:
        """The deposit of ``node`` is its own again."""
        self._free[node] += self._deposit[node]
        self._deposit[node] = 0

    def slash(self, node: str, amount: int, to: str) -> None:
        """Take ``amount`` of a deposit away, for ``to``."""
        if not 0 <= amount <= self.deposit(node):
            raise ValueError(f"a slash must be 0 to {self.deposit(node)} grains, the deposit of {node}, got {amount}")
        self._deposit[node] -= amount
        self._free[to] += amount

    def reserve(self, node: str, amount: int) -> bool:
        """Put ``amount`` from the balance of ``node`` into escrow; nothing moves, and it is False, if it lacks that."""
        if amount < 0 or amount > self.balance(node):
            return False
        self._free[node] -= amount
        self.escrow += amount
        return True

    def pay(self, node: str, amount: int) -> None:
        """Pay ``amount`` out of escrow."""
        if node not in self._free or not 0 <= amount <= self.escrow:
            raise ValueError(f"escrow holds {self.escrow} grains, and {node} cannot be paid {amount}")
        self.escrow -= amount
        self._free[node] += amount
