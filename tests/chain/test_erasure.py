"""The erasure code: any k chunks are enough, fewer never are, and the field is a field."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from qflsim.chain.erasure import availability, chunk_byte, decode, encode, multiply


@settings(max_examples=30, deadline=None)
@given(st.binary(min_size=1, max_size=300), st.integers(1, 6), st.integers(0, 4))
def test_any_k_chunks_give_the_data_back(data, k, m):
    chunks = encode(data, k, m)
    assert len(chunks) == k + m and {len(chunk) for chunk in chunks} == {chunk_byte(len(data), k)}
    for chosen in combinations(range(k + m), k):
        assert decode({i: chunks[i] for i in chosen}, k, m, len(data)) == data


def test_data_come_first_and_parity_is_no_copy():
    chunks = encode(bytes(range(12)), 3, 2)
    assert b"".join(chunks[:3]) == bytes(range(12))
    assert len(set(chunks)) == 5


def test_fewer_than_k_chunks_are_refused_and_say_nothing():
    chunks = encode(b"abcdef", 3, 2)
    with pytest.raises(ValueError, match="3 chunks are needed to decode, got 2"):
        decode({0: chunks[0], 4: chunks[4]}, 3, 2, 6)
    # whatever two chunks are there, every value of a third fits them: 256 data are possible for each byte
    possible = {decode({0: chunks[0], 4: chunks[4], 1: bytes([v, v])}, 3, 2, 6)[4] for v in range(256)}
    assert len(possible) == 256


def test_a_flipped_byte_of_a_chunk_spoils_what_is_decoded():
    chunks = encode(b"abcdefgh", 4, 2)
    bad = bytes([chunks[5][0] ^ 1]) + chunks[5][1:]
    assert decode({1: chunks[1], 2: chunks[2], 3: chunks[3], 5: bad}, 4, 2, 8) != b"abcdefgh"


def test_products_are_those_of_the_field():
    """0x53 and 0xCA are inverse in AES's field, not in this one; here 2 generates all, x^8 = x^4 + x^3 + x^2 + 1."""
    everything = np.arange(256, dtype=np.uint8).reshape(1, 256)
    value, seen = 1, set()
    for _ in range(255):
        seen.add(value)
        value = int(multiply(np.array([[2]], np.uint8), np.array([[value]], np.uint8))[0, 0])
    assert len(seen) == 255 and value == 1
    assert multiply(np.array([[2]], np.uint8), np.array([[0x80]], np.uint8))[0, 0] == 0x1D
    for factor in (1, 3, 29, 255):
        row = multiply(np.array([[factor]], np.uint8), everything)[0]
        assert sorted(row) == list(range(256))  # multiplication by anything but 0 is a bijection
        for a, b in ((5, 77), (200, 13)):
            assert row[a] ^ row[b] == row[a ^ b]


def test_availability_is_the_upper_tail_of_the_binomial():
    assert availability(4, 6, 0.9) == pytest.approx(0.98415, abs=1e-12)
    assert availability(1, 2, 0.9) == pytest.approx(0.99)
    draws = np.random.default_rng(4).random((200_000, 6)) < 0.9
    assert (draws.sum(axis=1) >= 4).mean() == pytest.approx(availability(4, 6, 0.9), abs=0.002)
    assert sum(comb(6, i) * 0.9**i * 0.1 ** (6 - i) for i in range(7)) == pytest.approx(1.0)


def test_what_does_not_fit_into_the_field_is_refused():
    with pytest.raises(ValueError, match="room for 256 chunks"):
        encode(b"a", 250, 7)
    with pytest.raises(ValueError, match="at least one chunk"):
        encode(b"a", 0, 1)
    assert len(encode(b"abc", 250, 6)) == 256
