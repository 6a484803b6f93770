"""Signatures that are really computed, by the libraries that there are for each scheme.

The package ``cryptography`` computes ECDSA, Ed25519 and ML-DSA; SLH-DSA and Falcon need the packages of
``pip install 'qflsim[pqc]'``. All are imported when first used.

What follows from a seed: the keys of all but SLH-DSA, whose library draws them itself; the signatures of ECDSA (RFC
6979), Ed25519 and Falcon. Those of ML-DSA and SLH-DSA are hedged with fresh randomness, as their standards recommend.
Lengths and verdicts are the same in every run, and nothing else of a signature gets into a table or into a hash.
"""

import hashlib
from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from typing import Any

from qflsim.crypto.keyring import SignatureLibrary

__all__ = [
    "ComputedECDSA", "ComputedEd25519", "ComputedFalcon", "ComputedMLDSA", "ComputedSLHDSA", "p256_secret", "package",
]  # fmt: skip

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def package(module: str, what: str, install: str) -> Any:
    """``module``, or a sentence on what to install to have ``what`` computed.

    Raises
    ------
    ValueError
        If it is not installed or cannot do it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ValueError(f"{what} cannot be computed here ({error}); pip install {install!r}") from None


def p256_secret(seed: bytes) -> int:
    """A secret number of P-256: the first 32 bytes of ``seed`` themselves if they are one."""
    return 1 + (int.from_bytes(seed[:32], "big") - 1) % (_P256_ORDER - 1)


def _holds(verify: Callable[[], Any]) -> bool:
    """Whether ``verify`` passes; malformed keys and signatures do not."""
    from cryptography.exceptions import InvalidSignature

    try:
        verify()
    except (InvalidSignature, ValueError):
        return False
    return True


class ComputedECDSA(SignatureLibrary):
    """ECDSA on P-256 with SHA-256: compressed points, r and s of 32 bytes each."""

    name = "ECDSA-P256"

    def __init__(self) -> None:
        self._ec = package("cryptography.hazmat.primitives.asymmetric.ec", self.name, "cryptography>=48")
        self._utils = import_module("cryptography.hazmat.primitives.asymmetric.utils")
        self._serial = import_module("cryptography.hazmat.primitives.serialization")
        sha256 = import_module("cryptography.hazmat.primitives.hashes").SHA256()
        self._signing = self._ec.ECDSA(sha256, deterministic_signing=True)
        self._verifying = self._ec.ECDSA(sha256)

    def keys(self, seed: bytes) -> tuple[bytes, Any]:
        """The point that is the seed's multiple of the base point."""
        secret = self._ec.derive_private_key(p256_secret(seed), self._ec.SECP256R1())
        encoding, form = self._serial.Encoding.X962, self._serial.PublicFormat.CompressedPoint
        return secret.public_key().public_bytes(encoding, form), secret

    def sign(self, secret: Any, content: bytes) -> bytes:
        """Signature after RFC 6979."""
        r, s = self._utils.decode_dss_signature(secret.sign(content, self._signing))
        return int(r).to_bytes(32, "big") + int(s).to_bytes(32, "big")

    def fits(self, public_key: bytes, content: bytes, signature: bytes) -> bool:
        """Whether it is one."""
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        encoded = self._utils.encode_dss_signature(r, s)

        def verify() -> None:
            point = self._ec.EllipticCurvePublicKey.from_encoded_point(self._ec.SECP256R1(), public_key)
            point.verify(encoded, content, self._verifying)

        return len(signature) == 64 and _holds(verify)


class ComputedEd25519(SignatureLibrary):
    """Ed25519."""

    name = "Ed25519"

    def __init__(self) -> None:
        self._module = package("cryptography.hazmat.primitives.asymmetric.ed25519", self.name, "cryptography>=48")

    def keys(self, seed: bytes) -> tuple[bytes, Any]:
        """The seed is the secret key."""
        secret = self._module.Ed25519PrivateKey.from_private_bytes(seed[:32])
        return secret.public_key().public_bytes_raw(), secret

    def sign(self, secret: Any, content: bytes) -> bytes:
        """The one signature."""
        return bytes(secret.sign(content))

    def fits(self, public_key: bytes, content: bytes, signature: bytes) -> bool:
        """Whether it is one."""
        return _holds(lambda: self._module.Ed25519PublicKey.from_public_bytes(public_key).verify(signature, content))


