"""Deriving a key from secrets: HKDF with SHA-256, and the combination of a QKD key with an encapsulated secret.

References
----------
.. [1] H. Krawczyk, P. Eronen, RFC 5869, "HMAC-based Extract-and-Expand Key Derivation Function (HKDF)" (2010).
.. [2] ETSI TS 103 744 V1.1.1, "Quantum-safe Hybrid Key Exchanges" (2020).

*Validation*: test vectors of [1]_, appendix A.
"""

import hmac

__all__ = ["combined", "hkdf"]

_HASH_BYTE = 32


def hkdf(secret: bytes, length: int, *, salt: bytes = b"", info: bytes = b"") -> bytes:
    """``length`` bytes of key from ``secret``: extract, then expand, with HMAC-SHA-256.

    Raises
    ------
    ValueError
        If ``length`` is more than 255 hashes.
    """
    if not 0 < length <= 255 * _HASH_BYTE:
        raise ValueError(f"length must be 1 to {255 * _HASH_BYTE} bytes, got {length!r}; derive several keys")
    extracted = hmac.digest(salt or bytes(_HASH_BYTE), secret, "sha256")
    key, block = b"", b""
    for counter in range(1, -(-length // _HASH_BYTE) + 1):
        block = hmac.digest(extracted, block + info + bytes([counter]), "sha256")
        key += block
    return key[:length]


def combined(qkd: bytes, kem: bytes, length: int, info: bytes) -> bytes:
    """A key that is secret as long as either of two secrets is: both, each after its length, put through HKDF [2]_."""
    joined = b"".join(len(part).to_bytes(4, "big") + part for part in (qkd, kem))
    return hkdf(joined, length, info=info)
