"""Ciphers and how long a key serves; HKDF; the policies for keys."""

import pytest

from qflsim.crypto.hkdf import combined, hkdf
from qflsim.crypto.keys import EitherKeys, HybridKeys, KEMKeys, QKDKeys
from qflsim.crypto.sealing import AES256, KeyInUse, OneTimePad

RFC5869 = [  # secret, salt, info, length, key: appendix A.1 to A.3
    (
        "0b" * 22, "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9", 42,
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    (
        bytes(range(0x50)).hex(), bytes(range(0x60, 0xB0)).hex(), bytes(range(0xB0, 0x100)).hex(), 82,
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
        "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
    ),
    (
        "0b" * 22, "", "", 42,
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("secret", "salt", "info", "length", "key"), RFC5869)
def test_hkdf_gives_the_keys_of_its_standard(secret, salt, info, length, key):
    derived = hkdf(bytes.fromhex(secret), length, salt=bytes.fromhex(salt), info=bytes.fromhex(info))
    assert derived.hex() == key


def test_a_combined_key_needs_both_secrets_in_their_places():
    key = combined(b"qkd", b"kem", 32, b"a b")
    others = [combined(*parts, 32, b"a b") for parts in ((b"kem", b"qkd"), (b"qk", b"dkem"), (b"qkd", b"kex"))]
    assert len({key, *others, combined(b"qkd", b"kem", 32, b"a c")}) == 5
    assert combined(b"qkd", b"kem", 32, b"a b") == key


def test_hkdf_refuses_what_the_standard_forbids():
    with pytest.raises(ValueError, match="length must be 1 to 8160 bytes, got 8161"):
        hkdf(b"x", 8161)


def served(sealing, messages):
    """Keys that a stream of (time, bytes) takes."""
    keys, used = 0, None
    for now, size in messages:
        if used is None or not sealing.lasts(used, size, now):
            keys, used = keys + 1, KeyInUse(now)
        used.seal(size)
    return keys


@pytest.mark.parametrize(
    ("sealing", "keys"),
    [
        (AES256(), 10),
        (AES256(rekey_messages=4), 3),
        (AES256(rekey_messages=2**32, rekey_bytes=250.0), 5),
        (AES256(rekey_messages=2**32, rekey_seconds=3.0), 4),
        (AES256(rekey_messages=2**32), 1),
        (OneTimePad(), 10),
    ],
)
def test_a_key_is_changed_at_the_first_limit(sealing, keys):
    assert served(sealing, [(float(t), 100) for t in range(10)]) == keys


def test_what_sealing_takes():
    assert AES256().key_bit(10**6, first=True) == 256.0 and AES256().overhead_byte == 28
    pad = OneTimePad()
    assert [pad.key_bit(125_000, first=f) for f in (True, False)] == [1e6 + 256, 1e6 + 128]
    assert (pad.overhead_byte, pad.unconditional, AES256().unconditional) == (16, True, False)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: AES256(rekey_messages=2**33), "rekey_messages must be <= 4.29497e"),
        (lambda: AES256().key_bit(2**36, first=True), "size_byte must be <= 68719476704"),
        (lambda: OneTimePad(tag_bit=100), "OneTimePad.tag_bit must be 32, 64, 128 or 256, got 100"),
    ],
)
def test_limits_of_the_cipher_are_kept(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_only_either_falls_back():
    assert [source.fallback() for source in (QKDKeys(), HybridKeys(), KEMKeys())] == [None] * 3
    either = EitherKeys(patience=0.5)
    assert either.need(512).qkd_bit == 512 and either.need(512).kem_bit == 0.0
    back = either.fallback(512)
    assert (back.qkd_bit, back.kem_bit, back.request_byte) == (0.0, 512.0, 2 * 1184)
    assert (either.patience, QKDKeys().patience) == (0.5, float("inf"))
