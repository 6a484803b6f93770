"""What all quantum key distribution has in common: losses, eavesdroppers, and bits per second."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from qflsim.checks import Part, quantity

from .eavesdropping import InterceptResend
from .keyblocks import BlockSource

__all__ = ["QKD", "binary_entropy", "checked_users", "either", "plob_bound"]


def binary_entropy(probability: float) -> float:
    """Shannon entropy [bit] of a coin that falls heads with ``probability``."""
    if not 0.0 <= probability <= 1.0:
        raise ValueError(f"probability must be in [0, 1], got {probability!r}; give e.g. 0.11")
    if probability in (0.0, 1.0):
        return 0.0
    other = 1.0 - probability
    return -probability * math.log2(probability) - other * math.log2(other)


def plob_bound(transmittance: float) -> float:
    """Secret bits per pulse that no protocol without a repeater can exceed: -log2(1 - transmittance).

    References
    ----------
    .. [1] S. Pirandola, R. Laurenza, C. Ottaviani, L. Banchi, "Fundamental limits of repeaterless quantum
       communications", Nat. Commun. 8, 15043 (2017).
    """
    if not 0.0 <= transmittance <= 1.0:
        raise ValueError(f"transmittance must be in [0, 1], got {transmittance!r}; give e.g. 10 ** -2")
    return math.inf if transmittance == 1.0 else -math.log1p(-transmittance) / math.log(2.0)


def checked_users(users: int) -> int:
    """``users`` if it is a number of transmitters that can share a receiver."""
    if users < 1:
        raise ValueError(f"users must be >= 1, got {users!r}; give how many transmitters share the receiver")
    return users


def either(first: float, second: float) -> float:
    """Probability of at least one of two independent events."""
    return first + second - first * second


_NOBODY = InterceptResend()


@dataclass(frozen=True, kw_only=True)
class QKD(Part, ABC):
    """A pair of boxes at the ends of a fibre that make the same secret bits.

    A protocol of one's own derives from this class and gives `error_rate` and `secret_rate`.

    Parameters
    ----------
    attenuation:
        Loss of the fibre [dB/m]; 0.2 dB/km is the usual planning value at 1550 nm [1]_.
    insertion_loss:
        Loss besides the fibre [dB]: connectors, filters, the splitter of an access network.
    detector_efficiency:
        Probability that a photon at a receiver clicks; 0.2 is typical of InGaAs avalanche diodes (assumption).
    dead_time:
        Time [s] for which a receiver is blind after a click (`qflsim.quantum.detectors`); 0 for none.
    after_pulse:
        Probability that a click brings another one, which knows nothing of the photon; 0 for none.
    error_correction:
        Bits disclosed per Shannon bit, f >= 1; 1.16 (assumption; GYS 1.22).
    realised_share:
        Share of the rate by the formula that the fielded system delivers, after whatever the formula leaves out.
    eavesdropping:
        The eavesdropper on this fibre; nobody by default.

    References
    ----------
    .. [1] ITU-T Recommendation G.652, "Characteristics of a single-mode optical fibre and cable".
    .. [2] B. Froehlich et al., "A quantum access network", Nature 501, 69 (2013).

    *Scope*: a protocol that gives a rate alone makes key steadily; one that derives from
    `qflsim.quantum.blockwise.BlockwiseQKD` makes it in blocks. Drift is not modelled. Authentication of the classical
    channel takes some of the key (a few per cent); it is part of ``realised_share``. Users of an access network share
    one receiver in time [2]_: each gets the rate divided by their number; the loss of the splitter belongs into
    ``insertion_loss``. Where the eavesdropper comes and goes, rates and error rates are those while she is there;
    `under` gives the link without her.
    """

    attenuation: float = quantity(0.2e-3, unit="dB/m", at_least=0, advice="give it per metre, e.g. 0.2 / km")
    insertion_loss: float = quantity(0.0, unit="dB", at_least=0, advice="give it in decibels, e.g. 3.0")
    detector_efficiency: float = quantity(0.2, above=0, at_most=1, advice="give a probability, e.g. 0.2")
    dead_time: float = quantity(0.0, unit="s", at_least=0, advice="give it in seconds, e.g. 2 * ns; 0 for none")
    after_pulse: float = quantity(0.0, at_least=0, at_most=1, advice="give a probability per click, e.g. 0.01")
    error_correction: float = quantity(1.16, at_least=1, advice="1 is the Shannon limit, e.g. 1.16")
    realised_share: float = quantity(1.0, above=0, at_most=1, advice="give a share, e.g. 0.19")
    eavesdropping: InterceptResend = _NOBODY

    @abstractmethod
    def error_rate(self, distance_m: float) -> float:
        """Quantum bit error rate over ``distance_m`` [m]: share of wrong bits in matching bases."""

    @abstractmethod
    def secret_rate(self, distance_m: float) -> float:
        """Secret bits per second [bit/s] by the formula of the protocol, 0 where no key can be made."""

    @property
    def noiseless(self) -> bool:
        """Whether clicks come from light alone, so that distance lowers the rate but never ends it."""
        return False

    def key_rate(self, distance_m: float, users: int = 1) -> float:
        """Secret key bits per second [bit/s] over ``distance_m`` [m] for each of ``users`` that share the receiver."""
        return self.secret_rate(distance_m) * self.realised_share / checked_users(users)

    def blocks(self, distance_m: float, *, users: int = 1, rng: np.random.Generator) -> BlockSource | None:
        """The link at work over ``distance_m`` [m], block by block; None if it makes key steadily, at `key_rate`.

        Parameters
        ----------
        distance_m:
            Length of the fibre [m].
        users:
            Transmitters that share the receiver in time; this is one of them.
        rng:
            A stream of this link alone.
        """
        return None

    def under(self, share: float) -> Self:
        """The same boxes with an eavesdropper on ``share`` of the pulses all the time."""
        return replace(self, eavesdropping=InterceptResend(share=share))

    def reach(self) -> float:
        """Distance [m] from which on no key is made; infinite if fibre or detectors are perfect."""
        if self.secret_rate(0.0) == 0.0:
            return 0.0
        if self.attenuation == 0.0 or self.noiseless:
            return math.inf
        near, far = 0.0, 1e3
        while self.secret_rate(far) > 0.0:
            near, far = far, 2.0 * far
        while far - near > 1e-3:
            middle = 0.5 * (near + far)
            near, far = (middle, far) if self.secret_rate(middle) > 0.0 else (near, middle)
        return near

    def loss(self, distance_m: float) -> float:
        """Loss [dB] from end to end of ``distance_m`` [m], detectors left out."""
        if not distance_m >= 0.0:
            raise ValueError(f"distance_m must be >= 0 m, got {distance_m!r}; give it in metres, e.g. 20 * km")
        return self.attenuation * distance_m + self.insertion_loss
