"""The wired side of one world: fibres between publisher and servers."""

from collections.abc import Sequence

from qflsim.network.placement import Placement
from qflsim.nodes.context import Context
from qflsim.nodes.media import Carrier, FibreLink
from qflsim.scenario import Scenario

__all__ = ["BackhaulNetwork"]


class BackhaulNetwork:
    """Fibres between the sites of a scenario, and the way that a message takes over them.

    Parameters
    ----------
    scenario:
        What the world is.
    placement:
        Where everybody stands.
    ctx:
        The run's shared services.
    """

    def __init__(self, scenario: Scenario, placement: Placement, ctx: Context) -> None:
        self._scenario = scenario
        self._placement = placement
        self._ctx = ctx
        self._fibres: dict[tuple[str, str], FibreLink] = {}

    def path(self, source: str, destination: str) -> Sequence[Carrier]:
        """Fibres in order from site to site; empty if none leads there."""
        return (self._fibre(source, destination),)

    def _fibre(self, source: str, destination: str) -> FibreLink:
        """One direction of one fibre, with its queue; the same whoever asks."""
        ends = (source, destination)
        if ends not in self._fibres:
            self._fibres[ends] = self._laid(source, destination)
        return self._fibres[ends]

    def _laid(self, source: str, destination: str) -> FibreLink:
        backhaul, model = self._scenario.backhaul, self._scenario.energy.fibre

        def charge(size_bit: float) -> None:
            self._ctx.energy.charge(source, "network", model.energy(size_bit, backhaul.hops))

        return FibreLink(self._ctx, backhaul.queue(self._placement.distance(source, destination)), charge)
