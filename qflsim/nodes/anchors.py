"""Fixed anchors on the timeline: which devices stand in front of them, and the key that they make meanwhile."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from qflsim.crypto.keyaccess import AnchorAccess
from qflsim.crypto.keyrouting import Ends, ends_of
from qflsim.crypto.keystore import KeyStore
from qflsim.network.layouts import Point
from qflsim.quantum.keyblocks import KeyBlock
from qflsim.quantum.keyrates import QKD

from .context import Context
from .keylink import KeyLink

__all__ = ["Anchors"]


class Anchors:
    """Stations that make key with the devices within their reach.

    Parameters
    ----------
    ctx:
        The run's shared services.
    access:
        Boxes and reach.
    sites:
        Where the anchors stand, by name.
    devices:
        The devices.
    position:
        Where a device is now.
    store:
        The marks of the store of each device with each anchor.
    moves:
        Whether devices move; else one look is enough.

    Attributes
    ----------
    links:
        The key link of every device with every anchor that it can come to.
    met:
        Told of every device that has come to an anchor, and which.
    """

    def __init__(
        self,
        ctx: Context,
        access: AnchorAccess,
        sites: Mapping[str, Point],
        devices: Sequence[str],
        position: Callable[[str], Point],
        store: KeyStore,
        *,
        moves: bool,
    ) -> None:
        self._ctx = ctx
        self._access = access
        self._sites = sites
        self._devices = tuple(devices)
        self._position = position
        self._moves = moves
        self._at: dict[str, str] = {}  # the anchor that each device is in front of
        self._since: dict[str, float] = {}
        self._contact_s: dict[str, float] = dict.fromkeys(self._devices, 0.0)
        self._makers: dict[Ends, _InFront] = {}
        self.links: dict[Ends, KeyLink] = {}
        self.met: Callable[[str, str], object] = lambda device, anchor: None
        for device in self._devices:
            for anchor in self._sites if moves else [a for a in [self.nearest(device)] if a is not None]:
                self._introduce(device, anchor, store)
        ctx.after(0.0, self._look)

    def nearest(self, device: str) -> str | None:
        """The nearest anchor within reach of ``device`` where it is now."""
        place = self._position(device)
        distance, anchor = min((math.dist(place, site), name) for name, site in self._sites.items())
        return anchor if distance <= self._access.reach else None

    def contact_s(self, device: str) -> float:
        """Seconds for which ``device`` stood in front of an anchor since this was last asked."""
        now, total = self._ctx.now, self._contact_s[device]
        if device in self._since:
            total += now - self._since[device]
            self._since[device] = now
        self._contact_s[device] = 0.0
        return total

    def _introduce(self, device: str, anchor: str, store: KeyStore) -> None:
        """A link that makes key only while the two are in contact."""
        ends, qkd = ends_of(device, anchor), self._access.qkd
        rng = self._ctx.streams.fresh("qkd", *ends)
        maker = None
        if qkd.blocks(0.0, rng=rng) is not None:
            maker = self._makers[ends] = _InFront(self._ctx, qkd, partial(self._conditions, device, anchor), rng)
        self.links[ends] = KeyLink(self._ctx, ends, store, maker)

    def _conditions(self, device: str, anchor: str) -> tuple[float, int]:
        """How far the device is from its anchor [m], and how many devices share the anchor."""
        users = sum(other == anchor for other in self._at.values())
        return math.dist(self._position(device), self._sites[anchor]), users

    def _look(self) -> None:
        come = []
        for device in self._devices:
            anchor = self.nearest(device)
            if anchor != self._at.get(device):
                self._part(device)
                if anchor is not None:
                    self._at[device], self._since[device] = anchor, self._ctx.now
                    come.append(device)
        for device, anchor in self._at.items():
            self._serve(device, anchor)
        for device in come:
            self.met(device, self._at[device])
        if self._moves:
            self._ctx.after(self._access.look, self._look)

    def _part(self, device: str) -> None:
        """The device has gone away from its anchor."""
        anchor = self._at.pop(device, None)
        if anchor is None:
            return
        self._contact_s[device] += self._ctx.now - self._since.pop(device)
        ends = ends_of(device, anchor)
        if ends in self._makers:
            self._makers[ends].part()
        else:
            self.links[ends].set_rate(0.0)

    def _serve(self, device: str, anchor: str) -> None:
        """Let the two make key, at the rate of their distance or block after block."""
        ends, qkd = ends_of(device, anchor), self._access.qkd
        if ends in self._makers:
            self._makers[ends].meet()
        else:
            distance, users = self._conditions(device, anchor)
            share = qkd.eavesdropping.share_at(self._ctx.now)
            self.links[ends].pace(qkd.under(share).key_rate(distance, users))


class _InFront:
    """Makes blocks while a device is in front of its anchor; one that it walks away from is lost."""

    def __init__(
        self, ctx: Context, qkd: QKD, conditions: Callable[[], tuple[float, int]], rng: np.random.Generator
    ) -> None:
        self._ctx = ctx
        self._qkd = qkd
        self._conditions = conditions
        self._rng = rng
        self._here = False
        self._visit = 0
        self._wanting: KeyLink | None = None
        self._working: KeyLink | None = None

    def make(self, link: KeyLink) -> None:
        """Make a block, now or when the device comes."""
        self._wanting = link
        self._begin()

    def meet(self) -> None:
        """The device is in front of the anchor."""
        self._here = True
        self._begin()

    def part(self) -> None:
        """The device has gone, and with it what was not finished."""
        self._here = False
        self._visit += 1
        self._wanting, self._working = self._wanting or self._working, None

    def _begin(self) -> None:
        link = self._wanting
        if link is None or not self._here:
            return
        distance, users = self._conditions()
        source = self._qkd.blocks(distance, users=users, rng=self._rng)
        if source is None:
            raise RuntimeError(f"{type(self._qkd).__name__} makes blocks at 0 m and none at {distance} m")
        block = source.next_block(self._ctx.now)
        if block.duration_s < math.inf:
            self._wanting, self._working = None, link
            self._ctx.after(block.duration_s, partial(self._sent, link, block, self._visit))

    def _sent(self, link: KeyLink, block: KeyBlock, visit: int) -> None:
        if visit == self._visit:
            self._working = None
            self._ctx.after(block.latency_s, partial(link.put_block, block))
            link.idle()
