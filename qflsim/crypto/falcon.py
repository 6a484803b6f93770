"""Falcon at its higher security level."""

from dataclasses import dataclass

from qflsim.crypto.processors import Operation, measured
from qflsim.crypto.signatures import SignatureScheme

__all__ = ["Falcon1024"]


@dataclass(frozen=True, kw_only=True)
class Falcon1024(SignatureScheme):
    """Lattice signatures of the highest security category at the smallest bytes: Falcon-1024, padded.

    Sizes from [1]_; Cortex-M4 cycles of the provisional FN-DSA-1024 from [2]_, server times from [3]_.

    References
    ----------
    .. [1] P.-A. Fouque et al., "Falcon: Fast-Fourier lattice-based compact signatures over NTRU", v1.2 (2020).
    .. [2] PQM4, benchmarks.md, see `CortexM4`.
    .. [3] liboqs 0.16 on one x86-64 core at 2.5 GHz, see `X86Core`.
    """

    @property
    def name(self) -> str:
        """Falcon-1024."""
        return "Falcon-1024"

    @property
    def public_key_byte(self) -> int:
        """1793 bytes."""
        return 1793

    @property
    def signature_byte(self) -> int:
        """1280 bytes, padded."""
        return 1280

    @property
    def signing(self) -> Operation:
        """48.3 megacycles or 658 microseconds."""
        return measured(cortex_m4=48_321.1e3, x86_us=658.4)

    @property
    def verifying(self) -> Operation:
        """794 kilocycles or 105 microseconds."""
        return measured(cortex_m4=793.9e3, x86_us=104.6)

    @property
    def quantum_safe(self) -> bool:
        """True."""
        return True