class ComputedMLDSA(SignatureLibrary):
    """ML-DSA of FIPS 204, hedged.

    Parameters
    ----------
    level:
        44, 65 or 87.
    """

    def __init__(self, level: int) -> None:
        self.level = level
        module = package("cryptography.hazmat.primitives.asymmetric.mldsa", self.name, "cryptography>=48")
        self._private = getattr(module, f"MLDSA{level}PrivateKey")
        self._public = getattr(module, f"MLDSA{level}PublicKey")

    @property
    def name(self) -> str:
        """ML-DSA and its level."""
        return f"ML-DSA-{self.level}"

    def keys(self, seed: bytes) -> tuple[bytes, Any]:
        """From the 32-byte seed of algorithm 6."""
        secret = self._private.from_seed_bytes(seed[:32])
        return secret.public_key().public_bytes_raw(), secret

    def sign(self, secret: Any, content: bytes) -> bytes:
        """A signature, another one each time."""
        return bytes(secret.sign(content))

    def fits(self, public_key: bytes, content: bytes, signature: bytes) -> bool:
        """Whether it is one."""
        return _holds(lambda: self._public.from_public_bytes(public_key).verify(signature, content))


class ComputedSLHDSA(SignatureLibrary):
    """SLH-DSA of FIPS 205 with SHA-2, hedged. Its library makes keys from randomness of its own.

    Parameters
    ----------
    variant:
        ``128s`` to ``256f``.
    """

    def __init__(self, variant: str) -> None:
        self.variant = variant
        package("pqcrypto.sign", self.name, "qflsim[pqc]")
        self._module = package(f"pqcrypto.sign.slh_dsa_sha2_{variant}", self.name, "qflsim[pqc]")
        self._invalid = import_module("pqcrypto").InvalidSignatureError

    @property
    def name(self) -> str:
        """SLH-DSA, its hash and its variant."""
        return f"SLH-DSA-SHA2-{self.variant}"

    def keys(self, seed: bytes) -> tuple[bytes, Any]:
        """A pair that the library draws."""
        public_key, secret = self._module.keygen()
        return public_key, secret

    def sign(self, secret: Any, content: bytes) -> bytes:
        """A signature, another one each time."""
        return bytes(self._module.sign(secret, content))

    def fits(self, public_key: bytes, content: bytes, signature: bytes) -> bool:
        """Whether it is one."""
        try:
            self._module.verify(public_key, content, signature)
        except (self._invalid, ValueError):
            return False
        return True


class ComputedFalcon(SignatureLibrary):
    """Falcon as its author expects it to become FIPS 206, padded.

    Parameters
    ----------
    degree:
        512 or 1024.

    *Scope*: keys and signatures have the lengths of Falcon 1.2 and do not verify under its rules, for FN-DSA hashes the
    message in another way. The library's secret key holds 64 bytes more, a hash of the public key.
    """

    def __init__(self, degree: int) -> None:
        self.degree = degree
        module = package("py_fn_dsa", self.name, "qflsim[pqc]")
        self._module, self._ffi, self._lib = module, module.ffi, module.lib
        self._log = {512: module.LOGN_512, 1024: module.LOGN_1024}[degree]

    @property
    def name(self) -> str:
        """Falcon and its degree."""
        return f"Falcon-{self.degree}"

    @cached_property
    def _lengths(self) -> tuple[int, int, int]:
        """Bytes of secret key, public key and signature in the library."""
        verifying, signing = self._module.keygen(self._log)
        return len(signing.key_data), len(verifying.key_data), len(self._module.sign(signing, b""))

    def keys(self, seed: bytes) -> tuple[bytes, Any]:
        """The pair that follows from the seed."""
        secret_byte, public_byte, _ = self._lengths
        secret, public = self._ffi.new("unsigned char[]", secret_byte), self._ffi.new("unsigned char[]", public_byte)
        self._lib.fndsa_keygen_seeded(self._log, self._ffi.from_buffer(seed), len(seed), secret, public)
        return bytes(self._ffi.buffer(public)), bytes(self._ffi.buffer(secret))

    def sign(self, secret: Any, content: bytes) -> bytes:
        """The signature whose randomness follows from key and content."""
        seed, signature = hashlib.sha256(secret + content).digest(), self._ffi.new("unsigned char[]", self._lengths[2])
        no_context, raw = self._ffi.NULL, self._ffi.new("char[]", b"\0")
        written = self._lib.fndsa_sign_seeded(
            secret, len(secret), no_context, 0, raw, content, len(content), seed, len(seed), signature, len(signature)
        )
        return bytes(self._ffi.buffer(signature, written))

    def fits(self, public_key: bytes, content: bytes, signature: bytes) -> bool:
        """Whether it is one."""
        return bool(self._module.verify(self._module.VerifyKey(self._log, public_key), signature, content))
