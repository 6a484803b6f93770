"""Keys by ETSI GS QKD 014: status, limits, identifiers that open one key once, equal bytes at both ends."""

import math

import pytest

from qflsim.crypto.keydelivery import KeyDelivery, KeyShortage, Limits
from qflsim.crypto.keymanager import KeyManager
from qflsim.crypto.keystore import KeyStore
from qflsim.streams import Streams

STATUS = (
    "source_KME_ID", "target_KME_ID", "master_SAE_ID", "slave_SAE_ID", "key_size", "stored_key_count", "max_key_count",
    "max_key_per_request", "max_key_size", "min_key_size", "max_SAE_ID_count",
)  # fmt: skip


def delivery(bits=1e6, seed=1, **options):
    manager = KeyManager(KeyStore(minimum=1000.0, maximum=1000.0 + 100_000 * 256))
    manager.deposit(0.0, bits)
    copies = tuple(Streams(seed).fresh("key-material", "a", "b").bytes(32) for _ in range(2))  # one at each end
    return KeyDelivery(manager, "a", "b", secrets=copies, **options)


def test_the_status_has_the_fields_of_the_interface():
    status = delivery().status(0.0)
    assert status._fields == STATUS
    assert (status.source_KME_ID, status.slave_SAE_ID, status.key_size) == ("a", "b", 256)
    assert (status.stored_key_count, status.max_key_count) == (1_000_000 // 256, 100_000)
    assert (status.max_key_per_request, status.min_key_size, status.max_key_size) == (128, 64, 1024)
    assert delivery(bits=0.0).status(0.0).stored_key_count == 0


def test_both_ends_hold_equal_bytes_and_no_two_keys_are_equal():
    keys = delivery()
    mine = keys.get_key(0.0, 3) + keys.get_key(0.0, 2, size=1024)
    theirs = keys.get_key_with_ids(1.0, [key.key_ID for key in mine])
    assert mine == theirs
    assert [len(key.key) for key in mine] == [32, 32, 32, 128, 128]
    assert len({key.key for key in mine}) == len({key.key_ID for key in mine}) == 5
    assert keys.manager.drawn_bit == 3 * 256 + 2 * 1024


def test_the_same_seed_gives_the_same_keys_and_ids_and_another_one_others():
    first, again, other = (delivery(seed=seed).get_key(0.0, 2) for seed in (1, 1, 2))
    assert first == again
    assert {key.key for key in first}.isdisjoint(key.key for key in other)


def test_ends_whose_streams_differ_find_different_keys():
    manager = KeyManager(KeyStore(minimum=0.0, maximum=1e6))
    manager.deposit(0.0, 1e6)
    keys = KeyDelivery(manager, "a", "b", secrets=(b"1" * 32, b"2" * 32))
    (key,) = keys.get_key(0.0)
    assert keys.get_key_with_ids(0.0, [key.key_ID])[0].key != key.key


def test_an_identifier_opens_its_key_once():
    keys = delivery()
    first, second = keys.get_key(0.0, 2)
    assert keys.awaiting == 2
    keys.get_key_with_ids(0.0, [first.key_ID])
    with pytest.raises(ValueError, match="is unknown, used or expired"):
        keys.get_key_with_ids(0.0, [second.key_ID, first.key_ID])
    with pytest.raises(ValueError, match="must differ from each other"):
        keys.get_key_with_ids(0.0, [second.key_ID, second.key_ID])
    with pytest.raises(ValueError, match="'made-up' is unknown"):
        keys.get_key_with_ids(0.0, ["made-up"])
    assert keys.get_key_with_ids(0.0, [second.key_ID]) == [second]  # the refusals gave nothing away


def test_keys_that_nobody_collects_are_destroyed():
    keys = delivery(pickup_s=10.0)
    early, late = keys.get_key(0.0)[0], keys.get_key(5.0)[0]
    with pytest.raises(ValueError, match="expired"):
        keys.get_key_with_ids(10.0, [early.key_ID])
    assert keys.get_key_with_ids(14.0, [late.key_ID]) == [late]
    assert keys.uncollected_bit == 256


def test_a_store_that_is_short_gives_nothing_and_keeps_everything():
    keys = delivery(bits=1000.0)
    with pytest.raises(KeyShortage, match="4 keys of 256 bit are not there at 0 s: the store can give 3"):
        keys.get_key(0.0, 4)
    assert keys.status(0.0).stored_key_count == 3 and keys.manager.waiting == 0
    assert len(keys.get_key(0.0, 3)) == 3


def test_nobody_jumps_the_queue():
    keys = delivery(bits=1000.0)
    waiting = keys.manager.request(0.0, 2048.0)
    with pytest.raises(KeyShortage, match="1 requests wait"):
        keys.get_key(0.0)
    keys.manager.deposit(1.0, 2000.0)
    assert keys.manager.advance(1.0) == [waiting]
    assert [key.size for key in keys.hand_out(1.0, waiting)] == [256] * 8
    with pytest.raises(ValueError, match="must be served and not handed out"):
        keys.hand_out(1.0, waiting)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0,), "number must be 1 to 128 keys, got 0"),
        ((129,), "got 129; ask in parts"),
        ((1, 63), "multiple of 8 from 64 to 1024 bit, got 63"),
        ((1, 100), "got 100; give e.g. 256"),
        ((1, 1032), "got 1032"),
    ],
)
def test_requests_out_of_the_limits_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        delivery().get_key(0.0, *arguments)


def test_a_served_request_must_be_whole_keys():
    keys = delivery(limits=Limits(key_size=128))
    request = keys.manager.request(0.0, 200.0)
    with pytest.raises(ValueError, match="size must divide the request's 200 bits, got 128"):
        keys.hand_out(0.0, request)


def test_no_bytes_are_made_unless_asked_for():
    manager = KeyManager(KeyStore(minimum=0.0, maximum=1e6))
    manager.set_rate(0.0, 1000.0)
    (key,) = KeyDelivery(manager, "a", "b").get_key(1.0)
    assert key.key is None and math.isnan(manager.request(1.0, 1e5).served_s)
