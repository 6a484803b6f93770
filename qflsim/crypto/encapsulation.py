"""Key encapsulation that is really computed: both ends get the same 32 bytes of secret.

The package ``cryptography`` computes ML-KEM-768 and -1024 and the curves of ECDH; ML-KEM-512 needs the package of
``pip install 'qflsim[pqc]'``.

References
----------
.. [1] R. Barnes, K. Bhargavan, B. Lipp, C. Wood, RFC 9180, "Hybrid Public Key Encryption" (2022), sections 4 and 4.1.
"""

from abc import ABC, abstractmethod
from importlib import import_module
from typing import Any

from qflsim.crypto.computed import p256_secret, package
from qflsim.crypto.hkdf import hkdf

__all__ = ["ComputedECDH", "ComputedMLKEM", "KEMLibrary"]


class KEMLibrary(ABC):
    """What makes key pairs, encapsulates a secret to a public key, and gets it back with the secret key."""

    @abstractmethod
    def keys(self, seed: bytes) -> tuple[bytes, Any]:
        """Encoded public key, and secret key in the library's own form, from 64 bytes of ``seed``."""

    @abstractmethod
    def encapsulate(self, public_key: bytes, seed: bytes) -> tuple[bytes, bytes]:
        """Ciphertext and secret; from ``seed`` if the library takes its randomness from outside.

        Raises
        ------
        ValueError
            If ``public_key`` is none.
        """

    @abstractmethod
    def decapsulate(self, secret_key: Any, ciphertext: bytes) -> bytes:
        """The secret in ``ciphertext``; another one if it was changed on its way.

        Raises
        ------
        ValueError
            If ``ciphertext`` is none.
        """


class ComputedMLKEM(KEMLibrary):
    """ML-KEM of FIPS 203. The library draws what is encapsulated; at level 512 also the keys.

    Parameters
    ----------
    level:
        512, 768 or 1024.
    """

    def __init__(self, level: int) -> None:
        self.level = level
        name, module = f"ML-KEM-{level}", "cryptography.hazmat.primitives.asymmetric.mlkem"
        self._other: Any = None
        if level == 512:
            package("pqcrypto.kem", name, "qflsim[pqc]")
            self._other = package("pqcrypto.kem.ml_kem_512", name, "qflsim[pqc]")
            return
        self._private = getattr(package(module, name, "cryptography>=48"), f"MLKEM{level}PrivateKey")
        self._public = getattr(import_module(module), f"MLKEM{level}PublicKey")

    def keys(self, seed: bytes) -> tuple[bytes, Any]:
        """From the 64-byte seed d and z, but at level 512."""
        if self._other is not None:
            public_key, secret_key = self._other.keygen()
            return public_key, secret_key
        secret = self._private.from_seed_bytes(seed[:64])
        return secret.public_key().public_bytes_raw(), secret

    def encapsulate(self, public_key: bytes, seed: bytes) -> tuple[bytes, bytes]:
        """Ciphertext and secret, others each time."""
        if self._other is not None:
            ciphertext, shared = self._other.encaps(public_key)
        else:
            shared, ciphertext = self._public.from_public_bytes(public_key).encapsulate()
        return ciphertext, shared

    def decapsulate(self, secret_key: Any, ciphertext: bytes) -> bytes:
        """The secret, or an unrelated one."""
        if self._other is not None:
            return bytes(self._other.decaps(secret_key, ciphertext))
        return bytes(secret_key.decapsulate(ciphertext))


class ComputedECDH(KEMLibrary):
    """Diffie-Hellman as key encapsulation, DHKEM of RFC 9180 with HKDF-SHA-256.

    Parameters
    ----------
    curve:
        ``X25519`` or ``P-256``.

    *Validation*: test vectors of RFC 9180, appendices A.1 and A.3.
    """

    def __init__(self, curve: str) -> None:
        self._suite = b"KEM" + {"X25519": b"\x00\x20", "P-256": b"\x00\x10"}[curve]
        self._curve = curve
        place = "cryptography.hazmat.primitives.asymmetric."
        self._module = package(place + ("x25519" if curve == "X25519" else "ec"), f"ECDH-{curve}", "cryptography>=48")
        self._serial = import_module("cryptography.hazmat.primitives.serialization")

    def keys(self, seed: bytes) -> tuple[bytes, Any]:
        """The seed's first 32 bytes are the secret key."""
        if self._curve == "X25519":
            secret = self._module.X25519PrivateKey.from_private_bytes(seed[:32])
        else:
            secret = self._module.derive_private_key(p256_secret(seed), self._module.SECP256R1())
        return self._encoded(secret.public_key()), secret

    def encapsulate(self, public_key: bytes, seed: bytes) -> tuple[bytes, bytes]:
        """The public key of a pair made for this one secret, and the secret."""
        ciphertext, ephemeral = self.keys(seed)
        return ciphertext, self._derived(self._product(ephemeral, public_key), ciphertext + public_key)

    def decapsulate(self, secret_key: Any, ciphertext: bytes) -> bytes:
        """The same secret, from the other half of both pairs."""
        public_key = self._encoded(secret_key.public_key())
        return self._derived(self._product(secret_key, ciphertext), ciphertext + public_key)

    def _product(self, secret: Any, point: bytes) -> bytes:
        if self._curve == "X25519":
            return bytes(secret.exchange(self._module.X25519PublicKey.from_public_bytes(point)))
        other = self._module.EllipticCurvePublicKey.from_encoded_point(self._module.SECP256R1(), point)
        return bytes(secret.exchange(self._module.ECDH(), other))

    def _encoded(self, public_key: Any) -> bytes:
        if self._curve == "X25519":
            return bytes(public_key.public_bytes_raw())
        form = self._serial.PublicFormat.UncompressedPoint
        return bytes(public_key.public_bytes(self._serial.Encoding.X962, form))

    def _derived(self, product: bytes, context: bytes) -> bytes:
        """Extract and expand of section 4.1, each with its label."""
        label = b"HPKE-v1" + self._suite
        return hkdf(label + b"eae_prk" + product, 32, info=b"\x00\x20" + label + b"shared_secret" + context)
