"""Exchanges that are carried out: the same key at both ends, and none from a library that does not keep its word."""

import itertools

import pytest

from qflsim.crypto.elliptic import ECDH
from qflsim.crypto.exchange import SecretExchange
from qflsim.crypto.kem import MLKEM
from qflsim.crypto.keyring import AssumedSignatures, Keyring


def fresh():
    numbers = itertools.count(1)
    return lambda initiator, responder: next(numbers).to_bytes(2, "big") * 32


def exchange(library, keyring=None):
    assumed = Keyring(AssumedSignatures(33, 64), ("a", "b"), str.encode)
    return SecretExchange(library, keyring or assumed, fresh())


@pytest.mark.parametrize("kem", [ECDH(), ECDH(curve="P-256"), MLKEM(), MLKEM(level=1024)], ids=lambda kem: kem.name)
@pytest.mark.parametrize(("secrets", "with_qkd"), [(1, False), (1, True), (3, True)])
def test_both_ends_hold_a_key_of_its_length(kem, secrets, with_qkd):
    assert len(exchange(kem.library()).agree("a", "b", secrets=secrets, with_qkd=with_qkd)) == 32 * secrets


def test_qkd_names_and_randomness_all_enter_the_key():
    library = ECDH().library()
    keys = [
        exchange(library).agree(*ends, secrets=1, with_qkd=qkd) for ends in (("a", "b"), ("b", "a")) for qkd in (0, 1)
    ]
    twice = exchange(library)
    assert len({*keys, *(twice.agree("a", "b", secrets=1, with_qkd=False) for _ in range(2))}) == 5  # the first is one
    assert exchange(library).agree("a", "b", secrets=1, with_qkd=False) == keys[0]


def test_a_library_that_gives_the_ends_different_secrets_is_found_out():
    class Broken(type(ECDH().library())):
        def decapsulate(self, secret_key, ciphertext):
            return bytes(32)

    with pytest.raises(RuntimeError, match="a and b do not hold the same session key"):
        exchange(Broken("X25519")).agree("a", "b", secrets=1, with_qkd=True)


def test_a_public_key_of_somebody_else_is_found_out():
    class Swapping(Keyring):
        def sign(self, node, content):
            return super().sign("b", content)

    ring = Swapping(AssumedSignatures(33, 64), ("a", "b"), str.encode)
    with pytest.raises(RuntimeError, match="b does not find the public key of a signed by it"):
        exchange(ECDH().library(), ring).agree("a", "b", secrets=1, with_qkd=False)
