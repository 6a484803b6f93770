"""Blocks that are certified, or built on, and have not come."""

from collections import defaultdict

from qflsim.chain.agreement import Votes
from qflsim.chain.blocktree import BlockMessage

__all__ = ["Gaps"]


class Gaps:
    """What one member of a certified chain knows to lack.

    Attributes
    ----------
    orphans:
        Certificates of blocks that are not at hand, by block.
    """

    def __init__(self) -> None:
        self.orphans: dict[str, Votes] = {}
        self._waiting: defaultdict[str, list[BlockMessage]] = defaultdict(list)  # by the parent they lack

    def certified(self, name: str, votes: Votes) -> bool:
        """A block that is not at hand is certified; False if that was known."""
        is_new = name not in self.orphans
        self.orphans[name] = votes
        return is_new

    def await_parent(self, message: BlockMessage) -> list[str]:
        """Keep a block until its parent comes; of two in a row it is no longer to be hoped: the blocks to ask for."""
        overdue = bool(self._waiting)
        self._waiting[message.block.parent].append(message)
        return self._lacking() if overdue else []

    def came(self, name: str) -> tuple[Votes | None, list[BlockMessage]]:
        """A block is at hand: its certificate, if that is known, and the blocks that waited for it."""
        return self.orphans.pop(name, None), self._waiting.pop(name, [])

    def beyond(self, view: int) -> bool:
        """Whether a block of a later view is certified, and on its way."""
        return any(votes[0].view > view for votes in self.orphans.values())

    def still_wanted(self, view: int) -> list[str]:
        """All blocks to ask for, those certified in views up to ``view`` aside, which are of no use any more."""
        self.orphans = {name: votes for name, votes in self.orphans.items() if votes[0].view > view}
        return [*self.orphans, *(name for name in self._lacking() if name not in self.orphans)]

    def _lacking(self) -> list[str]:
        """Blocks that are built on and have not come."""
        at_hand = {message.block.name for messages in self._waiting.values() for message in messages}
        return [name for name in self._waiting if name not in at_hand]
