"""How many bits a received signal carries: thermal noise and the attenuated, truncated Shannon bound."""

import math
from dataclasses import dataclass

from qflsim.checks import Part, quantity
from qflsim.units import dB, dBm

__all__ = ["DOWNLINK", "UPLINK", "TruncatedShannon", "airtime", "noise_power", "truncated_shannon"]

THERMAL_NOISE = dBm(-174)  # k T at 290 K [W/Hz]


def noise_power(bandwidth: float, noise_figure: float) -> float:
    """Noise [W] that a receiver of ``noise_figure`` (a ratio, e.g. ``dB(5)``) hears in ``bandwidth`` [Hz].

    N = k T B F with k T = -174 dBm/Hz.

    Notes
    -----
    *Validation*: 20 MHz and 9 dB: -91.9897 dBm; 100 MHz and 5 dB: -89.0 dBm; 1 GHz and 10 dB: -74.0 dBm.
    """
    return THERMAL_NOISE * bandwidth * noise_figure


def truncated_shannon(snr: float, *, attenuation: float, minimum_snr: float, maximum: float) -> float:
    """Spectral efficiency [bit/s/Hz] of a real link adaptation at signal-to-noise ratio ``snr`` (a ratio, not dB).

    0 below ``minimum_snr``, else min(``attenuation`` log2(1 + snr), ``maximum``) [1]_.

    References
    ----------
    .. [1] 3GPP TR 36.942, "E-UTRA radio frequency system scenarios", annex A.1.
    """
    if snr < minimum_snr:
        return 0.0
    return min(attenuation * math.log2(1.0 + snr), maximum)


def airtime(size_bit: float, efficiency: float, bandwidth: float) -> float:
    """Time [s] for which ``size_bit`` bits at ``efficiency`` [bit/s/Hz] occupy a band of ``bandwidth`` [Hz].

    Raises
    ------
    ValueError
        If the link is in outage.
    """
    if efficiency <= 0.0:
        raise ValueError(f"efficiency must be > 0 bit/s/Hz, got {efficiency!r}; a link in outage carries nothing")
    return size_bit / (efficiency * bandwidth)


@dataclass(frozen=True, kw_only=True)
class TruncatedShannon(Part):
    """Link adaptation that reaches a fixed share of Shannon's bound between an outage and a highest modulation.

    Parameters
    ----------
    attenuation:
        Share of the Shannon bound that is reached, retransmissions included.
    minimum_snr:
        Signal-to-noise ratio (a ratio, e.g. ``dB(-10)``) below which nothing gets through.
    maximum:
        Efficiency of the highest modulation and coding scheme [bit/s/Hz].

    References
    ----------
    .. [1] 3GPP TR 36.942, annex A.1: downlink 0.6, -10 dB, 4.4; uplink 0.4, -10 dB, 2.0 bit/s/Hz.

    Notes
    -----
    *Scope*: averages over fast fading and retransmissions; the baseline is an LTE link, which NR surpasses at
    high signal-to-noise ratio (TR 38.803 caps at 30 dB downlink and 22 dB uplink instead).

    *Validation*: 16 values from -15 to 30 dB.
    """

    attenuation: float = quantity(0.6, above=0, at_most=1, advice="give a share, e.g. 0.6")
    minimum_snr: float = quantity(dB(-10), at_least=0, advice="give a ratio, e.g. dB(-10)")
    maximum: float = quantity(4.4, unit="bit/s/Hz", above=0, infinite=True, advice="e.g. 4.4")

    def efficiency(self, snr: float) -> float:
        """Spectral efficiency [bit/s/Hz] at signal-to-noise ratio ``snr`` (a ratio); 0 is outage."""
        return truncated_shannon(snr, attenuation=self.attenuation, minimum_snr=self.minimum_snr, maximum=self.maximum)


DOWNLINK = TruncatedShannon(attenuation=0.6, minimum_snr=dB(-10), maximum=4.4)
UPLINK = TruncatedShannon(attenuation=0.4, minimum_snr=dB(-10), maximum=2.0)
