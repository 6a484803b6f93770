"""Authentication that no computer can break: a message is hashed by a secret function, and its hash one-time padded.

The message is cut into L blocks of n bits, read as elements of the field GF(2^n), and hashed with a secret element r
by the polynomial [1]_ [2]_::

    h_r(m) = m_1 r^(L+1) + m_2 r^L + ... + m_L r^2 + (length of m) r,        tag = h_r(m) + pad

Two different messages of at most L blocks have the same difference of hashes for at most L + 1 values of r, so that
whoever sees one message with its tag forges another with probability at most (L + 1)/2^n, whatever they compute. The
pad is used once; r may serve again, for the pad hides the hash [3]_: a message then costs n bits of key instead of 2n.

References
----------
.. [1] M. N. Wegman, J. L. Carter, "New hash functions and their use in authentication and set equality", J. Comput.
   Syst. Sci. 22, 265 (1981).
.. [2] D. A. McGrew, J. Viega, "The security and performance of the Galois/counter mode (GCM) of operation", INDOCRYPT
   2004: polynomial hashing over GF(2^128).
.. [3] C. Portmann, "Key recycling in authentication", IEEE Trans. Inf. Theory 60, 4383 (2014).

*Validation*: multiplication of FIPS 197 in GF(2^8); the moduli are irreducible; every key of GF(2^8) tried against
every substitution of short messages: none forges with more than (L + 1)/2^8.
"""

__all__ = ["FIELDS", "forging_probability", "multiply", "tag"]

FIELDS = {8: 0x11B, 32: 0x1_0000_008D, 64: 0x1_0000_0000_0000_001B, 128: (1 << 128) | 0x87, 256: (1 << 256) | 0x425}
"""Moduli of GF(2^n): x^8+x^4+x^3+x+1 (FIPS 197), x^32+x^7+x^3+x^2+1, x^64+x^4+x^3+x+1, x^128+x^7+x^2+x+1 (GCM),
x^256+x^10+x^5+x^2+1."""


def multiply(first: int, second: int, bits: int) -> int:
    """Product in GF(2^bits) of two elements, each a polynomial whose coefficients are the bits of the number."""
    modulus, top, product = FIELDS[bits], 1 << bits, 0
    while second:
        if second & 1:
            product ^= first
        second >>= 1
        first <<= 1
        if first & top:
            first ^= modulus
    return product


def tag(message: bytes, hash_key: int, pad: int, bits: int = 128) -> int:
    """The tag of ``message`` under a hash key and a pad of ``bits`` each.

    Raises
    ------
    ValueError
        If there is no field of ``bits``, or a key does not fit into it.
    """
    if bits not in FIELDS:
        raise ValueError(f"bits must be one of {', '.join(map(str, FIELDS))}, got {bits!r}; give e.g. 128")
    for name, key in (("hash_key", hash_key), ("pad", pad)):
        if not 0 <= key < 1 << bits:
            raise ValueError(f"{name} must be a number of {bits} bits, got {key!r}; draw it from the key store")
    step, total = bits // 8, 0
    for start in range(0, len(message), step):
        block = int.from_bytes(message[start : start + step].ljust(step, b"\0"), "big")
        total = multiply(total ^ block, hash_key, bits)
    return multiply(total ^ (len(message) % (1 << bits)), hash_key, bits) ^ pad


def forging_probability(message_byte: int, bits: int) -> float:
    """Most that a forger of messages of up to ``message_byte`` bytes can hope for: (L + 1)/2^bits, L blocks."""
    blocks = -(-8 * message_byte // bits)
    return min(1.0, (blocks + 1) / 2.0**bits)
