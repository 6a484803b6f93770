"""Chained HotStuff: each vote counts for a block, and for the phases of the three blocks before it."""

from dataclasses import dataclass
from typing import ClassVar

from qflsim.chain.agreement import Agreement, Validate
from qflsim.chain.chainedreplica import ChainedReplica
from qflsim.checks import quantity

__all__ = ["ChainedHotStuff"]


@dataclass(frozen=True, kw_only=True)
class ChainedHotStuff(Agreement):
    """Chained HotStuff [1]_: every view has one proposal and one vote, which is a later phase of the blocks before.

    The leader sends a block with a quorum's votes for its parent, and each member sends its vote to the leader of the
    next view, who builds on the block that these certify. A block is final once it and two more in the next two views
    are certified. Blocks follow each other without waiting for decisions: while many are proposed each costs 2(n-1)
    messages. Behind the last one empty blocks follow until it is final.

    A decision by itself takes the block and three empty ones: 4(n-1) proposals and 3(n-1) votes, seven delays, as in
    `HotStuff`. B blocks in a row take 2(n-1)(B + 3) - (n-1) messages.

    Parameters
    ----------
    view_timeout:
        Time [s] that a member waits for the next block, twice as long after each failure until a decision falls. 2 s
        (assumption, as for `PBFT`; it must exceed two message delays and the time to verify a quorum of signatures).

    References
    ----------
    .. [1] M. Yin, D. Malkhi, M. K. Reiter, G. Golan Gueta, I. Abraham, "HotStuff: BFT consensus with linearity and
       responsiveness", PODC (2019), algorithms 3 to 5.
    .. [2] The Diem Team, "DiemBFT v4: state machine replication in the Diem blockchain" (2021): time-outs go to all.

    *Scope*: certificates are quorums of separate signatures, as in `HotStuff`. Who leads and when views are given up is
    left open by [1]_. Here a leader stays for four views, so that one correct leader is enough for a decision; member
    (h + floor(v/4)) mod n leads view v of a chain that begins at height h. Who waits too long tells all (new-view), as
    in [2]_, and a quorum of these opens the next leader's views. A member that lacks a block asks for it; one without
    a decision gets the blocks that show it. A world decides block after block, so that there nothing overlaps and each
    decision begins a chain of its own.

    *Validation*: 2(n-1) messages per block in a long row, 7(n-1) and seven delays for one; no two decisions under f
    Byzantine members and random schedules, while f + 1 or smaller quorums break it; the lock refuses what it must;
    decisions with f crashed, none with f + 1.
    """

    name: ClassVar[str] = "chained HotStuff"

    view_timeout: float = quantity(2.0, unit="s", above=0, advice="give it in seconds, e.g. 2 * s")

    def replica(self, me: str, members: tuple[str, ...], validate: Validate | None = None) -> "ChainedReplica":
        """The part of ``me`` among ``members``."""
        return ChainedReplica(self, me, members, validate)

    def messages(self, validators: int, blocks: int = 1) -> int:
        """Messages of so many decisions in a row among n correct validators: (n - 1)(2 blocks + 5)."""
        return (validators - 1) * (2 * blocks + 5)
