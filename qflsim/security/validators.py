"""Validators that stop, keep silent, withhold blocks, perjure or equivocate, whatever the agreement protocol."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qflsim.chain.agreement import Agreement, Replica
from qflsim.chain.equivocation import EquivocatingReplica, sides
from qflsim.chain.misbehaviour import CrashingReplica, PerjuringReplica, WithholdingReplica
from qflsim.chain.privatemining import DoubleSpendingReplica, SelfishReplica
from qflsim.chain.proofofwork import ProofOfWork
from qflsim.chain.seat import Seat
from qflsim.checks import quantity
from qflsim.security.held import HeldNodes

__all__ = [
    "ConflictingVotes", "Crash", "DoubleSpending", "Equivocation", "SelfishMining", "SilentLeader", "WithheldBlocks",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Crash(HeldNodes):
    """Nodes stop at ``start`` and come back at ``end``, if ever, with all that they knew.

    While a node is down all messages from it and to it are lost, and as a validator it does nothing.

    *Scope*: what a node computes for itself, such as its training, goes on. A message that was under way when its
    receiver went down still arrives, except at a validator's protocol.

    *Validation*: as many crashed validators as a protocol tolerates stop nobody, one more stops all.
    """

    def play(self, now: float, seat: Seat, rng: np.random.Generator) -> Replica | None:
        """A replica that stops and comes back."""
        return CrashingReplica(seat, self.start, self.end) if now < self.end else None

    def fate(self, now: float, kind: str, source: str, destination: str, rng: np.random.Generator) -> Sequence[float]:
        """Lost while down."""
        return () if self.active(now) else (0.0,)


@dataclass(frozen=True, kw_only=True)
class SilentLeader(HeldNodes):
    """Validators that propose nothing when it is their turn, and vote as they should.

    *Scope*: from the first decision that begins between ``start`` and ``end`` to the last.
    """

    def play(self, now: float, seat: Seat, rng: np.random.Generator) -> Replica | None:
        """A replica whose blocks nobody gets."""
        return WithholdingReplica(seat) if self.active(now) else None


@dataclass(frozen=True, kw_only=True)
class WithheldBlocks(HeldNodes):
    """Validators that send the blocks they propose to some members only.

    Parameters
    ----------
    reached:
        The share of the other members that get them, drawn anew for each decision.
    """

    reached: float = quantity(0.5, at_least=0, below=1, advice="give a share, e.g. 0.5")

    def play(self, now: float, seat: Seat, rng: np.random.Generator) -> Replica | None:
        """A replica whose blocks some members get."""
        if not self.active(now):
            return None
        others = [name for name in seat.members if name != seat.me]
        places = rng.permutation(len(others))[: int(self.reached * len(others))].tolist()
        return WithholdingReplica(seat, [others[place] for place in places])


@dataclass(frozen=True, kw_only=True)
class ConflictingVotes(HeldNodes):
    """Validators that tell different members different votes.

    Parameters
    ----------
    lies:
        How often a member is told something else than what the replica found right.
    """

    lies: float = quantity(0.5, above=0, at_most=1, advice="give a share, e.g. 0.5")

    def play(self, now: float, seat: Seat, rng: np.random.Generator) -> Replica | None:
        """A replica that perjures itself."""
        return PerjuringReplica(seat, rng, self.lies) if self.active(now) else None


@dataclass(frozen=True, kw_only=True)
class Equivocation(HeldNodes):
    """Validators that together show half of the others one block, with their votes for it, and the other half another.

    Each is two replicas that follow the protocol, one for each half (`EquivocatingReplica`). Up to f of them can delay
    a decision; f + 1 can split it, and the fork then stands in the table of agreements.

    *Scope*: the halves are drawn anew for each decision. The other block has the same transactions and another time.
    """

    def suits(self, agreement: Agreement) -> None:
        """Refuse proof of work, in which nobody can sign two blocks: each takes its own work."""
        if isinstance(agreement, ProofOfWork):
            raise ValueError(
                "Equivocation must be used with a protocol in which validators vote, got ProofOfWork; use "
                "SelfishMining or DoubleSpending there"
            )

    def play(self, now: float, seat: Seat, rng: np.random.Generator) -> Replica | None:
        """A replica with two faces."""
        return EquivocatingReplica(seat, sides(seat, rng)) if self.active(now) else None


@dataclass(frozen=True, kw_only=True)
class _AgainstWork(HeldNodes):
    """A threat to proof of work."""

    def suits(self, agreement: Agreement) -> None:
        """Refuse every other protocol."""
        if not isinstance(agreement, ProofOfWork):
            raise ValueError(
                f"{type(self).__name__} must be used with ProofOfWork, got {type(agreement).__name__}; use "
                "Equivocation or ConflictingVotes there"
            )


@dataclass(frozen=True, kw_only=True)
class SelfishMining(_AgainstWork):
    """Miners that withhold their blocks to let others work in vain, each for itself; see `SelfishReplica`."""

    def play(self, now: float, seat: Seat, rng: np.random.Generator) -> Replica | None:
        """A selfish miner."""
        return SelfishReplica.at(seat) if self.active(now) else None


@dataclass(frozen=True, kw_only=True)
class DoubleSpending(_AgainstWork):
    """Miners that mine another branch in secret and show it when it wins, each for itself; see `DoubleSpendingReplica`.

    *Scope*: a decision ends when all have decided, so that what is undone later is not seen in a run: only attacks that
    win while some still wait for confirmations are.
    """

    def play(self, now: float, seat: Seat, rng: np.random.Generator) -> Replica | None:
        """A miner of a secret branch with another block."""
        return DoubleSpendingReplica.at(seat) if self.active(now) else None
