"""Key rates, reach and error thresholds of decoy-state BB84, with unlimited and few decoys, and of single photons.

References
----------
.. [1] X. Ma, B. Qi, Y. Zhao, H.-K. Lo, "Practical decoy state for quantum key distribution", Phys. Rev. A 72, 012326
   (2005): parameters of the GYS link, optimal intensities 0.48 and 0.54, reach 142.05 km, and 140.55 km with
   vacuum and one weak decoy.
.. [2] Python package ``qkd``, version 0.2.0: rates of [1]_ at 0, 50, 100 and 140 km, run.
.. [3] C. Gobby, Z. L. Yuan, A. J. Shields, Appl. Phys. Lett. 84, 3762 (2004): error rate 8.9 % at 122 km.
.. [4] P. W. Shor, J. Preskill, Phys. Rev. Lett. 85, 441 (2000): one-way BB84 stops at 11.0 %.
.. [5] H.-K. Lo, X. Ma, K. Chen, Phys. Rev. Lett. 94, 230504 (2005): no key beyond 208 km, where e1 = 1/4.
.. [6] S. Pirandola, R. Laurenza, C. Ottaviani, L. Banchi, Nat. Commun. 8, 15043 (2017): repeaterless bound.
.. [7] H.-K. Lo, Quantum Inf. Comput. 1, 81 (2001): the six-state protocol stops at 12.6 %.
.. [8] C. H. Bennett et al., J. Cryptology 5, 3 (1992): intercept and resend, a quarter of the bits wrong.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace

from qflsim.quantum.eavesdropping import InterceptResend
from qflsim.quantum.qkd import GYS, DecoyBB84, WeakDecoyBB84, plob_bound
from qflsim.quantum.thresholds import Bases, highest_error_rate, least_fidelity
from qflsim.units import dB, km
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

_RATES = {0: 2.5546e-3, 50: 2.2260e-4, 100: 1.7184e-5, 140: 2.4646e-7}
# distance [km]: bit/pulse at mu = 0.48 with unlimited decoys, and with one of 0.05 and the vacuum
_TABLE = {
    0: (2.555e-3, 2.414e-3),
    20: (9.625e-4, 9.078e-4),
    50: (2.226e-4, 2.096e-4),
    80: (4.990e-5, 4.685e-5),
    100: (1.718e-5, 1.602e-5),
    120: (4.815e-6, 4.369e-6),
    140: (2.465e-7, 7.378e-8),
}
_BOUNDS = {50: 0.15200309, 200: 1.4428e-4}


def comparisons() -> Iterator[Comparison]:
    """Rows on the GYS link, on thresholds and on bounds."""
    yield from _gys()
    yield from _weak()
    yield from _thresholds()
    yield from _bounds()


def _gys() -> Iterator[Comparison]:
    for distance, rate in _RATES.items():
        yield Comparison(
            quantity=f"GYS key at {distance} km [bit/pulse]", published=rate,
            simulated=GYS.secret_bits_per_pulse(distance * km), tolerance=5e-5, relative=True,
            source="Python package qkd 0.2.0", basis="tool",
        )  # fmt: skip
    yield Comparison(
        quantity="GYS reach [km]", published=142.05, simulated=GYS.reach() / km, tolerance=1e-3, relative=True,
        source="Ma et al. 2005", basis="value",
    )  # fmt: skip
    for correction, best in ((1.22, 0.48), (1.0, 0.54)):
        yield Comparison(
            quantity=f"GYS best photons per pulse, f = {correction:g}", published=best,
            simulated=_best_intensity(correction), tolerance=0.005, source="Ma et al. 2005", basis="value",
        )  # fmt: skip
    weak = replace(GYS, intensity=0.1)
    yield Comparison(
        quantity="GYS measured error rate at 122 km", published=0.089, simulated=weak.error_rate(122 * km),
        tolerance=0.001, source="Gobby et al. 2004", basis="value",
    )  # fmt: skip
    single = replace(GYS, intensity=1.0)  # 1 - exp(-eta) = eta at such distances: the errors of single photons
    yield Comparison(
        quantity="GYS distance at which e1 = 1/4 [km]", published=208.0,
        simulated=_last(lambda d: single.error_rate(d * km) < 0.25, 400.0), tolerance=0.5,
        source="Lo, Ma, Chen 2005", basis="value",
    )  # fmt: skip


def _weak() -> Iterator[Comparison]:
    link = WeakDecoyBB84(**{field.name: getattr(GYS, field.name) for field in fields(GYS)})
    yield Comparison(
        quantity="GYS reach, weak decoys of 0.05 [km]", published=140.55, simulated=link.reach() / km, tolerance=1e-3,
        relative=True, source="Ma et al. 2005", basis="value",
    )  # fmt: skip
    for distance, rates in _TABLE.items():
        for name, boxes, rate in zip(("unlimited", "weak"), (GYS, link), rates, strict=True):
            yield Comparison(
                quantity=f"GYS at {distance} km, {name} decoys [bit/pulse]", published=rate,
                simulated=boxes.secret_bits_per_pulse(distance * km), tolerance=5e-4, relative=True,
                source="Ma et al. 2005", basis="formula",
            )  # fmt: skip


def _thresholds() -> Iterator[Comparison]:
    yield Comparison(
        quantity="highest error rate with a key, f = 1", published=0.110, simulated=_highest_error(1.0), tolerance=5e-4,
        source="Shor, Preskill 2000", basis="value",
    )  # fmt: skip
    yield Comparison(
        quantity="highest error rate with a key, f = 1.22", published=0.0942, simulated=_highest_error(1.22),
        tolerance=5e-5, source="1 = (1 + f) h(e)", basis="formula",
    )  # fmt: skip
    yield Comparison(
        quantity="the same with three bases (six-state)", published=0.126, simulated=highest_error_rate(bases=3),
        tolerance=5e-4, source="Lo 2001", basis="value",
    )  # fmt: skip
    limits: tuple[tuple[Bases, float], ...] = ((2, 0.8350), (3, 0.8107))
    for bases, fidelity in limits:
        yield Comparison(
            quantity=f"least fidelity of a Werner pair, {bases} bases", published=fidelity,
            simulated=least_fidelity(bases=bases), tolerance=5e-5, source="e = 2 (1 - F)/3", basis="formula",
        )  # fmt: skip
    stopping = InterceptResend(share=0.44)
    yield Comparison(
        quantity="error rate under 44 % intercepted", published=highest_error_rate(), simulated=stopping.raised(0.0),
        tolerance=5e-4, source="Shor, Preskill 2000", basis="law",
    )  # fmt: skip
    tapped = replace(GYS, dark_count_yield=0.0, misalignment=0.0, eavesdropping=InterceptResend(share=1.0))
    yield Comparison(
        quantity="error rate with every pulse intercepted", published=0.25, simulated=tapped.error_rate(50 * km),
        tolerance=1e-12, source="Bennett et al. 1992", basis="law",
    )  # fmt: skip


def _bounds() -> Iterator[Comparison]:
    for distance, bits in _BOUNDS.items():
        yield Comparison(
            quantity=f"repeaterless bound, {distance} km [bit/pulse]", published=bits,
            simulated=plob_bound(dB(-0.2 * distance)), tolerance=1e-4, relative=True,
            source="Pirandola et al. 2017", basis="formula",
        )  # fmt: skip
    for name, link in (("GYS", GYS), ("default link", DecoyBB84())):
        loss = link.attenuation * km
        shares = [link.secret_bits_per_pulse(d * km) / plob_bound(dB(-loss * d)) for d in range(1, 301)]
        yield Comparison(
            quantity=f"{name}: largest share of that bound", published=1.0, simulated=max(shares), tolerance=0.0,
            bound="at most", source="Pirandola et al. 2017", basis="law",
        )  # fmt: skip


def _best_intensity(error_correction: float) -> float:
    """The intensity with the highest rate where dark counts do not matter, to 0.001."""

    def rate(intensity: float) -> float:
        link = replace(GYS, intensity=intensity, error_correction=error_correction, dark_count_yield=0.0)
        return link.secret_bits_per_pulse(100 * km)

    return max((i / 1000 for i in range(300, 800)), key=rate)


def _highest_error(error_correction: float) -> float:
    """The error rate at which single photons without dark counts stop to make key."""
    link = replace(GYS, intensity=1e-9, dark_count_yield=0.0, error_correction=error_correction)
    return _last(lambda e: replace(link, misalignment=e).secret_bits_per_pulse(0.0) > 0.0, 0.5)


def _last(works: Callable[[float], bool], high: float) -> float:
    """The number between 0 and ``high`` up to which ``works`` is true, by bisection."""
    low = 0.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if works(middle) else (low, middle)
    return low
