"""Hash-based signatures: safe as long as the hash is, and heavy."""

from dataclasses import dataclass

from qflsim.checks import quantity
from qflsim.crypto.computed import ComputedSLHDSA
from qflsim.crypto.figures import SignatureFigures, operations
from qflsim.crypto.keyring import SignatureLibrary
from qflsim.crypto.signatures import SignatureScheme

__all__ = ["SLHDSA"]

# variant: category, n; signature [byte]; kilocycles; microseconds
_TABLE = {
    "128s": (1, 16, 7856, (1_007_731.5, 7_657_558.2, 7471.8), (76_271.0, 586_420.0, 587.7)),
    "128f": (1, 16, 17_088, (15_743.0, 368_575.2, 21_923.6), (1210.0, 28_762.0, 1752.0)),
    "192s": (3, 24, 16_224, (1_509_655.0, 15_452_090.0, 13_494.9), (115_200.0, 1_058_000.0, 849.0)),
    "192f": (3, 24, 35_664, (23_570.2, 666_398.4, 35_457.9), (1790.0, 46_800.0, 2540.0)),
    "256s": (5, 32, 29_792, (1_001_040.8, 14_326_202.4, 19_637.2), (75_800.0, 948_000.0, 1260.0)),
    "256f": (5, 32, 49_856, (62_583.6, 1_377_768.6, 37_302.6), (4690.0, 97_000.0, 2540.0)),
}
_SLHDSA = {
    variant: SignatureFigures(
        f"SLH-DSA-SHA2-{variant}", category, 2 * n, 4 * n, signature_byte,
        *operations(kilocycles=kilocycles, microseconds=microseconds),
    )
    for variant, (category, n, signature_byte, kilocycles, microseconds) in _TABLE.items()
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SLHDSA(SignatureScheme):
    """Hash-based signatures of FIPS 205 (SPHINCS+) with SHA-2: the most cautious choice, and the heaviest.

    Public and secret key are two and four strings of n bytes. Sizes from [1]_; Cortex-M4 cycles of SPHINCS+ in portable
    C from [2]_, server times of portable C from [3]_. Those of categories 3 and 5 were measured on another core, the
    least of six runs, and are given at the speed of the first, at which the six operations of category 1 agree within
    3 %.

    Parameters
    ----------
    variant:
        Bits of security of the hash, 128, 192 or 256, and ``s``, small and slow to sign (a minute on a device), or
        ``f``, fast and large.

    References
    ----------
    .. [1] NIST FIPS 205, "Stateless Hash-Based Digital Signature Standard" (2024), table 2.
    .. [2] PQM4, benchmarks.md, see `CortexM4`: sphincs-sha2-128s-simple to -256f-simple, "clean".
    .. [3] liboqs 0.16 on one x86-64 core at 2.5 GHz, see `X86Core`.
    """

    variant: str = quantity("128s", advice="give e.g. '128s' or '128f'")

    def check(self) -> None:
        """Refuse variants that the standard does not have."""
        if self.variant not in _SLHDSA:
            known = ", ".join(map(repr, _SLHDSA))
            raise ValueError(f"SLHDSA.variant must be one of {known}, got {self.variant!r}; FIPS 205 has no others")

    @property
    def figures(self) -> SignatureFigures:
        """The row of the variant."""
        return _SLHDSA[self.variant]

    def library(self) -> SignatureLibrary:
        """By the package ``pqcrypto``."""
        return ComputedSLHDSA(self.variant)
