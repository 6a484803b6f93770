"""Miners that keep blocks to themselves: to earn more than their share, or to take a payment back."""

from collections.abc import Callable
from typing import Self

from qflsim.chain.agreement import Broadcast, Effect, Effects, Extend, Proposal
from qflsim.chain.blocktree import TreeBlock
from qflsim.chain.proofofwork import ProofOfWork, WorkReplica
from qflsim.chain.seat import Seat

__all__ = ["DoubleSpendingReplica", "SelfishReplica"]


class _PrivateReplica(WorkReplica):
    """A miner that builds on a branch of its own and decides when others see it."""

    @classmethod
    def at(cls, seat: Seat) -> Self:
        """The miner at a place in a committee that uses proof of work.

        Raises
        ------
        TypeError
            If it uses another protocol.
        """
        if not isinstance(seat.protocol, ProofOfWork):
            raise TypeError(f"protocol must be ProofOfWork, got {type(seat.protocol).__name__}")
        rng = seat.draws("mining", seat.me)
        return cls(seat.protocol, seat.me, seat.members, seat.validate, rng, seat.memory)

    def _rooted(self) -> None:
        """Nothing is withheld, and the public branch ends where the own one does."""
        self._withheld: list[TreeBlock] = []
        self._public = self.tip

    def _keep(self, block: TreeBlock) -> Extend:
        """Put a block of one's own on the own branch, and tell nobody."""
        self.tree.add(block)
        self.tip = block
        self._withheld.append(block)
        return Extend(block.name, block.parent, block.depth, block.digest)

    def _reveal(self, count: int) -> list[Effect]:
        """Send the oldest ``count`` of the blocks withheld."""
        shown, self._withheld = self._withheld[:count], self._withheld[count:]
        return [Broadcast(self._carrying(block)) for block in shown]

    def _see(self, block: TreeBlock) -> None:
        """Follow the public branch as the rule has it."""
        self._public = self.tree[self._protocol.fork_choice.tip(self.tree, self._public.name, block.name)]


class SelfishReplica(_PrivateReplica):
    """Selfish mining [1]_: withhold blocks to let others work in vain, and show them when others catch up.

    With a lead of one, a block of another is answered by showing the own one; the two race. With a lead of two, it is
    answered by showing all, which wins. With a longer lead, one block is shown for each block of another.

    References
    ----------
    .. [1] I. Eyal, E. G. Sirer, "Majority is not enough: Bitcoin mining is vulnerable", Financial Cryptography (2014),
       algorithm 1.
    """

    def _found(self, now: float, block: TreeBlock) -> list[Effect]:
        lead = self.tip.depth - self._public.depth
        shown_before = len(self._withheld) == 0 and self.tip.name != self._public.name
        made = self._keep(block)
        if lead == 0 and shown_before:  # one ahead in a race that both sides know of
            return [made, *self._reveal(1), *self._follow()]
        return [made]

    def _attached(self, now: float, block: TreeBlock) -> list[Effect]:
        before = self._public
        self._see(block)
        if self._public.name == before.name:
            return []
        lead = self.tip.depth - before.depth
        if lead <= 0:
            self.tip, self._withheld = self._public, []
            return self._finalise()
        if lead == 1:
            return self._reveal(len(self._withheld))
        if lead == 2:
            return [*self._reveal(len(self._withheld)), *self._follow()]
        return self._reveal(1)

    def _follow(self) -> list[Effect]:
        """The own branch is everybody's now."""
        self._public = self.tip
        return self._finalise()


class DoubleSpendingReplica(_PrivateReplica):
    """Mine another branch in secret, from before a payment, and show it once it wins [1]_.

    Parameters
    ----------
    head_start:
        Blocks that the secret branch has when the attack begins. 1 in [1]_: one pays when one has a block to oneself.
    give_up:
        Blocks behind at which the attack is given up.

    References
    ----------
    .. [1] M. Rosenfeld, "Analysis of hashrate-based double spending", arXiv:1402.2009 (2014).
    """

    head_start = 1
    give_up = 40
    rival: Callable[[Proposal], Proposal] | None = None

    @classmethod
    def at(cls, seat: Seat) -> Self:
        """The miner at a place in a committee, who has another block to show than the others."""
        replica = super().at(seat)
        replica.rival = seat.rival
        return replica

    def start(self, now: float, proposal: Proposal | None, height: int) -> Effects:
        """Begin with the other block."""
        if self.rival is not None and proposal is not None:
            proposal = self.rival(proposal)
        return super().start(now, proposal, height)

    def _rooted(self) -> None:
        """Have the blocks that the attack begins with."""
        super()._rooted()
        self._root = self.tip
        self.over = self.won = False
        for _ in range(self.head_start):
            self._keep(self._made(self.tip.time_s - self._offset))

    def _found(self, now: float, block: TreeBlock) -> list[Effect]:
        return [self._keep(block), *self._strike()]

    def _attached(self, now: float, block: TreeBlock) -> list[Effect]:
        self._see(block)
        if self._public.depth - self.tip.depth >= self.give_up:
            self.over = True
        return self._strike()

    def _strike(self) -> list[Effect]:
        """Show the secret branch if the public one has its confirmations and would lose."""
        accepted = self._public.depth - self._root.depth >= self._protocol.confirmations
        wins = self._protocol.fork_choice.tip(self.tree, self._public.name, self.tip.name) == self.tip.name
        if self.over or not accepted or not wins or not self._withheld:
            return []
        self.over = self.won = True
        return self._reveal(len(self._withheld))
