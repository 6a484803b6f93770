"""Keys of a satellite pass, each distilled as one block.

References
----------
.. [1] SatQuMA 2.0.0-beta, "Satellite Quantum Modelling and Analysis", github.com/cnqo-qcomms/SatQuMA (MIT licence): the
   shipped example ``input-noopt-readloss.txt`` run; its table of losses ``FS_loss_XI0.csv``, every tenth second.
.. [2] S.-K. Liao et al., "Satellite-to-ground quantum key distribution", Nature 549, 43 (2017), from memory: 100 MHz,
   intensities 0.8, 0.1 and 0, sent with 50, 25 and 25 %, sifted keys at 14 kbit/s at 645 km and 1 kbit/s at 1200 km,
   1,671,072 sifted and 300,939 secret bits in 273 s, error rate 1.1 %.
"""

from collections.abc import Iterator

import numpy as np
from scipy.interpolate import CubicSpline

from qflsim.quantum.finite_bb84 import FiniteKeyBB84
from qflsim.quantum.finite_key import BlockProtocol
from qflsim.quantum.satellite import PassProfile, expected_pass
from qflsim.validation.comparison import Comparison

__all__ = ["SATQUMA", "comparisons", "satquma_boxes", "satquma_profile"]

SATQUMA = {
    (1e-8, 0.001, 0.0): 4_652_998,
    (1e-8, 0.001, 1.0): 3_682_006,
    (1e-7, 0.001, 0.0): 4_609_965,
    (1e-7, 0.05, 0.0): 0,
}
"""Dark counts of a detector for each pulse, misalignment, further loss [dB]: secret bits of the pass."""

_LOSSES = (
    26.99, 27.08, 27.35, 27.77, 28.33, 28.93, 29.55, 30.22, 30.88, 31.52, 32.15, 32.74, 33.33, 33.87, 34.40, 34.91,
    35.39, 35.85, 36.29, 36.72, 37.12, 37.52,
)  # fmt: skip
"""Loss [dB] at the zenith and every ten seconds after it (and before)."""


def comparisons() -> Iterator[Comparison]:
    """Rows on the pass of SatQuMA and on Micius."""
    for (dark, misalignment, further), bits in SATQUMA.items():
        block = expected_pass(satquma_boxes(dark, misalignment, further), satquma_profile())
        yield Comparison(
            quantity=f"pass, dark {dark:.0e}, {misalignment:.1%}, +{further:g} dB [bit]", published=bits,
            simulated=block.secret_bit, tolerance=1e-3, relative=True, source="SatQuMA 2.0.0-beta", basis="tool",
        )  # fmt: skip
    yield from _micius()


def satquma_profile() -> PassProfile:
    """Loss of a pass overhead at 500 km, in the 421 slices of a second of the shipped example."""
    times = np.arange(-210.0, 211.0)
    between = CubicSpline(10.0 * np.arange(len(_LOSSES)), _LOSSES, bc_type=((1, 0.0), "not-a-knot"))
    return PassProfile(times, between(np.abs(times)))


def satquma_boxes(dark: float, misalignment: float, further: float) -> FiniteKeyBB84:
    """The boxes of the shipped example, whose losses include the detectors'."""
    protocol = BlockProtocol(
        intensities=(0.7921, 0.1707, 0.0), probabilities=(0.7501, 0.1749, 0.075), key_basis=0.7611, deviation="chernoff"
    )
    return FiniteKeyBB84(
        protocol=protocol, pulse_rate=1e8, detector_efficiency=1.0, insertion_loss=further, dark_count_yield=2.0 * dark,
        misalignment=misalignment, after_pulse=1e-3, dead_time=0.0,
    )  # fmt: skip


def _micius() -> Iterator[Comparison]:
    """A pass whose losses follow from the two sifted rates and the range of an orbit that passes at 645 km.

    Sifted bits of two balanced bases are twice those of basis X, and so is the key, as each bounds the other.
    """
    times = np.arange(-136.0, 137.0)
    distance = np.hypot(645e3, 7.6e3 * times)
    nearest, farthest = (_loss_of(rate) for rate in (14e3, 1e3))
    losses = nearest + (farthest - nearest) * np.log(distance / 645e3) / np.log(1200e3 / 645e3)
    block = expected_pass(_micius_boxes(), PassProfile(times, losses))
    for quantity, published, simulated in (
        ("sifted", 1_671_072, 2 * block.sifted_bit),
        ("secret", 300_939, 2 * block.secret_bit),
    ):
        yield Comparison(
            quantity=f"{quantity} bits of a pass of Micius", published=published, simulated=simulated, tolerance=0.25,
            relative=True, source="Liao et al. 2017", basis="value",
        )  # fmt: skip


def _micius_boxes() -> FiniteKeyBB84:
    protocol = BlockProtocol(intensities=(0.8, 0.1, 0.0), probabilities=(0.5, 0.25, 0.25), key_basis=0.5)
    return FiniteKeyBB84(
        protocol=protocol, pulse_rate=1e8, detector_efficiency=1.0, dark_count_yield=1e-7, misalignment=0.011,
        after_pulse=0.0, dead_time=0.0,
    )  # fmt: skip


def _loss_of(sifted_rate: float) -> float:
    """Loss [dB] at which half of the clicks, those in matching bases, come at ``sifted_rate`` [bit/s]."""
    mean_photons = 0.5 * 0.8 + 0.25 * 0.1
    return float(-10.0 * np.log10(sifted_rate / (0.5 * 1e8 * mean_photons)))
