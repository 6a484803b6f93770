"""Keys from a satellite that passes overhead: the whole pass is one block, whatever the loss does on the way.

The orbit and the optics give the loss over time; the boxes are those of `qflsim.quantum.finite_bb84.FiniteKeyBB84`,
the sender in orbit. Clicks of all moments are summed and distilled together: a pass is too short to be divided [1]_.

References
----------
.. [1] J. S. Sidhu, T. Brougham, D. McArthur, R. G. Pousa, D. K. L. Oi, "Finite key effects in satellite quantum key
   distribution", npj Quantum Inf. 8, 18 (2022).

*Scope*: the boxes add their ``insertion_loss`` and ``detector_efficiency`` to the loss of the light, and no fibre;
their ``block_bit`` plays no part. Background light of the sky belongs into ``dark_count_yield``. The raw key of a pass
is distilled after it. An eavesdropper comes or goes between two slices.

*Validation*: the pass that the program SatQuMA 2 ships, at two losses, two dark count rates and two error rates; the
first keys from Micius.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .blockwise import Counts, Harvest, block_from
from .finite_bb84 import FiniteKeyBB84, PulsedLine
from .keyblocks import KeyBlock

__all__ = ["PassProfile", "drawn_pass", "expected_pass"]

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
        if not (steps.min() > 0.0 and np.ptp(steps) <= 1e-6 * steps[0]):
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


def expected_pass(boxes: FiniteKeyBB84, profile: PassProfile) -> KeyBlock:
    """The block that a pass gives on average.

    Parameters
    ----------
    boxes:
        The sender in orbit and the receiver on the ground.
    profile:
        The loss of the light against time.
    """
    line, tables = _slices(boxes, profile)
    pulses = boxes.pulse_rate * profile.slice_s
    return _block(boxes, line, profile, pulses, pulses * tables.sum(axis=0))


def drawn_pass(boxes: FiniteKeyBB84, profile: PassProfile, *, rng: np.random.Generator) -> KeyBlock:
    """A pass as it happens: all clicks of a slice are drawn at once.

    Parameters
    ----------
    boxes, profile:
        As in `expected_pass`.
    rng:
        A stream of this link alone.
    """
    line, tables = _slices(boxes, profile)
    kinds = tables.reshape(len(tables), -1)
    nothing = np.maximum(0.0, 1.0 - kinds.sum(axis=1, keepdims=True))
    pulses = round(boxes.pulse_rate * profile.slice_s)
    drawn = rng.multinomial(pulses, np.concatenate([kinds, nothing], axis=1))[:, :-1]
    return _block(boxes, line, profile, pulses, drawn.sum(axis=0).reshape(tables.shape[1:]))


def _slices(boxes: FiniteKeyBB84, profile: PassProfile) -> tuple[PulsedLine, Floats]:
    """A line of the boxes, and what a pulse of every slice does: (slices, bases, intensities, right or wrong)."""
    eta = boxes.detector_efficiency * 10.0 ** (-(profile.losses_db + boxes.insertion_loss) / 10.0)
    clicks, wrong = boxes.probabilities(eta)
    lines = [PulsedLine(boxes, c, w, boxes.pulse_rate) for c, w in zip(clicks.T, wrong.T, strict=True)]
    shares = [boxes.eavesdropping.share_at(float(time)) for time in profile.times]
    return lines[0], np.stack([line.table(share) for line, share in zip(lines, shares, strict=True)])


def _block(boxes: FiniteKeyBB84, line: PulsedLine, profile: PassProfile, pulses: float, counts: Counts) -> KeyBlock:
    """The block of a pass with ``pulses`` in each slice."""
    harvest = Harvest(profile.duration_s, pulses * len(profile.times), counts)
    return block_from(boxes, line, harvest, line.sifted(counts) / boxes.post_processing)
