"""Bytes, cycles and joules of signatures, key encapsulation and quorum certificates.

References
----------
.. [1] NIST FIPS 203, 204 and 205 (2024); Falcon v1.2 (2020); RFC 8032, SEC 1, RFC 9180: sizes of keys, signatures and
   ciphertexts.
.. [2] M. J. Kannwischer et al., pqm4, benchmarks.md, commit cc2c1b9 (2026): cycles on a Cortex-M4 at 24 MHz, and the
   longest of 1000 signatures. Joules at 0.6 nJ per cycle (assumption).
.. [3] E. Lenngren, P256-Cortex-M4 (2021).
.. [4] Joules of a server core at 8 W (assumption) and the times of liboqs 0.16.
.. [5] A certificate of 16 validators holds ceil((16 + 5 + 1)/2) = 11 signatures.
"""

import math
from collections.abc import Iterator

from qflsim.chain.block import certificate_byte
from qflsim.chain.pbft import PBFT
from qflsim.crypto.elliptic import ECDH, ECDSA_P256, Ed25519
from qflsim.crypto.falcon import Falcon512, Falcon1024
from qflsim.crypto.kem import KEM, MLKEM
from qflsim.crypto.keyring import IDENTITY_BYTE
from qflsim.crypto.processors import CortexM4, Operation, X86Core
from qflsim.crypto.signatures import MLDSA, SignatureScheme
from qflsim.crypto.slhdsa import SLHDSA
from qflsim.units import MHz, mJ, ms
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

# public key, secret key, signature [byte]
_SIGNATURES: tuple[tuple[SignatureScheme, tuple[int, int, int], str], ...] = (
    (ECDSA_P256(), (33, 32, 64), "SEC 1; FIPS 186-5"),
    (Ed25519(), (32, 32, 64), "RFC 8032"),
    (MLDSA(level=44), (1312, 2560, 2420), "FIPS 204, t. 2"),
    (MLDSA(level=65), (1952, 4032, 3309), "FIPS 204, t. 2"),
    (MLDSA(level=87), (2592, 4896, 4627), "FIPS 204, t. 2"),
    (Falcon512(), (897, 1281, 666), "Falcon 1.2"),
    (Falcon1024(), (1793, 2305, 1280), "Falcon 1.2"),
    (SLHDSA(variant="128s"), (32, 64, 7856), "FIPS 205, t. 2"),
    (SLHDSA(variant="128f"), (32, 64, 17_088), "FIPS 205, t. 2"),
    (SLHDSA(variant="192s"), (48, 96, 16_224), "FIPS 205, t. 2"),
    (SLHDSA(variant="192f"), (48, 96, 35_664), "FIPS 205, t. 2"),
    (SLHDSA(variant="256s"), (64, 128, 29_792), "FIPS 205, t. 2"),
    (SLHDSA(variant="256f"), (64, 128, 49_856), "FIPS 205, t. 2"),
)
# public key, secret key, ciphertext [byte]
_KEMS: tuple[tuple[KEM, tuple[int, int, int], str], ...] = (
    (MLKEM(level=512), (800, 1632, 768), "FIPS 203, t. 3"),
    (MLKEM(level=768), (1184, 2400, 1088), "FIPS 203, t. 3"),
    (MLKEM(level=1024), (1568, 3168, 1568), "FIPS 203, t. 3"),
    (ECDH(curve="X25519"), (32, 32, 32), "RFC 9180, t. 2"),
    (ECDH(curve="P-256"), (65, 32, 65), "RFC 9180, t. 2"),
)
# signing, verifying [ms] at 24 MHz
_TIMES: tuple[tuple[SignatureScheme, float, float], ...] = (
    (MLDSA(level=44), 164.30, 59.23),
    (MLDSA(level=65), 258.05, 100.66),
    (MLDSA(level=87), 331.14, 174.71),
    (Falcon512(), 936.24, 16.54),
    (SLHDSA(variant="128f"), 15_357, 913.5),
)
# megacycles of the longest of 1000 signatures
_LONGEST = {44: 17.009165, 65: 26.008621, 87: 29.357607}
_CERTIFICATES: tuple[tuple[SignatureScheme, int], ...] = (
    (Ed25519(), 704),
    (Falcon512(), 7326),
    (MLDSA(level=44), 26_620),
    (MLDSA(level=65), 36_399),
    (SLHDSA(variant="128s"), 86_416),
)


def comparisons() -> Iterator[Comparison]:
    """Rows on bytes, then cycles, then joules, then certificates."""
    yield from _sizes()
    yield from _times()
    yield from _attempts()
    yield from _energies()
    yield from _certificates()


