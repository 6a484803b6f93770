"""What the nodes table says of every node of one world."""

from collections.abc import Iterator

from qflsim.trace import Node
from qflsim.units import to_dB

from .common import Common

__all__ = ["described"]


def described(common: Common, connected: bool) -> Iterator[Node]:
    """A row for every node and every site that only forwards; nothing of radio if nodes are not ``connected``."""
    roles = common.roles()
    for name in (*common.placement.positions, *common.wiring.backhaul.transit):
        yield _described(common, name, roles[name], connected)


def _described(common: Common, name: str, role: str, connected: bool) -> Node:
    transit, access = common.wiring.backhaul.transit, common.wiring.access
    east, north = transit[name] if role == "transit" else common.placement.positions[name]
    channel = access.serving_channel(name) if role == "device" and connected else None
    everybody_sends = dict.fromkeys(common.placement.servers, 1.0)
    sinr_up, sinr_down = access.sinr(name, everybody_sends) if channel else (0.0, 0.0)
    return Node(
        node=name,
        role=role,
        server="" if role in ("publisher", "transit") else access.serving.get(name, name),
        east_m=east,
        north_m=north,
        line_of_sight=channel is not None and channel.los,
        indoor=channel is not None and channel.indoor,
        snr_up_db=_decibels(channel.snr_up if channel else 0.0),
        sinr_up_db=_decibels(sinr_up),
        sinr_down_db=_decibels(sinr_down),
        reached=channel is None or access.reaches(name),
    )


def _decibels(ratio: float) -> float:
    """Decibels of a ratio; NaN where nothing is received."""
    return to_dB(ratio) if ratio else float("nan")
