"""Edwards-curve signatures: the other classical signature of today's networks."""

from dataclasses import dataclass

from qflsim.crypto.processors import Operation, measured
from qflsim.crypto.signatures import SignatureScheme

__all__ = ["Ed25519"]


@dataclass(frozen=True, kw_only=True)
class Ed25519(SignatureScheme):
    """Edwards-curve signatures on Curve25519: small and deterministic, and broken by a large quantum computer.

    Sizes from [1]_; Cortex-M4 cycles from [2]_, server times from [3]_.

    References
    ----------
    .. [1] S. Josefsson, I. Liusvaara, RFC 8032, "Edwards-curve digital signature algorithm" (2017).
    .. [2] wolfSSL 5.6.4, https://github.com/wolfSSL/wolfssl, IDE/STM32Cube/STM32_Benchmarks.md: 16.047 ms to sign and
       36.571 ms to verify on an STM32L4A6 at 80 MHz with assembly. The P-256 code counted in `ECDSA_P256` is
       written for speed alone: that it is the faster on the Cortex-M4 says nothing of the curves.
    .. [3] OpenSSL 3.0.19 on one x86-64 core at 2.5 GHz, see `X86Core`.
    """

    @property
    def name(self) -> str:
        """Ed25519."""
        return "Ed25519"

    @property
    def public_key_byte(self) -> int:
        """32 bytes: one encoded point."""
        return 32

    @property
    def signature_byte(self) -> int:
        """64 bytes: a point and a number."""
        return 64

    @property
    def signing(self) -> Operation:
        """1.28 megacycles or 50.6 microseconds."""
        return measured(cortex_m4=16.047e-3 * 80e6, x86_us=50.6)

    @property
    def verifying(self) -> Operation:
        """2.93 megacycles or 138 microseconds."""
        return measured(cortex_m4=36.571e-3 * 80e6, x86_us=138.0)

    @property
    def quantum_safe(self) -> bool:
        """False."""
        return False
