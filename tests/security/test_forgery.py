"""Forged updates as a part: whom they strike, and what they put in the place of an update."""

import numpy as np
import pytest

import qflsim as qfl
from qflsim.chain.audit import signatures_in, transaction_fault
from qflsim.chain.block import Certificate
from qflsim.chain.ledger import genesis
from qflsim.chain.transactions import (
    Join,
    Receipt,
    Update,
    carried_bytes,
    digest_of,
    pack_parameters,
    read_transaction,
)
from qflsim.crypto.computed import ComputedECDSA
from qflsim.crypto.keyring import AssumedSignatures, Keyring

ROLES = {"publisher": "publisher", "server-1": "server", **{f"device-1-{i}": "device" for i in range(1, 11)}}
PARAMETERS = pack_parameters([0.5, -1.25, 3.0])
ORIGIN = {"sender": "device-1-1", "task": "t", "round": 3, "time_s": 1.0}
UPDATE = Update(**ORIGIN, digest=digest_of(PARAMETERS), samples=40, loss=0.7, parameters=PARAMETERS)
RNG = np.random.default_rng(3)


def seed(name):
    return name.encode().ljust(32)[:32]


@pytest.fixture(params=["assumed", "computed"])
def keyring(request):
    library = ComputedECDSA() if request.param == "computed" else AssumedSignatures(33, 64)
    return Keyring(library, ROLES, seed)


def test_an_update_as_signed_has_no_fault(keyring):
    signed = UPDATE.signed(keyring)
    assert transaction_fault(signed, keyring, sender="device-1-1", round=3) == ""
    assert signatures_in(signed) == 1


@pytest.mark.parametrize(
    ("altered", "reason"),
    [(False, "its public key is not that of its sender"), (True, "its signature does not fit its content")],
)
def test_a_forged_update_is_another_model_and_is_found_out(keyring, altered, reason):
    threat = qfl.ForgedUpdates(devices=("device-1-1",), altered=altered)
    forged = threat.forge(UPDATE, UPDATE.signed(keyring), keyring, RNG)
    assert read_transaction(forged.payload)["sender"] == "device-1-1"
    np.testing.assert_array_equal(np.frombuffer(carried_bytes(forged.payload), "<f4"), [-0.5, 1.25, -3.0])
    assert forged.size_byte == UPDATE.signed(keyring).size_byte
    assert transaction_fault(forged, keyring, sender="device-1-1", round=3) == reason


def test_what_is_no_update_and_what_comes_before_the_first_round_is_left_alone(keyring):
    threat = qfl.ForgedUpdates(devices=("device-1-1",), first_round=4)
    signed = UPDATE.signed(keyring)
    assert threat.forge(UPDATE, signed, keyring, RNG) is signed
    join = Join(**{**ORIGIN, "sender": "server-1", "round": 9}, devices=5, samples=200)
    signed = join.signed(keyring)
    assert threat.forge(join, signed, keyring, RNG) is signed


def test_the_wrong_sender_an_old_round_and_a_stranger_are_found_out(keyring):
    signed = UPDATE.signed(keyring)
    assert transaction_fault(signed, keyring, sender="device-1-2", round=3) == "it is another's"
    assert transaction_fault(signed, keyring, sender="device-1-1", round=4) == "it is of another round"
    other = Keyring(keyring.library, ["device-1-2"], seed)
    assert transaction_fault(signed, other) == "its public key is not that of its sender"
    garbled = type(signed)(b"\0\0\0\2[]", signed.public_key, signed.signature)
    assert transaction_fault(garbled, keyring) == "its bytes are no transaction"
    stuffed = type(signed)(signed.payload, signed.public_key, signed.signature, b"\0" * 8)
    assert transaction_fault(stuffed, keyring) == "it carries what it does not state"


def test_a_receipt_is_worth_what_its_certificate_is_worth(keyring):
    block = genesis("lmuc-server-1").certified(("device-1-1", "device-1-2"), keyring)
    origin = {**ORIGIN, "sender": "server-1"}

    def receipt(certificate):
        header = block.header.encode()
        return Receipt(**origin, source="lmuc-server-1", header=header, certificate=certificate).signed(keyring)

    right = receipt(block.certificate.encode())
    assert transaction_fault(right, keyring) == "" and signatures_in(right) == 3
    other = Certificate.of(b"\1" * 32, ("device-1-1", "device-1-2"), keyring)
    assert "does not fit the header" in transaction_fault(receipt(other.encode()), keyring)
    assert transaction_fault(receipt(other.encode() + b"!"), keyring) == "its bytes are no transaction"
    stolen = Certificate.of(block.hash, ("device-1-1", "device-1-3"), keyring)
    mixed = Certificate(digest=block.hash, signers=block.certificate.signers, signatures=stolen.signatures)
    assert "signature 1 of the certificate" in transaction_fault(receipt(mixed.encode()), keyring)


def test_devices_are_named_or_drawn():
    named = qfl.ForgedUpdates(devices=("device-1-2", "device-1-7"))
    assert named.targets(ROLES, RNG) == ["device-1-2", "device-1-7"]
    drawn = [qfl.ForgedUpdates(share=0.25).targets(ROLES, np.random.default_rng(i)) for i in (1, 1, 2)]
    assert [len(set(targets)) for targets in drawn] == [3, 3, 3]  # of ten, rounded up
    assert drawn[0] == drawn[1] != drawn[2]
    assert all(ROLES[device] == "device" for targets in drawn for device in targets)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "must have either devices or a share > 0"),
        ({"devices": ("device-1-1",), "share": 0.5}, "give one of them"),
        ({"share": 1.5}, "ForgedUpdates.share must be <= 1, got 1.5"),
        ({"share": 0.5, "first_round": 0}, "ForgedUpdates.first_round must be >= 1, got 0"),
    ],
)
def test_mistakes_are_told(fields, message):
    with pytest.raises(ValueError, match=message):
        qfl.ForgedUpdates(**fields)
    with pytest.raises(ValueError, match="names 'server-1', which is no device; they are device-1-1 to device-1-9"):
        qfl.ForgedUpdates(devices=("server-1",)).targets(ROLES, RNG)
