"""Proof of work: who finds a number that few numbers are makes the next block, and the heavier branch wins."""

from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

import numpy as np

from qflsim.chain.agreement import (
    Agreement,
    CancelTimer,
    Draws,
    Effect,
    Effects,
    SetTimer,
    Spend,
    Validate,
)
from qflsim.chain.blocktree import TreeBlock
from qflsim.chain.forkchoice import ForkChoice, LongestChain
from qflsim.chain.mining import Difficulty, Miner, RetargetedDifficulty, SoftwareMiner
from qflsim.chain.treereplica import TreeReplica
from qflsim.checks import Recurring, quantity
from qflsim.streams import Streams

__all__ = ["ProofOfWork", "WorkReplica"]


@dataclass(frozen=True, kw_only=True)
class ProofOfWork(Agreement):
    """Proof of work [1]_: validators hash until one finds a block; all build on the branch that the rule prefers.

    Finding a block is a Poisson process: a miner of h hashes per second finds one at difficulty D after a time that is
    exponential with mean D/h. Blocks travel as messages over the real links, so that two may be found before either is
    known to all: a fork. The rule lets one branch win; who built on the other gives it up. A block is final for a
    validator when ``confirmations`` blocks, itself included, lie on the branch it builds on. That is never certain:
    a longer branch, delayed or withheld, can undo it.

    With x = delay / interval about x/(1 + x) of all blocks are lost in forks. A decision takes ``confirmations`` times
    ``interval`` on average.

    Parameters
    ----------
    interval:
        Time [s] between blocks that the difficulty aims at. 5 s (assumption: committees of tens of nodes exchange a
        block in 0.01 to 0.5 s; Bitcoin's 600 s are for thousands).
    confirmations:
        Blocks on the branch until a block counts as final, itself included; 6, Bitcoin's custom.
    fork_choice:
        `LongestChain` or `Ghost`.
    miner:
        What validators hash with.
    difficulty:
        How the difficulty follows the hash rate. At first it fits the first committee.

    References
    ----------
    .. [1] S. Nakamoto, "Bitcoin: a peer-to-peer electronic cash system" (2008).
    .. [2] C. Decker, R. Wattenhofer, "Information propagation in the Bitcoin network", IEEE P2P (2013).
    .. [3] M. Rosenfeld, "Analysis of hashrate-based double spending", arXiv:1402.2009 (2014).

    *Scope*: no hash is computed in search of a number: the time until one is found is drawn. Miners work while a
    decision is open and rest between; the chain's clock, by which the difficulty is set, stands still meanwhile. A
    public chain's miners never rest. Blocks travel as the run disseminates them, without a signature; each takes 80
    bytes of every copy of the ledger, empty or not. No fees and no rewards.

    *Validation*: fork and stale fraction against 1 - exp(-x) and x/(1 + x); double spending against its exact
    probability [3]_; selfish mining against its closed form; growth of the chain under retargeting.
    """

    name: ClassVar[str] = "proof of work"

    interval: float = quantity(
        5.0, unit="s", above=0, recurring=Recurring("blocks", 1e6, while_deciding=True),
        advice="give it in seconds, e.g. 5 * s",
    )  # fmt: skip
    confirmations: int = quantity(6, at_least=1, advice="give a whole number of blocks, e.g. 6")
    fork_choice: ForkChoice = LongestChain()
    miner: Miner = SoftwareMiner()
    difficulty: Difficulty = RetargetedDifficulty()

    def replica(self, me: str, members: tuple[str, ...], validate: Validate | None = None) -> "WorkReplica":
        """The part of ``me`` among ``members``, with draws of seed 0."""
        return self.seat(me, members, validate=validate, draws=Streams(0).fresh, memory=None)

    def seat(
        self, me: str, members: tuple[str, ...], *, validate: Validate | None, draws: Draws, memory: object
    ) -> "WorkReplica":
        """The part of ``me``, which draws from the stream ``mining``, ``me``.

        Raises
        ------
        ValueError
            If nobody among ``members`` mines.
        """
        if not sum(self.miner.hash_rate(name) for name in members) > 0:
            raise ValueError(f"ProofOfWork.miner must hash at one validator at least, got none of {members!r}")
        return WorkReplica(self, me, members, validate, draws("mining", me), memory)

    def tolerated(self, validators: int) -> int:
        """Validators that may lie while the rest, with equal hash rates, keeps the longer branch: floor((n - 1)/2)."""
        return (validators - 1) // 2

    def quorum(self, validators: int) -> int:
        """Votes needed: none are cast; the certificate of a stored block is the word of one that saw it confirmed."""
        return 1

    def latency(self, validators: int) -> float:
        """Mean time [s] until a block has its confirmations."""
        return self.confirmations * self.interval


