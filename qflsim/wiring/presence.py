"""Devices that come, go, and run out of power."""

from qflsim.energy import Battery
from qflsim.learning.presence import AlwaysThere
from qflsim.nodes.attendance import Attendance
from qflsim.nodes.batteries import Batteries

from .common import Common

__all__ = ["attend", "powered"]


def powered(common: Common, battery: Battery) -> Batteries:
    """Give every device a battery; who has emptied it sends, receives and computes nothing any more."""
    streams = common.ctx.streams
    stores = {device: battery.store(streams.fresh("battery", device)) for device in common.placement.home}

    def switch_off(device: str) -> None:
        common.computers[device].off = True
        common.wiring.access.switch_off(device)

    return Batteries(common.ctx, stores, switch_off)


def attend(common: Common, batteries: Batteries | None) -> Attendance | None:
    """Let devices come and go, unless all are always there."""
    presence, devices = common.scenario.presence, tuple(common.placement.home)
    presence.check_devices(len(devices))
    if isinstance(presence, AlwaysThere):
        return None

    def switch(device: str, there: bool) -> None:
        """``device`` goes, or is back; one whose battery is empty comes back no more."""
        if there and batteries is not None and batteries.empty(device):
            return
        common.computers[device].off = not there
        access = common.wiring.access
        (access.switch_on if there else access.switch_off)(device)
        for ends, link in common.wiring.keys.links.items():
            if device in ends:
                link.rest(not there)

    return Attendance(common.ctx, presence, devices, switch)
