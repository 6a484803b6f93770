"""Entangled pairs: swapped, purified, kept, used to teleport, and waited for.

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
.. [7] P. C. Humphreys et al., Nature 558, 268 (2018): p = 2 alpha eta, F = 1 - alpha of one click (from memory; derived
   apart from qflsim by counting photons on a beam splitter).
.. [8] G. Bowen, Phys. Rev. A 63, 022302 (2001): 2 - H bits by superdense coding.
"""

import math
from collections.abc import Iterator

import numpy as np

from qflsim.quantum.chain import ChainPlan
from qflsim.quantum.codes import LDPC, shannon_overhead
from qflsim.quantum.entanglement import bbpssw, dejmps, dephased, depolarised, swap, werner, werner_error_rate
from qflsim.quantum.heralding import Midpoint, SingleClick
from qflsim.quantum.memory import DepolarisingMemory
from qflsim.quantum.operations import PERFECT
from qflsim.quantum.repeaters import ChainRun
from qflsim.quantum.teleportation import bit_errors, channels, superdense_capacity, teleportation_fidelity
from qflsim.quantum.waiting import expected_attempts
from qflsim.units import km
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

_SWAPPED = {2: 0.90333, 3: 0.85978, 4: 0.81913, 5: 0.78118, 8: 0.68187, 16: 0.49869}
_BBPSSW = (0.7353, 0.7732, 0.8119, 0.8495, 0.8837, 0.9130)
_DEJMPS = (0.7353, 0.8459, 0.9344, 0.9720, 0.9970, 0.9998)
_RATES = {10: (6310.0, 3155.0), 25: (1265.0, 632.0), 50: (200.0, 100.0), 100: (10.0, 5.0)}
_WAITS = {2: 14.7368, 3: 17.9006, 4: 20.2734, 8: 26.2958}
_CHAINS = 4000
"""Chains run for each simulated wait."""


def comparisons() -> Iterator[Comparison]:
    """Rows on pairs, on what they carry, and on how long they take."""
    yield from _swapped()
    yield from _purified()
    yield from _kept()
    yield from _carried()
    yield from _heralded()
    yield from _waited()


def _swapped() -> Iterator[Comparison]:
    pair = werner(0.95)
    for links in range(2, 17):
        pair = swap(pair, werner(0.95))
        if links in _SWAPPED:
            yield Comparison(
                quantity=f"{links} swapped links of fidelity 0.95", published=_SWAPPED[links], simulated=pair.fidelity,
                tolerance=5.1e-6, source="Briegel et al. 1998", basis="formula",
            )  # fmt: skip


def _purified() -> Iterator[Comparison]:
    yield Comparison(
        quantity="success of BBPSSW at 0.7", published=0.68, simulated=bbpssw(0.7).success, tolerance=1e-12,
        source="Bennett et al. 1996", basis="formula",
    )  # fmt: skip
    simple, pair = 0.7, werner(0.7)
    for step, (slow, fast) in enumerate(zip(_BBPSSW, _DEJMPS, strict=True), start=1):
        simple, pair = bbpssw(simple).pair.fidelity, dejmps(pair, pair).pair
        for scheme, published, simulated, source in (
            ("BBPSSW", slow, simple, "Bennett et al. 1996"),
            ("DEJMPS", fast, pair.fidelity, "Deutsch et al. 1996"),
        ):
            yield Comparison(
                quantity=f"{scheme} from 0.7, fidelity after step {step}", published=published, simulated=simulated,
                tolerance=5.1e-5, source=source, basis="formula",
            )  # fmt: skip


def _kept() -> Iterator[Comparison]:
    yield Comparison(
        quantity="0.9 after a lifetime in depolarizing memory", published=0.489122,
        simulated=depolarised(werner(0.9), 1.0, 1.0).fidelity, tolerance=5e-7, source="1/4 + (F - 1/4)/e", basis="law",
    )  # fmt: skip
    yield Comparison(
        quantity="Phi+ after T2/2 in two dephasing memories", published=0.683940,
        simulated=dephased(werner(1.0), 0.5, 1.0).fidelity, tolerance=5e-7, source="(1 + 1/e)/2", basis="law",
    )  # fmt: skip


