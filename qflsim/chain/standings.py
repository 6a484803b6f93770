"""How everybody stands with a contract, and a contract as the chains replay it."""

from collections.abc import Callable, Iterable, Iterator

from qflsim.chain.block import Block
from qflsim.chain.contract import Contract, in_order
from qflsim.chain.rewards import units_of
from qflsim.chain.terms import TaskContract, Terms
from qflsim.chain.transactions import read_transaction
from qflsim.trace import Refusal, Standing

__all__ = ["Replay", "standings", "tasks_of"]


def standings(contract: Contract, round: int) -> Iterator[Standing]:
    """The rows of the standings table at the end of a round; none before the terms are in force."""
    if not contract.in_force:
        return
    accounts, progress = contract.accounts, contract.round
    going = progress if progress is not None and progress.number == round else None
    faults = going.faults() if going else {}
    for node, role in sorted(contract.roles.items()):
        yield Standing(
            round=round,
            task=contract.task,
            node=node,
            role=role,
            selected=going is not None and (node in going.selected or node in going.joined),
            fault=faults.get(node, ""),
            earned=units_of(going.paid.get(node, 0) if going else 0),
            slashed=units_of(going.taken.get(node, 0) if going else 0),
            balance=units_of(accounts.balance(node)),
            deposit=units_of(accounts.deposit(node)),
            reputation=contract.reputation(node) if role == "device" else float("nan"),
        )


class Replay:
    """The contract of one task, from the chains alone.

    Parameters
    ----------
    task:
        Its name.
    blocks:
        All blocks of all chains, in any order.
    read_rules:
        See `Contract`.
    last_round:
        The round up to which there are standings; rounds of which nothing stands on a chain change none.
    """

    def __init__(
        self, task: str, blocks: Iterable[Block], read_rules: Callable[[str], TaskContract], last_round: int
    ) -> None:
        self.contract = Contract(task, read_rules)
        self.refusals: list[Refusal] = []
        self.standings: list[Standing] = []
        ours = [block for block in in_order(blocks) if task in _tasks(block)]
        of_round: dict[int, list[Block]] = {}
        for block in ours:
            of_round.setdefault(block.header.round, []).append(block)
        for number in range(1, last_round + 1):
            for block in of_round.get(number, ()):
                self.refusals += self.contract.apply(block)
            self.standings += standings(self.contract, number)


def tasks_of(blocks: Iterable[Block]) -> list[str]:
    """Tasks of which terms stand on a chain, by name."""
    read = (read_transaction(item.payload) for block in blocks for item in block.transactions)
    return sorted({fields["task"] for fields in read if fields["kind"] == Terms.kind})


def _tasks(block: Block) -> set[str]:
    return {read_transaction(item.payload)["task"] for item in block.transactions}
