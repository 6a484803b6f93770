"""A satellite on the timeline: contacts that are distilled to key when they are over, and messages that it carries."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from qflsim.network.earth import GroundSite
from qflsim.network.relay import Visibility, WindowedQueue
from qflsim.network.satellite import Contact, Satellite
from qflsim.quantum.keyblocks import KeyBlock
from qflsim.quantum.satellite import drawn_pass
from qflsim.trace import SatellitePass
from qflsim.units import day, degree

from .context import Context
from .media import Action, Label

__all__ = ["Downlink", "Received", "SpaceLink"]

Received = Callable[[str, str, KeyBlock], object]
"""Told of the satellite, the station, and the block that both have distilled now."""

LOOK_AHEAD = 1 * day
"""For how long [s] contacts are worked out at a time."""


class Downlink:
    """The light of one satellite on its stations. One pending event per contact of the day, no process.

    Parameters
    ----------
    ctx:
        The run's shared services.
    satellite:
        Which satellite.
    sites:
        Where its stations are, by name.
    received:
        Told of every block of key.
    """

    def __init__(self, ctx: Context, satellite: Satellite, sites: Mapping[str, GroundSite], received: Received) -> None:
        self._ctx = ctx
        self._satellite = satellite
        self._sites = sites
        self._received = received
        ctx.after(0.0, partial(self._look_ahead, ctx.now))

    def _look_ahead(self, begin: float) -> None:
        """Set the contacts of the next day on the timeline; one that lasts beyond it is left to the next look."""
        end = begin + LOOK_AHEAD
        contacts = self._satellite.contacts(self._sites, begin, end)
        whole = [contact for contact in contacts if contact.end_s < end]
        for contact in whole:
            self._ctx.at(contact.end_s, partial(self._over, contact))
        again = min([contact.start_s for contact in contacts if contact.end_s >= end], default=end)
        self._ctx.at(again, partial(self._look_ahead, again))

    def _over(self, contact: Contact) -> None:
        """Draw what was received, and hand it over once it is post-processed."""
        rng = self._ctx.streams("satellite", self._satellite.name, contact.station)
        block = drawn_pass(self._satellite.boxes, contact.profile(), rng=rng)
        self._ctx.after(block.latency_s, partial(self._distilled, contact, block))

    def _distilled(self, contact: Contact, block: KeyBlock) -> None:
        times = np.linspace(contact.start_s, contact.end_s, 100)
        look = contact.over.look(times)
        self._ctx.record(
            SatellitePass(
                round=self._ctx.round,
                satellite=self._satellite.name,
                station=contact.station,
                started_s=contact.start_s,
                ended_s=contact.end_s,
                elevation_degree=contact.maximum_elevation / degree,
                range_m=float(look.range_m.min()),
                loss_db=float(contact.losses(times).min()),
                sifted_bit=block.sifted_bit,
                error_rate=block.error_rate,
                secret_bit=block.secret_bit,
                aborted=block.aborted,
            )
        )
        self._received(self._satellite.name, contact.station, block)


class SpaceLink:
    """One direction of the radio between a station and a satellite: it waits for a pass, and loses nothing.

    Parameters
    ----------
    ctx:
        The run's shared services.
    ends:
        Sender and receiver.
    rate_bps:
        Rate [bit/s] while the satellite is in sight.
    visibility:
        When that is.
    charge:
        Books the energy of the station for a number of seconds.
    """

    medium = "satellite"

    def __init__(
        self,
        ctx: Context,
        ends: tuple[str, str],
        rate_bps: float,
        visibility: Visibility,
        charge: Callable[[float], None],
    ) -> None:
        self.ends = ends
        self._ctx = ctx
        self._rate_bps = rate_bps
        self._visibility = visibility
        self._queue = WindowedQueue(rate_bps, visibility.window)
        self._charge = charge

    def carry(self, label: Label, size_bit: float, arrived: Action, lost: Action) -> None:
        """Queue ``size_bit`` behind what was sent before."""
        self._charge(size_bit / self._rate_bps)
        gone = self._queue.send(self._ctx.now, size_bit)
        self._ctx.at(gone + self._visibility.delay(gone), arrived)
