"""Signature schemes: published bytes, cycles, microseconds and joules, and how long a rejection-sampled one takes."""

from dataclasses import dataclass

import numpy as np
import pytest

from qflsim.crypto.elliptic import ECDSA_P256, Ed25519
from qflsim.crypto.falcon import Falcon512, Falcon1024
from qflsim.crypto.figures import SignatureFigures
from qflsim.crypto.processors import CortexM4, Operation, Processor, X86Core
from qflsim.crypto.signatures import MLDSA, SignatureScheme
from qflsim.crypto.slhdsa import SLHDSA

# Standard: public key, secret key, signature [byte]; kilocycles of keys, signing, verifying on a Cortex-M4 (PQM4,
# P256-Cortex-M4, wolfSSL at 80 MHz); the same in microseconds on a server core (liboqs, OpenSSL).
TABLE = [
    (ECDSA_P256(), (33, 32, 64), (327, 375, 976), (44, 25.6, 74.9)),
    (Ed25519(), (32, 32, 64), (1008, 1283.76, 2925.68), (58, 50.6, 138)),
    (MLDSA(level=44), (1312, 2560, 2420), (1426.025, 3943.121, 1421.623), (31.4, 101.1, 31.7)),
    (MLDSA(level=65), (1952, 4032, 3309), (2516.006, 6193.171, 2415.944), (54.8, 161.9, 51.1)),
    (MLDSA(level=87), (2592, 4896, 4627), (4275.859, 7947.380, 4193.104), (79.3, 182.8, 77.1)),
    (Falcon512(), (897, 1281, 666), (67_693.338, 22_469.685, 396.949), (8676, 332.7, 53.7)),
    (Falcon1024(), (1793, 2305, 1280), (308_608.613, 48_321.135, 793.856), (25_340, 658.4, 104.6)),
    (SLHDSA(variant="128s"), (32, 64, 7856), (1_007_731.522, 7_657_558.168, 7471.794), (76_271, 586_420, 587.7)),
    (SLHDSA(variant="128f"), (32, 64, 17_088), (15_742.990, 368_575.228, 21_923.628), (1210, 28_762, 1752)),
    (SLHDSA(variant="192s"), (48, 96, 16_224), (1_509_654.951, 15_452_089.990, 13_494.855), (115_200, 1_058_000, 849)),
    (SLHDSA(variant="192f"), (48, 96, 35_664), (23_570.224, 666_398.438, 35_457.937), (1790, 46_800, 2540)),
    (SLHDSA(variant="256s"), (64, 128, 29_792), (1_001_040.810, 14_326_202.444, 19_637.153), (75_800, 948_000, 1260)),
    (SLHDSA(variant="256f"), (64, 128, 49_856), (62_583.556, 1_377_768.608, 37_302.611), (4690, 97_000, 2540)),
]
LEVELS = {44: (4.25, 1_812_557, 17_009_165), 65: (5.1, 2_918_295, 26_008_621), 87: (3.85, 4_880_711, 29_357_607)}


def named(value):
    return getattr(value, "name", "")


@pytest.mark.parametrize(("scheme", "sizes", "kilocycles", "microseconds"), TABLE, ids=named)
def test_signatures_weigh_and_take_what_was_published(scheme, sizes, kilocycles, microseconds):
    f = scheme.figures
    assert (f.public_key_byte, f.secret_key_byte, f.signature_byte) == sizes
    assert (scheme.public_key_byte, scheme.signature_byte) == (sizes[0], sizes[2])
    for cost, cycles, time in zip(
        (scheme.make_keys, scheme.sign, scheme.verify), kilocycles, microseconds, strict=True
    ):
        assert cost(CortexM4(clock=24e6)).time_s == pytest.approx(1e3 * cycles / 24e6, rel=2e-4)
        assert cost(X86Core()).time_s == pytest.approx(1e-6 * time)


# FIPS 204, table 1: k, l, eta, gamma_1, omega, lambda; q = 8380417, d = 13
@pytest.mark.parametrize(
    ("level", "k", "l", "eta_bits", "gamma_bits", "omega", "strength"),
    [(44, 4, 4, 3, 18, 80, 128), (65, 6, 5, 4, 20, 55, 192), (87, 8, 7, 3, 20, 75, 256)],
)
def test_mldsa_sizes_follow_from_its_parameters(level, k, l, eta_bits, gamma_bits, omega, strength):  # noqa: E741
    f = MLDSA(level=level).figures
    assert f.public_key_byte == 32 + 32 * k * (23 - 13)
    assert f.secret_key_byte == 32 + 32 + 64 + 32 * ((k + l) * eta_bits + 13 * k)
    assert f.signature_byte == strength // 4 + 32 * l * gamma_bits + omega + k


# FIPS 205, table 2: n, h, d, a, k; WOTS+ with w = 16
@pytest.mark.parametrize(
    ("variant", "n", "h", "d", "a", "k"),
    [
        ("128s", 16, 63, 7, 12, 14), ("128f", 16, 66, 22, 6, 33), ("192s", 24, 63, 7, 14, 17),
        ("192f", 24, 66, 22, 8, 33), ("256s", 32, 64, 8, 14, 22), ("256f", 32, 68, 17, 9, 35),
    ],
)  # fmt: skip
def test_slhdsa_sizes_follow_from_its_parameters(variant, n, h, d, a, k):
    f = SLHDSA(variant=variant).figures
    assert (f.public_key_byte, f.secret_key_byte) == (2 * n, 4 * n)
    assert f.signature_byte == n * (1 + k * (1 + a) + h + d * (2 * n + 3))


