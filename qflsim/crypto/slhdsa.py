"""Hash-based signatures: safe as long as the hash is, and heavy."""

from dataclasses import dataclass

from qflsim.checks import quantity
from qflsim.crypto.processors import Operation, measured
from qflsim.crypto.signatures import SignatureScheme

__all__ = ["SLHDSA"]

# variant: signature [byte]; signing, verifying
_SLHDSA = {
    "128s": (7856, measured(cortex_m4=7_657_558e3, x86_us=586_420.0), measured(cortex_m4=7_472e3, x86_us=587.7)),
    "128f": (17_088, measured(cortex_m4=368_575e3, x86_us=28_762.0), measured(cortex_m4=21_924e3, x86_us=1752.0)),
}


@dataclass(frozen=True, kw_only=True)
class SLHDSA(SignatureScheme):
    """Hash-based signatures of FIPS 205 (SPHINCS+) with SHA-2: the most cautious choice, and the heaviest.

    Sizes from [1]_; Cortex-M4 cycles of SPHINCS+ in portable C from [2]_, server times of portable C from [3]_.

    Parameters
    ----------
    variant:
        ``"128s"``, small and slow to sign (a minute on a device), or ``"128f"``, fast and large.

    References
    ----------
    .. [1] NIST FIPS 205, "Stateless hash-based digital signature standard" (2024), table 2.
    .. [2] PQM4, benchmarks.md, see `CortexM4`: sphincs-sha2-128s-simple and -128f-simple, "clean".
    .. [3] liboqs 0.16 on one x86-64 core at 2.5 GHz, see `X86Core`.

    *Scope*: as `SignatureScheme`. The parameter sets of higher categories (192, 256) are left out: no published times
    for both processors are at hand.
    """

    variant: str = quantity("128s", advice="give '128s' or '128f'")

    def check(self) -> None:
        """Refuse variants without published times."""
        if self.variant not in _SLHDSA:
            raise ValueError(
                f"SLHDSA.variant must be '128s' or '128f', got {self.variant!r}; the others of FIPS 205 lack times"
            )

    @property
    def name(self) -> str:
        """SLH-DSA, its hash and its variant."""
        return f"SLH-DSA-SHA2-{self.variant}"

    @property
    def public_key_byte(self) -> int:
        """32 bytes: a seed and a root."""
        return 32

    @property
    def signature_byte(self) -> int:
        """7856 or 17,088 bytes."""
        return _SLHDSA[self.variant][0]

    @property
    def signing(self) -> Operation:
        """Thousands of hash trees."""
        return _SLHDSA[self.variant][1]

    @property
    def verifying(self) -> Operation:
        """A few thousand hashes."""
        return _SLHDSA[self.variant][2]

    @property
    def quantum_safe(self) -> bool:
        """True."""
        return True
