"""The background traffic of all cells of one world, which disturb each other by it."""

from collections.abc import Mapping

from qflsim.checks import ScenarioError
from qflsim.network.background import CellBackground
from qflsim.network.crowd import Crowd
from qflsim.network.interference import coupled_loads, noise_rise
from qflsim.scenario import Scenario
from qflsim.streams import Streams

__all__ = ["gather_crowds"]


def gather_crowds(
    scenario: Scenario, heard: Mapping[str, Mapping[str, float]], streams: Streams
) -> dict[str, CellBackground | None]:
    """What the other devices of each cell leave of its band; ``None`` where there are none.

    Parameters
    ----------
    scenario:
        What the world is.
    heard:
        For each station, interference over noise from each other cell that it hears.
    streams:
        Random streams.

    Raises
    ------
    ScenarioError
        If the background traffic overloads a cell.
    """
    traffic, topology, access = scenario.background, scenario.topology, scenario.access
    if traffic is None or not traffic.density:
        return dict.fromkeys(heard)
    try:
        crowd = Crowd(access, topology.radius, streams.fresh("crowd"), nearest=topology.nearest)

        def load(station: str, rise: float) -> float:
            return traffic.offered_load(topology.area, access.bandwidth, crowd.efficiency(rise))

        loads = coupled_loads(load, heard)
        cells: dict[str, CellBackground | None] = {}
        for server, others in heard.items():
            efficiency = crowd.efficiency(noise_rise(others, loads))
            rng = streams.fresh("background", server)
            cells[server] = traffic.cell(topology.area, access.bandwidth, efficiency, rng)
        return cells
    except ValueError as error:
        raise ScenarioError(str(error)) from None
