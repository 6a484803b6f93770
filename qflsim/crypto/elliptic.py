"""Elliptic curves, the cryptography of today's networks: small, fast, and broken by a large quantum computer."""

from dataclasses import dataclass

from qflsim.checks import quantity
from qflsim.crypto.computed import ComputedECDSA, ComputedEd25519
from qflsim.crypto.encapsulation import ComputedECDH, KEMLibrary
from qflsim.crypto.figures import KEMFigures, SignatureFigures, operations
from qflsim.crypto.kem import KEM
from qflsim.crypto.keyring import SignatureLibrary
from qflsim.crypto.signatures import SignatureScheme

__all__ = ["ECDH", "ECDSA_P256", "Ed25519"]

_ECDSA_P256 = SignatureFigures(
    "ECDSA-P256", 0, 33, 32, 64, *operations(kilocycles=(327.0, 375.0, 976.0), microseconds=(44.0, 25.6, 74.9))
)  # fmt: skip
_ED25519 = SignatureFigures(
    "Ed25519", 0, 32, 32, 64,
    *operations(kilocycles=(12.600 * 80, 16.047 * 80, 36.571 * 80), microseconds=(58.0, 50.6, 138.0)),
)  # fmt: skip

# Making a pair, then that and a multiple of the other's point, then such a multiple alone.
_ECDH = {
    "X25519": KEMFigures(
        "ECDH-X25519", 0, 32, 32, 32,
        *operations(kilocycles=(548.9, 548.9 + 548.9, 548.9), microseconds=(51.0, 51.0 + 39.0, 39.0)),
    ),
    "P-256": KEMFigures(
        "ECDH-P-256", 0, 65, 32, 65,
        *operations(kilocycles=(327.0, 327.0 + 906.0, 906.0), microseconds=(44.0, 44.0 + 57.1, 57.1)),
    ),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ECDSA_P256(SignatureScheme):  # noqa: N801 - the name of the standard
    """Elliptic-curve signatures on P-256: small and fast, and broken by a large quantum computer.

    Compressed public keys and raw signatures [1]_; Cortex-M4 cycles from [2]_, server times from [3]_.

    References
    ----------
    .. [1] NIST FIPS 186-5, "Digital Signature Standard" (2023); SEC 1, section 2.3.
    .. [2] E. Lenngren, P256-Cortex-M4, https://github.com/Emill/P256-Cortex-M4, README (2021): on an
       nRF52840.
    .. [3] OpenSSL 3.0.19 on one x86-64 core at 2.5 GHz, see `X86Core`. Key generation was measured on another core
       and is given at the speed of the first, at which the curve's other operations take the same.
    """

    @property
    def figures(self) -> SignatureFigures:
        """A point by its x-coordinate and the sign of y; two numbers."""
        return _ECDSA_P256

    def library(self) -> SignatureLibrary:
        """By the package ``cryptography``."""
        return ComputedECDSA()


@dataclass(frozen=True, kw_only=True)
class Ed25519(SignatureScheme):
    """Edwards-curve signatures on Curve25519: small and deterministic, and broken by a large quantum computer.

    Sizes from [1]_; Cortex-M4 cycles from [2]_, server times from [3]_.

    References
    ----------
    .. [1] S. Josefsson, I. Liusvaara, RFC 8032, "Edwards-curve digital signature algorithm" (2017).
    .. [2] wolfSSL 5.6.4, https://github.com/wolfSSL/wolfssl, IDE/STM32Cube/STM32_Benchmarks.md: 12.600 ms to make
       keys, 16.047 ms to sign and 36.571 ms to verify on an STM32L4A6 at 80 MHz with assembly. The P-256 code counted
       in `ECDSA_P256` is written for speed alone: that it is the faster on the Cortex-M4 says nothing of the curves.
    .. [3] As for `ECDSA_P256`.
    """

    @property
    def figures(self) -> SignatureFigures:
        """A point; a point and a number."""
        return _ED25519

    def library(self) -> SignatureLibrary:
        """By the package ``cryptography``."""
        return ComputedEd25519()


@dataclass(frozen=True, kw_only=True)
class ECDH(KEM):
    """Diffie-Hellman on an elliptic curve as key encapsulation: not safe from quantum computers.

    The responder makes a key pair for this one secret and sends its public key as ciphertext; the secret is derived
    from the product of both pairs (DHKEM of [1]_). Making a pair is a multiple of the curve's base point, encapsulation
    that and a multiple of the other's point, decapsulation such a multiple alone; the derivation's hashes are not
    counted.

    Sizes from [1]_, uncompressed on P-256; Cortex-M4 cycles from [2]_ and [3]_, server times from [4]_.

    Parameters
    ----------
    curve:
        ``"X25519"`` (RFC 7748) or ``"P-256"``.

    References
    ----------
    .. [1] R. Barnes, K. Bhargavan, B. Lipp, C. Wood, RFC 9180, "Hybrid Public Key Encryption" (2022), section 4.1 and
       table 2.
    .. [2] E. Lenngren, X25519-Cortex-M4, https://github.com/Emill/X25519-Cortex-M4, README (2020): 548,873 cycles.
    .. [3] As [2] of `ECDSA_P256`.
    .. [4] As [3] of `ECDSA_P256`.
    """

    curve: str = quantity("X25519", advice="give 'X25519' or 'P-256'")

    def check(self) -> None:
        """Refuse curves without figures."""
        if self.curve not in _ECDH:
            raise ValueError(f"ECDH.curve must be 'X25519' or 'P-256', got {self.curve!r}; other curves lack figures")

    @property
    def figures(self) -> KEMFigures:
        """The row of the curve."""
        return _ECDH[self.curve]

    def library(self) -> KEMLibrary:
        """By the package ``cryptography``."""
        return ComputedECDH(self.curve)
