"""Wegman-Carter tags: the field, the bound on forgers by trying every key, and what a tag costs."""

import itertools
from collections import Counter

import pytest
from hypothesis import given, strategies as st

from qflsim.crypto.authentication import Signatures, WegmanCarter
from qflsim.crypto.tags import FIELDS, forging_probability, multiply, tag


def test_products_of_the_aes_standard():
    assert multiply(0x57, 0x83, 8) == 0xC1  # FIPS 197, 4.2
    assert multiply(0x57, 0x13, 8) == 0xFE


@pytest.mark.parametrize("bits", FIELDS)
def test_moduli_are_irreducible(bits):
    """Rabin's test: x^(2^n) = x, and x^(2^(n/2)) - x has no factor in common with the modulus (n a power of 2)."""
    power = 2
    for step in range(bits):
        if step == bits // 2:
            assert _common(FIELDS[bits], power ^ 2) == 1
        power = multiply(power, power, bits)
    assert power == 2


def _common(first, second):
    """Greatest common divisor of two polynomials over GF(2)."""
    while second:
        while first.bit_length() >= second.bit_length():
            first ^= second << (first.bit_length() - second.bit_length())
        first, second = second, first
    return first


ELEMENTS = st.integers(0, 2**64 - 1)


@given(ELEMENTS, ELEMENTS, ELEMENTS)
def test_the_field_is_commutative_and_distributive(a, b, c):
    assert multiply(a, b, 64) == multiply(b, a, 64)
    assert multiply(a, b ^ c, 64) == multiply(a, b, 64) ^ multiply(a, c, 64)
    assert multiply(a, 1, 64) == a


@pytest.mark.parametrize(("seen", "forged"), [(b"a", b"b"), (b"ab", b"cd"), (b"", b"x"), (b"ab", b"a"), (b"\0", b"")])
def test_no_forger_beats_the_bound(seen, forged):
    """Whatever tag is put on another message: of all hash keys only few make it right, for each tag seen."""
    for shift in range(256):
        right = sum(tag(forged, key, 0, 8) ^ tag(seen, key, 0, 8) == shift for key in range(256))
        assert right <= 256 * forging_probability(2, 8)


def test_the_bound_is_reached_so_that_it_could_not_be_lower():
    most = 0
    for first, second in itertools.product(range(1, 256, 5), repeat=2):
        roots = Counter(tag(bytes([first, second]), key, 0, 8) ^ tag(b"\0\0", key, 0, 8) for key in range(256))
        most = max(most, *roots.values())
    assert most == 256 * forging_probability(2, 8) == 3


def test_a_pad_hides_the_hash_completely():
    assert {tag(b"vote", 77, pad, 8) for pad in range(256)} == set(range(256))


@given(st.binary(max_size=70), st.binary(max_size=70), st.integers(1, 2**128 - 1), st.integers(0, 2**128 - 1))
def test_tags_tell_messages_apart(first, second, key, pad):
    assert (tag(first, key, pad) == tag(second, key, pad)) == (first == second)


def test_what_a_tag_costs():
    kept, fresh = WegmanCarter(), WegmanCarter(recycled=False)
    assert [kept.key_bit(first=f) for f in (True, False)] == [256.0, 128.0]
    assert [fresh.key_bit(first=f) for f in (True, False)] == [256.0, 256.0]
    assert (kept.tag_byte, Signatures().tag_byte, Signatures().key_bit(first=True)) == (16, 0, 0.0)
    assert kept.forging_probability(4096) == 257 / 2.0**128
    assert WegmanCarter(tag_bit=32).forging_probability(4096) == 1025 / 2.0**32


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tag(b"", 0, 0, 12), "bits must be one of 8, 32, 64, 128, 256, got 12"),
        (lambda: tag(b"", 256, 0, 8), "hash_key must be a number of 8 bits, got 256"),
        (lambda: tag(b"", 0, -1, 8), "pad must be a number of 8 bits, got -1"),
        (lambda: WegmanCarter(tag_bit=8), "WegmanCarter.tag_bit must be 32, 64, 128 or 256, got 8"),
        (lambda: WegmanCarter(relay_lot=100), "must hold a tag and a hash key, 256 bit, got 100"),
    ],
)
def test_mistakes_are_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()
