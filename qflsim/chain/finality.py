"""Casper's finality gadget: votes from checkpoint to checkpoint, of which two thirds of all stake make one final."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from qflsim.chain.agreement import Message
from qflsim.chain.blocktree import BlockTree

__all__ = ["Attestation", "Checkpoint", "Finality"]


class Checkpoint(NamedTuple):
    """The last block of a branch when an epoch begins."""

    epoch: int
    name: str


@dataclass(slots=True, kw_only=True)
class Attestation(Message):
    """One validator's vote in one slot: ``digest`` names the end of the branch it sees, ``view`` the slot."""

    source: Checkpoint
    target: Checkpoint

    def __hash__(self) -> int:
        return hash((self.sender, self.view, self.digest))  # all that differs among votes of those who do not lie

    @property
    def header_byte(self) -> int:
        """Two checkpoints, each with the number of its epoch and the hash of its block."""
        return 2 * (8 + 32)


@dataclass(slots=True)
class _Link:
    """Votes for the way from one checkpoint to another, by voter, and the stake behind them."""

    votes: dict[str, Attestation] = field(default_factory=dict)
    weight: float = 0.0


class Finality:
    """What one member knows of votes between checkpoints [1]_.

    A checkpoint is justified if two thirds of all stake voted for the way to it from a justified one. It is final if
    the same holds for the way from it to the checkpoint of the next epoch. Two final checkpoints can only contradict
    each other if validators with a third of all stake voted twice for one epoch, or around an earlier vote of theirs.

    Parameters
    ----------
    tree:
        The blocks.
    stakes:
        Stake of each member.
    root:
        The checkpoint to begin with, justified and final.

    References
    ----------
    .. [1] V. Buterin, V. Griffith, "Casper the friendly finality gadget", arXiv:1710.09437 (2017).
    """

    def __init__(self, tree: BlockTree, stakes: Mapping[str, float], root: Checkpoint) -> None:
        self._tree = tree
        self._stakes = stakes
        self._total = sum(stakes.values())
        self._enough = 2.0 / 3.0 * self._total * (1 - 1e-12)
        self._links: defaultdict[tuple[Checkpoint, Checkpoint], _Link] = defaultdict(_Link)
        self._open: set[tuple[Checkpoint, Checkpoint]] = set()  # two thirds voted, but it cannot be followed yet
        self._said: defaultdict[str, set[tuple[Checkpoint, Checkpoint, str]]] = defaultdict(set)
        self.justified: dict[Checkpoint, tuple[Attestation, ...]] = {root: ()}  # with the votes that did it
        self._ladder = [root]  # justified checkpoints, each higher than the one before
        self.highest = root
        self.final = root
        self.sealers: tuple[str, ...] = ()  # whose votes made it final
        self.slashable: set[str] = set()

    def source(self, epoch: int) -> Checkpoint:
        """The latest justified checkpoint from before ``epoch``."""
        return next((known for known in reversed(self._ladder) if known.epoch < epoch), self.final)

    def vote(self, vote: Attestation) -> bool:
        """Count a vote; True if it, or one before it, made a checkpoint justified or final."""
        self._watch(vote)
        link = self._links[vote.source, vote.target]
        if vote.target.epoch <= vote.source.epoch or vote.sender in link.votes:
            return False
        link.votes[vote.sender] = vote
        before, link.weight = link.weight, link.weight + self._stakes[vote.sender]
        if not before < self._enough <= link.weight:
            return False
        self._open.add((vote.source, vote.target))
        return self.follow()

    def follow(self) -> bool:
        """Follow the links that two thirds voted for, from what is justified on; True if that led anywhere."""
        led, found = False, True
        while found:
            found = False
            for link in sorted(self._open):
                source, target = link
                if source in self.justified and target.name in self._tree:
                    self._open.discard(link)
                    led = found = self._justify(source, target) or led
        return led

    def _justify(self, source: Checkpoint, target: Checkpoint) -> bool:
        if not self._tree.extends(target.name, source.name):
            return False
        votes = self._links[source, target].votes
        self.justified.setdefault(target, tuple(votes[name] for name in sorted(votes)))
        if target.epoch > self.highest.epoch:
            self.highest = target
            self._ladder.append(target)
        if target.epoch == source.epoch + 1 and source.epoch > self.final.epoch:
            self.final = source
            self._forget()
            self.sealers = tuple(sorted(votes))
        return True

    def _watch(self, vote: Attestation) -> None:
        """Note who voted twice for an epoch, or around a vote of its own, since the last final checkpoint."""
        said, known = (vote.source, vote.target, vote.digest), self._said[vote.sender]
        if said in known:
            return
        for source, target, _ in known:
            around = (source.epoch - vote.source.epoch) * (vote.target.epoch - target.epoch) > 0
            if target.epoch == vote.target.epoch or around:
                self.slashable.add(vote.sender)
        if vote.target.epoch >= self.final.epoch:
            known.add(said)

    def _forget(self) -> None:
        """Forget what was said of epochs before the last final checkpoint."""
        for known in self._said.values():
            known.difference_update([said for said in known if said[1].epoch < self.final.epoch])
