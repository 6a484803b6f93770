"""Key encapsulation: agreeing on a secret over a public channel."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from qflsim.checks import Part, quantity
from qflsim.crypto.encapsulation import ComputedMLKEM, KEMLibrary
from qflsim.crypto.figures import KEMFigures, operations
from qflsim.crypto.processors import Operation

__all__ = ["KEM", "MLKEM"]


@dataclass(frozen=True, kw_only=True)
class KEM(Part, ABC):
    """A way to agree on a 256-bit secret: a public key one way, a ciphertext back.

    The initiator makes a key pair and sends the public key; the responder encapsulates a secret to it and sends the
    ciphertext; the initiator decapsulates.

    *Scope*: sizes and mean costs. The public key must be signed by its owner, which is the sender's matter and not
    counted here.
    """

    @property
    @abstractmethod
    def figures(self) -> KEMFigures:
        """What it weighs and what it takes."""

    @property
    def name(self) -> str:
        """Name of the scheme and its parameter set."""
        return self.figures.name

    @property
    def quantum_safe(self) -> bool:
        """Whether no quantum algorithm that breaks it is known; Shor's breaks elliptic curves."""
        return self.figures.category > 0

    def library(self) -> KEMLibrary:
        """What computes it, for scenarios in which secrets are really made.

        Raises
        ------
        ValueError
            If nothing does, or its package is not installed.
        """
        raise ValueError(
            f"{self.name} cannot be computed: its class has no library(); use computed_cryptography=False or another "
            "KEM, e.g. MLKEM()"
        )

    @property
    def public_key_byte(self) -> int:
        """Bytes from initiator to responder."""
        return self.figures.public_key_byte

    @property
    def ciphertext_byte(self) -> int:
        """Bytes from responder to initiator."""
        return self.figures.ciphertext_byte

    @property
    def key_generation(self) -> Operation:
        """The initiator's first operation."""
        return self.figures.key_generation

    @property
    def encapsulation(self) -> Operation:
        """The responder's operation."""
        return self.figures.encapsulation

    @property
    def decapsulation(self) -> Operation:
        """The initiator's second operation."""
        return self.figures.decapsulation


_MLKEM = {
    512: KEMFigures(
        "ML-KEM-512", 1, 800, 1632, 768,
        *operations(kilocycles=(392.4, 390.9, 428.2), microseconds=(10.4, 12.4, 12.9)),
    ),
    768: KEMFigures(
        "ML-KEM-768", 3, 1184, 2400, 1088,
        *operations(kilocycles=(642.1, 658.8, 707.8), microseconds=(16.3, 17.8, 19.8)),
    ),
    1024: KEMFigures(
        "ML-KEM-1024", 5, 1568, 3168, 1568,
        *operations(kilocycles=(1019.0, 1031.6, 1094.0), microseconds=(21.6, 23.5, 27.1)),
    ),
}  # fmt: skip


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
    def figures(self) -> KEMFigures:
        """The row of the level."""
        return _MLKEM[self.level]

    def library(self) -> KEMLibrary:
        """By the package ``cryptography``, at level 512 by ``pqcrypto``."""
        return ComputedMLKEM(self.level)
