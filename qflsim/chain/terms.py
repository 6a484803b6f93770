"""The terms of a task: what its contract asks, pays and punishes, and the transactions that only a contract knows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from qflsim.chain.reputation import BetaReputation, ReputationRule
from qflsim.chain.rewards import RewardBySamples, RewardRule
from qflsim.chain.transactions import Transaction
from qflsim.checks import Part, quantity

__all__ = ["FAULTS", "Report", "TaskContract", "Terms", "Verdict"]

FAULTS = ("equivocated", "rejected", "missed")
"""What a deposit can be slashed for, the worst first."""


@dataclass(frozen=True, kw_only=True)
class TaskContract(Part):
    """The smart contract of a task: what it takes to have part in it, how its reward is divided, what is punished.

    The publisher puts the whole reward into escrow when it announces the task. Every round has an equal part of it,
    which goes to the servers and devices behind its global model; that of a round without one goes back. Servers and
    devices put down a deposit, which stays until the task ends and is slashed on evidence that stands on the chains.

    Parameters
    ----------
    funds:
        What the publisher brings, in the chain's own unit; it must cover the scenario's reward.
    purse:
        What every server and device brings. An assumption, as `funds` is: a unit is nobody's currency.
    deposit:
        What a server puts down when it joins, and a device when it is selected; topped up from the purse after a
        slash. Who cannot is left out. An assumption: a tenth of the purse.
    reward:
        How the devices' part of a reward is divided.
    server_share:
        Part of a reward that goes to the servers, in proportion to the samples that they aggregated. An assumption.
    equivocated:
        Part of the deposit lost by a device that signed two different updates in a round: 5 %, as for signing two
        blocks of one height in [1]_.
    rejected:
        Part lost for an update that a quorum of its committee, or the contract, found to be no valid one. An
        assumption: as much.
    missed:
        Part lost by a device that was selected and is not in its committee's block, and by a server that does not
        carry its committee's block across: 1 %, as for not signing in [1]_.
    reputation:
        How reputation follows behaviour.
    least_contribution:
        A verified update is good behaviour if its measured contribution is above this, and bad if not: an interaction
        is positive or negative, as in [2]_. 0 by default: the update must not point away from all others together.
    least_reputation:
        Below it a device is not selected; 0 for no limit.

    Raises
    ------
    ValueError
        If a deposit is more than a purse.

    *Scope*: what is slashed goes to the publisher, and who reported it earns nothing. Executing the contract costs no
    fee and no time of its own; its transactions are signed, sent, verified and stored like all others.

    References
    ----------
    .. [1] Cosmos SDK, module x/slashing, default parameters SlashFractionDoubleSign = 0.05 and SlashFractionDowntime =
       0.01, https://docs.cosmos.network/v0.45/modules/slashing/08_params.html.
    .. [2] J. Kang et al., "Incentive mechanism for reliable federated learning", IEEE Internet of Things Journal 6
       (2019) 10700.
    """

    funds: float = quantity(1000.0, at_least=0, advice="give a number, e.g. 1000")
    purse: float = quantity(100.0, at_least=0, advice="give a number, e.g. 100")
    deposit: float = quantity(10.0, at_least=0, advice="give a number, e.g. 10, or 0 for none")
    reward: RewardRule = RewardBySamples()
    server_share: float = quantity(0.2, at_least=0, at_most=1, advice="give a share, e.g. 0.2")
    equivocated: float = quantity(0.05, at_least=0, at_most=1, advice="give a share of the deposit, e.g. 0.05")
    rejected: float = quantity(0.05, at_least=0, at_most=1, advice="give a share of the deposit, e.g. 0.05")
    missed: float = quantity(0.01, at_least=0, at_most=1, advice="give a share of the deposit, e.g. 0.01")
    reputation: ReputationRule = BetaReputation()
    least_contribution: float = quantity(0.0, at_least=0, below=1, advice="give e.g. 0.1")
    least_reputation: float = quantity(0.0, at_least=0, at_most=1, advice="give e.g. 0.3, or 0 for no limit")

    def check(self) -> None:
        """Refuse a deposit that nobody could put down."""
        if self.deposit > self.purse:
            raise ValueError(
                f"TaskContract.deposit must be <= purse, got {self.deposit!r} and {self.purse!r}; lower the deposit"
            )

    def fraction(self, fault: str) -> float:
        """The part of a deposit that is lost for one of the `FAULTS`."""
        return {"equivocated": self.equivocated, "rejected": self.rejected, "missed": self.missed}[fault]


@dataclass(frozen=True, kw_only=True)
class Terms(Transaction):
    """A publisher puts a task's contract on the chain: everything from which its state follows, given the chains.

    Parameters
    ----------
    rules:
        The `TaskContract`, as Python writes it.
    servers, devices:
        Who may take part.
    patience_s:
        Time [s] from the block with the selection until an update is due.
    slack_s:
        Time [s] after that in which one that is signed is still taken: the selection's block takes as long to decide.
    oldest:
        For how many rounds an update that is late is still taken; then `slack_s` does not matter.
    quorums:
        Votes that a committee of 1, 2, 3, ... members needs.
    """

    kind: ClassVar[str] = "terms"

    rules: str
    servers: tuple[str, ...]
    devices: tuple[str, ...]
    patience_s: float
    slack_s: float
    oldest: int
    quorums: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Report(Transaction):
    """The leader of a committee of devices names those in whose name updates came that are no valid ones.

    The members agree on it with the block it stands in: who received a valid one votes for no such block.
    """

    kind: ClassVar[str] = "report"

    devices: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Verdict(Transaction):
    """A server says which updates of its devices it has verified, and what it measured their contributions to be.

    Parameters
    ----------
    devices, scores:
        The devices, and in the same order numbers in [0, 1].
    """

    kind: ClassVar[str] = "verdict"

    devices: tuple[str, ...]
    scores: tuple[float, ...]

    def __post_init__(self) -> None:
        fault = _misfit(self.devices, self.scores)
        if fault:
            raise ValueError(f"scores must be one in 0..1 for each of {len(self.devices)} devices, but {fault}")


def _misfit(devices: Sequence[str], scores: Sequence[float]) -> str:
    if len(scores) != len(devices):
        return f"there are {len(scores)}"
    wrong = [score for score in scores if not (math.isfinite(score) and 0.0 <= score <= 1.0)]
    return f"one is {wrong[0]!r}" if wrong else ""
