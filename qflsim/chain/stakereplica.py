"""One validator of proof of stake: proposes when its lot says so, votes once per epoch, follows the votes of all."""

from bisect import bisect
from collections import defaultdict
from collections.abc import Callable, Mapping
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING

from qflsim.chain.agreement import (
    Broadcast,
    CancelTimer,
    Draws,
    Effect,
    Effects,
    Message,
    Send,
    SetTimer,
    Validate,
    Votes,
)
from qflsim.chain.blocktree import BlockMessage, TreeBlock
from qflsim.chain.finality import Attestation, Checkpoint, Finality
from qflsim.chain.treereplica import TreeReplica

if TYPE_CHECKING:
    from qflsim.chain.proofofstake import ProofOfStake

__all__ = ["StakeReplica"]

ATTESTATION, ASK_LINK, LINK = "attestation", "get-link", "link"


class StakeReplica(TreeReplica):
    """One validator of proof of stake."""

    def __init__(
        self,
        protocol: "ProofOfStake",
        me: str,
        members: tuple[str, ...],
        validate: Validate | None,
        draws: Draws,
        memory: object,
    ) -> None:
        super().__init__(me, members, validate, memory if isinstance(memory, TreeBlock) else None)
        self._protocol = protocol
        self._draws = draws
        self._stakes = {name: protocol.stakes.stake(name) for name in members}
        self._bounds = list(accumulate(self._stakes.values()))
        self._latest: dict[str, tuple[int, str]] = {}  # slot and branch that each member voted for last
        self._slot = 0  # the latest slot that has begun
        self._timers: dict[str, tuple[bool, int]] = {}  # whether to vote, and the slot
        self._timer_count = 0
        self._drawn: dict[int, tuple[list[int], list[float]]] = {}
        self._asked: dict[tuple[str, str], int] = {}  # slot in which somebody was last asked for something
        self._seen: set[Message] = set()
        self._recent: list[Attestation] = []
        self._held: dict[str, tuple[Message, ...]] = {}  # votes in each block

    def _reactions(self) -> Mapping[str, Callable[[float, Message], list[Effect]]]:
        return {ATTESTATION: self._on_attestation, ASK_LINK: self._on_ask_link, LINK: self._on_link}

    def _first(self, height: int) -> TreeBlock:
        return TreeBlock(parent="", depth=0, proposer="", time_s=0.0, payloads=height)

    def _continues(self, root: TreeBlock) -> float:
        """The slot after that of the last block."""
        return root.slot * self._protocol.slot

    def _rooted(self) -> None:
        root = self.tree.root
        self._slot = root.slot
        self.finality = Finality(self.tree, self._stakes, Checkpoint(self._epoch(root.slot), root.name))

    def _epoch(self, slot: int) -> int:
        return slot // self._protocol.epoch

    def _resume(self, now: float) -> list[Effect]:
        return [] if self._timers else [self._await(now, False, self._slot + 1)]

    def _await(self, now: float, votes: bool, slot: int) -> SetTimer:
        """A timer for the begin of a slot, or for the time to vote in it."""
        self._timer_count += 1
        name = str(self._timer_count)
        self._timers[name] = (votes, slot)
        time = (slot - 1 + votes / 3) * self._protocol.slot
        return SetTimer(name, max(0.0, time - self._clock(now)))

    def expire(self, now: float, timer: str) -> Effects:
        """A slot begins, or the time to vote in it has come."""
        if timer not in self._timers:
            return ()
        votes, slot = self._timers.pop(timer)
        return tuple(self._attest(now, slot) if votes else self._begin_slot(now, slot))

    def _begin_slot(self, now: float, slot: int) -> list[Effect]:
        self._slot = slot
        effects: list[Effect] = [self._await(now, False, slot + 1)]
        if self._on_duty(slot):
            effects.append(self._await(now, True, slot))
        return effects + (self._propose(now, slot) if self.proposer(slot) == self._me else [])

    def close(self, now: float) -> Effects:
        """Let the slots pass."""
        super().close(now)
        stopped, self._timers = self._timers, {}
        return tuple(CancelTimer(name) for name in stopped)

    @property
    def memory(self) -> TreeBlock:
        """The end of the branch that this replica sees."""
        return self._head()

    def proposer(self, slot: int) -> str:
        """Who may propose in a slot: a lot drawn by stake."""
        bounds = self._bounds
        lot = self._lots(self._epoch(slot))[1][slot % self._protocol.epoch] * bounds[-1]
        return self._members[min(bisect(bounds, lot), len(bounds) - 1)]

    def _lots(self, epoch: int) -> tuple[list[int], list[float]]:
        """The order of members on duty in an epoch, and the lot of each of its slots."""
        if epoch not in self._drawn:
            rng = self._draws("beacon", str(epoch))
            order, lots = rng.permutation(len(self._members)), rng.random(self._protocol.epoch)
            self._drawn[epoch] = (order.tolist(), lots.tolist())
        return self._drawn[epoch]

    def _on_duty(self, slot: int) -> bool:
        """Whether this member votes in a slot; each does once per epoch."""
        length = self._protocol.epoch
        order = self._lots(self._epoch(slot))[0]
        return order[self._members.index(self._me)] % length == slot % length

    def _accepts(self, block: TreeBlock, parent: TreeBlock) -> bool:
        """A block of whose slot it is, which has begun."""
        return parent.slot < block.slot <= self._slot + 1 and block.proposer == self.proposer(block.slot)

    def _propose(self, now: float, slot: int) -> list[Effect]:
        tip = self.tip = self._head()
        block = tip.child(self._me, self._content(), time_s=self._clock(now), slot=slot)
        self._held[block.name] = self._new_votes(tip, slot)
        return self._publish(now, block)

    def _head(self) -> TreeBlock:
        """The end of the branch that the latest votes weigh most, from the latest justified checkpoint on."""
        start = self.finality.highest.name
        votes: defaultdict[str, float] = defaultdict(float)
        for member, (_, name) in self._latest.items():
            if member not in self.finality.slashable:
                votes[name] += self._stakes[member]
        weights: defaultdict[str, float] = defaultdict(float)
        for name, stake in votes.items():
            if name in self.tree and self.tree.extends(name, start):
                for block in takewhile(lambda block: block.name != start, self.tree.branch(name)):
                    weights[block.name] += stake
        while self.tree.children.get(start):
            start = max(self.tree.children[start], key=lambda child: (weights[child], child))
        return self.tree[start]

    def _attest(self, now: float, slot: int) -> list[Effect]:
        """Vote for the branch that this member sees, and for the way to its checkpoint of this epoch."""
        head, epoch = self._head(), self._epoch(slot)
        begins = epoch * self._protocol.epoch
        target = next((b for b in self.tree.branch(head.name) if b.slot <= begins), self.tree.root)
        vote = Attestation(
            sender=self._me, kind=ATTESTATION, height=self._height, view=slot, digest=head.name,
            source=self.finality.source(epoch), target=Checkpoint(epoch, target.name),
        )  # fmt: skip
        return [Broadcast(vote), *self._count(vote)]

    def _count(self, vote: Attestation) -> list[Effect]:
        before = len(self._seen)
        self._seen.add(vote)
        if len(self._seen) == before:
            return []
        self._recent.append(vote)
        if vote.view > self._latest.get(vote.sender, (-1, ""))[0]:
            self._latest[vote.sender] = (vote.view, vote.digest)
        return self._finalise() if self.finality.vote(vote) else []

    def _on_attestation(self, now: float, message: Message) -> list[Effect]:
        """Count a vote that its voter sent."""
        return self._take(message, message.sender) if isinstance(message, Attestation) else []

    def _take(self, vote: Attestation, teller: str) -> list[Effect]:
        """Count a vote; ask who told of it for its branch, and for what justified its source, if they are unknown."""
        effects: list[Effect] = []
        if vote.digest not in self.tree and self._may_ask(teller, vote.digest):
            effects.append(self._request(teller, vote.digest))
        source = vote.source
        if source.epoch > self.finality.final.epoch and source not in self.finality.justified:
            effects += [self._ask_link(teller, source)] if self._may_ask(teller, f"link {source.name}") else []
        return effects + self._count(vote)

    def _may_ask(self, whom: str, what: str) -> bool:
        """Whether somebody was not asked for something in this slot."""
        asked, self._asked[whom, what] = self._asked.get((whom, what)), self._slot
        return asked != self._slot

    def _ask_link(self, whom: str, checkpoint: Checkpoint) -> Send:
        return Send(whom, Message(
            sender=self._me, kind=ASK_LINK, height=self._height, view=checkpoint.epoch, digest=checkpoint.name,
            signatures=0,
        ))  # fmt: skip

    def _on_ask_link(self, now: float, message: Message) -> list[Effect]:
        """Show the votes that justified a checkpoint."""
        shown = Votes(self.finality.justified.get(Checkpoint(message.view, message.digest), ()))
        return [Send(message.sender, Message(
            sender=self._me, kind=LINK, height=self._height, view=message.view, digest=message.digest,
            signatures=shown.signatures, evidence=shown,
        ))] if shown else []  # fmt: skip

    def _on_link(self, now: float, message: Message) -> list[Effect]:
        """Count votes that others pass on, and go on asking for what they build on."""
        votes = [vote for vote in message.evidence if vote.sender in self._stakes]
        return [
            effect for vote in votes if isinstance(vote, Attestation) for effect in self._take(vote, message.sender)
        ]

    def _on_block(self, now: float, message: Message) -> list[Effect]:
        """Count the votes in a block, then look at the block."""
        effects: list[Effect] = []
        votes = message.evidence
        if not (isinstance(votes, Votes) and votes.all <= self._seen):
            for vote in votes:
                if isinstance(vote, Attestation) and vote.sender in self._stakes:
                    effects += self._count(vote)
        if isinstance(message, BlockMessage):
            self._held.setdefault(message.block.name, message.evidence)
        return effects + super()._on_block(now, message)

    def _votes(self, block: TreeBlock) -> tuple[Message, ...]:
        return self._held[block.name]

    def _signatures(self, block: TreeBlock) -> int:
        return 1 + len(self._held[block.name])

    def _new_votes(self, tip: TreeBlock, slot: int) -> Votes:
        """Votes of this epoch and the one before that no block of the branch holds."""
        first = (self._epoch(slot) - 1) * self._protocol.epoch
        known = {vote for block in takewhile(lambda b: b.slot >= first, self.tree.branch(tip.name))
                 for vote in self._held.get(block.name, ())}  # fmt: skip
        self._recent = [vote for vote in self._recent if vote.view >= first]
        return Votes(vote for vote in self._recent if vote not in known)

    def _attached(self, now: float, block: TreeBlock) -> list[Effect]:
        return self._finalise() if self.finality.follow() else []

    def _finalise(self) -> list[Effect]:
        return self._decide(self.tree[self.finality.final.name], self.finality.sealers)
