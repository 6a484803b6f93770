"""The devices of a cell that no round knows: how well they are heard on average."""

import numpy as np

from .cell import RadioCell

__all__ = ["Crowd"]


class Crowd:
    """Devices spread uniformly over a disc around their station, drawn by chance to stand for all others there.

    Parameters
    ----------
    cell:
        The radio cell, e.g. `UrbanMicro`.
    radius, nearest:
        Largest and smallest distance from the station [m].
    rng:
        Random stream of this estimate.
    samples:
        Number of devices drawn; the standard error of the estimate falls with its square root.

    Raises
    ------
    ValueError
        If every device drawn is in outage.
    """

    def __init__(
        self, cell: RadioCell, radius: float, rng: np.random.Generator, *, nearest: float = 10.0, samples: int = 1000
    ) -> None:
        distances = np.sqrt(nearest**2 + rng.random(samples) * (radius**2 - nearest**2))
        drawn = np.array([cell.draw(float(distance), rng).snr_up for distance in distances])
        self._link = cell.uplink
        self._snr = drawn[drawn >= self._link.minimum_snr]
        if not (self._snr > 0.0).any():
            raise ValueError(
                f"a cell of radius {radius:g} m has every device in outage; shrink it or raise device_power"
            )

    def efficiency(self, rise: float = 1.0) -> float:
        """Mean uplink efficiency [bit/s/Hz] as the band feels it, 1 / E[1 / efficiency].

        A bit at efficiency e takes 1/e [Hz s], so load is set by the harmonic mean. Devices that are in outage
        without interference send nothing and are left out; those that interference alone puts there repeat themselves
        at the lowest efficiency.

        Parameters
        ----------
        rise:
            Noise and interference together over the noise alone, (N + I) / N.
        """
        link = self._link
        sinr = np.maximum(self._snr / rise, link.minimum_snr)
        efficiency = np.minimum(link.attenuation * np.log2(1.0 + sinr), link.maximum)
        return float(1.0 / np.mean(1.0 / efficiency))
