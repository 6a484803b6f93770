"""The contract of a task as a deterministic state machine: its state follows from the transactions on the chains alone.

    terms -> publish -> join -> select -> submit and verify -> aggregate -> global model -> reward, slash, reputation
                ^                                                                                  |
                +-------------------------------- the next round ----------------------------------+

Everybody who holds the chains comes to the same state. A transition whose guard does not hold changes nothing and is
recorded as refused; its transaction stays on the chain, where it says what was tried.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from qflsim.chain.accounts import Accounts
from qflsim.chain.block import Block
from qflsim.chain.progress import Debt, Due, Progress
from qflsim.chain.reputation import Memory
from qflsim.chain.terms import TaskContract
from qflsim.chain.transactions import SignedTransaction, read_transaction
from qflsim.chain.transitions import ACTS
from qflsim.trace import Refusal

__all__ = ["Contract", "in_order"]


_ORDER = {kind: number for number, kind in enumerate(ACTS)}


class Contract:
    """The contract of one task.

    Parameters
    ----------
    task:
        Its name; transactions of other tasks are nothing to it.
    read_rules:
        Makes the `TaskContract` of its rules as the terms on the chain state them; raises `ValueError` if it cannot.

    *Scope*: blocks are what their committees agreed on and signed; whether they are, and whether signatures hold, an
    audit of the chains says (`qflsim.chain.ledger`). Money is this contract's own.

    *Validation*: whatever transactions come in whatever order, money is conserved and nothing is negative; a replay of
    the chains of a run gives the state of the run.
    """

    def __init__(self, task: str, read_rules: Callable[[str], TaskContract]) -> None:
        self.task = task
        self.read_rules = read_rules
        self.rules = TaskContract()
        self.accounts = Accounts({})
        self.publisher = ""
        self.servers: tuple[str, ...] = ()
        self.devices: tuple[str, ...] = ()
        self.round: Progress | None = None
        self.memory: dict[str, Memory] = {}
        self.budgets: list[int] = []
        self.offer: tuple[float, int] | None = None
        self.owed: dict[str, Debt] = {}
        """What every device that was selected and has not submitted owes."""
        self.patience_s = self.slack_s = 0.0
        self.oldest = 0
        self.quorums: tuple[int, ...] = ()

    @property
    def in_force(self) -> bool:
        """Whether its terms stand on the chain."""
        return bool(self.publisher)

    @property
    def roles(self) -> dict[str, str]:
        """``publisher``, ``server`` or ``device`` for every node that has an account."""
        if not self.in_force:
            return {}
        named = dict.fromkeys(self.servers, "server") | dict.fromkeys(self.devices, "device")
        return {self.publisher: "publisher"} | named

    def reputation(self, device: str) -> float:
        """The opinion of ``device``, in [0, 1]."""
        return self.rules.reputation.score(self.memory.get(device, self.rules.reputation.start()))

    def selected(self, server: str) -> list[str]:
        """The devices that ``server`` has selected in the round that goes on, and the contract has let it, by name."""
        return sorted(d for d, its in self.round.selected.items() if its == server) if self.round else []

    def due(self, servers: Iterable[str]) -> Due | None:
        """What is to be paid, slashed and remembered if the global model is one of ``servers``; None if none is."""
        named = tuple(servers)
        if self.round is None or not named or not set(named) <= self.round.aggregates.keys():
            return None
        return self.round.due(self.rules, named, self._deposits())

    def after(self, due: Due) -> dict[str, float]:
        """The reputations that ``due`` leads to."""
        rule = self.rules.reputation
        return {
            node: rule.score(rule.after(self.memory[node], good, bad)) for node, (good, bad) in due.behaviour.items()
        }

    def apply(self, block: Block) -> list[Refusal]:
        """Carry out the transactions of one more block; returns the refused transitions.

        A block of a local chain changes nothing until its receipt comes: it is only remembered. Whoever makes a block
        may put transactions into it in any order: the contract carries them out in that of its transitions.
        """
        read = [(item, read_transaction(item.payload)) for item in block.transactions]
        ours = [(item, fields) for item, fields in read if fields.get("task") == self.task]
        if any(fields["kind"] in ("update", "report") for _, fields in ours):
            if self.round is not None and block.header.round == self.round.number:
                self.round.local[block.hash] = block
            return []
        ours = sorted(
            ((item, fields) for item, fields in ours if fields["kind"] in _ORDER),
            key=lambda own: _ORDER[own[1]["kind"]],
        )
        return [refusal for item, fields in ours for refusal in self._acted(item, fields, block)]

    def _acted(self, item: SignedTransaction, fields: dict[str, Any], block: Block) -> Iterator[Refusal]:
        """Make the transition that a transaction asks for, if it asks for one."""
        transition, act = ACTS[fields["kind"]]
        for subject, reason in act(self, fields, item, block):
            yield Refusal(
                round=block.header.round, time_s=block.header.time_s, task=self.task, chain=block.header.chain,
                transition=transition, sender=fields["sender"], subject=subject, reason=reason,
            )  # fmt: skip

    def open(self, fields: dict[str, Any]) -> Progress | None:
        """The round that a transaction says it is of, if that goes on and has no global model yet."""
        round_ = self.round
        return round_ if round_ is not None and round_.number == fields["round"] and not round_.servers else None

    def settling(self, fields: dict[str, Any]) -> Due | None:
        """What is due in the round that a transaction says it is of, if that has a global model and is not closed."""
        round_ = self.round
        if round_ is None or round_.number != fields["round"] or not round_.servers or round_.closed:
            return None
        return round_.due(self.rules, round_.servers, self._deposits())

    def _deposits(self) -> dict[str, int]:
        return {node: self.accounts.deposit(node) for node in (*self.servers, *self.devices)}


def in_order(blocks: Iterable[Block]) -> list[Block]:
    """Blocks of all chains in the order in which a contract has to see them: that of their proposals.

    A block that rests on another, of its own chain or of another one, was proposed later.
    """
    return sorted(blocks, key=lambda block: (block.header.time_s, block.header.chain, block.header.height))
