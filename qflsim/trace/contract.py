"""What the task contract writes down."""

import dataclasses
from typing import ClassVar

from qflsim.trace.record import Record, column

__all__ = ["Refusal", "Standing"]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Refusal(Record):
    """A transition that a task's contract refused."""

    table: ClassVar[str] = "refusals"
    about: ClassVar[str] = (
        "one row per transition that the contract of a task refused: its transaction stands on a chain, without effect"
    )

    round: int = column("number of the global round")
    time_s: float = column("simulated time at which the block was proposed")
    task: str = column("task whose contract it is")
    chain: str = column("chain of that block")
    transition: str = column("terms, publish, join, select, submit, verify, aggregate, reward, slash or reputation")
    sender: str = column("node that signed the transaction")
    subject: str = column("whom the refusal is about, if that is not the sender")
    reason: str = column("which guard did not hold")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Standing(Record):
    """How a node stands with a task's contract at the end of a round."""

    table: ClassVar[str] = "standings"
    about: ClassVar[str] = "one row per round, task and node: money in the chain's own unit, and reputation"

    round: int = column("number of the global round")
    task: str = column("task whose contract it is")
    node: str = column("node")
    role: str = column("publisher, server or device")
    selected: bool = column("whether it joined (a server) or was selected (a device) in this round")
    fault: str = column(
        "what the chains prove against it in this round: equivocated, rejected, missed; empty if nothing"
    )
    earned: float = column("reward paid to it in this round")
    slashed: float = column("part of its deposit taken in this round")
    balance: float = column("what it can spend")
    deposit: float = column("what it has put down")
    reputation: float = column("the opinion of a device, in 0..1; empty for others")
