"""Who agrees, how many of them it takes, and what is wrong with a place or a height."""

from dataclasses import dataclass
from functools import lru_cache

from qflsim.chain.agreement import Agreement, Message, Votes

__all__ = ["Committee", "check_height", "check_place", "seated"]


@dataclass(frozen=True, slots=True)
class Committee:
    """Who agrees, and how many of them it takes."""

    members: tuple[str, ...]
    known: frozenset[str]
    tolerated: int
    quorum: int

    def in_turn(self, number: int) -> str:
        """Member ``number`` mod n."""
        return self.members[number % len(self.members)]

    def certified(self, votes: tuple[Message, ...], kind: str, height: int) -> bool:
        """Whether ``votes`` are a quorum certificate: votes of one kind for one digest in one view of one height."""
        if not votes:
            return False
        first = votes[0]
        if first.kind != kind or first.height != height:
            return False
        shown = votes if isinstance(votes, Votes) else Votes(votes)
        return shown.among(self.known) >= self.quorum


def seated(protocol: Agreement, me: str, members: tuple[str, ...]) -> Committee:
    """The committee in which ``me`` has a place, the same object for all its members.

    Raises
    ------
    ValueError
        If it has none, or somebody has two.
    """
    check_place(me, members)
    return _committee(members, protocol.tolerated(len(members)), protocol.quorum(len(members)))


@lru_cache(maxsize=256)
def _committee(members: tuple[str, ...], tolerated: int, quorum: int) -> Committee:
    return Committee(members, frozenset(members), tolerated, quorum)


def check_place(me: str, members: tuple[str, ...]) -> None:
    """Raise a `ValueError` if ``me`` is not among ``members``, or somebody is twice."""
    if me not in members or len(set(members)) != len(members):
        raise ValueError(f"members must be distinct and contain {me!r}, got {members!r}")


def check_height(height: int, before: int) -> None:
    """Raise a `ValueError` if a height does not come after the one ``before``."""
    if height <= before:
        raise ValueError(f"height must be > {before}, the height before, got {height!r}; heights only grow")
