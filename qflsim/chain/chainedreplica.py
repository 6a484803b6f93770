"""One validator of chained HotStuff: blocks with certificates, votes, views given up."""

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING

from qflsim.chain.agreement import (
    Broadcast,
    Decide,
    Effect,
    Effects,
    Message,
    Proposal,
    Replica,
    Send,
    Validate,
    Votes,
)
from qflsim.chain.blocktree import BlockMessage, TreeBlock
from qflsim.chain.certified import CertifiedTree
from qflsim.chain.chainedmessages import ASK, BLOCK, NEW_VIEW, PROPOSE, VOTE, Writer
from qflsim.chain.gaps import Gaps
from qflsim.chain.pacemaker import Pacemaker
from qflsim.chain.quorums import check_height, seated

if TYPE_CHECKING:
    from qflsim.chain.chainedhotstuff import ChainedHotStuff

__all__ = ["ChainedReplica"]

TENURE = 4  # views in a row with one leader: as many as a block needs from its proposal to its decision


class ChainedReplica(Replica):
    """One validator of chained HotStuff; heights may begin before those below are decided."""

    def __init__(
        self, protocol: "ChainedHotStuff", me: str, members: tuple[str, ...], validate: Validate | None
    ) -> None:
        self._committee = seated(protocol, me, members)
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
        return self._committee.in_turn((self._first if height is None else height) + view // TENURE)

    def start(self, now: float, proposal: Proposal | None, height: int) -> Effects:
        """Begin a height, maybe while those below are undecided; messages that came early are taken in now."""
        check_height(height, self._height)
        rested = self._height < 0 or not self._pending
        if self._height < 0:
            self._found(height)
        self._now, self._height = now, height
        if proposal is not None:
            self._proposals[height] = proposal
        effects = self._settle(self._final)
        if rested:
            self._pace.put_off(now)
            effects += self._pace.watch(now)
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
        self._changes = 0  # views given up since the last decision
        self._asking = False  # True between giving up a view and hearing from the next leader
        self._mine: BlockMessage | None = None  # latest block of one's own
        self._votes: defaultdict[tuple[int, str], dict[str, Message]] = defaultdict(dict)
        self._requests: defaultdict[int, dict[str, Message]] = defaultdict(dict)
        self._write = Writer(self._me, height)
        self._gaps = Gaps()
        self._pace = Pacemaker(height, self._timeout)

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
        if not self._pending or not self._pace.expire(timer):
            return ()
        self._now = now
        if self._pace.early(now):
            return tuple(self._pace.watch(now))
        askers = {sender for view, asked in self._requests.items() if view >= self._view for sender in asked}
        if self._asking and len(askers) < self._committee.quorum:
            self._pace.fail(now)
            return (Broadcast(self._requests[self._view][self._me]), *self._ask_again(), *self._pace.watch(now))
        return tuple(self._give_up((self._view // TENURE + 1) * TENURE))

    @property
    def _pending(self) -> bool:
        """Whether a height has begun and is undecided."""
        return self._next <= self._height

    def _enter(self, view: int) -> None:
        """Go on to a view since a quorum has done its part in the one before, or its leader speaks."""
        if view > self._view or (view == self._view and self._asking):
            self._view, self._asking = view, False
            self._pace.put_off(self._now)

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
            return [Send(message.sender, self._request(name)) for name in self._gaps.await_parent(message)]
        return self._attach(message)

    def _attach(self, message: BlockMessage) -> list[Effect]:
        """Put a block into the tree, look at what it certifies, and vote for it if it comes from its leader."""
        block = message.block
        if not self._tree.fits(block):
            return []
        votes = message.evidence if isinstance(message.evidence, Votes) else Votes(message.evidence)
        self._tree.add(block, votes)
        effects = self._learn(votes) if votes else []
        known, waiting = self._gaps.came(block.name)
        effects += self._learn(known) if known else []
        effects += self._hear(message)
        for child in waiting:
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
        vote = self._write.vote(block)
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
            return [Broadcast(self._request(name))] if self._gaps.certified(name, votes) else []
        final = self._tree.certify(votes)
        return [] if final is None else self._settle(final)

    def _settle(self, final: TreeBlock) -> list[Effect]:
        """Decide all heights begun whose blocks lie on the branch up to ``final``, oldest first."""
        if final.payloads <= self._next:
            return []
        if final.payloads > self._final.payloads:
            self._final = final
        found: list[Effect] = []
        for block in self._tree.branch(final):
            height = block.payloads - 1
            if height < self._next:
                break
            if block.digest and height <= self._height:
                found.append(Decide(height, block.digest, self._changes, self._tree.voters(block)))
        self._next += len(found)
        if not found:
            return []
        self._pace.failed = self._changes = 0
        self._pace.put_off(self._now)
        return found[::-1] if self._pending else [*found[::-1], *self._pace.rest()]

    def _lead(self) -> list[Effect]:
        """Propose, if this view is one's own to lead, open, and there is something to propose or to finish."""
        view, tree = self._view, self._tree
        done = self._mine is not None and self._mine.view >= view
        if done or self.leader(view) != self._me:
            return []
        parent = tree.high
        if parent.slot != view - 1 and len(self._requests[view]) < self._committee.quorum:
            return []
        if self._gaps.beyond(parent.slot):
            return []
        content = self._proposals.get(parent.payloads)
        if content is not None and not self._validate(content.digest):
            content = None
        if content is None and parent.payloads <= tree.shown(parent):
            return []
        block = parent.child(self._me, content, slot=view)
        self._mine = self._write.block(PROPOSE, block, tree.certificate)
        return [Broadcast(self._mine), *self._attach(self._mine)]

    def _passed_on(self, block: TreeBlock) -> BlockMessage:
        return self._write.block(BLOCK, block, self._tree.carried(block))

    def _give_up(self, view: int) -> list[Effect]:
        """Tell all that the present leader took too long, with the latest certificate at hand."""
        self._view, self._asking = view, True
        self._changes += 1
        self._pace.fail(self._now)
        request = self._write.new_view(self._next, view, self._tree.certificate)
        self._requests[view][self._me] = request
        return [Broadcast(request), *self._ask_again(), *self._pace.watch(self._now), *self._lead()]

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
        return [Broadcast(self._request(name)) for name in self._gaps.still_wanted(self._tree.high.slot)]

    def _request(self, name: str) -> Message:
        return self._write.question(self._view, name)

    def _on_ask(self, message: Message) -> list[Effect]:
        if message.digest not in self._tree or message.digest == self._tree.root.name:
            return []
        return [Send(message.sender, self._passed_on(self._tree[message.digest]))]

    def _certified(self, votes: tuple[Message, ...]) -> bool:
        return self._committee.certified(votes, VOTE, self._first)
