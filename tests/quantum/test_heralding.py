"""Heralded generation against photons on a beam splitter: two memories, two paths, two shapes, Fock states up to 2."""

import functools
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.linalg import expm

import qflsim as qfl
from qflsim.quantum.heralding import Midpoint, SingleClick
from qflsim.units import km, us

MODES = 4  # (path a, path b) x (shape of a's photon, a shape orthogonal to it)
FOCK = [n for n in itertools.product(range(3), repeat=MODES) if sum(n) <= 2]  # photons in each mode
NUMBER = len(FOCK)


@functools.cache
def operator(mode):
    """Annihilation operator of one mode, among states of two photons at most."""
    lower = np.zeros((NUMBER, NUMBER))
    for column, photons in enumerate(FOCK):
        if photons[mode]:
            fewer = tuple(n - (m == mode) for m, n in enumerate(photons))
            lower[FOCK.index(fewer), column] = math.sqrt(photons[mode])
    return lower


A, A2, B, B2 = range(MODES)


@functools.cache
def beam_splitter():
    generator = sum(operator(b).T @ operator(a) - operator(a).T @ operator(b) for a, b in ((A, B), (A2, B2)))
    return expm(math.pi / 4 * generator)


def lossy(rho, eta):
    """Pure loss on every mode; ``rho`` has shape (memory, light, memory, light)."""
    for mode in range(MODES):
        a = operator(mode)
        kept = np.diag([math.sqrt(eta) ** photons[mode] for photons in FOCK])
        kraus = [math.sqrt((1 - eta) ** k / math.factorial(k)) * kept @ np.linalg.matrix_power(a, k) for k in range(3)]
        rho = sum(np.einsum("lk,mknp,qp->mlnq", e, rho, e, optimize=True) for e in kraus)
    return rho


@functools.cache
def dark_of(paths):
    """Projector on no photon in any mode of ``paths``."""
    return np.diag([float(not any(photons[mode] for mode in paths)) for photons in FOCK])


def emission(visibility, phase):
    """From four memory states to memory and light: bright (1) emits; b's photon is partly of another shape."""
    vacuum = np.zeros(NUMBER, complex)
    vacuum[FOCK.index((0,) * MODES)] = 1
    of_b = np.exp(1j * phase) * (math.sqrt(visibility) * operator(B).T + math.sqrt(1 - visibility) * operator(B2).T)
    light = [vacuum, of_b @ vacuum, operator(A).T @ vacuum, operator(A).T @ of_b @ vacuum]
    isometry = np.zeros((4, NUMBER, 4), complex)
    for memory in range(4):
        isometry[memory, :, memory] = light[memory]
    return isometry


def clicked(memories, visibility, phase, eta, dark):
    """Memories (not normalised) after exactly one click, at the one detector and at the other."""
    v = emission(visibility, phase)
    rho = np.einsum("mla,ab,nkb->mlnk", v, memories, v.conj(), optimize=True)
    rho = lossy(rho, eta)
    u = beam_splitter()
    rho = np.einsum("lk,mknp,qp->mlnq", u, rho, u, optimize=True)
    silent = [(1 - dark) * dark_of(paths) for paths in ((A, A2), (B, B2))]
    one = np.eye(NUMBER)
    events = [(one - silent[0]) @ silent[1], silent[0] @ (one - silent[1])]
    return [np.einsum("mlnk,kl->mn", rho, event) for event in events]


X = np.array([[0, 1], [1, 0]])
BOTH_X = np.kron(X, X)
PSI = [np.array([0, 1, sign, 0]) / math.sqrt(2) for sign in (1, -1)]
PHI = [np.array([1, 0, 0, sign]) / math.sqrt(2) for sign in (1, -1)]


def in_bell_basis(rho, sign):
    """Weights of the wanted Psi state, the other Psi state, and the two Phi states."""
    states = [PSI[sign], PSI[1 - sign], *PHI]
    return np.array([(s @ rho @ s).real for s in states])


