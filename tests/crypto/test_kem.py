"""Key encapsulation: published bytes, cycles, microseconds and joules."""

import pytest

from qflsim.crypto.elliptic import ECDH
from qflsim.crypto.kem import MLKEM
from qflsim.crypto.processors import CortexM4, X86Core

# FIPS 203, RFC 9180: public key, secret key, ciphertext [byte]; kilocycles (PQM4, X25519- and P256-Cortex-M4) and
# microseconds (liboqs, OpenSSL) of key generation, encapsulation, decapsulation
TABLE = [
    (MLKEM(level=512), (800, 1632, 768), (392.423, 390.881, 428.167), (10.4, 12.4, 12.9)),
    (MLKEM(level=768), (1184, 2400, 1088), (642.096, 658.754, 707.827), (16.3, 17.8, 19.8)),
    (MLKEM(level=1024), (1568, 3168, 1568), (1018.976, 1031.565, 1094.008), (21.6, 23.5, 27.1)),
    (ECDH(), (32, 32, 32), (548.873, 1097.746, 548.873), (51.0, 90.0, 39.0)),
    (ECDH(curve="P-256"), (65, 32, 65), (327, 1233, 906), (44.0, 101.1, 57.1)),
]


@pytest.mark.parametrize(("kem", "sizes", "kilocycles", "microseconds"), TABLE, ids=lambda v: getattr(v, "name", ""))
def test_kems_weigh_and_take_what_was_published(kem, sizes, kilocycles, microseconds):
    f = kem.figures
    assert (f.public_key_byte, f.secret_key_byte, f.ciphertext_byte) == sizes
    assert (kem.public_key_byte, kem.ciphertext_byte) == (sizes[0], sizes[2])
    for operation, cycles, time in zip(
        (kem.key_generation, kem.encapsulation, kem.decapsulation), kilocycles, microseconds, strict=True
    ):
        assert CortexM4().cycles(operation) == pytest.approx(1e3 * cycles, rel=2e-4)
        assert X86Core().cost([operation]).time_s == pytest.approx(1e-6 * time)


@pytest.mark.parametrize(("level", "k", "du", "dv"), [(512, 2, 10, 4), (768, 3, 10, 4), (1024, 4, 11, 5)])
def test_mlkem_sizes_follow_from_its_parameters(level, k, du, dv):
    """FIPS 203, table 2 and section 8."""
    f = MLKEM(level=level).figures
    assert (f.public_key_byte, f.secret_key_byte) == (384 * k + 32, 768 * k + 96)
    assert f.ciphertext_byte == 32 * (du * k + dv)


@pytest.mark.parametrize(
    ("level", "encapsulation", "decapsulation"), [(512, 0.235, 0.257), (768, 0.395, 0.425), (1024, 0.619, 0.656)]
)
def test_millijoules_on_a_device(level, encapsulation, decapsulation):
    kem, device = MLKEM(level=level), CortexM4()
    assert 1e3 * device.cost([kem.encapsulation]).energy_j == pytest.approx(encapsulation, rel=2e-3)
    assert 1e3 * device.cost([kem.decapsulation]).energy_j == pytest.approx(decapsulation, rel=2e-3)


def test_only_lattices_stand_up_to_shor():
    assert [kem.quantum_safe for kem, *_ in TABLE] == [True, True, True, False, False]
    assert [kem.figures.category for kem, *_ in TABLE] == [1, 3, 5, 0, 0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: MLKEM(level=5), "MLKEM.level must be 512, 768 or 1024, got 5"),
        (lambda: ECDH(curve="P-521"), "ECDH.curve must be 'X25519' or 'P-256', got 'P-521'"),
    ],
)
def test_mistakes_are_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()
