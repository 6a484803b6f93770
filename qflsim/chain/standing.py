"""What a chain says of the standing of nodes: who belongs to whom, who is trusted how far, who was paid, who fined."""

import math
from dataclasses import dataclass
from typing import ClassVar

from qflsim.chain.transactions import Transaction

__all__ = ["Membership", "Reputation", "Reward", "Slash"]


@dataclass(frozen=True, kw_only=True)
class Membership(Transaction):
    """A server states which devices have become its members since it last said so, and which have left.

    A device that was handed over stands as joined at its new server and as left at its old one.
    """

    kind: ClassVar[str] = "membership"

    joined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        both = sorted(set(self.joined) & set(self.left))
        if both or not (self.joined or self.left):
            raise ValueError(
                f"a membership transaction must name devices that joined or left, and none twice, got joined = "
                f"{self.joined!r} and left = {self.left!r}"
            )


@dataclass(frozen=True, kw_only=True)
class Reputation(Transaction):
    """The opinion of nodes after a round, each in [0, 1].

    Parameters
    ----------
    nodes, scores:
        Whom it is about, and the new opinion of each, in the same order.
    """

    kind: ClassVar[str] = "reputation"

    nodes: tuple[str, ...]
    scores: tuple[float, ...]

    def __post_init__(self) -> None:
        _check_pairs("scores", self.nodes, self.scores, most=1.0)


@dataclass(frozen=True, kw_only=True)
class Reward(Transaction):
    """A payer divides a reward among nodes, in the chain's own unit.

    Parameters
    ----------
    nodes, amounts:
        Who is paid, and how much each, in the same order.
    payer:
        Whose deposit it is taken from; the sender states it and need not be the payer.
    """

    kind: ClassVar[str] = "reward"

    payer: str
    nodes: tuple[str, ...]
    amounts: tuple[float, ...]

    def __post_init__(self) -> None:
        _check_pairs("amounts", self.nodes, self.amounts, most=math.inf)


@dataclass(frozen=True, kw_only=True)
class Slash(Transaction):
    """Deposits of nodes that broke the rules are taken away, in the chain's own unit.

    Parameters
    ----------
    nodes, amounts:
        Who loses, and how much each, in the same order.
    reason:
        What they did, in a word or two.
    """

    kind: ClassVar[str] = "slash"

    nodes: tuple[str, ...]
    amounts: tuple[float, ...]
    reason: str

    def __post_init__(self) -> None:
        _check_pairs("amounts", self.nodes, self.amounts, most=math.inf)


def _check_pairs(name: str, nodes: tuple[str, ...], values: tuple[float, ...], most: float) -> None:
    """Refuse lists of different lengths, and values that are not finite or out of [0, ``most``]."""
    if len(nodes) != len(values):
        raise ValueError(f"{name} must have one entry for each of {len(nodes)} nodes, got {len(values)}")
    for value in values:
        if not (math.isfinite(value) and 0.0 <= value <= most):
            raise ValueError(f"{name} must be finite numbers in 0..{most:g}, got {value!r}")
