"""Digital signatures: their bytes on the wire and what signing and verifying take."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from qflsim.checks import Part, quantity
from qflsim.crypto.processors import Cost, Operation, Processor, measured

__all__ = ["ECDSA_P256", "MLDSA", "Falcon512", "SignatureScheme"]


@dataclass(frozen=True, kw_only=True)
class SignatureScheme(Part, ABC):
    """A way of signing: sizes in bytes, one operation to sign, one to verify.

    *Scope*: sizes and costs; nothing is signed, so nothing can be forged. Times are means. Hashing of long messages
    is not counted (below 3 microseconds per kilobyte on a server core).
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """Name of the scheme and its parameter set."""

    @property
    @abstractmethod
    def public_key_byte(self) -> int:
        """Bytes of a public key."""

    @property
    @abstractmethod
    def signature_byte(self) -> int:
        """Bytes of a signature."""

    @property
    @abstractmethod
    def signing(self) -> Operation:
        """The operation of making one signature."""

    @property
    @abstractmethod
    def verifying(self) -> Operation:
        """The operation of checking one signature."""

    @property
    @abstractmethod
    def quantum_safe(self) -> bool:
        """Whether no quantum algorithm that breaks it is known; Shor's breaks elliptic curves."""

    def sign(self, processor: Processor, count: int = 1) -> Cost:
        """Seconds and joules for ``processor`` to make ``count`` signatures."""
        return processor.cost((self.signing,) * count)

    def verify(self, processor: Processor, count: int = 1) -> Cost:
        """Seconds and joules for ``processor`` to check ``count`` signatures."""
        return processor.cost((self.verifying,) * count)


@dataclass(frozen=True, kw_only=True)
class ECDSA_P256(SignatureScheme):  # noqa: N801 - the name of the standard
    """Elliptic-curve signatures on P-256: small and fast, and broken by a large quantum computer.

    Compressed public keys and raw signatures [1]_; Cortex-M4 cycles from [2]_, server times from [3]_.

    References
    ----------
    .. [1] NIST FIPS 186-5, "Digital Signature Standard" (2023); SEC 1, section 2.3.
    .. [2] E. Lenngren, P256-Cortex-M4, https://github.com/Emill/P256-Cortex-M4, README (2021): on an
       nRF52840.
    .. [3] OpenSSL 3.0.19 on one x86-64 core at 2.5 GHz, see `X86Core`.
    """

    @property
    def name(self) -> str:
        """ECDSA-P256."""
        return "ECDSA-P256"

    @property
    def public_key_byte(self) -> int:
        """33 bytes: the x-coordinate and the sign of y."""
        return 33

    @property
    def signature_byte(self) -> int:
        """64 bytes: r and s."""
        return 64

    @property
    def signing(self) -> Operation:
        """375 kilocycles or 25.6 microseconds."""
        return measured(cortex_m4=375e3, x86_us=25.6)

    @property
    def verifying(self) -> Operation:
        """976 kilocycles or 74.9 microseconds."""
        return measured(cortex_m4=976e3, x86_us=74.9)

    @property
    def quantum_safe(self) -> bool:
        """False."""
        return False


# level: public key, signature [byte]; signing, verifying
_MLDSA = {
    44: (1312, 2420, measured(cortex_m4=3943.1e3, x86_us=101.1), measured(cortex_m4=1421.6e3, x86_us=31.7)),
    65: (1952, 3309, measured(cortex_m4=6193.2e3, x86_us=161.9), measured(cortex_m4=2415.9e3, x86_us=51.1)),
    87: (2592, 4627, measured(cortex_m4=7947.4e3, x86_us=182.8), measured(cortex_m4=4193.1e3, x86_us=77.1)),
}


@dataclass(frozen=True, kw_only=True)
class MLDSA(SignatureScheme):
    """Lattice signatures of FIPS 204 (Dilithium), the general-purpose post-quantum signature.

    Sizes from [1]_; Cortex-M4 cycles of the m4f code from [2]_, server times from [3]_.

    Parameters
    ----------
    level:
        Parameter set 44, 65 or 87.

    References
    ----------
    .. [1] NIST FIPS 204, "Module-Lattice-Based Digital Signature Standard" (2024), table 2.
    .. [2] PQM4, benchmarks.md, see `CortexM4`.
    .. [3] liboqs 0.16 on one x86-64 core at 2.5 GHz, see `X86Core`.
    """

    level: int = quantity(65, advice="give 44, 65 or 87")

    def check(self) -> None:
        """Refuse levels that the standard does not have."""
        if self.level not in _MLDSA:
            raise ValueError(f"MLDSA.level must be 44, 65 or 87, got {self.level!r}; FIPS 204 has no others")

    @property
    def name(self) -> str:
        """ML-DSA and its level."""
        return f"ML-DSA-{self.level}"

    @property
    def public_key_byte(self) -> int:
        """1312, 1952 or 2592 bytes."""
        return _MLDSA[self.level][0]

    @property
    def signature_byte(self) -> int:
        """2420, 3309 or 4627 bytes."""
        return _MLDSA[self.level][1]

    @property
    def signing(self) -> Operation:
        """Mean over the rejection loop."""
        return _MLDSA[self.level][2]

    @property
    def verifying(self) -> Operation:
        """One verification."""
        return _MLDSA[self.level][3]

    @property
    def quantum_safe(self) -> bool:
        """True."""
        return True


@dataclass(frozen=True, kw_only=True)
class Falcon512(SignatureScheme):
    """Lattice signatures with the smallest bytes, slow to make: Falcon-512, padded, to become FIPS 206.

    Sizes from [1]_; Cortex-M4 cycles of the provisional FN-DSA-512 from [2]_, server times from [3]_.

    References
    ----------
    .. [1] P.-A. Fouque et al., "Falcon: Fast-Fourier lattice-based compact signatures over NTRU", v1.2 (2020).
    .. [2] PQM4, benchmarks.md, see `CortexM4`.
    .. [3] liboqs 0.16 on one x86-64 core at 2.5 GHz, see `X86Core`.
    """

    @property
    def name(self) -> str:
        """Falcon-512."""
        return "Falcon-512"

    @property
    def public_key_byte(self) -> int:
        """897 bytes."""
        return 897

    @property
    def signature_byte(self) -> int:
        """666 bytes, padded."""
        return 666

    @property
    def signing(self) -> Operation:
        """22.5 megacycles or 333 microseconds."""
        return measured(cortex_m4=22_469.7e3, x86_us=332.7)

    @property
    def verifying(self) -> Operation:
        """397 kilocycles or 54 microseconds."""
        return measured(cortex_m4=396.9e3, x86_us=53.7)

    @property
    def quantum_safe(self) -> bool:
        """True."""
        return True
