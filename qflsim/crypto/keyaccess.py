"""How devices come by keys of the key network: over a fibre of their own, or in front of fixed anchors."""

from abc import ABC
from dataclasses import dataclass

from qflsim.checks import Part, quantity
from qflsim.quantum.keyrates import QKD
from qflsim.quantum.qkd import DecoyBB84
from qflsim.units import MHz, m, s

__all__ = ["AnchorAccess", "FibreAccess", "KeyAccess"]

_HANDHELD = DecoyBB84(pulse_rate=100 * MHz, attenuation=0.0, insertion_loss=20.0, misalignment=0.02)


@dataclass(frozen=True, kw_only=True)
class KeyAccess(Part, ABC):
    """The last hop of the key network, from its fixed nodes to devices."""


@dataclass(frozen=True, kw_only=True)
class FibreAccess(KeyAccess):
    """Every device has a fibre to the QKD receiver of its server, which its devices share in time.

    *Scope*: for devices that stay where they are. One that moves gets no QKD keys.
    """


@dataclass(frozen=True, kw_only=True)
class AnchorAccess(KeyAccess):
    """Stations are fixed anchors of the key network: a device fills a key store in front of one and draws on it later.

    While a device is within reach of an anchor, the nearest if there are several, the two make key over the air; away
    from it the device lives on what it has stored. Its key with any other node is relayed over the anchor's links,
    whose nodes know it. This is how section II of [1]_ serves mobile devices: anchors relay keys, and nobody
    entangles with a device that moves.

    Parameters
    ----------
    qkd:
        The boxes of device and anchor. The standard ones send 100 million pulses a second through 20 dB of optics and
        coupling (*assumptions*), some 10 kbit/s; over 0.5 m a handheld sender made 30 kbit/s [2]_.
    reach:
        Distance [m] up to which the light finds the anchor; 30 m, over a square rather than the table of [2]_, is an
        *assumption*.
    look:
        Time [s] between two looks at who is within reach; 1 s, a pace or two of a pedestrian, is an *assumption*.

    References
    ----------
    .. [1] D. C. Nguyen et al., "When Quantum Federated Learning Meets Blockchain in 6G Networks", arXiv:2512.09958
       (2025).
    .. [2] H. Chun et al., "Handheld free space quantum key distribution with dynamic motion compensation", Opt.
       Express 25, 6784 (2017): 30 kbit/s over 0.5 m (from memory).

    Notes
    -----
    *Scope*: no obstacles, no sunlight but for the dark counts of the boxes; devices in front of an anchor share it in
    time. Where the boxes make key in blocks, each is made at the distance at which it begins, and one that the device
    walks away from is lost.

    *Validation*: key made in a contact = rate times its duration, less the time that others are served.
    """

    qkd: QKD = _HANDHELD
    reach: float = quantity(30 * m, unit="m", above=0, advice="give it in metres, e.g. 30 * m")
    look: float = quantity(1 * s, unit="s", above=0, advice="give it in seconds, e.g. 1 * s")

    def check(self) -> None:
        """Refuse boxes that make no key in front of the anchor."""
        if self.qkd.under(0.0).key_rate(0.0) == 0.0:
            raise ValueError(
                f"AnchorAccess.qkd must make key in front of an anchor, got {self.qkd!r}, which makes none even at "
                "0 m; lower its loss or misalignment, or lengthen its blocks"
            )
