"""Direct radio links between devices of one cell, beside the base station."""

from dataclasses import dataclass

import numpy as np

from qflsim.checks import quantity
from qflsim.streams import Streams
from qflsim.units import GHz, MHz, W, dB, dBm

from .capacity import UPLINK, TruncatedShannon, airtime, noise_power
from .cell import Channel
from .link import LinkModel, Quality
from .propagation import sidelink_los_probability, sidelink_path_loss
from .timing import SLOTS_OF_125_US, Access, SlotTiming

__all__ = ["Sidelink"]


@dataclass(frozen=True, kw_only=True)
class Sidelink(LinkModel):
    """Devices of one cell talk to each other directly, on a part of the band of their own.

    Urban street model of TR 37.885 [1]_: line of sight by chance, median path loss, log-normal shadowing; the truncated
    Shannon bound of the uplink, since a device sends. The channel of a pair is the same in both directions.

    Parameters
    ----------
    carrier:
        Carrier frequency [Hz]; 10 GHz, as the cell's.
    bandwidth:
        Part of the band set aside for the sidelinks of a cell [Hz]; 20 MHz, a common sidelink carrier [1]_.
    power:
        Radiated power [W]; 23 dBm [1]_.
    gain:
        Antenna gain at either end (a ratio); 0 dBi, a hand-held device (3 dBi for a vehicle [1]_).
    noise:
        Noise figure (a ratio); 9 dB [1]_.
    shadowing_los, shadowing_nlos:
        Standard deviation of shadowing [dB]; 3 and 4 dB [1]_. 0 switches it off.
    adaptation:
        Link adaptation.
    timing:
        Slots and processing times.

    References
    ----------
    .. [1] 3GPP TR 37.885, clause 6 and annex A (path loss, probability and shadowing read in ns-3's implementation; the
       remaining values from memory).

    Notes
    -----
    *Scope*: devices in the open. While two devices move, their luck with buildings and shadowing stays what it was
    drawn to be, and only the distance changes: near enough they see each other, too far they do not. TR 37.885 divides
    links into line of sight, blocked by a vehicle and blocked by a building; here every link without line of sight is
    blocked by a building, the worst of the three. No interference between pairs of a cell, which take turns
    (`SharedBand`), nor between cells. The model was made for 6 GHz and 30 to 63 GHz and is interpolated to 10 GHz.

    *Validation*: closed-form values of the two path losses and of the line-of-sight probability.
    """

    carrier: float = quantity(10 * GHz, unit="Hz", at_least=0.5 * GHz, at_most=100 * GHz, advice="e.g. 10 * GHz")
    bandwidth: float = quantity(20 * MHz, unit="Hz", above=0, advice="give it in hertz, e.g. 20 * MHz")
    power: float = quantity(dBm(23), unit="W", above=0, at_most=1 * W, advice="give watts, e.g. dBm(23)")
    gain: float = quantity(dB(0), above=0, advice="give a ratio, e.g. dB(0)")
    noise: float = quantity(dB(9), at_least=1, advice="give a ratio >= 1, e.g. dB(9)")
    shadowing_los: float = quantity(3.0, unit="dB", at_least=0, advice="give decibels as a number, e.g. 3.0")
    shadowing_nlos: float = quantity(4.0, unit="dB", at_least=0, advice="give decibels as a number, e.g. 4.0")
    adaptation: TruncatedShannon = UPLINK
    timing: SlotTiming = SLOTS_OF_125_US

    def draw(self, distance: float, rng: np.random.Generator) -> Channel:
        """The channel of two devices ``distance`` [m] apart; always takes two draws from ``rng``."""
        return self.channel(distance, rng.random(), rng.standard_normal())

    def luck(self, first: str, second: str, streams: Streams) -> tuple[float, float]:
        """Chance and deviate of the `channel` of two named devices, whichever is named first; the same each time."""
        rng = streams.fresh("sidelink", *sorted((first, second)))
        return rng.random(), rng.standard_normal()

    def channel(self, distance: float, chance: float, deviate: float) -> Channel:
        """The channel of two devices ``distance`` [m] apart.

        Parameters
        ----------
        chance:
            Uniform in [0, 1): in line of sight if it is below the probability of that.
        deviate:
            Standard normal deviate of the shadowing.
        """
        los = chance < sidelink_los_probability(distance)
        shadowing = deviate * (self.shadowing_los if los else self.shadowing_nlos)
        path_loss = sidelink_path_loss(distance, self.carrier, los)
        snr = self.power * self.gain**2 / dB(path_loss + shadowing) / noise_power(self.bandwidth, self.noise)
        efficiency = self.adaptation.efficiency(snr)
        return Channel(los, path_loss, shadowing, snr, snr, efficiency, efficiency)

    def airtime(self, size_bit: float, efficiency: float) -> float:
        """Time [s] for which ``size_bit`` bits at ``efficiency`` [bit/s/Hz] occupy the sidelink band."""
        return airtime(size_bit, efficiency, self.bandwidth)

    def access(self, size_bit: float, efficiency: float, rng: np.random.Generator) -> Access:
        """What slots and repetitions do to a message of ``size_bit`` [bit] at ``efficiency`` [bit/s/Hz]."""
        return self.timing.access(rng, self.timing.blocks(size_bit, efficiency * self.bandwidth))

    def quality(self, distance: float, rng: np.random.Generator) -> Quality:
        """What one message of a single block meets when it has the sidelink band to itself."""
        efficiency = self.draw(distance, rng).efficiency_up
        loss = self.timing.loss() if efficiency > 0.0 else 1.0
        return Quality(rate_bps=efficiency * self.bandwidth, delay_s=self.timing.access(rng).delay_s, loss=loss)
