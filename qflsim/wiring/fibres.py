"""The fibres of one world, over which its quantum links are laid, and what attempts to make pairs over them take."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qflsim.network.placement import Placement
from qflsim.nodes.context import Context
from qflsim.nodes.models import PairLink
from qflsim.scenario import Scenario

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["AttemptMeter", "Fibres"]


@dataclass(frozen=True)
class Fibres:
    """Those of the backhaul, and one from every device to its site.

    Parameters
    ----------
    scenario:
        What the world is.
    placement:
        Where everybody stands.
    ctx:
        The run's shared services.
    reached:
        The devices of each server that its base station reaches.
    backhaul:
        The graph of the backhaul, with the ``length`` [m] of every fibre.
    """

    scenario: Scenario
    placement: Placement
    ctx: Context
    reached: Mapping[str, Sequence[str]]
    backhaul: "nx.Graph"

    def length(self, device: str, site: str) -> float:
        """Metres of fibre [m] between a device and a site."""
        return self.scenario.backhaul.length(self.placement.distance(device, site))

    def among(self, *nodes: str) -> "nx.Graph":
        """The backhaul, with the fibres of those ``nodes`` that are devices to their sites."""
        graph, home = self.backhaul.copy(), self.placement.home
        for name in nodes:
            if name in home:
                graph.add_edge(name, home[name], length=self.length(name, home[name]))
        return graph


class AttemptMeter:
    """The attempts of links to make pairs, each of which is charged once."""

    def __init__(self) -> None:
        self._charged: dict[Hashable, int] = {}

    def new(self, ends: Hashable, link: PairLink, now: float) -> int:
        """Attempts that the link between ``ends`` made until ``now`` [s] and that were not charged yet."""
        made = link.store.attempts(now)
        new = made - self._charged.get(ends, 0)
        self._charged[ends] = made
        return new
