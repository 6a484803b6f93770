"""Entangled pairs: swapped, purified, used to teleport, and waited for.

References
----------
.. [1] H.-J. Briegel et al., Phys. Rev. Lett. 81, 5932 (1998): F = F1 F2 + (1 - F1)(1 - F2)/3.
.. [2] C. H. Bennett et al., Phys. Rev. Lett. 76, 722 (1996): the map of BBPSSW.
.. [3] D. Deutsch et al., Phys. Rev. Lett. 77, 2818 (1996): the map of DEJMPS; its first step from a Werner pair is that
   of [2]_, and the ladder was worked out apart from qflsim with density matrices.
.. [4] M. Horodecki, P. Horodecki, R. Horodecki, Phys. Rev. A 60, 1888 (1999): (2 F + 1)/3.
.. [5] N. Sangouard et al., Rev. Mod. Phys. 83, 33 (2011): (3 - 2p)/(p (2 - p)) attempts for two links; a Bell
   measurement half-way succeeds with p = (1/2) 10^(-(0.2 dB/km) L/10) once in every L/c, c = 2e8 m/s.
.. [6] S. D. Barrett, P. Kok, Phys. Rev. A 71, 060310 (2005): two rounds of photons in each attempt.
"""

from collections.abc import Iterator

from qflsim.quantum.entanglement import bbpssw, dejmps, swap, werner
from qflsim.quantum.heralding import Midpoint
from qflsim.quantum.teleportation import teleportation_fidelity
from qflsim.quantum.waiting import expected_attempts
from qflsim.units import km
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

_LADDER = {1: 0.7353, 6: 0.9998}


def comparisons() -> Iterator[Comparison]:
    """Rows on pairs, and on how long they take."""
    yield from _pairs()
    yield from _waiting()


def _pairs() -> Iterator[Comparison]:
    yield Comparison(
        quantity="swapping two pairs of fidelity 0.95", published=0.903333,
        simulated=swap(werner(0.95), werner(0.95)).fidelity, tolerance=5e-7, source="Briegel et al. 1998",
        basis="formula",
    )  # fmt: skip
    yield Comparison(
        quantity="BBPSSW of two pairs of fidelity 0.7", published=0.735294, simulated=bbpssw(0.7).pair.fidelity,
        tolerance=5e-7, source="Bennett et al. 1996", basis="formula",
    )  # fmt: skip
    for steps, fidelity in _LADDER.items():
        yield Comparison(
            quantity=f"DEJMPS from 0.7, fidelity after step {steps}", published=fidelity, simulated=_purified(steps),
            tolerance=5e-5, source="Deutsch et al. 1996", basis="formula",
        )  # fmt: skip
    yield Comparison(
        quantity="teleported over a pair of fidelity 0.9", published=0.9333, simulated=teleportation_fidelity(0.9),
        tolerance=5e-5, source="Horodecki et al. 1999", basis="formula",
    )  # fmt: skip


def _waiting() -> Iterator[Comparison]:
    yield Comparison(
        quantity="attempts until two links hold, p = 0.1", published=14.7368, simulated=expected_attempts(0.1, 2),
        tolerance=5e-5, source="Sangouard et al. 2011", basis="formula",
    )  # fmt: skip
    for rounds, rate, source in ((1, 6310.0, "Sangouard et al. 2011"), (2, 3155.0, "Barrett, Kok 2005")):
        yield Comparison(
            quantity=f"heralded pairs over 10 km, {'two rounds' if rounds > 1 else 'one round'} [1/s]", published=rate,
            simulated=_lossless(rounds).rate(10 * km), tolerance=0.5,
            source=source, basis="formula",
        )  # fmt: skip


def _lossless(rounds: int) -> Midpoint:
    """A link without any loss but the fibre's."""
    return Midpoint(rounds=rounds, source=1.0, detector=1.0, dark_count=0.0, preparation=0.0)


def _purified(steps: int) -> float:
    """Fidelity of a pair made of 2^``steps`` Werner pairs of fidelity 0.7."""
    pair = werner(0.7)
    for _ in range(steps):
        pair = dejmps(pair, pair).pair
    return pair.fidelity
