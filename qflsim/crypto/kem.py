"""Key encapsulation: agreeing on a secret over a public channel, safe from quantum computers."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from qflsim.checks import Part, quantity
from qflsim.crypto.processors import Operation, measured

__all__ = ["KEM", "MLKEM"]


@dataclass(frozen=True, kw_only=True)
class KEM(Part, ABC):
    """A way to agree on a 256-bit secret: a public key one way, a ciphertext back.

    The initiator makes a key pair and sends the public key; the responder encapsulates a secret to it and sends the
    ciphertext; the initiator decapsulates.

    *Scope*: sizes and mean costs; no secret is made. The public key must be signed by its owner, which is the
    sender's matter and not counted here.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """Name of the scheme and its parameter set."""

    @property
    @abstractmethod
    def public_key_byte(self) -> int:
        """Bytes from initiator to responder."""

    @property
    @abstractmethod
    def ciphertext_byte(self) -> int:
        """Bytes from responder to initiator."""

    @property
    @abstractmethod
    def key_generation(self) -> Operation:
        """The initiator's first operation."""

    @property
    @abstractmethod
    def encapsulation(self) -> Operation:
        """The responder's operation."""

    @property
    @abstractmethod
    def decapsulation(self) -> Operation:
        """The initiator's second operation."""


# level: public key, ciphertext [byte]; key generation, encapsulation, decapsulation
_MLKEM = {
    512: (
        800,
        768,
        measured(cortex_m4=392.4e3, x86_us=10.4),
        measured(cortex_m4=390.9e3, x86_us=12.4),
        measured(cortex_m4=428.2e3, x86_us=12.9),
    ),
    768: (
        1184,
        1088,
        measured(cortex_m4=642.1e3, x86_us=16.3),
        measured(cortex_m4=658.8e3, x86_us=17.8),
        measured(cortex_m4=707.8e3, x86_us=19.8),
    ),
    1024: (
        1568,
        1568,
        measured(cortex_m4=1019.0e3, x86_us=21.6),
        measured(cortex_m4=1031.6e3, x86_us=23.5),
        measured(cortex_m4=1094.0e3, x86_us=27.1),
    ),
}


@dataclass(frozen=True, kw_only=True)
class MLKEM(KEM):
    """Lattice key encapsulation of FIPS 203 (Kyber).

    Sizes from [1]_; Cortex-M4 cycles of the m4fspeed code from [2]_, server times from [3]_.

    Parameters
    ----------
    level:
        Parameter set 512, 768 or 1024.

    References
    ----------
    .. [1] NIST FIPS 203, "Module-Lattice-Based Key-Encapsulation Mechanism Standard" (2024), table 3.
    .. [2] PQM4, benchmarks.md, see `qflsim.crypto.processors.CortexM4`.
    .. [3] liboqs 0.16 on one x86-64 core at 2.5 GHz, see `qflsim.crypto.processors.X86Core`.
    """

    level: int = quantity(768, advice="give 512, 768 or 1024")

    def check(self) -> None:
        """Refuse levels that the standard does not have."""
        if self.level not in _MLKEM:
            raise ValueError(f"MLKEM.level must be 512, 768 or 1024, got {self.level!r}; FIPS 203 has no others")

    @property
    def name(self) -> str:
        """ML-KEM and its level."""
        return f"ML-KEM-{self.level}"

    @property
    def public_key_byte(self) -> int:
        """800, 1184 or 1568 bytes."""
        return _MLKEM[self.level][0]

    @property
    def ciphertext_byte(self) -> int:
        """768, 1088 or 1568 bytes."""
        return _MLKEM[self.level][1]

    @property
    def key_generation(self) -> Operation:
        """One key pair."""
        return _MLKEM[self.level][2]

    @property
    def encapsulation(self) -> Operation:
        """One encapsulation."""
        return _MLKEM[self.level][3]

    @property
    def decapsulation(self) -> Operation:
        """One decapsulation."""
        return _MLKEM[self.level][4]
