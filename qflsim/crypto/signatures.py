"""Digital signatures: their bytes on the wire and what signing and verifying take."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from qflsim.checks import Part, quantity
from qflsim.crypto.computed import ComputedMLDSA
from qflsim.crypto.figures import SignatureFigures, operations
from qflsim.crypto.keyring import SignatureLibrary
from qflsim.crypto.processors import Cost, Operation, Processor

__all__ = ["MLDSA", "SignatureScheme"]


@dataclass(frozen=True, kw_only=True)
class SignatureScheme(Part, ABC):
    """A way of signing: sizes in bytes, one operation to make keys, one to sign, one to verify.

    *Scope*: times are means, unless a scheme has an option that draws them. Hashing of long messages is not counted
    (below 3 microseconds per kilobyte on a server core). Key pairs are made before time 0 and charged to nobody.
    """

    @property
    @abstractmethod
    def figures(self) -> SignatureFigures:
        """What it weighs and what it takes."""

    @property
    def name(self) -> str:
        """Name of the scheme and its parameter set."""
        return self.figures.name

    @property
    def public_key_byte(self) -> int:
        """Bytes of a public key."""
        return self.figures.public_key_byte

    @property
    def signature_byte(self) -> int:
        """Bytes of a signature."""
        return self.figures.signature_byte

    @property
    def quantum_safe(self) -> bool:
        """Whether no quantum algorithm that breaks it is known; Shor's breaks elliptic curves."""
        return self.figures.category > 0

    def signing(self, rng: np.random.Generator) -> Operation:
        """The operation of making one signature; ``rng`` serves schemes in which it varies."""
        return self.figures.signing

    def library(self) -> SignatureLibrary:
        """What computes it, for scenarios in which signatures are really made.

        Raises
        ------
        ValueError
            If nothing does, or its package is not installed.
        """
        raise ValueError(
            f"{self.name} cannot be computed: its class has no library(); use computed_cryptography=False or another "
            "scheme, e.g. MLDSA()"
        )

    def make_keys(self, processor: Processor) -> Cost:
        """Seconds and joules for ``processor`` to make one key pair."""
        return processor.cost((self.figures.key_generation,))

    def sign(self, processor: Processor, count: int = 1) -> Cost:
        """Seconds and joules for ``processor`` to make ``count`` signatures, on average."""
        return processor.cost((self.figures.signing,) * count)

    def verify(self, processor: Processor, count: int = 1) -> Cost:
        """Seconds and joules for ``processor`` to check ``count`` signatures."""
        return processor.cost((self.figures.verifying,) * count)


_MLDSA = {
    44: SignatureFigures(
        "ML-DSA-44", 2, 1312, 2560, 2420,
        *operations(kilocycles=(1426.0, 3943.1, 1421.6), microseconds=(31.4, 101.1, 31.7)),
    ),
    65: SignatureFigures(
        "ML-DSA-65", 3, 1952, 4032, 3309,
        *operations(kilocycles=(2516.0, 6193.2, 2415.9), microseconds=(54.8, 161.9, 51.1)),
    ),
    87: SignatureFigures(
        "ML-DSA-87", 5, 2592, 4896, 4627,
        *operations(kilocycles=(4275.9, 7947.4, 4193.1), microseconds=(79.3, 182.8, 77.1)),
    ),
}  # fmt: skip

# level: expected attempts at a signature; kilocycles of the quickest of 1000 signatures, one attempt
_ATTEMPTS = {44: (4.25, 1812.6), 65: (5.1, 2918.3), 87: (3.85, 4880.7)}


@dataclass(frozen=True, kw_only=True)
class MLDSA(SignatureScheme):
    """Lattice signatures of FIPS 204 (Dilithium), the general-purpose post-quantum signature.

    Sizes from [1]_; Cortex-M4 cycles of the m4f code from [2]_, server times from [3]_.

    A signature that would betray the secret key is thrown away and tried again, so that the number of attempts K is
    geometric, with mean E = 4.25, 5.1 or 3.85 (table 1 of [1]_), and signing takes::

        c(K) = c_min + (K - 1) (c_mean - c_min) / (E - 1)

    c_mean being the mean and c_min, the time of one attempt, the least of the 1000 signatures in [2]_. On other
    processors the share of one attempt in the mean is taken to be the same.

    Parameters
    ----------
    level:
        Parameter set 44, 65 or 87.
    random_attempts:
        Whether each signature draws its number of attempts; otherwise all take the mean.

    References
    ----------
    .. [1] NIST FIPS 204, "Module-Lattice-Based Digital Signature Standard" (2024), tables 1 and 2.
    .. [2] PQM4, benchmarks.md, see `CortexM4`.
    .. [3] liboqs 0.16 on one x86-64 core at 2.5 GHz, see `X86Core`.

    *Validation*: the longest of the 1000 signatures in [2]_ is what a geometric law gives, within 10 %.
    """

    level: int = quantity(65, advice="give 44, 65 or 87")
    random_attempts: bool = quantity(False, advice="give True or False")

    def check(self) -> None:
        """Refuse levels that the standard does not have."""
        if self.level not in _MLDSA:
            raise ValueError(f"MLDSA.level must be 44, 65 or 87, got {self.level!r}; FIPS 204 has no others")

    @property
    def figures(self) -> SignatureFigures:
        """The row of the level."""
        return _MLDSA[self.level]

    def library(self) -> SignatureLibrary:
        """By the package ``cryptography``."""
        return ComputedMLDSA(self.level)

    @property
    def expected_attempts(self) -> float:
        """Mean number of attempts at one signature."""
        return _ATTEMPTS[self.level][0]

    def signing_in(self, attempts: int) -> Operation:
        """The operation of a signature that took ``attempts``."""
        mean, (expected, quickest) = self.figures.signing, _ATTEMPTS[self.level]
        once = 1e3 * quickest / mean.cortex_m4
        factor = once + (attempts - 1) * (1 - once) / (expected - 1)
        return Operation(factor * mean.cortex_m4, factor * mean.x86)

    def signing(self, rng: np.random.Generator) -> Operation:
        """The mean signature, or one with a number of attempts drawn from ``rng``."""
        if not self.random_attempts:
            return self.figures.signing
        return self.signing_in(int(rng.geometric(1.0 / self.expected_attempts)))
