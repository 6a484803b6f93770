"""Key encapsulation: published bytes, cycles, microseconds and joules."""

import pytest
from hypothesis import given, settings, strategies as st

from qflsim.crypto.elliptic import ECDH
from qflsim.crypto.kem import MLKEM
from qflsim.crypto.processors import CortexM4, X86Core

SEED = bytes(range(64))

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


def made(kem):
    if kem.name == "ML-KEM-512":
        pytest.importorskip("pqcrypto")
    library = kem.library()
    public_key, secret_key = library.keys(SEED)
    return library, public_key, secret_key, *library.encapsulate(public_key, SEED[::-1])


@pytest.mark.parametrize("kem", [row[0] for row in TABLE], ids=lambda kem: kem.name)
def test_both_ends_get_the_same_secret_in_the_bytes_of_the_table(kem):
    library, public_key, secret_key, ciphertext, shared = made(kem)
    assert (len(public_key), len(ciphertext), len(shared)) == (kem.public_key_byte, kem.ciphertext_byte, 32)
    assert library.decapsulate(secret_key, ciphertext) == shared
    _, other = library.keys(SEED[::-1])
    assert library.decapsulate(other, ciphertext) != shared


@pytest.mark.parametrize("kem", [row[0] for row in TABLE], ids=lambda kem: kem.name)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_changed_ciphertext_gives_no_or_another_secret(kem, data):
    library, _, secret_key, ciphertext, shared = made(kem)
    changed = bytearray(ciphertext)
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        assert library.decapsulate(secret_key, bytes(changed)) != shared
    except ValueError:
        assert kem.name == "ECDH-P-256"  # not a point of the curve


@pytest.mark.parametrize("kem", [row[0] for row in TABLE], ids=lambda kem: kem.name)
def test_what_is_no_key_and_no_ciphertext_is_refused(kem):
    library, public_key, secret_key, ciphertext, _ = made(kem)
    with pytest.raises(ValueError):
        library.encapsulate(public_key[:-1], SEED)
    with pytest.raises(ValueError):
        library.decapsulate(secret_key, ciphertext[:-1])


@pytest.mark.parametrize(
    ("curve", "ephemeral", "own", "public_key", "ciphertext", "shared"),
    [
        (
            "X25519",
            "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736",
            "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
            "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
            "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
            "fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc",
        ),
        (
            "P-256",
            "4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb",
            "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2",
            "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a82"
            "6a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0",
            "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac9"
            "8536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4",
            "c0d26aeab536609a572b07695d933b589dcf363ff9d93c93adea537aeabb8cb8",
        ),
    ],
)
def test_ecdh_encapsulates_as_rfc_9180_prints(curve, ephemeral, own, public_key, ciphertext, shared):
    """Appendices A.1 and A.3, base mode."""
    library = ECDH(curve=curve).library()
    key, secret_key = library.keys(bytes.fromhex(own))
    assert key.hex() == public_key
    made_byte, made_secret = library.encapsulate(key, bytes.fromhex(ephemeral))
    assert (made_byte.hex(), made_secret.hex()) == (ciphertext, shared)
    assert library.decapsulate(secret_key, made_byte).hex() == shared


@pytest.mark.parametrize("level", [512, 768, 1024])
def test_an_independent_mlkem_agrees(level):
    oracle = getattr(pytest.importorskip("kyber_py.ml_kem"), f"ML_KEM_{level}")
    library, public_key, secret_key, _, _ = made(MLKEM(level=level))
    shared, ciphertext = oracle.encaps(public_key)
    assert library.decapsulate(secret_key, ciphertext) == shared
    theirs, secret = oracle.keygen()
    ciphertext, shared = library.encapsulate(theirs, SEED)
    assert oracle.decaps(secret, ciphertext) == shared
    assert len(secret) == MLKEM(level=level).figures.secret_key_byte
