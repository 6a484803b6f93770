"""Practical Byzantine fault tolerance: three phases, every validator talks to every other."""

from dataclasses import dataclass
from typing import ClassVar

from qflsim.chain.agreement import Agreement, Draws, Validate
from qflsim.chain.checkpoints import Progress
from qflsim.chain.pbftreplica import PBFTReplica
from qflsim.checks import quantity

__all__ = ["PBFT"]


@dataclass(frozen=True, kw_only=True)
class PBFT(Agreement):
    """Practical Byzantine fault tolerance [1]_, one block after the other.

    The leader sends the block (pre-prepare), the others tell all that they saw it (prepare), and whoever has a quorum
    of these tells all (commit); a quorum of commits decides. Without a decision in time the replicas ask for the next
    view with proof of what they had prepared (view-change); its leader answers with a quorum of such requests and the
    block that follows from them (new-view). Each time-out is twice the one before.

    After every so many heights the replicas tell each other the digest of all that was decided (checkpoint). A quorum
    of these makes it stable: then they forget the votes of the heights below, the low water mark, and give who lacks
    such a height its block with the checkpoint as proof (state). Nobody votes, or keeps messages that came early, at
    or beyond the high water mark, a window above the low one.

    n correct validators exchange (n-1) + (n-1)^2 + n(n-1) = 2n(n-1) messages and decide after three delays; a
    checkpoint takes n(n-1) more.

    Parameters
    ----------
    view_timeout:
        Time [s] a replica waits for a decision in view 0; 2^v times that in view v. 2 s (assumption; it must exceed
        three message delays and the time to verify a quorum of signatures).
    checkpoint_period, window:
        Heights from checkpoint to checkpoint, and from the low to the high water mark: 100 and 200 (examples in [1]_,
        from memory).

    References
    ----------
    .. [1] M. Castro, B. Liskov, "Practical Byzantine Fault Tolerance", OSDI (1999).
    .. [2] H. Moniz, "The Istanbul BFT Consensus Algorithm", arXiv:2002.03613 (2020).

    *Scope*: the leader of view v at height h is member (h + v) mod n, as blockchains do [2]_, so that proposing goes
    round. Messages are signed, not authenticated by MAC vectors. As in [2]_ a view-change carries the block that it
    proves prepared, so that any leader can propose it again; a new-view carries it once. One height at a time: no
    pipelining and no clients; a view change is about one height, so that it needs no checkpoint. A replica that missed
    a decision asks for a view change and gets the commits from those who have decided; one that hears nothing repeats
    its request. Checkpoints are told when the next height begins, and again at each one until they are stable.

    *Validation*: message counts of the normal case for n = 4 to 64, of the view change and of checkpoints; three
    delays; mean latency over normally distributed delays; no two decisions under f Byzantine members and random
    schedules, while f + 1 break it; a decision with f members crashed, none with f + 1; memory bounded over a long
    chain, and a member that slept through checkpoints catches up.
    """

    name: ClassVar[str] = "PBFT"

    view_timeout: float = quantity(2.0, unit="s", above=0, advice="give it in seconds, e.g. 2 * s")

    checkpoint_period: int = quantity(100, at_least=1, advice="give a whole number of heights, e.g. 100")
    window: int = quantity(200, at_least=1, advice="give a whole number of heights, e.g. 200")

    def check(self) -> None:
        """Refuse a window that ends before the next checkpoint."""
        if self.window < self.checkpoint_period:
            raise ValueError(
                f"PBFT.window must be >= checkpoint_period = {self.checkpoint_period}, got {self.window}; "
                f"give e.g. {2 * self.checkpoint_period}"
            )

    def seat(
        self, me: str, members: tuple[str, ...], *, validate: Validate | None, draws: Draws, memory: object
    ) -> "PBFTReplica":
        """The part of ``me``, who knows how far the chain has come."""
        replica = self.replica(me, members, validate)
        if isinstance(memory, Progress):
            replica.resume(memory)
        return replica

    def replica(self, me: str, members: tuple[str, ...], validate: Validate | None = None) -> "PBFTReplica":
        """The part of ``me`` among ``members``."""
        if me not in members or len(set(members)) != len(members):
            raise ValueError(f"members must be distinct and contain {me!r}, got {members!r}")
        return PBFTReplica(self, me, members, validate)

    def messages(self, validators: int) -> int:
        """Messages of one decision among n correct validators: 2n(n - 1)."""
        return 2 * validators * (validators - 1)
