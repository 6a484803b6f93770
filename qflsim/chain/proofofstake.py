"""Proof of stake: lots by stake choose who proposes, everybody votes, and two thirds of the votes make blocks final."""

from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar

from qflsim.chain.agreement import Agreement, Draws, Validate
from qflsim.chain.stakereplica import StakeReplica
from qflsim.chain.stakes import EqualStakes, Stakes
from qflsim.checks import Recurring, quantity
from qflsim.streams import Streams

__all__ = ["ProofOfStake"]


@dataclass(frozen=True, kw_only=True)
class ProofOfStake(Agreement):
    """Proof of stake as Ethereum's beacon chain has it, simplified [1]_.

    Time is cut into slots. In each slot a lot drawn by stake chooses who proposes a block; a third of a slot later some
    of the validators vote for the branch that they see (attestation), so that each votes once per epoch. Blocks are put
    on the branch that the latest votes weigh most (LMD-GHOST), from the latest justified checkpoint on. The first
    blocks of epochs are checkpoints: one is justified when two thirds of all stake voted for it, and final when the
    next one is justified from it (Casper FFG [2]_), which makes all blocks before it final. That takes two epochs and
    most of a third.

    n validators exchange at most n-1 messages with a block per slot and n(n-1) votes per epoch.

    Parameters
    ----------
    slot:
        Time [s] of a slot; 2 s (assumption: a third of it must suffice to spread a block. Ethereum's are 12 s).
    epoch:
        Slots in an epoch; 4 (assumption; Ethereum's 32 serve to spread a million validators).
    stakes:
        Who has how much at stake.

    References
    ----------
    .. [1] V. Buterin et al., "Combining GHOST and Casper", arXiv:2003.03052 (2020).
    .. [2] V. Buterin, V. Griffith, "Casper the friendly finality gadget", arXiv:1710.09437 (2017).

    *Scope*: lots come from a random stream that all share, not from commitments that the last to speak can bias. Votes
    go to everybody, and proposers put recent ones into their blocks that the branch does not hold yet; who lacks older
    ones asks. A vote is one signature; Ethereum combines them. Who is seen to vote against the rules
    (`Finality.slashable`) no longer weighs in the choice of the branch, but nobody loses a stake or earns a reward. Of
    two branches of equal weight the one with the larger hash; no proposer boost. Slots begin when a decision does and
    pause between decisions.

    *Validation*: proposers in proportion to stake; time until final; no two final blocks that contradict each other
    under up to f equivocators and random schedules, while more than a third forks; decisions with f crashed, none with
    more.
    """

    name: ClassVar[str] = "proof of stake"

    slot: float = quantity(
        2.0, unit="s", above=0, recurring=Recurring("slots", 1e6, while_deciding=True),
        advice="give it in seconds, e.g. 2 * s",
    )  # fmt: skip
    epoch: int = quantity(4, at_least=1, advice="give a whole number of slots, e.g. 4")
    stakes: Stakes = EqualStakes()

    def replica(self, me: str, members: tuple[str, ...], validate: Validate | None = None) -> StakeReplica:
        """The part of ``me`` among ``members``, with draws of seed 0."""
        return self.seat(me, members, validate=validate, draws=Streams(0).fresh, memory=None)

    def seat(
        self, me: str, members: tuple[str, ...], *, validate: Validate | None, draws: Draws, memory: object
    ) -> StakeReplica:
        """The part of ``me``; all draw the same lots, from streams called ``beacon``."""
        return StakeReplica(self, me, members, validate, draws, memory)

    def quorum(self, validators: int) -> int:
        """Votes needed if all have as much at stake: two thirds, rounded up."""
        return -(-2 * validators // 3)

    def latency(self, validators: int) -> float:
        """Time [s] from the first slot until two thirds have voted in the epoch after the next, with equal stakes."""
        voted = accumulate(-(-(validators - place) // self.epoch) for place in range(self.epoch))
        slots = next(place for place, votes in enumerate(voted) if votes >= self.quorum(validators))
        return self.slot * (2 * self.epoch - 1 + slots + 1 / 3)
