"""What a session key takes from key stores, wires and processors."""

import pytest

from qflsim.crypto.kem import MLKEM
from qflsim.crypto.keys import HybridKeys, KEMKeys, QKDKeys
from qflsim.quantum.qkd import GYS


def test_what_a_key_takes():
    qkd, kem, both = QKDKeys(qkd=GYS).need(), KEMKeys().need(), HybridKeys(qkd=GYS).need()
    assert qkd == (256, 0.0, 0, 0, (), ())
    assert (kem.qkd_bit, kem.kem_bit, kem.request_byte, kem.reply_byte) == (0.0, 256.0, 1184, 1088)
    assert both.qkd_bit == 256 and both[1:] == kem[1:]
    scheme = MLKEM()
    assert kem.initiator == (scheme.key_generation, scheme.decapsulation)
    assert kem.responder == (scheme.encapsulation,)


def test_longer_keys_take_several_exchanges():
    need = HybridKeys(kem=MLKEM(level=512)).need(600)
    assert (need.qkd_bit, need.kem_bit, need.request_byte, need.reply_byte) == (600, 768.0, 2400, 2304)
    assert len(need.initiator) == 6 and len(need.responder) == 3


def test_only_sources_with_qkd_have_stores():
    assert (QKDKeys(qkd=GYS).qkd, KEMKeys().qkd, HybridKeys(qkd=GYS).qkd) == (GYS, None, GYS)
    assert [s.name for s in (QKDKeys(), KEMKeys(), HybridKeys())] == ["qkd", "kem", "qkd+kem"]


def test_a_negative_length_is_refused():
    with pytest.raises(ValueError, match="bits must be >= 0"):
        KEMKeys().need(-1)
