"""A satellite pass as quantum key distribution sees it: loss against time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["PassProfile"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PassProfile:
    """Loss of a link that changes while it lasts, in equal slices of time.

    Parameters
    ----------
    times:
        Middle of every slice [s], simulated time, equally spaced, shape (n,), n >= 2.
    losses_db:
        Loss [dB] in every slice from the sender to the detectors, detectors left out (as `QKD.loss`), shape (n,).

    Raises
    ------
    ValueError
        If the shapes differ, the times are not equally spaced and increasing, or a loss is below zero or no number.
    """

    times: Floats
    losses_db: Floats

    def __post_init__(self) -> None:
        steps = np.diff(self.times)
        if self.times.ndim != 1 or self.times.shape != self.losses_db.shape or len(steps) < 1:
            raise ValueError(
                f"times and losses_db must have the same number of slices, at least 2, got shapes {self.times.shape} "
                f"and {self.losses_db.shape}"
            )
        if steps.min() <= 0.0 or np.ptp(steps) > 1e-6 * steps[0]:
            raise ValueError(
                f"times must be equally spaced and increasing, got steps of {steps.min()!r} to {steps.max()!r} s"
            )
        if not self.losses_db.min() >= 0.0:
            raise ValueError(f"losses_db must be >= 0 dB, got {self.losses_db.min()!r} dB; a loss counts positive")

    @property
    def slice_s(self) -> float:
        """Duration of one slice [s]."""
        return float(self.times[1] - self.times[0])

    @property
    def duration_s(self) -> float:
        """Duration of all slices [s]."""
        return self.slice_s * len(self.times)

    @property
    def start_s(self) -> float:
        """Time [s] at which the first slice begins."""
        return float(self.times[0]) - 0.5 * self.slice_s
