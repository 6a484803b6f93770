"""Where a run goes on from: what stands on the chains of another one after a round."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from qflsim.chain.archive import Archive
from qflsim.chain.block import Block
from qflsim.chain.terms import Terms
from qflsim.chain.transactions import GlobalModel, Task, carried_bytes, read_transaction

__all__ = ["Beginning", "beginning"]


@dataclass(frozen=True)
class Beginning:
    """The chains after a round, and what follows from them.

    Parameters
    ----------
    round:
        The round.
    time_s:
        Simulated time [s] of the latest proposal on any chain; the clock goes on from there.
    heights:
        Height of every chain.
    model:
        The global model that the round agreed on, as it stands on the chain or beside it: packed parameters.
    task, structure:
        The task and the structure of its model, as the publisher announced them.
    terms:
        Of the task's contract, as they stand on the chain; empty if none do.
    archive:
        Where the blocks are.
    """

    round: int
    time_s: float
    heights: dict[str, int]
    model: bytes = field(repr=False)
    task: str
    structure: str
    terms: dict[str, Any]
    archive: Archive = field(repr=False)

    def blocks(self, chain: str) -> Iterator[Block]:
        """The blocks of a chain after its genesis block, one by one."""
        return (self.archive.block(chain, height) for height in range(1, self.heights.get(chain, 0) + 1))

    def in_order(self) -> Iterator[Block]:
        """The blocks of all chains, as they were proposed, one by one; see `qflsim.chain.contract.in_order`."""
        places = sorted(
            (block.header.time_s, chain, block.header.height) for chain in self.heights for block in self.blocks(chain)
        )
        return (self.archive.block(chain, height) for _, chain, height in places)


def beginning(archive: Archive, round: int) -> Beginning:
    """What stands on the chains of ``archive`` after ``round``.

    Raises
    ------
    ValueError
        If a block up to there is not as it was agreed on, or no global model of the round stands on the chains.
    """
    heights = archive.heights_after(round)
    for chain, height in heights.items():
        fault = archive.verify(chain, height)
        if fault is not None:
            raise ValueError(f"block {fault.height} of chain {chain} is not as it was agreed on: {fault.reason}")
    found = [read for block in _all(archive, heights) for read in _read(block)]
    models = {fields["round"]: (fields, payload) for fields, payload in found if fields["kind"] == GlobalModel.kind}
    if round not in models:
        last = max(models, default=0)
        raise ValueError(f"no global model of that round is on the chains; the latest up to there is of round {last}")
    fields, payload = models[round]
    parameters = carried_bytes(payload) or archive.content(fields["digest"])
    if not parameters:
        raise ValueError("of its global model only the digest is there, from which nothing can start")
    tasks = {fields["task"]: fields["model"] for fields, _ in found if fields["kind"] == Task.kind}
    if len(tasks) != 1:
        raise ValueError(f"a run goes on with one task, and the chains hold {', '.join(sorted(tasks))}")
    ((task, structure),) = tasks.items()
    terms = next((fields for fields, _ in found if fields["kind"] == Terms.kind), {})
    time_s = max(block.header.time_s for block in _all(archive, heights))
    return Beginning(round, time_s, heights, parameters, task, structure, terms, archive)


def _all(archive: Archive, heights: dict[str, int]) -> Iterator[Block]:
    return (archive.block(chain, place) for chain, height in heights.items() for place in range(1, height + 1))


def _read(block: Block) -> Iterator[tuple[dict[str, Any], bytes]]:
    return ((read_transaction(item.payload), item.payload) for item in block.transactions)
