"""What the replicas of protocols with competing blocks do alike: exchange blocks, ask for missing ones, decide."""

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Callable, Mapping

from qflsim.chain.agreement import (
    Broadcast,
    Decide,
    Effect,
    Effects,
    Extend,
    Message,
    Proposal,
    Replica,
    Send,
    Validate,
)
from qflsim.chain.blocktree import BlockMessage, BlockTree, TreeBlock
from qflsim.chain.quorums import check_height, check_place

__all__ = ["ASK", "BLOCK", "TreeReplica"]

BLOCK, ASK = "block", "get-block"


class TreeReplica(Replica):
    """One validator that grows a tree of blocks with the others.

    Blocks go to everybody at once. A block whose parent is unknown waits, and its sender is asked for the parent. A
    height is decided when a block with a proposal for it is final, by whatever the protocol calls so; blocks without a
    proposal are made all the while. Nobody leads: the first of the members stands for whose proposal it is.

    Parameters
    ----------
    me, members, validate:
        As for `Agreement.replica`.
    memory:
        The block to go on from; None to begin a new chain.
    """

    def __init__(
        self, me: str, members: tuple[str, ...], validate: Validate | None, memory: TreeBlock | None = None
    ) -> None:
        check_place(me, members)
        self._me = me
        self._members = members
        self._known = frozenset(members)
        self._validate = validate or (lambda digest: True)
        self._memory = memory
        self._proposals: dict[int, Proposal] = {}
        self._height = -1
        self._next = 0  # the next height to decide
        self._open = False
        self._early: list[Message] = []
        self._waiting: defaultdict[str, list[TreeBlock]] = defaultdict(list)  # blocks by the parent they lack
        self._react: dict[str, Callable[[float, Message], list[Effect]]] = {
            BLOCK: self._on_block, ASK: self._on_ask, **self._reactions(),
        }  # fmt: skip

    def _reactions(self) -> Mapping[str, Callable[[float, Message], list[Effect]]]:
        """What to do on messages of further kinds."""
        return {}

    def _rooted(self) -> None:
        """Set up what grows with the tree, whose first block is there."""

    @abstractmethod
    def _first(self, height: int) -> TreeBlock:
        """The block from which a new chain grows whose first proposal is for ``height``."""

    def _continues(self, root: TreeBlock) -> float:
        """Time [s] on the clock of the chain at which work on top of ``root`` begins."""
        return root.time_s

    @abstractmethod
    def _resume(self, now: float) -> list[Effect]:
        """Work on the next block, if that is not being done already."""

    @abstractmethod
    def _accepts(self, block: TreeBlock, parent: TreeBlock) -> bool:
        """Whether a block keeps the rules, as far as these are the protocol's own."""

    @abstractmethod
    def _attached(self, now: float, block: TreeBlock) -> list[Effect]:
        """Look at a block that has come into the tree: choose what to build on, decide what is final."""

    @abstractmethod
    def _finalise(self) -> list[Effect]:
        """Decide what is final and open."""

    def leader(self, view: int, height: int | None = None) -> str:
        """Member ``view`` mod n, by convention; nobody leads."""
        return self._members[view % len(self._members)]

    def start(self, now: float, proposal: Proposal | None, height: int) -> Effects:
        """Begin to work on ``height``; the chain goes on where the height before left it."""
        check_height(height, self._height)
        if self._height < 0:
            root = self._memory or self._first(height)
            if root.payloads != height:
                raise ValueError(f"height must follow that of memory, {root.payloads}, got {height!r}")
            self.tree = BlockTree(root)
            self.tip = root
            self._offset = self._continues(root) - now
            self._next = root.payloads
            self._rooted()
        elif not self._open:
            self._offset -= now - self._closed_s
        self._height = height
        if proposal is not None:
            self._proposals[height] = proposal
        self._open = True
        effects = [*self._resume(now), *self._finalise()]
        early, self._early = self._early, []
        for message in early:
            effects += self.handle(now, message)
        return tuple(effects)

    def handle(self, now: float, message: Message) -> Effects:
        """Take in a message; one that comes before the first height is kept until then."""
        react = self._react.get(message.kind)
        if react is None or message.sender not in self._known:
            return ()
        if self._height < 0:
            self._early.append(message)
            return ()
        return tuple(react(now, message)) if self._open else ()

    def close(self, now: float) -> Effects:
        """Rest until the next height."""
        self._open, self._closed_s = False, now
        return ()

    @property
    def memory(self) -> TreeBlock:
        """The block that this replica builds on."""
        return self.tip

    def _clock(self, now: float) -> float:
        """Time on the clock of the chain [s], which stands still while nobody works."""
        return now + self._offset

    def _content(self) -> Proposal | None:
        """What the next block shall carry; None if there is nothing, or the chain has it already."""
        proposal = self._proposals.get(self.tip.payloads)
        return proposal if proposal is not None and self._validate(proposal.digest) else None

    def _publish(self, now: float, block: TreeBlock) -> list[Effect]:
        """Put a block of one's own into the tree and send it to all."""
        self.tree.add(block)
        made = Extend(block.name, block.parent, block.depth, block.digest, self._votes(block))
        return [made, Broadcast(self._carrying(block)), *self._attached(now, block)]

    def _carrying(self, block: TreeBlock) -> BlockMessage:
        return BlockMessage(
            sender=self._me, kind=BLOCK, height=self._height, view=0, digest=block.digest,
            signatures=self._signatures(block), payload_byte=block.payload_byte, evidence=self._votes(block),
            block=block,
        )  # fmt: skip

    def _votes(self, block: TreeBlock) -> tuple[Message, ...]:
        """Votes that are in a block, for protocols that put them there."""
        return ()

    def _signatures(self, block: TreeBlock) -> int:
        """Signatures in the message with a block."""
        return 0

    def _on_block(self, now: float, message: Message) -> list[Effect]:
        """Attach a block and what waited for it; ask for its parent if that is unknown."""
        if not isinstance(message, BlockMessage):
            return []
        block, known = message.block, self.tree.blocks
        if block.name in known:
            return []
        if block.parent not in known:
            waiting = self._waiting[block.parent]
            waiting += [block] if block not in waiting else []
            return [self._request(message.sender, block.parent)]
        effects = self._attach(now, block)
        if self._waiting and block.name in known:
            todo = self._waiting.pop(block.name, [])
            while todo:
                block = todo.pop(0)
                effects += self._attach(now, block)
                todo += self._waiting.pop(block.name, []) if block.name in known else []
        return effects

    def _attach(self, now: float, block: TreeBlock) -> list[Effect]:
        """Put a block into the tree, beside others on its parent, if it is sound."""
        if not self._sound(block, self.tree.blocks[block.parent]):
            return []
        self.tree.add(block)
        return self._attached(now, block)

    def _request(self, whom: str, name: str) -> Send:
        asked = Message(sender=self._me, kind=ASK, height=self._height, view=0, digest=name, signatures=0)
        return Send(whom, asked)

    def _on_ask(self, now: float, message: Message) -> list[Effect]:
        block = self.tree.blocks.get(message.digest)
        return [] if block is None else [Send(message.sender, self._carrying(block))]

    def _sound(self, block: TreeBlock, parent: TreeBlock) -> bool:
        """Whether a block fits its parent and carries what a correct validator can agree to."""
        fits = block.depth == parent.depth + 1 and block.time_s >= parent.time_s
        counted = block.payloads == parent.payloads + bool(block.digest)
        return fits and counted and (not block.digest or self._validate(block.digest)) and self._accepts(block, parent)

    def _decide(self, final: TreeBlock, signers: tuple[str, ...] = ()) -> list[Effect]:
        """Decide the heights whose proposals lie on the branch up to ``final``, oldest first."""
        found = []
        block = final
        while block.payloads > self._next:
            if block.digest and block.payloads <= self._height + 1:
                found.append(block)
            block = self.tree[block.parent]
        effects: list[Effect] = [Decide(b.payloads - 1, b.digest, 0, signers) for b in reversed(found)]
        self._next += len(found)
        return effects
