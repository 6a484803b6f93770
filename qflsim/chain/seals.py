"""Bytes that stand where keys and signatures would stand.

*Scope*: signatures are sizes here. Their bytes are made from what they would sign by SHAKE-256 [1]_, so that a
stored chain has its true length and a flipped byte in a signature is noticed, as a failed verification would
notice it. They are no cryptography: anybody can make them, and they never enter a hash.

References
----------
.. [1] NIST FIPS 202, "SHA-3 Standard" (2015).
"""

import hashlib

__all__ = ["IDENTITY_BYTE", "identity", "seal"]

IDENTITY_BYTE = 8
"""Bytes that name a validator in a certificate (design choice)."""


def identity(name: str) -> bytes:
    """The eight bytes that stand for a node: the start of SHA-256 of its name."""
    return hashlib.sha256(name.encode()).digest()[:IDENTITY_BYTE]


def seal(role: bytes, content: bytes, size: int) -> bytes:
    """``size`` bytes that depend on their role, on ``content`` and on the size."""
    shake = hashlib.shake_256(b"%b %d " % (role, size))
    shake.update(content)
    return shake.digest(size)