def _carried() -> Iterator[Comparison]:
    for fidelity, published in ((0.9, 0.9333), (0.95, 0.9667)):
        yield Comparison(
            quantity=f"teleported over a pair of fidelity {fidelity}", published=published,
            simulated=teleportation_fidelity(fidelity), tolerance=5e-5, source="Horodecki et al. 1999", basis="formula",
        )  # fmt: skip
    yield Comparison(
        quantity="the same, mean over three bases, 0.9", published=2.8 / 3.0, simulated=_teleported(0.9),
        tolerance=1e-12, source="Horodecki et al. 1999", basis="formula",
    )  # fmt: skip
    yield Comparison(
        quantity="wrong bits over a Werner pair of 0.95", published=0.0333, simulated=werner_error_rate(0.95),
        tolerance=5e-5, source="2 (1 - F)/3", basis="law",
    )  # fmt: skip
    yield Comparison(
        quantity="the same, bits teleported over it", published=werner_error_rate(0.95),
        simulated=float(bit_errors(np.array([werner(0.95)]))[0]), tolerance=1e-12, source="2 (1 - F)/3", basis="law",
    )  # fmt: skip
    for fidelity, bits in ((1.0, 2.0), (0.25, 0.0)):
        yield Comparison(
            quantity=f"superdense bits a qubit, pair of {fidelity}", published=bits,
            simulated=superdense_capacity(werner(fidelity)), tolerance=1e-12, source="Bowen 2001", basis="formula",
        )  # fmt: skip
    code = LDPC()
    yield Comparison(
        quantity="overhead of the code of 4096 bits", published=shannon_overhead(code.correctable / code.length),
        simulated=code.length / code.data_bit, tolerance=0.0, source="Shannon 1948", basis="law", bound="at least",
    )  # fmt: skip


def _heralded() -> Iterator[Comparison]:
    for distance, rates in _RATES.items():
        for rounds, rate, source in ((1, rates[0], "Sangouard et al. 2011"), (2, rates[1], "Barrett, Kok 2005")):
            yield Comparison(
                quantity=f"pairs over {distance} km, {'two rounds' if rounds > 1 else 'one round'} [1/s]",
                published=rate, simulated=_lossless(rounds).rate(distance * km), tolerance=1e-3, relative=True,
                source=source, basis="formula",
            )  # fmt: skip
    alpha, eta = 0.05, 1e-4
    click = SingleClick(
        bright_state=alpha, source=eta, detector=1.0, dark_count=0.0, visibility=1.0, phase_spread=0.0, mixed=0.0
    )
    yield Comparison(
        quantity="one click: success, alpha 0.05, eta 1e-4", published=2.0 * alpha * eta, simulated=click.success(0.0),
        tolerance=1e-4, relative=True, source="Humphreys et al. 2018", basis="formula",
    )  # fmt: skip
    yield Comparison(
        quantity="one click: fidelity, alpha 0.05", published=1.0 - alpha, simulated=click.pair(0.0).fidelity,
        tolerance=1e-4, source="Humphreys et al. 2018", basis="formula",
    )  # fmt: skip


def _waited() -> Iterator[Comparison]:
    for links, attempts in _WAITS.items():
        yield Comparison(
            quantity=f"attempts until {links} links hold, p = 0.1", published=attempts,
            simulated=expected_attempts(0.1, links), tolerance=5e-5, source="Sangouard et al. 2011", basis="formula",
        )  # fmt: skip
    for links, attempts in _WAITS.items():
        waits = _chain_waits(links)
        off = (waits.mean() - attempts) / (waits.std() / math.sqrt(len(waits)))
        yield Comparison(
            quantity=f"chain of {links}: standard errors off that", published=0.0, simulated=float(off), tolerance=4.0,
            source="Sangouard et al. 2011", basis="formula",
        )  # fmt: skip


def _chain_waits(links: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """Times [attempts] until a chain of links with success 0.1 has delivered, by its state machine."""
    link = Midpoint(
        source=math.sqrt(0.2), detector=1.0, dark_count=0.0, preparation=1.0, propagation=0.0, attenuation=0.0
    )
    plan = ChainPlan((1.0,) * links, link, DepolarisingMemory(), PERFECT)
    rng = np.random.default_rng(20 + links)
    return np.array([ChainRun(plan, 0.0, rng).finish().ready_s for _ in range(_CHAINS)])


def _teleported(fidelity: float) -> float:
    """Mean fidelity of the six states of three bases, which stand for all states, after the channel of a pair."""
    operators = [np.eye(2), np.diag([1, -1]), np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]])]
    states = [np.array(v) / np.linalg.norm(v) for v in ([1, 0], [0, 1], [1, 1], [1, -1], [1, 1j], [1, -1j])]
    suffered = channels(np.array([werner(fidelity)]))[0]
    kept = [sum(p * abs(s.conj() @ o @ s) ** 2 for p, o in zip(suffered, operators, strict=True)) for s in states]
    return float(np.mean(kept))


def _lossless(rounds: int) -> Midpoint:
    """A link without any loss but the fibre's."""
    return Midpoint(rounds=rounds, source=1.0, detector=1.0, dark_count=0.0, preparation=0.0)
