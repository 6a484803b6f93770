"""Secret bits of finite blocks, published and drawn, and the fielded links that work in them.

References
----------
.. [1] C. C. W. Lim et al., Phys. Rev. A 89, 022307 (2014): secret bits of a finite block; its formula was worked out
   apart from qflsim for 0.2 dB/km, detectors of 10 %, dark counts 6e-7, misalignment 0.5 %.
.. [2] M. Tomamichel, C. C. W. Lim, N. Gisin, R. Renner, Nat. Commun. 3, 634 (2012), equation 2, worked out apart from
   qflsim for as many sampled as kept bits, a leak of 1.1 n h(Q), security 1e-10 and 1e-12.
.. [3] J. Yin et al., Nature 582, 501 (2020): 0.43 bit/s without and 0.12 bit/s with finite keys, 372 bits in 3100 s at
   4.5 %, no key above about 6.0 %.
.. [4] M. Sasaki et al., Opt. Express 19, 10387 (2011): 304 kbit/s over 45 km, 14.5 dB.
.. [5] Z. Yuan et al., J. Lightwave Technol. 36, 3427 (2018): 13.72 Mbit/s over 2 dB.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import sqrt

import numpy as np

from qflsim.quantum.bbm92 import BBM92
from qflsim.quantum.blockwise import BlockwiseQKD
from qflsim.quantum.eavesdropping import InterceptResend
from qflsim.quantum.entangled_key import fixed_cost, kept_bits, two_basis_length
from qflsim.quantum.finite_bb84 import FiniteKeyBB84
from qflsim.quantum.finite_key import BlockProtocol, click_probabilities, expected_counts, secret_length
from qflsim.quantum.keyblocks import KeyBlock
from qflsim.quantum.keyrates import binary_entropy, plob_bound
from qflsim.quantum.thresholds import secret_fraction
from qflsim.units import dB, km
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

# distance [km]: secret bits of 1e9, 1e10, 1e11 and 1e12 pulses
_GRID = {
    0: (10_427_792, 142_396_851, 1_523_938_342, 15_546_640_223),
    50: (0, 10_175_629, 140_753_501, 1_509_446_345),
    100: (0, 0, 9_319_801, 135_307_178),
}
# bits: secret bits per bit at 1, 2.5 and 5 % of errors
_FRACTIONS = {1e4: (0.4986, 0.3512, 0.1452), 1e5: (0.7053, 0.5395, 0.3102), 1e6: (0.7868, 0.6101, 0.3695)}
_TIME_S = 3100.0


def comparisons() -> Iterator[Comparison]:
    """Rows on bounds, on drawn blocks and on fielded links."""
    yield from _grid()
    yield from _single_photons()
    yield from _yin()
    yield from _drawn()
    yield from _bounds()
    yield from _fielded()


def _grid() -> Iterator[Comparison]:
    protocol = BlockProtocol(intensities=(0.5, 0.1, 0.0), probabilities=(0.7, 0.2, 0.1), key_basis=0.9)
    for distance, lengths in _GRID.items():
        eta = 0.1 * dB(-0.2 * distance)
        clicks, wrong = click_probabilities(protocol, eta, dark_yield=1.2e-6, misalignment=5e-3)
        for exponent, bits in zip((9, 10, 11, 12), lengths, strict=True):
            counts = expected_counts(protocol, 10.0**exponent, clicks, wrong)
            yield Comparison(
                quantity=f"block of 1e{exponent} pulses over {distance} km [bit]", published=bits,
                simulated=secret_length(protocol, *counts), tolerance=0.0, source="Lim et al. 2014", basis="formula",
            )  # fmt: skip


def _single_photons() -> Iterator[Comparison]:
    for bits, fractions in _FRACTIONS.items():
        for rate, fraction in zip((0.01, 0.025, 0.05), fractions, strict=True):
            kept = kept_bits(bits, bits, rate, failure=1e-10 / 4, deviation="serfling")
            length = kept - 1.1 * bits * binary_entropy(rate) - fixed_cost(1e-10, 1e-12)
            yield Comparison(
                quantity=f"key per bit of {bits:.0e} bits, errors {rate:.1%}", published=fraction,
                simulated=length / bits, tolerance=6e-5, source="Tomamichel et al. 2012", basis="formula",
            )  # fmt: skip


def _yin() -> Iterator[Comparison]:
    """Entangled pairs from Micius; the sifted bits are those that its asymptotic rate implies."""
    bits = 0.43 * _TIME_S / secret_fraction(0.045, error_correction=1.19)

    def length(error: float) -> int:
        pairs = (0.5 * bits, 0.5 * bits), (0.5 * bits * error, 0.5 * bits * error)
        return two_basis_length(
            *pairs, error_correction=1.19, secrecy=1e-10, correctness=1e-10, deviation="fung"
        )  # fmt: skip

    yield Comparison(
        quantity="pairs from Micius, 3100 s at 4.5 % [bit]", published=372, simulated=length(0.045), tolerance=0.15,
        relative=True, source="Yin et al. 2020", basis="value",
    )  # fmt: skip
    yield Comparison(
        quantity="pairs from Micius: errors that leave no key", published=0.06,
        simulated=_last(lambda e: length(e) > 0), tolerance=0.002, source="Yin et al. 2020", basis="value",
    )  # fmt: skip


def _drawn() -> Iterator[Comparison]:
    """Means of drawn blocks, in standard errors from the expected block."""
    links: tuple[tuple[str, BlockwiseQKD], ...] = (("pulses", FiniteKeyBB84()), ("pairs", BBM92()))
    for name, link in links:
        expected = link.expected_block(25 * km)
        for quantity in ("error_rate", "duration_s"):
            values = [getattr(block, quantity) for block in _blocks(link, 200)]
            standard_error = float(np.std(values)) / sqrt(len(values))
            yield Comparison(
                quantity=f"drawn blocks of {name}: {quantity}, z", published=0.0,
                simulated=(float(np.mean(values)) - getattr(expected, quantity)) / standard_error, tolerance=4.0,
                source="law of large numbers", basis="law",
            )  # fmt: skip
        tapped = replace(link, eavesdropping=InterceptResend(share=0.2))
        seen = float(np.mean([block.error_rate for block in _blocks(tapped, 50)]))
        yield Comparison(
            quantity=f"drawn blocks of {name}, a fifth tapped", published=0.05 + 0.9 * expected.error_rate,
            simulated=seen, tolerance=5e-4, source="Bennett et al. 1992", basis="law",
        )  # fmt: skip


def _blocks(link: BlockwiseQKD, count: int) -> list[KeyBlock]:
    source = link.blocks(25 * km, rng=np.random.default_rng(20))
    if source is None:
        raise ValueError("an endless block cannot be drawn")
    return [source.next_block(0.0) for _ in range(count)]


def _bounds() -> Iterator[Comparison]:
    for link in (FiniteKeyBB84(block_bit=1e11), FiniteKeyBB84()):
        shares = [link.key_rate(d * km) / link.pulse_rate / plob_bound(dB(-0.2 * d)) for d in range(1, 301)]
        yield Comparison(
            quantity=f"blocks of {link.block_bit:.0e} bits, share of PLOB bound", published=1.0, simulated=max(shares),
            tolerance=0.0, bound="at most", source="Pirandola et al. 2017", basis="law",
        )  # fmt: skip


def _fielded() -> Iterator[Comparison]:
    for name, loss, rate, source in (
        ("Tokyo, 14.5 dB", 14.5, 304e3, "Sasaki et al. 2011"),
        ("fastest, 2 dB", 2.0, 13.72e6, "Yuan et al. 2018"),
    ):
        link = FiniteKeyBB84(attenuation=0.0, insertion_loss=loss)
        yield Comparison(
            quantity=f"fielded key rate, {name} [bit/s]", published=rate, simulated=link.key_rate(0.0), tolerance=0.1,
            relative=True, source=source, basis="value",
            miss="The default link is no measured one: its detectors, intensities and block length are not those of "
            "the fielded systems, which it meets within a factor of two.",
        )  # fmt: skip


def _last(works: Callable[[float], bool]) -> float:
    """The error rate up to which ``works`` is true, by bisection."""
    low, high = 0.0, 0.5
    while high - low > 1e-6:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if works(middle) else (low, middle)
    return low
