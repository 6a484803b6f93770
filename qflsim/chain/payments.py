"""Payments between accounts of several shards: what stands on the chains, and what follows from it for the accounts.

The client-driven atomic commit of OmniLedger [1]_: every shard that is to pay locks the money, or refuses, in a block
of its own. If all have locked, the proofs of that go to the shard that is paid, which credits the money; if one has
refused, the proof of that goes to those that have locked, which release it.

References
----------
.. [1] E. Kokoris-Kogias et al., "OmniLedger: a secure, scale-out, decentralized ledger via sharding", IEEE S&P (2018),
   section IV: Atomix.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from qflsim.chain.transactions import Transaction
from qflsim.checks import Part, Recurring, quantity

__all__ = ["Credit", "CrossShardTraffic", "Lock", "Release", "ShardAccounts"]


@dataclass(frozen=True, kw_only=True)
class CrossShardTraffic(Part):
    """Payments between accounts that lie in shards at random.

    A payment has a payee and one payer or more, each account drawn in any shard with the same probability. Those of u
    accounts touch more than one of k shards with probability 1 - k^-(u - 1): `qflsim.chain.sharding.cross_probability`.

    Parameters
    ----------
    rate:
        Mean payments per second over all shards [1/s]; their times are those of a Poisson process.
    accounts:
        Accounts of a payment, the payee's included.
    amount:
        What each payer pays, in whole coins.
    holders:
        Accounts in every shard.
    balance:
        What is in each at the beginning, in whole coins.

    Notes
    -----
    *Scope*: the publisher is the client of all payments. Who leads a shard writes what the client asks for.

    *Validation*: the share of payments that cross shards; all money, that which is locked included, never changes.
    """

    rate: float = quantity(
        1.0, unit="1/s", above=0, recurring=Recurring("payments", 2e5), advice="give it per second, e.g. 2 / s"
    )
    accounts: int = quantity(2, at_least=2, at_most=1000, advice="give a whole number, e.g. 2")
    amount: int = quantity(1, at_least=1, at_most=10**12, advice="give a whole number, e.g. 1")
    holders: int = quantity(100, at_least=1, at_most=1_000_000, advice="give a whole number, e.g. 100")
    balance: int = quantity(10, at_least=0, at_most=10**12, advice="give a whole number, e.g. 10")

    def draw(self, shards: int, rng: np.random.Generator) -> list[tuple[int, int]]:
        """Shard and account of everybody in a payment, the payee first; one account may stand in it twice."""
        where = rng.integers(shards, size=self.accounts)
        who = rng.integers(self.holders, size=self.accounts)
        return list(zip(where.tolist(), who.tolist(), strict=True))


@dataclass(frozen=True, kw_only=True)
class _Movement(Transaction):
    """Something that a payment does to accounts of one shard.

    Parameters
    ----------
    payment:
        Number of the payment.
    accounts, amounts:
        The accounts, and how much it is for each, in the same order.
    """

    payment: int
    accounts: tuple[int, ...]
    amounts: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Lock(_Movement):
    """Money for a payment is locked, or, if an account lacks it, refused; the shard does not touch it then."""

    kind: ClassVar[str] = "lock"

    accepted: bool


@dataclass(frozen=True, kw_only=True)
class Credit(_Movement):
    """Accounts are credited what other shards, or this one, have locked for the payment."""

    kind: ClassVar[str] = "credit"


@dataclass(frozen=True, kw_only=True)
class Release(_Movement):
    """Accounts get back what was locked for a payment that another shard refused."""

    kind: ClassVar[str] = "release"


class ShardAccounts:
    """The accounts of one shard, and what is locked in it.

    Parameters
    ----------
    balances:
        What is in every account.

    *Validation*: nothing is ever negative, and what leaves one shard is what another is credited.
    """

    def __init__(self, balances: Mapping[int, int]) -> None:
        self._balances = dict(balances)
        self._locked: dict[int, int] = {}

    @property
    def total(self) -> int:
        """All money in it, that which is locked included."""
        return sum(self._balances.values()) + sum(self._locked.values())

    def balance(self, account: int) -> int:
        """What an account can spend."""
        return self._balances[account]

    def lock(self, payment: int, amounts: Mapping[int, int]) -> bool:
        """Lock so much of every account for a payment; nothing moves, and it is False, if one lacks it."""
        if any(amount > self._balances.get(account, 0) for account, amount in amounts.items()):
            return False
        for account, amount in amounts.items():
            self._balances[account] -= amount
        self._locked[payment] = self._locked.get(payment, 0) + sum(amounts.values())
        return True

    def spend(self, payment: int) -> int:
        """What was locked for a payment leaves the shard; returns how much that is."""
        return self._locked.pop(payment)

    def release(self, payment: int, amounts: Mapping[int, int]) -> None:
        """What was locked for a payment goes back to whom it was taken from."""
        if self._locked.pop(payment) != sum(amounts.values()):
            raise ValueError(f"payment {payment} must release what it locked, got {dict(amounts)}")
        for account, amount in amounts.items():
            self._balances[account] += amount

    def credit(self, account: int, amount: int) -> None:
        """An account gets money."""
        self._balances[account] += amount
