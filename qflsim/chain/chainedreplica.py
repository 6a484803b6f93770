"""One validator of chained HotStuff: blocks with certificates, votes, views given up."""

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING

from qflsim.chain.agreement import (
    Broadcast,
    CancelTimer,
    Decide,
    Effect,
    Effects,
    Message,
    Proposal,
    Replica,
    Send,
    SetTimer,
    Validate,
    Votes,
)
from qflsim.chain.blocktree import BlockMessage, TreeBlock
from qflsim.chain.certified import CertifiedTree
from qflsim.chain.heights import committee

if TYPE_CHECKING:
    from qflsim.chain.chainedhotstuff import ChainedHotStuff

__all__ = ["ChainedReplica"]

PROPOSE, VOTE, NEW_VIEW, ASK, BLOCK = "propose", "vote", "new-view", "get-block", "block"
TENURE = 4  # views in a row with one leader: as many as a block needs from its proposal to its decision


class ChainedReplica(Replica):
    """One validator of chained HotStuff; heights may begin before those below are decided."""

    def __init__(
        self, protocol: "ChainedHotStuff", me: str, members: tuple[str, ...], validate: Validate | None
    ) -> None:
        n = len(members)
        self._committee = committee(members, protocol.tolerated(n), protocol.quorum(n))
        if me not in self._committee.known or len(self._committee.known) != n:
            raise ValueError(f"members must be distinct and contain {me!r}, got {members!r}")
        self._me = me
        self._validate = validate or (lambda digest: True)
        self._timeout = protocol.view_timeout
        self._proposals: dict[int, Proposal] = {}
        self._first = self._height = -1
        self._early: list[Message] = []
        self._unvoted: TreeBlock | None = None  # to vote for when the next height begins
        self._react: dict[str, Callable[[Message], list[Effect]]] = {
            PROPOSE: self._on_block, VOTE: self._on_vote, NEW_VIEW: self._on_new_view, ASK: self._on_ask,
            BLOCK: self._on_block,
        }  # fmt: skip

    def leader(self, view: int, height: int | None = None) -> str:
        """Member (h + floor(view/4)) mod n of a chain that begins at height h, by default that of this one."""
        members = self._committee.members
        return members[((self._first if height is None else height) + view // TENURE) % len(members)]

    def start(self, now: float, proposal: Proposal | None, height: int) -> Effects:
        """Begin a height, maybe while those below are undecided; messages that came early are taken in now."""
        if height <= self._height:
            raise ValueError(f"height must be > {self._height}, the height before, got {height!r}; heights only grow")
        rested = self._height < 0 or not self._pending
        if self._height < 0:
            self._found(height)
        self._now, self._height = now, height
        if proposal is not None:
            self._proposals[height] = proposal
        effects = self._settle(self._final)
        if rested:
            self._deadline = now + self._patience
            effects += self._watch()
        unvoted, self._unvoted = self._unvoted, None
        effects += [] if unvoted is None else self._consider(unvoted)
        effects += self._lead()
        early, self._early = self._early, []
        for message in early:
            effects += self.handle(now, message)
        return tuple(effects)

    def _found(self, height: int) -> None:
        """Begin a chain whose first proposal is for ``height``."""
        root = TreeBlock(parent="", depth=0, proposer="", time_s=0.0, payloads=height, slot=-1)
        self._first = self._next = height  # the next height to decide
        self._tree = CertifiedTree(root)
        self._final = root
        self._view, self._voted = 0, -1
        self._failed = 0  # views given up, or requests repeated, since the last decision
        self._changes = 0  # views given up since the last decision
        self._asking = False  # True between giving up a view and hearing from the next leader
        self._mine: BlockMessage | None = None  # latest block of one's own
        self._votes: defaultdict[tuple[int, str], dict[str, Message]] = defaultdict(dict)
        self._requests: defaultdict[int, dict[str, Message]] = defaultdict(dict)
        self._orphans: dict[str, Votes] = {}  # certificates of blocks that are not at hand
        self._waiting: defaultdict[str, list[BlockMessage]] = defaultdict(list)  # by the parent they lack
        self._timers, self._armed, self._deadline = 0, False, 0.0

    def handle(self, now: float, message: Message) -> Effects:
        """Take in a message; one that comes before its height begins is kept until then."""
        react = self._react.get(message.kind)
        if react is None or message.sender not in self._committee.known:
            return ()
        if self._height < 0:
            self._early.append(message)
            return ()
        self._now = now
        return tuple(react(message))

    def expire(self, now: float, timer: str) -> Effects:
        """Give up the view, or ask again if too few have given it up; wait on if there was progress meanwhile."""
        if not self._armed or timer != self._timer or not self._pending:
            return ()
        self._now, self._armed = now, False
        if self._deadline - now > 1e-9 * self._timeout:
            return tuple(self._watch())
        askers = {sender for view, asked in self._requests.items() if view >= self._view for sender in asked}
        if self._asking and len(askers) < self._committee.quorum:
            self._failed += 1
            self._deadline = now + self._patience
            return (Broadcast(self._requests[self._view][self._me]), *self._ask_again(), *self._watch())
        return tuple(self._give_up((self._view // TENURE + 1) * TENURE))

    @property
    def _pending(self) -> bool:
        """Whether a height has begun and is undecided."""
        return self._next <= self._height

    @property
    def _patience(self) -> float:
        return self._timeout * 2.0**self._failed

    @property
    def _timer(self) -> str:
        return f"{self._first}/{self._timers}"

    def _watch(self) -> list[Effect]:
        """Let a timer run until the deadline, which progress puts off; it looks again then."""
        if self._armed:
            return []
        self._timers, self._armed = self._timers + 1, True
        return [SetTimer(self._timer, max(0.0, self._deadline - self._now))]

    def _enter(self, view: int) -> None:
        """Go on to a view since a quorum has done its part in the one before, or its leader speaks."""
        if view > self._view or (view == self._view and self._asking):
            self._view, self._asking = view, False
            self._deadline = self._now + self._patience

    def _on_block(self, message: Message) -> list[Effect]:
        """A block from its leader, or passed on by somebody who was asked; one without a parent at hand waits."""
        if not isinstance(message, BlockMessage):
            return []
        block, votes = message.block, message.evidence
        if block.name in self._tree:
            return self._hear(message)
        rooted = not votes and block.parent == self._tree.root.name
        if not rooted and not (
            self._certified(votes) and votes[0].digest == block.parent and votes[0].view < block.slot
        ):
            return []
        if block.parent not in self._tree:
            return self._await_parent(message)
        return self._attach(message)

    def _await_parent(self, message: BlockMessage) -> list[Effect]:
        """Keep a block until its parent comes; of two such blocks in a row it is no longer to be hoped that it will."""
        overdue = bool(self._waiting)
        self._waiting[message.block.parent].append(message)
        return [Send(message.sender, self._request(name)) for name in self._lacking()] if overdue else []

    def _lacking(self) -> list[str]:
        """Blocks that are built on and have not come."""
        at_hand = {message.block.name for messages in self._waiting.values() for message in messages}
        return [name for name in self._waiting if name not in at_hand]

    def _attach(self, message: BlockMessage) -> list[Effect]:
        """Put a block into the tree, look at what it certifies, and vote for it if it comes from its leader."""
        block = message.block
        if not self._tree.fits(block):
            return []
        votes = message.evidence if isinstance(message.evidence, Votes) else Votes(message.evidence)
        self._tree.add(block, votes)
        effects = self._learn(votes) if votes else []
        known = self._orphans.pop(block.name, None)
        effects += self._learn(known) if known else []
        effects += self._hear(message)
        for child in self._waiting.pop(block.name, ()):
            effects += self._on_block(child)
        return effects + self._lead() if known else effects

    def _hear(self, message: BlockMessage) -> list[Effect]:
        """Take a block in the tree for the word of its view's leader, if it comes from nobody else."""
        block = message.block
        if message.kind != PROPOSE or not message.sender == block.proposer == self.leader(block.slot):
            return []
        self._enter(block.slot)
        return self._consider(block)

    def _consider(self, block: TreeBlock) -> list[Effect]:
        """Vote, once per view and as the lock allows; when nothing begun is left to decide, the vote waits."""
        if block.slot <= self._voted or block.slot < self._view:
            return []
        if not self._pending or block.payloads - 1 > self._height:
            self._unvoted = block
            return []
        if (block.digest and not self._validate(block.digest)) or not self._tree.safe(block):
            return []
        self._voted = block.slot
        self._enter(block.slot + 1)
        vote = Message(self._me, VOTE, self._first, block.slot, block.name)
        leader = self.leader(block.slot + 1)
        return [Send(leader, vote)] if leader != self._me else self._on_vote(vote)

    def _on_vote(self, message: Message) -> list[Effect]:
        """As the leader of the next view: count, and build on what a quorum voted for."""
        view = message.view
        votes = self._votes[view, message.digest]
        votes[message.sender] = message
        quorum = self._committee.quorum
        if len(votes) != quorum or view <= self._tree.high.slot or self.leader(view + 1) != self._me:
            return []
        effects = self._learn(Votes(votes[sender] for sender in sorted(votes)))
        if view + 1 >= self._view:
            self._enter(view + 1)
        return effects + self._lead()

    def _learn(self, votes: Votes) -> list[Effect]:
        """Take in a certificate; ask everybody for its block if that is not at hand."""
        name = votes[0].digest
        if name not in self._tree:
            known = name in self._orphans
            self._orphans[name] = votes
            return [] if known else [Broadcast(self._request(name))]
        final = self._tree.certify(votes)
        return [] if final is None else self._settle(final)

    def _settle(self, final: TreeBlock) -> list[Effect]:
        """Decide all heights begun whose blocks lie on the branch up to ``final``, oldest first."""
        if final.payloads <= self._next:
            return []
        self._final = max(self._final, final, key=lambda block: block.payloads)
        found: list[Effect] = []
        for block in self._tree.branch(final):
            height = block.payloads - 1
            if height < self._next:
                break
            if block.digest and height <= self._height:
                found.append(Decide(height, block.digest, self._changes, self._tree.voters(block)))
        self._next += len(found)
        if found:
            self._failed = self._changes = 0
            self._deadline = self._now + self._patience
        if found and not self._pending and self._armed:
            self._armed = False
            found.insert(0, CancelTimer(self._timer))
        return found[::-1]

    def _lead(self) -> list[Effect]:
        """Propose, if this view is one's own to lead, open, and there is something to propose or to finish."""
        view, tree = self._view, self._tree
        done = self._mine is not None and self._mine.view >= view
        if done or self.leader(view) != self._me:
            return []
        parent = tree.high
        if parent.slot != view - 1 and len(self._requests[view]) < self._committee.quorum:
            return []
        if any(votes[0].view > parent.slot for votes in self._orphans.values()):
            return []  # a later block is certified, and on its way
        content = self._proposals.get(parent.payloads)
        if content is not None and not self._validate(content.digest):
            content = None
        if content is None and parent.payloads <= tree.shown(parent):
            return []
        self._mine = self._made(parent, content)
        return [Broadcast(self._mine), *self._attach(self._mine)]

    def _made(self, parent: TreeBlock, content: Proposal | None) -> BlockMessage:
        """A block on top of the latest certified one; an empty one if there is no content."""
        digest, size = ("", 0) if content is None else (content.digest, content.size_byte)
        block = TreeBlock(
            parent=parent.name, depth=parent.depth + 1, proposer=self._me, time_s=0.0, digest=digest,
            payload_byte=size, payloads=parent.payloads + bool(digest), slot=self._view,
        )  # fmt: skip
        return self._carrying(PROPOSE, block, self._tree.certificate)

    def _carrying(self, kind: str, block: TreeBlock, votes: Votes) -> BlockMessage:
        return BlockMessage(
            sender=self._me, kind=kind, height=self._first, view=block.slot, digest=block.digest,
            signatures=1 + votes.signatures, payload_byte=block.payload_byte, evidence=votes, block=block,
        )  # fmt: skip

    def _passed_on(self, block: TreeBlock) -> BlockMessage:
        return self._carrying(BLOCK, block, self._tree.carried(block))

    def _give_up(self, view: int) -> list[Effect]:
        """Tell all that the present leader took too long, with the latest certificate at hand."""
        self._view, self._asking = view, True
        self._failed, self._changes = self._failed + 1, self._changes + 1
        self._deadline = self._now + self._patience
        votes = self._tree.certificate
        request = Message(
            sender=self._me, kind=NEW_VIEW, height=self._next, view=view, digest=votes[0].digest if votes else "",
            signatures=1 + votes.signatures, evidence=votes,
        )  # fmt: skip
        self._requests[view][self._me] = request
        return [Broadcast(request), *self._ask_again(), *self._watch(), *self._lead()]

    def _on_new_view(self, message: Message) -> list[Effect]:
        """Note who gave up; join when f + 1 are beyond; help who lacks a decision or the leader's block."""
        votes = message.evidence
        if (votes and not self._certified(votes)) or message.view % TENURE:
            return []
        effects: list[Effect] = self._help(message)
        self._requests[message.view].setdefault(message.sender, message)
        if votes and votes[0].view > self._tree.high.slot:
            effects += self._learn(votes if isinstance(votes, Votes) else Votes(votes))
        if not self._pending:
            return effects
        beyond = {
            sender: view for view in sorted(self._requests) if view > self._view for sender in self._requests[view]
        }
        if len(beyond) > self._committee.tolerated:
            return effects + self._give_up(min(beyond.values()))
        return effects + self._lead()

    def _help(self, asking: Message) -> list[Effect]:
        """Give the blocks that show a decision to a member without it, one's own block to one that waits for it."""
        if asking.height < self._next:
            branch = self._tree.branch(self._tree.witness)
            lacking = [block for block in branch if block.payloads > asking.height]
            return [Send(asking.sender, self._passed_on(block)) for block in reversed(lacking)]
        mine, asked = self._mine, self._requests[asking.view]
        if mine is not None and asking.sender in asked and mine.view // TENURE == asking.view // TENURE:
            return [Send(asking.sender, mine)]
        return []

    def _ask_again(self) -> list[Effect]:
        """Ask everybody for all blocks that are certified, or built on, and not at hand."""
        high = self._tree.high.slot
        self._orphans = {name: votes for name, votes in self._orphans.items() if votes[0].view > high}
        lacking = [*self._orphans, *(name for name in self._lacking() if name not in self._orphans)]
        return [Broadcast(self._request(name)) for name in lacking]

    def _request(self, name: str) -> Message:
        return Message(sender=self._me, kind=ASK, height=self._first, view=self._view, digest=name, signatures=0)

    def _on_ask(self, message: Message) -> list[Effect]:
        if message.digest not in self._tree or message.digest == self._tree.root.name:
            return []
        return [Send(message.sender, self._passed_on(self._tree[message.digest]))]

    def _certified(self, votes: tuple[Message, ...]) -> bool:
        return self._committee.certified(votes, VOTE, self._first)
