"""Making entangled pairs over fibre: both ends send photons to a station half-way, and a click there heralds a pair.

References
----------
.. [1] C. Cabrillo, J. I. Cirac, P. Garcia-Fernandez, P. Zoller, "Creation of entangled states of distant atoms by
   interference", Phys. Rev. A 59, 1025 (1999).
.. [2] S. L. N. Hermans et al., "Entangling remote qubits using the single-photon protocol: an in-depth theoretical and
   experimental study", New J. Phys. 25, 013011 (2023).
.. [3] S. D. Barrett, P. Kok, "Efficient high-fidelity quantum computation using matter qubits and linear optics",
   Phys. Rev. A 71, 060310 (2005).
.. [4] N. Sangouard, C. Simon, H. de Riedmatten, N. Gisin, "Quantum repeaters based on atomic ensembles and linear
   optics", Rev. Mod. Phys. 83, 33 (2011).
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

from qflsim.checks import Part, quantity
from qflsim.units import km, us

from .entanglement import BellDiagonal, mixed

__all__ = ["Heralding", "Midpoint", "SingleClick"]


class _Heralds(NamedTuple):
    """Probabilities that an attempt is heralded, by what the memories then hold."""

    coherent: float
    """One bright and one dark memory, and nothing tells which is which but ``coherence``."""
    which_way: float
    """One bright and one dark memory, and the lost photon tells which: a dark count has heralded."""
    alike: float
    """Both bright or both dark: no pair at all."""
    coherence: float
    """Share of the off-diagonal elements that distinct photons and drifting phases leave of the first case."""

    @property
    def total(self) -> float:
        """That an attempt is heralded at all."""
        return self.coherent + self.which_way + self.alike


@dataclass(frozen=True, kw_only=True)
class Heralding(Part, ABC):
    """A pair of memories that emit photons into a fibre, and a beam splitter with two detectors half-way.

    A photon reaches its detector with probability eta = source detector 10^(-attenuation L/20). The pair that a click
    heralds is given in the Bell basis after the one bit-flip that turns Psi+ or Psi- into Phi+. A scheme of one's own
    derives from this class and gives `rounds` and `_heralds`.

    Parameters
    ----------
    source:
        Probability that a memory's photon enters the fibre: emission, collection, conversion to the fibre's wavelength.
    detector:
        Probability that a photon at a detector clicks.
    dark_count:
        Probability that one detector clicks without light while an attempt listens.
    visibility:
        Overlap V = |<a|b>|^2 of photons from the two ends, the visibility of their two-photon interference.
    mixed:
        Probability that everything else that goes wrong (preparation, polarisation, recoil, double emission) leaves
        the pair fully mixed.
    preparation:
        Time [s] to make the memories ready for an attempt: reset, cooling, excitation.
    attenuation:
        Loss of the fibre [dB/m]; 0.2 dB/km is the usual planning value at 1550 nm (ITU-T G.652).
    propagation:
        Light time in the fibre [s/m]; 5 us/km, the round value of the field.

    *Scope*: threshold detectors, an attempt counts if exactly one of the two clicks; the station lies half-way and
    knows at once; both ends are alike. Attempts follow each other as soon as the answer is back. What the memories
    lose while they wait for it is the memory's affair.

    *Validation*: success and state against photons counted on a beam splitter by density matrix.
    """

    source: float = quantity(0.0298, above=0, at_most=1, advice="give a probability, e.g. 0.03")
    detector: float = quantity(0.7, above=0, at_most=1, advice="give a probability, e.g. 0.7")
    dark_count: float = quantity(1e-6, at_least=0, below=1, advice="give a probability per attempt, e.g. 1e-6")
    visibility: float = quantity(0.97, at_least=0, at_most=1, advice="give a visibility, e.g. 0.9")
    mixed: float = quantity(0.061, at_least=0, at_most=1, advice="give a probability, e.g. 0.05")
    preparation: float = quantity(1.2 * us, unit="s", at_least=0, advice="give it in seconds, e.g. 1 * us")
    attenuation: float = quantity(0.2e-3, unit="dB/m", at_least=0, advice="give it per metre, e.g. 0.2 / km")
    propagation: float = quantity(5.0 * us / km, unit="s/m", at_least=0, advice="e.g. 5 * us / km")

    @property
    @abstractmethod
    def rounds(self) -> int:
        """Times in one attempt that photons go to the station and the answer comes back."""

    @abstractmethod
    def _heralds(self, arrives: float) -> _Heralds:
        """What heralds an attempt in which a photon clicks with probability ``arrives``."""

    def arrives(self, distance: float) -> float:
        """Probability eta that a photon of one end clicks half-way along a fibre of ``distance`` [m]."""
        return self.source * self.detector * self._passes(0.5 * distance)

    def sends(self, distance: float) -> float:
        """Probability that a photon of a memory passes the whole fibre of ``distance`` [m] and clicks at its end."""
        return self.source * self.detector * self._passes(distance)

    def success(self, distance: float) -> float:
        """Probability that one attempt over ``distance`` [m] is heralded as a pair, rightly or wrongly."""
        return self._heralds(self.arrives(distance)).total

    def pair(self, distance: float) -> BellDiagonal:
        """The pair that a herald over ``distance`` [m] stands for, at the emission of its photons."""
        coherent, which_way, alike, coherence = self._heralds(self.arrives(distance))
        total = coherent + which_way + alike
        if not total > 0.0:
            raise ValueError(f"no attempt over {distance!r} m is ever heralded; the fibre is too long")
        right = 0.5 * (coherent * (1.0 + coherence) + which_way) / total
        wrong = 0.5 * (coherent * (1.0 - coherence) + which_way) / total
        none = 0.5 * alike / total
        return mixed(BellDiagonal(right, wrong, none, none), 1.0 - self.mixed)

    def light_time(self, distance: float) -> float:
        """Time [s] that light or a message takes over ``distance`` [m] of fibre."""
        return distance * self.propagation

    def storage_time(self, distance: float) -> float:
        """Time [s] from the first photon's leaving to the herald's being back: L/c a round."""
        return self.rounds * self.light_time(distance)

    def attempt_time(self, distance: float) -> float:
        """Time [s] of one attempt over ``distance`` [m]: preparation, photons to the middle, answers back."""
        return self.preparation + self.storage_time(distance)

    def rate(self, distance: float) -> float:
        """Heralded pairs per second [Hz] over ``distance`` [m], one attempt after the other."""
        return self.success(distance) / self.attempt_time(distance)

    def _passes(self, length: float) -> float:
        if not 0.0 <= length < math.inf:
            raise ValueError(f"distance must be >= 0 m and finite, got {length!r}; give it in metres, e.g. 20 * km")
        return float(10.0 ** (-self.attenuation * length / 10.0))

    def _nothing_emitted(self) -> float:
        """Probability that exactly one detector clicks in the dark."""
        return 2.0 * self.dark_count * (1.0 - self.dark_count)

    def _one_emitted(self, arrives: float) -> tuple[float, float]:
        """Probabilities of one click: by the one photon that was emitted, and by a dark count after its loss."""
        return arrives * (1.0 - self.dark_count), (1.0 - arrives) * self._nothing_emitted()

    def _two_emitted(self, arrives: float) -> float:
        """Probability of one click if both ends emitted: one photon is lost, or both take the same way out."""
        together = 0.5 * (1.0 + self.visibility)
        light = 2.0 * arrives * (1.0 - arrives) + arrives**2 * together
        return light * (1.0 - self.dark_count) + (1.0 - arrives) ** 2 * self._nothing_emitted()


@dataclass(frozen=True, kw_only=True)
class SingleClick(Heralding):
    """Each memory emits a photon with a small probability alpha; one click says that one of them did [1]_ [2]_.

    To first order in eta an attempt succeeds with p = 2 alpha eta, and the pair has fidelity
    F = (1 - alpha) (1 + sqrt(V) exp(-sigma^2/2))/2: 1 - alpha if the photons are alike and the phase is known. The rate
    falls with the square root of what the fibre lets through; the price is the both-bright share alpha.

    Parameters
    ----------
    bright_state:
        Probability alpha that a memory is in the state that emits; 0.05 gave F = 0.81 with nitrogen vacancies [5]_
        (from memory).
    phase_spread:
        Standard deviation sigma [rad] of the phase between the two ways to the station; 0.25 (from memory of [5]_).

    The defaults of ``source`` (with ``detector`` 4e-4 in all) and ``preparation`` are those of [5]_ (from memory), and
    ``mixed`` is set to its fidelity.

    References
    ----------
    .. [1] C. Cabrillo et al., Phys. Rev. A 59, 1025 (1999).
    .. [2] S. L. N. Hermans et al., New J. Phys. 25, 013011 (2023).
    .. [5] P. C. Humphreys et al., "Deterministic delivery of remote entanglement on a quantum network", Nature 558, 268
       (2018).

    *Scope*: as `Heralding`; emission of two photons by one memory is left out.

    *Validation*: as `Heralding`; p = 2 alpha eta and F = 1 - alpha in the limit.
    """

    source: float = quantity(5e-4, above=0, at_most=1, advice="give a probability, e.g. 5e-4")
    detector: float = quantity(0.8, above=0, at_most=1, advice="give a probability, e.g. 0.8")
    dark_count: float = quantity(5e-7, at_least=0, below=1, advice="give a probability per attempt, e.g. 5e-7")
    visibility: float = quantity(0.9, at_least=0, at_most=1, advice="give a visibility, e.g. 0.9")
    mixed: float = quantity(0.126, at_least=0, at_most=1, advice="give a probability, e.g. 0.1")
    preparation: float = quantity(5.5 * us, unit="s", at_least=0, advice="give it in seconds, e.g. 5 * us")
    bright_state: float = quantity(0.05, above=0, below=1, advice="give a probability, e.g. 0.05")
    phase_spread: float = quantity(0.25, unit="rad", at_least=0, advice="give it in radians, e.g. 0.25")

    @property
    def rounds(self) -> int:
        """One."""
        return 1

    def _heralds(self, arrives: float) -> _Heralds:
        bright, dark = self.bright_state, 1.0 - self.bright_state
        seen, lost = self._one_emitted(arrives)
        alike = dark**2 * self._nothing_emitted() + bright**2 * self._two_emitted(arrives)
        coherence = math.sqrt(self.visibility) * math.exp(-0.5 * self.phase_spread**2)
        return _Heralds(2.0 * bright * dark * seen, 2.0 * bright * dark * lost, alike, coherence)


@dataclass(frozen=True, kw_only=True)
class Midpoint(Heralding):
    """Both memories emit a photon in one of two ways (early or late, or two polarisations); a click in each heralds.

    Linear optics tells two of four Bell states apart, so that p = eta^2/2, and F = (1 + V)/2 if no detector clicks in
    the dark [3]_ [4]_. Both photons have to arrive; phases cancel.

    Parameters
    ----------
    rounds:
        1 if both photons of the attempt are sent at once (polarisation, time bins), 2 for the scheme of Barrett and Kok
        [3]_, which flips the memories and sends a second photon after the first answer.

    The defaults are strontium ions 2 m apart [6]_ (from memory): 2.18e-4 pairs an attempt, 833,000 attempts and 182
    pairs a second, fidelity 0.94. A visibility of 0.97 is an *assumption*, and ``mixed`` is set to that fidelity.

    References
    ----------
    .. [3] S. D. Barrett, P. Kok, Phys. Rev. A 71, 060310 (2005).
    .. [4] N. Sangouard et al., Rev. Mod. Phys. 83, 33 (2011).
    .. [6] L. J. Stephenson et al., "High-rate, high-fidelity entanglement of qubits across an elementary quantum
       network", Phys. Rev. Lett. 124, 110501 (2020).

    *Scope*: as `Heralding`.

    *Validation*: as `Heralding`; published rates over 10 to 100 km.
    """

    rounds: int = quantity(1, at_least=1, at_most=2, advice="give 1, or 2 for Barrett and Kok")

    def _heralds(self, arrives: float) -> _Heralds:
        seen, lost = self._one_emitted(arrives)
        unlike = 0.5 * (seen + lost) ** 2
        alike = 0.5 * self._nothing_emitted() * self._two_emitted(arrives)
        return _Heralds(0.5 * seen**2, unlike - 0.5 * seen**2, alike, self.visibility)
