"""The ways of all devices of one world, from where they set out, and what lets them go along them."""

from collections.abc import Mapping
from dataclasses import replace

from qflsim.network.mobility import Trajectory
from qflsim.network.placement import Placement
from qflsim.nodes.membership import Membership
from qflsim.nodes.mobility import Roaming
from qflsim.scenario import Scenario
from qflsim.streams import Streams

from .common import Common

__all__ = ["roam", "set_out"]


def set_out(scenario: Scenario, placed: Placement, streams: Streams) -> tuple[Placement, dict[str, Trajectory]]:
    """Everybody's place at time 0, and the way of every device from there; no ways if no device moves.

    Parameters
    ----------
    scenario:
        What the world is.
    placed:
        Where the topology puts everybody.
    streams:
        Random streams.

    Raises
    ------
    ValueError
        If the movement of a device is not known, or that of a device that does not exist is.
    """
    if not scenario.moves:
        return placed, {}
    scenario.mobility.check_devices(tuple(placed.home))
    ways = {
        device: scenario.mobility.trajectory(device, placed.positions[device], placed.positions[site], streams)
        for device, site in placed.home.items()
    }
    return replace(placed, positions={**placed.positions, **{d: way.at(0.0) for d, way in ways.items()}}), ways


def roam(common: Common, ways: Mapping[str, Trajectory], membership: Membership) -> Roaming:
    """Let all devices move along their ways."""
    scenario, access = common.scenario, common.wiring.access
    roaming = Roaming(
        common.ctx, common.fabric, access, scenario.handover, scenario.access.timing.failure_time,
        common.placement.positions, ways, membership, scenario.mobility.record_period, common.wiring.forget_routes,
    )  # fmt: skip
    access.position = roaming.place
    return roaming
