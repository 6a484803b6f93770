"""Ed25519, Falcon-1024 and SLH-DSA: published bytes and times."""

import pytest

from qflsim.crypto.elliptic import Ed25519
from qflsim.crypto.falcon import Falcon1024
from qflsim.crypto.processors import CortexM4, X86Core
from qflsim.crypto.signatures import ECDSA_P256, MLDSA, Falcon512
from qflsim.crypto.slhdsa import SLHDSA

# RFC 8032, Falcon 1.2, FIPS 205: public key, signature [byte]; ms on a Cortex-M4 at 24 MHz; microseconds on a server
TABLE = [
    (Ed25519(), 32, 64, 53.490, 121.903, 50.6, 138.0),
    (Falcon1024(), 1793, 1280, 2013.4, 33.08, 658.4, 104.6),
    (SLHDSA(variant="128s"), 32, 7856, 319_065, 311.3, 586_420, 587.7),
    (SLHDSA(variant="128f"), 32, 17_088, 15_357, 913.5, 28_762, 1752),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0].name)
def test_signatures_weigh_and_take_what_was_published(row):
    scheme, public_key, signature, sign_ms, verify_ms, sign_us, verify_us = row
    assert (scheme.public_key_byte, scheme.signature_byte) == (public_key, signature)
    device, server = CortexM4(clock=24e6), X86Core()
    assert scheme.sign(device).time_s == pytest.approx(sign_ms * 1e-3, rel=1e-4)
    assert scheme.verify(device).time_s == pytest.approx(verify_ms * 1e-3, rel=2e-4)
    assert scheme.sign(server).time_s == pytest.approx(sign_us * 1e-6)
    assert scheme.verify(server).time_s == pytest.approx(verify_us * 1e-6)


def test_ed25519_as_measured_at_80_mhz():
    slow = CortexM4(clock=80e6)
    assert Ed25519().sign(slow).time_s == pytest.approx(16.047e-3)
    assert Ed25519().verify(slow).time_s == pytest.approx(36.571e-3)


@pytest.mark.parametrize(
    ("scheme", "millijoule"),
    [(Falcon1024(), (29.0, 0.48)), (SLHDSA(variant="128f"), (221, 13.2)), (SLHDSA(variant="128s"), (4595, 4.5))],
    ids=lambda value: getattr(value, "name", ""),
)
def test_energy_on_a_device_at_six_tenths_of_a_nanojoule_per_cycle(scheme, millijoule):
    sign, verify = millijoule
    assert 1e3 * scheme.sign(CortexM4()).energy_j == pytest.approx(sign, rel=2e-3)
    assert 1e3 * scheme.verify(CortexM4()).energy_j == pytest.approx(verify, rel=1e-2)


def test_bytes_that_a_transaction_carries():
    """Signature and public key, against 97 bytes of ECDSA."""
    schemes = (Ed25519(), Falcon1024(), SLHDSA(variant="128s"), SLHDSA(variant="128f"))
    assert [s.public_key_byte + s.signature_byte for s in schemes] == [96, 3073, 7888, 17_120]


def test_what_shor_breaks():
    assert not Ed25519().quantum_safe
    assert Falcon1024().quantum_safe and SLHDSA().quantum_safe


def test_names_are_unique():
    names = {row[0].name for row in TABLE} | {ECDSA_P256().name, Falcon512().name, MLDSA().name}
    assert len(names) == len(TABLE) + 3


@pytest.mark.parametrize("variant", ["192s", "256f", "128", ""])
def test_variants_without_published_times_are_refused(variant):
    with pytest.raises(ValueError, match=rf"SLHDSA\.variant must be '128s' or '128f', got '{variant}'"):
        SLHDSA(variant=variant)
