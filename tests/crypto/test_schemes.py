from dataclasses import dataclass

import pytest

from qflsim.crypto.kem import MLKEM
from qflsim.crypto.keys import HybridKeys, KEMKeys, QKDKeys
from qflsim.crypto.processors import CortexM4, Operation, Processor, X86Core
from qflsim.crypto.signatures import ECDSA_P256, MLDSA, Falcon512, SignatureScheme
from qflsim.quantum.qkd import GYS

# FIPS 186-5, 204, Falcon 1.2: public key, signature [byte]; PQM4: ms at 24 MHz; liboqs, OpenSSL: microseconds
TABLE = [
    (ECDSA_P256(), 33, 64, 15.625, 40.667, 25.6, 74.9),
    (MLDSA(level=44), 1312, 2420, 164.30, 59.23, 101.1, 31.7),
    (MLDSA(level=65), 1952, 3309, 258.05, 100.66, 161.9, 51.1),
    (MLDSA(level=87), 2592, 4627, 331.14, 174.71, 182.8, 77.1),
    (Falcon512(), 897, 666, 936.24, 16.54, 332.7, 53.7),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0].name)
def test_signatures_weigh_and_take_what_was_published(row):
    scheme, public_key, signature, sign_ms, verify_ms, sign_us, verify_us = row
    assert (scheme.public_key_byte, scheme.signature_byte) == (public_key, signature)
    device, server = CortexM4(clock=24e6), X86Core()
    assert scheme.sign(device).time_s == pytest.approx(sign_ms * 1e-3, rel=1e-3)
    assert scheme.verify(device).time_s == pytest.approx(verify_ms * 1e-3, rel=1e-3)
    assert scheme.sign(server).time_s == pytest.approx(sign_us * 1e-6)
    assert scheme.verify(server).time_s == pytest.approx(verify_us * 1e-6)


def test_signature_energy():
    """ML-DSA-65 at 0.6 nJ per cycle and at 8 W per core."""
    scheme = MLDSA(level=65)
    assert scheme.sign(CortexM4()).energy_j == pytest.approx(3.72e-3, rel=2e-3)
    assert scheme.verify(CortexM4()).energy_j == pytest.approx(1.45e-3, rel=2e-3)
    assert scheme.sign(X86Core()).energy_j == pytest.approx(1.30e-3, rel=5e-3)
    assert scheme.verify(X86Core()).energy_j == pytest.approx(0.41e-3, rel=5e-3)


# FIPS 203: public key, ciphertext [byte]; PQM4 kilocycles; liboqs microseconds
@pytest.mark.parametrize(
    ("level", "sizes", "kilocycles", "microseconds"),
    [
        (512, (800, 768), (392.4, 390.9, 428.2), (10.4, 12.4, 12.9)),
        (768, (1184, 1088), (642.1, 658.8, 707.8), (16.3, 17.8, 19.8)),
        (1024, (1568, 1568), (1019.0, 1031.6, 1094.0), (21.6, 23.5, 27.1)),
    ],
)
def test_kems_weigh_and_take_what_was_published(level, sizes, kilocycles, microseconds):
    kem = MLKEM(level=level)
    assert (kem.name, kem.public_key_byte, kem.ciphertext_byte) == (f"ML-KEM-{level}", *sizes)
    for operation, cycles, time in zip(
        (kem.key_generation, kem.encapsulation, kem.decapsulation), kilocycles, microseconds, strict=True
    ):
        assert CortexM4().cycles(operation) == pytest.approx(1e3 * cycles)
        assert X86Core().cost([operation]).time_s == pytest.approx(1e-6 * time)


def test_only_lattice_signatures_stand_up_to_shor():
    assert [row[0].quantum_safe for row in TABLE] == [False, True, True, True, True]


def test_costs_add_up_and_scale_with_the_clock():
    scheme = ECDSA_P256()
    one, many = scheme.verify(CortexM4()), scheme.verify(CortexM4(), count=7)
    assert many.time_s == pytest.approx(7 * one.time_s) and many.energy_j == pytest.approx(7 * one.energy_j)
    slow = scheme.verify(CortexM4(clock=60e6))
    assert slow.time_s == pytest.approx(2 * one.time_s) and slow.energy_j == pytest.approx(one.energy_j)
    assert scheme.verify(CortexM4(), count=0) == (0.0, 0.0)


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


def test_only_sources_with_qkd_have_pools():
    assert (QKDKeys(qkd=GYS).qkd, KEMKeys().qkd, HybridKeys(qkd=GYS).qkd) == (GYS, None, GYS)
    assert [s.name for s in (QKDKeys(), KEMKeys(), HybridKeys())] == ["qkd", "kem", "qkd+kem"]


def test_a_users_own_processor_and_scheme_fit():
    @dataclass(frozen=True, kw_only=True)
    class Accelerated(Processor):
        def cycles(self, operation):
            return operation.cortex_m4 / 10

    @dataclass(frozen=True, kw_only=True)
    class Toy(SignatureScheme):
        name = "toy"
        public_key_byte = 1
        signature_byte = 2
        signing = Operation(100.0, 10.0)
        verifying = Operation(50.0, 5.0)
        quantum_safe = False

    assert Toy().sign(Accelerated(clock=10.0, energy_per_cycle=2.0)) == (1.0, 20.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: MLDSA(level=66), "MLDSA.level must be 44, 65 or 87, got 66"),
        (lambda: MLKEM(level=5), "MLKEM.level must be 512, 768 or 1024, got 5"),
        (lambda: CortexM4(clock=0), "CortexM4.clock must be > 0 Hz, got 0"),
        (lambda: KEMKeys().need(-1), "bits must be >= 0"),
    ],
)
def test_mistakes_are_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()