@pytest.mark.parametrize(("scheme", "degree"), [(Falcon512(), 512), (Falcon1024(), 1024)], ids=named)
def test_falcon_public_key_is_a_polynomial_of_14_bit_coefficients(scheme, degree):
    assert scheme.public_key_byte == 1 + 14 * degree // 8


@pytest.mark.parametrize(
    ("scheme", "device", "server"),
    [
        (ECDSA_P256(), None, (0.20, 0.60)),
        (Ed25519(), None, (0.40, 1.10)),
        (MLDSA(level=44), (2.37, 0.85), (0.81, 0.25)),
        (MLDSA(level=65), (3.72, 1.45), (1.30, 0.41)),
        (MLDSA(level=87), (4.77, 2.52), (1.46, 0.62)),
        (Falcon512(), (13.5, 0.24), (2.66, 0.43)),
        (Falcon1024(), (29.0, 0.48), (5.27, 0.84)),
        (SLHDSA(variant="128s"), (4595, 4.5), (4691, 4.70)),
        (SLHDSA(variant="128f"), (221, 13.2), (230, 14.0)),
    ],
    ids=named,
)
def test_millijoules_at_six_tenths_of_a_nanojoule_per_cycle_and_at_8_watts_per_core(scheme, device, server):
    for processor, published in ((CortexM4(), device), (X86Core(), server)):
        if published:
            costs = scheme.sign(processor), scheme.verify(processor)
            assert [1e3 * cost.energy_j for cost in costs] == pytest.approx(published, rel=0.025)


def test_bytes_that_a_transaction_carries():
    """Signature and public key, as printed in the literature's comparisons."""
    carried = {scheme.name: scheme.public_key_byte + scheme.signature_byte for scheme, *_ in TABLE}
    assert list(carried.values())[:9] == [97, 96, 3732, 5261, 7219, 1563, 3073, 7888, 17_120]


def test_what_shor_breaks():
    assert [scheme.name for scheme, *_ in TABLE if not scheme.quantum_safe] == ["ECDSA-P256", "Ed25519"]
    assert [scheme.figures.category for scheme, *_ in TABLE] == [0, 0, 2, 3, 5, 1, 5, 1, 1, 3, 3, 5, 5]


def test_names_are_unique():
    assert len({scheme.name for scheme, *_ in TABLE}) == len(TABLE)


def test_costs_add_up_and_scale_with_the_clock():
    scheme = ECDSA_P256()
    one, many = scheme.verify(CortexM4()), scheme.verify(CortexM4(), count=7)
    assert many.time_s == pytest.approx(7 * one.time_s) and many.energy_j == pytest.approx(7 * one.energy_j)
    slow = scheme.verify(CortexM4(clock=60e6))
    assert slow.time_s == pytest.approx(2 * one.time_s) and slow.energy_j == pytest.approx(one.energy_j)
    assert scheme.verify(CortexM4(), count=0) == (0.0, 0.0)


@pytest.mark.parametrize("level", LEVELS)
def test_attempts_are_geometric_with_the_expected_number_of_fips_204(level):
    scheme, rng, n = MLDSA(level=level, random_attempts=True), np.random.default_rng(5), 20_000
    cycles = np.array([scheme.signing(rng).cortex_m4 for _ in range(n)])
    expected, quickest, _ = LEVELS[level]
    share, error = np.mean(np.isclose(cycles, cycles.min())), np.sqrt((1 - 1 / expected) / expected / n)
    assert cycles.min() == pytest.approx(quickest, rel=1e-4)
    assert abs(share - 1 / expected) < 4 * error
    assert abs(cycles.mean() - scheme.figures.signing.cortex_m4) < 4 * cycles.std() / np.sqrt(n)


@pytest.mark.parametrize("level", LEVELS)
def test_the_longest_of_a_thousand_signatures_is_as_measured(level):
    scheme, (expected, quickest, longest) = MLDSA(level=level), LEVELS[level]
    rate = -np.log(1 - 1 / expected)
    attempts, spread = np.sum(1 / np.arange(1, 1001)) / rate + 0.5, np.pi / np.sqrt(6) / rate
    step = scheme.signing_in(2).cortex_m4 - scheme.signing_in(1).cortex_m4
    assert abs(quickest + (attempts - 1) * step - longest) < spread * step


def test_attempts_cost_the_same_share_on_any_processor():
    scheme = MLDSA(level=65)
    mean, five = scheme.figures.signing, scheme.signing_in(5)
    assert five.x86 / mean.x86 == pytest.approx(five.cortex_m4 / mean.cortex_m4)
    assert scheme.signing(np.random.default_rng(1)) == mean


def test_a_users_own_processor_and_scheme_fit():
    @dataclass(frozen=True, kw_only=True)
    class Accelerated(Processor):
        def cycles(self, operation):
            return operation.cortex_m4 / 10

    @dataclass(frozen=True, kw_only=True)
    class Toy(SignatureScheme):
        figures = SignatureFigures("toy", 0, 1, 1, 2, Operation(1, 1), Operation(100, 10), Operation(50, 5))

    assert Toy().sign(Accelerated(clock=10.0, energy_per_cycle=2.0)) == (1.0, 20.0)
    assert (Toy().name, Toy().signature_byte, Toy().quantum_safe) == ("toy", 2, False)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: MLDSA(level=66), "MLDSA.level must be 44, 65 or 87, got 66"),
        (lambda: MLDSA(random_attempts=1), "MLDSA.random_attempts must be True or False, got 1"),
        (lambda: SLHDSA(variant="128"), "SLHDSA.variant must be one of '128s', .*, got '128'; FIPS 205"),
        (lambda: CortexM4(clock=0), "CortexM4.clock must be > 0 Hz, got 0"),
    ],
)
def test_mistakes_are_told(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()
