"""Batteries on the timeline: every charge of the energy book draws on its node's battery, until one is empty."""

from collections.abc import Callable, Mapping
from functools import partial

from qflsim.energy import Store
from qflsim.trace import Battery as BatteryRecord

from .context import Context

__all__ = ["Batteries"]


class Batteries:
    """The batteries of all devices.

    Parameters
    ----------
    ctx:
        The run's shared services; all charges of its energy book are looked at from now on.
    stores:
        The battery of every device.
    cut_off:
        Called with the name of a device whose battery has just become empty.
    """

    def __init__(self, ctx: Context, stores: Mapping[str, Store], cut_off: Callable[[str], None]) -> None:
        self._ctx = ctx
        self._stores = stores
        self._cut_off = cut_off
        self._emptied_s: dict[str, float] = {}
        self._levels = {device: store.level for device, store in stores.items()}
        ctx.energy.watch(self._draw)

    def empty(self, device: str) -> bool:
        """Whether a device's battery is empty."""
        return self._stores[device].empty

    def record(self, time: float) -> None:
        """Write down every level at the end of a round, ``time`` [s]."""
        for device, store in self._stores.items():
            self._ctx.record(
                BatteryRecord(
                    round=self._ctx.round,
                    time_s=time,
                    device=device,
                    initial_j=store.initial,
                    level_j=store.level,
                    drawn_j=self._levels[device] - store.level,
                    empty=store.empty,
                    emptied_s=self._emptied_s.get(device, float("nan")),
                )
            )
            self._levels[device] = store.level

    def _draw(self, node: str, cause: str, joules: float) -> None:
        store = self._stores.get(node)
        if store is None:
            return
        store.draw(cause, joules)
        if store.empty and node not in self._emptied_s:
            self._emptied_s[node] = self._ctx.now
            self._ctx.after(0.0, partial(self._cut_off, node))  # whoever charges must not be interrupted
