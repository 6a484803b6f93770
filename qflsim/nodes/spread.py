"""How transactions reach a committee: each member signs its own and sends them to all others."""

from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from typing import Any

from qflsim.chain.transactions import SignedTransaction

from .computer import Computer
from .context import Context
from .fabric import Fabric
from .media import Action, nothing

__all__ = ["Spread"]


class Spread:
    """Sends transactions of members to each other, with a time-out for what never arrives.

    Parameters
    ----------
    ctx, fabric:
        The run's shared services and its links.
    patience:
        Time [s] after which the leader goes on with what it holds.
    """

    def __init__(self, ctx: Context, fabric: Fabric, patience: float) -> None:
        self._ctx = ctx
        self._fabric = fabric
        self._patience = patience

    def to_members(
        self, transactions: Mapping[Computer, Sequence[SignedTransaction]], leader: str, kind: str
    ) -> Generator[Any, Any, set[str]]:
        """Every member's transactions to every other; returns whose have reached ``leader`` and were verified there."""
        arrived: set[str] = set()
        complete = self._ctx.env.event()
        computers = {member.node: member for member in transactions}

        def hold(sender: str) -> None:
            arrived.add(sender)
            if len(arrived) == len(computers) and not complete.triggered:
                complete.succeed()

        for member, own in transactions.items():
            self._ctx.env.process(self._send(member, own, computers, leader, kind, hold))
        yield complete | self._ctx.env.timeout(self._patience)
        return arrived

    def _send(
        self,
        member: Computer,
        own: Sequence[SignedTransaction],
        computers: Mapping[str, Computer],
        leader: str,
        kind: str,
        hold: Callable[[str], None],
    ) -> Generator[Any, Any, None]:
        for _ in own:
            yield member.signed()
        if member.node == leader:
            hold(member.node)
        size_bit = 8.0 * sum(transaction.size_byte for transaction in own)
        for name, computer in computers.items():
            if name != member.node:
                kept: Action = partial(hold, member.node) if name == leader else nothing
                self._fabric.send(kind, member.node, name, size_bit, partial(computer.verify, len(own), kept))