def _sizes() -> Iterator[Comparison]:
    for scheme, published, source in _SIGNATURES:
        f = scheme.figures
        own = f.public_key_byte + f.secret_key_byte + f.signature_byte
        yield _exact(f"{f.name}: keys and signature [byte]", sum(published), own, source)
    for kem, published, source in _KEMS:
        row = kem.figures
        own = row.public_key_byte + row.secret_key_byte + row.ciphertext_byte
        yield _exact(f"{row.name}: keys and ciphertext [byte]", sum(published), own, source)


def _exact(quantity: str, published: int, simulated: int, source: str) -> Comparison:
    return Comparison(
        quantity=quantity, published=published, simulated=simulated, tolerance=0.0, source=source, basis="value"
    )


def _times() -> Iterator[Comparison]:
    """Milliseconds on the Cortex-M4 at the clock at which its cycles were counted."""
    device = CortexM4(clock=24 * MHz)
    for scheme, signing, verifying in _TIMES:
        for verb, published, cost in (
            ("sign", signing, scheme.sign(device)),
            ("verify", verifying, scheme.verify(device)),
        ):
            yield _near(f"{scheme.name}: {verb}, Cortex-M4 [ms]", published, cost.time_s / ms, "pqm4, benchmarks.md")
    kem = MLKEM(level=768)
    for verb, published, operation in (
        ("encapsulate", 27.45, kem.encapsulation),
        ("decapsulate", 29.49, kem.decapsulation),
    ):
        simulated = device.cost([operation]).time_s / ms
        yield _near(f"{kem.name}: {verb}, Cortex-M4 [ms]", published, simulated, "pqm4, benchmarks.md")
    curve = CortexM4(clock=64 * MHz)
    for verb, published, operation in (
        ("sign", 5.9, ECDSA_P256().figures.signing), ("verify", 15.3, ECDSA_P256().figures.verifying),
    ):  # fmt: skip
        yield Comparison(
            quantity=f"ECDSA-P256: {verb}, nRF52840 [ms]", published=published, tolerance=0.051,
            simulated=curve.cost([operation]).time_s / ms, source="P256-Cortex-M4", basis="value",
        )  # fmt: skip


def _attempts() -> Iterator[Comparison]:
    """The longest of n geometric numbers of attempts is H_n / ln(1/(1 - 1/E)) + 1/2, give or take pi/sqrt(6) of it."""
    harmonic = math.fsum(1 / n for n in range(1, 1001))
    for level, published in _LONGEST.items():
        scheme = MLDSA(level=level)
        rate = -math.log1p(-1 / scheme.expected_attempts)
        step = _megacycles(scheme.signing_in(2)) - _megacycles(scheme.signing_in(1))
        yield Comparison(
            quantity=f"{scheme.name}: longest of 1000 [Mcycles]", published=published,
            simulated=_megacycles(scheme.signing_in(1)) + (harmonic / rate - 0.5) * step,
            tolerance=math.pi / math.sqrt(6) / rate * step, source="pqm4, benchmarks.md", basis="value",
        )  # fmt: skip


def _megacycles(operation: Operation) -> float:
    return 1e-6 * operation.cortex_m4


def _energies() -> Iterator[Comparison]:
    """Millijoules of a device and of a server core."""
    for processor, where, rows in (
        (CortexM4(), "Cortex-M4", ((MLDSA(level=65), 3.72, 1.45), (Falcon512(), 13.5, 0.24))),
        (X86Core(), "server", ((ECDSA_P256(), 0.20, 0.60), (MLDSA(level=65), 1.30, 0.41), (Falcon512(), 2.66, 0.43))),
    ):
        for scheme, *published in rows:
            costs = scheme.sign(processor), scheme.verify(processor)
            for verb, value, cost in zip(("sign", "verify"), published, costs, strict=True):
                yield Comparison(
                    quantity=f"{scheme.name}: {verb}, {where} [mJ]", published=value, simulated=cost.energy_j / mJ,
                    tolerance=0.025, relative=True, source="cycles x joules", basis="formula",
                )  # fmt: skip


def _near(quantity: str, published: float, simulated: float, source: str) -> Comparison:
    return Comparison(
        quantity=quantity, published=published, simulated=simulated, tolerance=2e-4, relative=True, source=source,
        basis="value",
    )  # fmt: skip


def _certificates() -> Iterator[Comparison]:
    quorum = PBFT().quorum(16)
    for scheme, size in _CERTIFICATES:
        yield Comparison(
            quantity=f"quorum of 16, {scheme.name} [byte]", published=size,
            simulated=certificate_byte(quorum, scheme) - 8 - quorum * IDENTITY_BYTE, tolerance=0.0,
            source="11 signatures", basis="formula",
        )  # fmt: skip
