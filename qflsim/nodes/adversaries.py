"""The adversaries of a scenario on the timeline: which nodes each holds, whose place they take, what messages meet."""

from collections.abc import Mapping, Sequence

from qflsim.chain.agreement import Agreement, Replica
from qflsim.chain.seat import Seat
from qflsim.security.threat import Threat

from .context import Context

__all__ = ["Adversaries"]


class Adversaries:
    """All threats of a run, in the order of the scenario.

    Parameters
    ----------
    ctx:
        The run's shared services.
    threats:
        What adversaries do.
    roles:
        What every node is: ``publisher``, ``server``, ``device`` or ``transit``.

    Raises
    ------
    ValueError
        If a threat is to nodes that there are not.
    """

    def __init__(self, ctx: Context, threats: Sequence[Threat], roles: Mapping[str, str]) -> None:
        self._ctx = ctx
        self.holds = [(threat, self._held(i, threat, roles)) for i, threat in enumerate(threats)]

    def fate(self, kind: str, source: str, destination: str) -> Sequence[float]:
        """How much later [s] than otherwise each copy of a message leaves; none if it is lost."""
        copies = [0.0]
        for i, (threat, held) in enumerate(self.holds):
            if source in held or destination in held:
                rng = self._ctx.streams("threat", str(i), "fate", kind, source, destination)
                copies = [
                    before + later
                    for before in copies
                    for later in threat.fate(self._ctx.now, kind, source, destination, rng)
                ]
        return copies

    def damages(self, node: str, chain: str, height: int) -> bool:
        """Whether what a node gives out of its store is damaged."""
        return any(
            threat.damages(self._ctx.now, node, chain, height, self._ctx.streams("threat", str(i), "damages", node))
            for i, (threat, held) in enumerate(self.holds)
            if node in held
        )

    def take(self, chain: str, seats: Sequence[Seat]) -> dict[str, Replica]:
        """Replicas of the members of a committee of which adversaries took the place."""
        taken: dict[str, Replica] = {}
        for i, (threat, held) in enumerate(self.holds):
            accomplices = tuple(seat.me for seat in seats if seat.me in held)
            shared: dict[str, object] = {}
            for seat in seats:
                if seat.me not in held or seat.me in taken or _refusal(threat, seat.protocol) is not None:
                    continue
                rng = self._ctx.streams("threat", str(i), "play", chain, seat.me)
                replica = threat.play(self._ctx.now, seat.joined(accomplices, shared), rng)
                if replica is not None:
                    taken[seat.me] = replica
        return taken

    def suit(self, agreements: Sequence[Agreement]) -> None:
        """Raise a `ValueError` if a threat has nothing to attack in the agreement protocol of any chain."""
        for threat, _ in self.holds:
            refusals = [error for agreement in agreements if (error := _refusal(threat, agreement)) is not None]
            if len(refusals) == len(agreements):
                raise refusals[0]

    def _held(self, index: int, threat: Threat, roles: Mapping[str, str]) -> frozenset[str]:
        """The nodes that a threat has a hold on, which there must be."""
        targets = frozenset(threat.targets(roles, self._ctx.streams.fresh("threat", str(index))))
        unknown = sorted(targets - set(roles))
        if unknown:
            name = type(threat).__name__
            raise ValueError(f"{name}.targets must be nodes, got {unknown[0]!r}; they are {', '.join(roles)}")
        return targets


def _refusal(threat: Threat, agreement: Agreement) -> ValueError | None:
    """Why a threat has nothing to attack in a protocol; None if it has."""
    try:
        threat.suits(agreement)
    except ValueError as error:
        return error
    return None
