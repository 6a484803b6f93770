"""What one member of PBFT has decided, and what it tells those who lack it."""

from dataclasses import replace

from qflsim.chain.agreement import Effects, Message, Proposal, Send
from qflsim.chain.checkpoints import STATE, Checkpoints, StateMessage
from qflsim.chain.votes import VIEW_CHANGE

__all__ = ["Decisions"]


class Decisions:
    """Decisions by height: their blocks for ever, their proofs until a checkpoint stands for them.

    Parameters
    ----------
    me:
        Whose they are.

    Attributes
    ----------
    proofs:
        Decisions as they are told to others, by height.
    """

    def __init__(self, me: str) -> None:
        self._me = me
        self.proofs: dict[int, Message] = {}
        self._blocks: dict[int, Proposal] = {}  # the ledger, which no checkpoint forgets

    def __contains__(self, height: int) -> bool:
        return height in self.proofs

    def add(self, decision: Message) -> None:
        """Keep a decision with its proof."""
        self.proofs[decision.height] = decision
        self._blocks[decision.height] = Proposal(decision.digest, decision.payload_byte)

    def forget(self, below: int) -> None:
        """Forget the proofs of all heights below one."""
        for old in [height for height in self.proofs if height < below]:
            del self.proofs[old]

    def tell(self, asking: Message) -> Effects:
        """Give the decision to a member that asks for a view change after it; the block only if it lacks it."""
        if asking.kind != VIEW_CHANGE:
            return ()
        decision = self.proofs[asking.height]
        has_block = asking.digest == decision.digest
        return (Send(asking.sender, replace(decision, payload_byte=0) if has_block else decision),)

    def tell_forgotten(self, asking: Message, checkpoints: Checkpoints) -> Effects:
        """Give a block whose proof is forgotten, with what ties it to the stable checkpoint."""
        heights, proof = range(asking.height, checkpoints.low), checkpoints.proof
        proven = bool(proof) and bool(heights) and all(known in self._blocks for known in heights)
        if asking.kind != VIEW_CHANGE or not proven:
            return ()
        block, *rest = (self._blocks[known] for known in heights)
        state = StateMessage(
            sender=self._me, kind=STATE, height=asking.height, view=0, digest=block.digest, signatures=1 + len(proof),
            payload_byte=block.size_byte, evidence=proof, following=tuple(one.digest for one in rest),
        )  # fmt: skip
        return (Send(asking.sender, state),)
