"""Falcon: lattice signatures with the smallest bytes, slow to make."""

from dataclasses import dataclass

from qflsim.crypto.computed import ComputedFalcon
from qflsim.crypto.figures import SignatureFigures, operations
from qflsim.crypto.keyring import SignatureLibrary
from qflsim.crypto.signatures import SignatureScheme

__all__ = ["Falcon512", "Falcon1024"]

_FALCON_512 = SignatureFigures(
    "Falcon-512", 1, 897, 1281, 666,
    *operations(kilocycles=(67_693.3, 22_469.7, 396.9), microseconds=(8676.0, 332.7, 53.7)),
)  # fmt: skip
_FALCON_1024 = SignatureFigures(
    "Falcon-1024", 5, 1793, 2305, 1280,
    *operations(kilocycles=(308_608.6, 48_321.1, 793.9), microseconds=(25_340.0, 658.4, 104.6)),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Falcon512(SignatureScheme):
    """Lattice signatures with the smallest bytes, slow to make: Falcon-512, padded, to become FIPS 206 (FN-DSA).

    Sizes from [1]_; Cortex-M4 cycles of the provisional FN-DSA-512 from [2]_, server times from [3]_.

    References
    ----------
    .. [1] P.-A. Fouque et al., "Falcon: Fast-Fourier lattice-based compact signatures over NTRU", v1.2 (2020).
    .. [2] PQM4, benchmarks.md, see `CortexM4`: fndsa_provisional, m4f.
    .. [3] liboqs 0.16 on one x86-64 core at 2.5 GHz, see `X86Core`.
    """

    @property
    def figures(self) -> SignatureFigures:
        """Category 1."""
        return _FALCON_512

    def library(self) -> SignatureLibrary:
        """By the package ``py_fn_dsa``."""
        return ComputedFalcon(512)


@dataclass(frozen=True, kw_only=True)
class Falcon1024(SignatureScheme):
    """Lattice signatures of the highest security category at the smallest bytes: Falcon-1024, padded.

    Sources as for `Falcon512`.
    """

    @property
    def figures(self) -> SignatureFigures:
        """Category 5."""
        return _FALCON_1024

    def library(self) -> SignatureLibrary:
        """By the package ``py_fn_dsa``."""
        return ComputedFalcon(1024)