def spread(sigma):
    """Phases and weights of a Gaussian."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(9)
    return list(zip(sigma * nodes, weights / weights.sum(), strict=True))


def normalised(weights):
    total = weights.sum()
    i, z, x, y = weights / total
    return total, [i, z, (x + y) / 2, (x + y) / 2]


@pytest.mark.parametrize(
    ("alpha", "eta", "dark", "visibility", "sigma"),
    [(0.05, 0.3, 0.0, 1.0, 0.0), (0.3, 0.7, 0.02, 0.8, 0.3), (0.5, 1.0, 0.1, 0.5, 0.0), (0.2, 0.01, 0.001, 0.9, 0.25)],
)
def test_single_click_is_one_click_behind_a_beam_splitter(alpha, eta, dark, visibility, sigma):
    one = np.array([math.sqrt(1 - alpha), math.sqrt(alpha)])
    start = np.kron(one, one)
    weights = np.zeros(4)
    for phase, weight in spread(sigma):
        found = clicked(np.outer(start, start), visibility, phase, eta, dark)
        for sign, rho in zip((_sign_of_first(), 1 - _sign_of_first()), found, strict=True):
            weights += weight * in_bell_basis(rho, sign)
    total, state = normalised(weights)
    link = SingleClick(
        source=eta,
        detector=1.0,
        dark_count=dark,
        visibility=visibility,
        bright_state=alpha,
        phase_spread=sigma,
        mixed=0.0,
    )
    assert link.success(0.0) == pytest.approx(total, rel=1e-9)
    assert list(link.pair(0.0)) == pytest.approx(state, abs=1e-9)


@functools.cache
def _sign_of_first():
    """Which Psi state a click of the first detector stands for."""
    start = np.outer(PSI[0], PSI[0])
    found = clicked(start, 1.0, 0.0, 1.0, 0.0)[0]
    return 0 if np.trace(found).real > 0.5 else 1


@pytest.mark.parametrize(
    ("eta", "dark", "visibility"), [(0.3, 0.0, 1.0), (0.7, 0.02, 0.8), (1.0, 0.1, 0.5), (0.02, 0.001, 0.97)]
)
def test_midpoint_is_one_click_in_each_of_two_rounds(eta, dark, visibility):
    start = np.full((4, 4), 0.25)
    weights = np.zeros(4)
    for first, rho in enumerate(clicked(start, visibility, 0.4, eta, dark)):
        flipped = BOTH_X @ rho @ BOTH_X
        for second, left in enumerate(clicked(flipped, visibility, 0.4, eta, dark)):
            weights += in_bell_basis(left, 0 if first == second else 1)
    total, state = normalised(weights)
    link = Midpoint(source=eta, detector=1.0, dark_count=dark, visibility=visibility, rounds=2, mixed=0.0)
    assert link.success(0.0) == pytest.approx(total, rel=1e-9)
    assert list(link.pair(0.0)) == pytest.approx(state, abs=1e-9)


# --- limits, published values --------------------------------------------------------------------------------------


@given(st.floats(0.001, 0.5))
def test_single_click_to_first_order(alpha):
    link = SingleClick(
        source=1e-6, detector=1.0, dark_count=0.0, visibility=1.0, phase_spread=0.0, mixed=0.0, bright_state=alpha
    )
    assert link.success(0.0) == pytest.approx(2 * alpha * 1e-6, rel=1e-5)
    assert link.pair(0.0).fidelity == pytest.approx(1 - alpha, rel=1e-5)
    blurred = SingleClick(
        source=1e-6, detector=1.0, dark_count=0.0, visibility=0.81, phase_spread=0.5, mixed=0.0, bright_state=alpha
    )
    assert blurred.pair(0.0).fidelity == pytest.approx((1 - alpha) * (1 + 0.9 * math.exp(-0.125)) / 2, rel=1e-5)


PERFECT = {"source": 1.0, "detector": 1.0, "dark_count": 0.0, "preparation": 0.0, "mixed": 0.0, "visibility": 1.0}


@pytest.mark.parametrize(
    ("distance", "success", "rate", "twice"),
    [(10, 0.3155, 6310, 3155), (25, 0.1581, 1265, 632), (50, 0.0500, 200, 100), (100, 0.0050, 10, 5)],
)
def test_midpoint_rates(distance, success, rate, twice):
    once, both = Midpoint(**PERFECT), Midpoint(**PERFECT, rounds=2)
    assert once.success(distance * km) == pytest.approx(success, abs=6e-5)
    assert once.rate(distance * km) == pytest.approx(rate, rel=1e-3)
    assert both.rate(distance * km) == pytest.approx(twice, rel=1e-3)
    assert once.pair(distance * km).fidelity == pytest.approx(1.0)


def test_sources_and_detectors_count_twice():
    link = Midpoint(**PERFECT | {"source": 0.9, "detector": 0.8})
    assert link.success(10 * km) == pytest.approx(0.16354, abs=6e-6)
    assert link.sends(10 * km) == pytest.approx(0.72 * 10**-0.2)


def test_the_defaults_are_the_experiments_they_name():
    ions, diamond = Midpoint(), SingleClick()
    assert ions.rate(4.0) == pytest.approx(182, rel=0.02)
    assert ions.pair(4.0).fidelity == pytest.approx(0.94, abs=0.001)
    assert diamond.pair(2.0).fidelity == pytest.approx(0.81, abs=0.001)
    assert 2 * 0.05 * 4e-4 / (5.5 * us) == pytest.approx(diamond.rate(2.0), rel=0.05)


def test_an_attempt_takes_its_preparation_and_the_light_there_and_back():
    link = Midpoint(preparation=2 * us)
    assert link.attempt_time(10 * km) == pytest.approx(2 * us + 50 * us)
    assert Midpoint(preparation=2 * us, rounds=2).attempt_time(10 * km) == pytest.approx(2 * us + 100 * us)
    assert link.storage_time(10 * km) == link.light_time(10 * km) == pytest.approx(50 * us)


@settings(max_examples=50)
@given(st.floats(0, 300e3), st.floats(0, 300e3))
def test_longer_fibres_are_slower_and_darker(one, other):
    near, far = sorted((one, other))
    for link in (Midpoint(), SingleClick()):
        assert link.success(near) >= link.success(far) * (1 - 1e-12)
        assert link.pair(near).fidelity >= link.pair(far).fidelity - 1e-12
        assert sum(link.pair(far)) == pytest.approx(1.0)


def test_a_single_click_outruns_a_double_click_over_long_fibres():
    double, single = Midpoint(**PERFECT), SingleClick(**PERFECT, bright_state=0.1, phase_spread=0.0)
    assert double.success(10 * km) > single.success(10 * km)
    assert single.success(150 * km) > 10 * double.success(150 * km)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Midpoint(rounds=3), r"Midpoint.rounds must be <= 2, got 3"),
        (lambda: SingleClick(bright_state=0.0), r"SingleClick.bright_state must be > 0"),
        (lambda: Midpoint(attenuation=-1.0), r"Midpoint.attenuation must be >= 0 dB/m"),
        (lambda: Midpoint().success(-1.0), r"distance must be >= 0 m"),
        (lambda: Midpoint(dark_count=0.0).pair(1e8), "no attempt over .* is ever heralded"),
    ],
)
def test_mistakes_are_told(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_public_names():
    assert qfl.Midpoint is Midpoint and qfl.SingleClick is SingleClick
