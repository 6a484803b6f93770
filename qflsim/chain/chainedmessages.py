"""The messages of chained HotStuff: blocks, votes, views given up, questions for blocks."""

from qflsim.chain.agreement import Message, Votes
from qflsim.chain.blocktree import BlockMessage, TreeBlock

__all__ = ["ASK", "BLOCK", "NEW_VIEW", "PROPOSE", "VOTE", "Writer"]

PROPOSE, VOTE, NEW_VIEW, ASK, BLOCK = "propose", "vote", "new-view", "get-block", "block"


class Writer:
    """Writes the messages of one member of a chain.

    Parameters
    ----------
    me:
        Who signs them.
    first:
        Height at which the chain begins; what concerns no height in particular goes under it.
    """

    def __init__(self, me: str, first: int) -> None:
        self._me = me
        self._first = first

    def block(self, kind: str, block: TreeBlock, votes: Votes) -> BlockMessage:
        """A block with the ``votes`` for its parent: the word of its leader, or passed on."""
        return BlockMessage(
            sender=self._me, kind=kind, height=self._first, view=block.slot, digest=block.digest,
            signatures=1 + votes.signatures, payload_byte=block.payload_byte, evidence=votes, block=block,
        )  # fmt: skip

    def vote(self, block: TreeBlock) -> Message:
        """A vote for a block."""
        return Message(self._me, VOTE, self._first, block.slot, block.name)

    def new_view(self, height: int, view: int, votes: Votes) -> Message:
        """Word that the views before ``view`` are given up, ``height`` is undecided and ``votes`` are the latest."""
        return Message(
            sender=self._me, kind=NEW_VIEW, height=height, view=view, digest=votes[0].digest if votes else "",
            signatures=1 + votes.signatures, evidence=votes,
        )  # fmt: skip

    def question(self, view: int, name: str) -> Message:
        """A question for a block."""
        return Message(sender=self._me, kind=ASK, height=self._first, view=view, digest=name, signatures=0)
