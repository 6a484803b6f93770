"""Key rates, reach and error thresholds of decoy-state BB84, with unlimited and few decoys, and in finite blocks.

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
.. [7] M. Sasaki et al., Opt. Express 19, 10387 (2011): 304 kbit/s over 45 km, 14.5 dB.
.. [8] C. C. W. Lim et al., Phys. Rev. A 89, 022307 (2014): secret bits of a finite block; its formula was worked out
   apart from qflsim for 0.2 dB/km, detectors of 10 %, dark counts 6e-7, misalignment 0.5 %.
.. [9] C. H. Bennett et al., J. Cryptology 5, 3 (1992): intercept and resend, a quarter of the bits wrong.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace

from qflsim.quantum.eavesdropping import InterceptResend
from qflsim.quantum.finite_key import BlockProtocol, click_probabilities, expected_counts, secret_length
from qflsim.quantum.qkd import GYS, DecoyBB84, WeakDecoyBB84, plob_bound
from qflsim.units import dB, km
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

_RATES = {0: 2.5546e-3, 50: 2.2260e-4, 100: 1.7184e-5, 140: 2.4646e-7}
# distance [km], pulses: secret bits
_BLOCKS = {(50, 1e9): 0, (50, 1e11): 140_753_501, (100, 1e12): 135_307_178}
_BOUNDS = {50: 0.15200309, 200: 1.4428e-4}


def comparisons() -> Iterator[Comparison]:
    """Rows on the GYS link, on thresholds and on bounds."""
    yield from _gys()
    yield from _weak()
    yield from _blocks()
    yield from _thresholds()
    yield from _bounds()
    yield _tokyo()


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
    yield Comparison(
        quantity="GYS key at 50 km, weak decoys [bit/pulse]", published=2.096e-4,
        simulated=link.secret_bits_per_pulse(50 * km), tolerance=5e-4, relative=True, source="Ma et al. 2005",
        basis="formula",
    )  # fmt: skip


def _blocks() -> Iterator[Comparison]:
    protocol = BlockProtocol(intensities=(0.5, 0.1, 0.0), probabilities=(0.7, 0.2, 0.1), key_basis=0.9)
    for (distance, pulses), bits in _BLOCKS.items():
        eta = 0.1 * dB(-0.2 * distance)
        clicks, wrong = click_probabilities(protocol, eta, dark_yield=1.2e-6, misalignment=5e-3)
        counts = expected_counts(protocol, pulses, clicks, wrong)
        yield Comparison(
            quantity=f"block of {pulses:.0e} pulses over {distance} km [bit]", published=bits,
            simulated=secret_length(protocol, *counts), tolerance=0.0, source="Lim et al. 2014", basis="formula",
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


def _tokyo() -> Comparison:
    link = DecoyBB84(insertion_loss=14.5 - 9.0)
    return Comparison(
        quantity="fielded key rate, 45 km, 14.5 dB [bit/s]", published=304e3, simulated=link.key_rate(45 * km),
        tolerance=0.1, relative=True, source="Sasaki et al. 2011", basis="value",
        miss="The formula is asymptotic: finite keys, dead time and post-processing are left out. A fielded system is "
        "set with DecoyBB84(realised_share=0.19).",
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
