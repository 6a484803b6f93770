"""Who keeps a task's contract on the timeline: told of every block, asked for the transactions that it takes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from qflsim.chain.block import Block
from qflsim.chain.contract import Contract
from qflsim.chain.rewards import units_of
from qflsim.chain.standing import Reputation, Reward, Slash
from qflsim.chain.standings import standings
from qflsim.chain.terms import Report, Terms, Verdict
from qflsim.chain.transactions import Selection, SignedTransaction, Transaction

from .context import Context
from .notary import Notary

__all__ = ["Clerk"]


class Clerk:
    """The contract of one task, as everybody who holds the chains knows it.

    It is one object for all nodes: its state follows from blocks that they all store. It passes no time; who writes a
    transaction of its signs it, and sends it in a block as any other.

    Parameters
    ----------
    ctx, notary:
        The run's shared services, and who signs for every node.
    contract:
        The state machine.
    terms:
        What the publisher puts on the chain first, but sender, task, round and time.
    """

    def __init__(self, ctx: Context, notary: Notary, contract: Contract, terms: Mapping[str, Any]) -> None:
        self._ctx = ctx
        self._notary = notary
        self._contract = contract
        self._terms = dict(terms)

    def reputation(self, device: str) -> float:
        """The opinion that all have of ``device``, in [0, 1]."""
        return self._contract.reputation(device)

    def selected(self, server: str) -> list[str]:
        """The devices that the contract lets ``server`` have trained in this round, by name."""
        return self._contract.selected(server)

    def saw(self, block: Block) -> None:
        """A block was decided: the contract goes on, and what it refuses is recorded."""
        for refusal in self._contract.apply(block):
            self._ctx.record(refusal)

    def recall(self, block: Block) -> None:
        """A block stands on the chains of an earlier run, which recorded what the contract refused."""
        self._contract.apply(block)

    def changed_terms(self, stated: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
        """Terms that do not stand on a chain as they are here: their name, what is stated there, and what here."""
        for name, own in self._terms.items():
            there = stated.get(name)
            there = tuple(there) if isinstance(there, list) else there
            if there != own:
                yield name, there, own

    def terms(self, publisher: str) -> list[SignedTransaction]:
        """The terms, until they stand on the chain."""
        if self._contract.in_force:
            return []
        return [self._sign(Terms(**self._origin(publisher), **self._terms))]

    def selection(self, server: str, devices: Sequence[str], late: Sequence[str]) -> SignedTransaction:
        """A server says whom it selects, and who of those selected earlier is still at work for it."""
        return self._sign(Selection(**self._origin(server), devices=tuple(devices), late=tuple(sorted(late))))

    def report(self, leader: str, devices: Sequence[str]) -> SignedTransaction:
        """The leader of a committee names those whose updates were rejected."""
        return self._sign(Report(**self._origin(leader), devices=tuple(devices)))

    def verdict(self, server: str, scores: Mapping[str, float]) -> SignedTransaction:
        """A server says what it thinks of the updates that it verified."""
        devices = tuple(sorted(scores))
        return self._sign(
            Verdict(**self._origin(server), devices=devices, scores=tuple(scores[device] for device in devices))
        )

    def settlement(self, leader: str, servers: Iterable[str]) -> list[SignedTransaction]:
        """What settles the round if the global model is one of ``servers``: reward, slashes, reputations."""
        due = self._contract.due(servers)
        if due is None:
            return []
        origin = self._origin(leader)
        payer = self._contract.publisher
        made: list[Transaction] = [Reward(**origin, payer=payer, **_columns("amounts", _money(due.rewards)))]
        for fault, slashes in due.slashes.items():
            made.append(Slash(**origin, reason=fault, **_columns("amounts", _money(slashes))))
        made.append(Reputation(**origin, **_columns("scores", self._contract.after(due))))
        return [self._sign(item) for item in made]

    def close_round(self) -> None:
        """Record how everybody stands at the end of a round."""
        for standing in standings(self._contract, self._ctx.round):
            self._ctx.record(standing)

    def _origin(self, sender: str) -> dict[str, Any]:
        ctx = self._ctx
        return {"sender": sender, "task": self._contract.task, "round": ctx.round, "time_s": ctx.now}

    def _sign(self, transaction: Transaction) -> SignedTransaction:
        return self._notary.sign_for_chain(transaction)


def _money(grains: Mapping[str, int]) -> dict[str, float]:
    return {node: units_of(amount) for node, amount in grains.items()}


def _columns(name: str, values: Mapping[str, float]) -> dict[str, Any]:
    """Nodes and their values in one order, as transactions state them."""
    nodes = tuple(sorted(values))
    return {"nodes": nodes, name: tuple(values[node] for node in nodes)}