class WorkReplica(TreeReplica):
    """One miner.

    The time until its next block is drawn once and holds whatever it builds on, for an exponential time has no memory;
    only a change of difficulty stretches what is left of it.
    """

    def __init__(
        self,
        protocol: ProofOfWork,
        me: str,
        members: tuple[str, ...],
        validate: Validate | None,
        rng: np.random.Generator,
        memory: object,
    ) -> None:
        super().__init__(me, members, validate, memory if isinstance(memory, TreeBlock) else None)
        self._protocol = protocol
        self._rng = rng
        self._rate = protocol.miner.hash_rate(me)
        self._energy = protocol.miner.hash_energy(me)
        self._last: deque[TreeBlock] = deque()  # the end of the branch that was looked at last
        self._attempts = 0
        self._working = False
        self._since = 0.0  # when what was hashed was last accounted for
        self._left = 0.0  # share of the difficulty that is still to be hashed

    def _first(self, height: int) -> TreeBlock:
        """The first block, with the difficulty that fits the committee."""
        rates = sum(self._protocol.miner.hash_rate(name) for name in self._members)
        difficulty = self._protocol.interval * rates
        return TreeBlock(parent="", depth=0, proposer="", time_s=0.0, payloads=height, difficulty=difficulty)

    def _resume(self, now: float) -> list[Effect]:
        if self._working or not self._rate:
            return []
        self._working, self._since = True, now
        self._left = float(self._rng.exponential())
        return [self._set_timer()]

    @property
    def _difficulty(self) -> tuple[float, float]:
        """Difficulty of the block that is worked on, and what it passes on of the times before."""
        return self._protocol.difficulty.after(self.tip, self._protocol.interval)

    def _set_timer(self) -> SetTimer:
        """Wait until what is left is hashed."""
        self._attempts += 1
        self._aimed = self._difficulty[0]
        return SetTimer(str(self._attempts), self._left * self._aimed / self._rate)

    def _account(self, now: float) -> list[Effect]:
        """Say what hashing has taken since it was last said."""
        hashes = (now - self._since) * self._rate
        self._left -= hashes / self._aimed
        self._since = now
        return [Spend(hashes * self._energy, "mining")] if hashes else []

    def expire(self, now: float, timer: str) -> Effects:
        """A block is found."""
        if not self._working or timer != str(self._attempts):
            return ()
        spent = self._account(now)
        self._working = False
        return (*spent, *self._found(now, self._made(now)), *self._resume(now))

    def _found(self, now: float, block: TreeBlock) -> list[Effect]:
        """What to do with a block of one's own: tell everybody."""
        return self._publish(now, block)

    def _made(self, now: float) -> TreeBlock:
        """The next block on the branch that is built on."""
        difficulty, epoch_s = self._difficulty
        return self.tip.child(
            self._me, self._content(), time_s=self._clock(now), difficulty=difficulty, epoch_s=epoch_s
        )

    def close(self, now: float) -> Effects:
        """Stop hashing."""
        super().close(now)
        if not self._working:
            return ()
        self._working = False
        return (*self._account(now), CancelTimer(str(self._attempts)))

    def _accepts(self, block: TreeBlock, parent: TreeBlock) -> bool:
        return (block.difficulty, block.epoch_s) == self._protocol.difficulty.after(parent, self._protocol.interval)

    def _attached(self, now: float, block: TreeBlock) -> list[Effect]:
        """Build on what the rule prefers now, and decide what has its confirmations there."""
        before = self.tip
        name = self._protocol.fork_choice.tip(self.tree, before.name, block.name)
        if name == before.name:
            return []
        self.tip = self.tree.blocks[name]
        return self._follow_difficulty(now) + self._finalise()

    def _follow_difficulty(self, now: float) -> list[Effect]:
        if not self._working or self._difficulty[0] == self._aimed:
            return []
        return [*self._account(now), CancelTimer(str(self._attempts)), self._set_timer()]

    def _finalise(self) -> list[Effect]:
        long_enough = self.tip.depth - self.tree.root.depth >= self._protocol.confirmations
        if not long_enough or self.tip.payloads <= self._next:
            return []
        return self._decide(self._confirmed())

    def _confirmed(self) -> TreeBlock:
        """The latest block of the branch that has its confirmations; the branch is walked only if it is another."""
        last, tip = self._last, self.tip
        if last and tip.parent == last[-1].name:
            last.append(tip)
        elif not last or tip is not last[-1]:
            count = self._protocol.confirmations
            branch = list(islice(self.tree.branch(tip.name), count))
            last = self._last = deque(reversed(branch), maxlen=count)
        return last[0]
