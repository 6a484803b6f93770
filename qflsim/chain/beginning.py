"""Where a run goes on from: what stands on the chains of another one after a round."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from qflsim.chain.archive import Archive
from qflsim.chain.block import Block
from qflsim.chain.terms import Terms
from qflsim.chain.transactions import GlobalModel, Task, carried_bytes, read_transaction

__all__ = ["Beginning", "TaskBeginning", "beginning"]


@dataclass(frozen=True)
class TaskBeginning:
    """How far one task has come.

    Parameters
    ----------
    round:
        Its last round that is over. One that was announced and has no global model yet is under way; it begins anew.
    model:
        Its latest global model, as it stands on the chain or beside it: packed parameters; empty if there is none yet.
    structure:
        The structure of its model, as the publisher announced it; empty if it was not announced yet.
    terms:
        Of its contract, as they stand on the chain; empty if none do.
    """

    round: int = 0
    model: bytes = field(default=b"", repr=False)
    structure: str = ""
    terms: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Beginning:
    """The chains after a round, and what follows from them.

    Parameters
    ----------
    round:
        The round: of several tasks, that of the one that had come farthest.
    time_s:
        Simulated time [s] of the latest proposal on any chain; the clock goes on from there.
    heights:
        Height of every chain.
    tasks:
        Every task that stands on the chains.
    archive:
        Where the blocks are.
    """

    round: int
    time_s: float
    heights: dict[str, int]
    tasks: dict[str, TaskBeginning]
    archive: Archive = field(repr=False)

    def of(self, task: str) -> TaskBeginning:
        """How far ``task`` has come; one of which nothing stands on the chains is at its very beginning."""
        return self.tasks.get(task, TaskBeginning())

    @property
    def done(self) -> int:
        """Rounds of all tasks that are over."""
        return sum(task.round for task in self.tasks.values())

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
    heights = archive.whole_after(round)
    found = [(read_transaction(item.payload), item.payload) for block in _all(archive, heights)
             for item in block.transactions]  # fmt: skip
    models: dict[str, dict[int, bytes]] = {}
    for fields, payload in found:
        if fields["kind"] == GlobalModel.kind:
            models.setdefault(fields["task"], {})[fields["round"]] = payload
    if not any(round in own for own in models.values()):
        last = max((number for own in models.values() for number in own), default=0)
        raise ValueError(f"no global model of that round is on the chains; the latest up to there is of round {last}")
    announced = [fields for fields, _ in found if fields["kind"] == Task.kind]
    terms = {fields["task"]: fields for fields, _ in found if fields["kind"] == Terms.kind}
    tasks = {
        fields["task"]: _task(archive, fields, models.get(fields["task"], {}), terms.get(fields["task"], {}))
        for fields in announced  # of each task, the latest counts
    }
    time_s = max(block.header.time_s for block in _all(archive, heights))
    return Beginning(round, time_s, heights, tasks, archive)


def _task(
    archive: Archive, announced: Mapping[str, Any], models: Mapping[int, bytes], terms: Mapping[str, Any]
) -> TaskBeginning:  # fmt: skip
    """How far a task has come, given its latest announcement and the transactions with its global models by round."""
    number = announced["round"]
    over, parameters = number if number in models else number - 1, b""
    if models:
        payload = models[max(models)]
        parameters = carried_bytes(payload) or archive.content(read_transaction(payload)["digest"])
        if not parameters:
            raise ValueError(
                f"of the global model of {announced['task']} only the digest is there, from which nothing can start"
            )
    return TaskBeginning(over, parameters, announced["model"], terms)


def _all(archive: Archive, heights: dict[str, int]) -> Iterator[Block]:
    return (archive.block(chain, place) for chain, height in heights.items() for place in range(1, height + 1))
