"""Key management: rates of consumption, waits at a store, relay, and what a forger of tags can hope for.

References
----------
.. [1] A one-time pad takes one key bit per bit of message: 1 Mbit at 1.1, 2, 100 and 304 kbit/s; an AES-256 key takes
   256 bits (NIST FIPS 197). 304 kbit/s: M. Sasaki et al., Opt. Express 19, 10387 (2011).
.. [2] L. Kleinrock, "Queueing systems", volume 1 (1975): mean wait of M/D/1, rho S / (2 (1 - rho)).
.. [3] NIST FIPS 197, 4.2: {57} times {83} is {c1} in GF(2^8).
.. [4] M. N. Wegman, J. L. Carter, J. Comput. Syst. Sci. 22, 265 (1981); see `qflsim.crypto.tags`.
.. [5] RFC 5869, appendix A.1.
"""

from collections.abc import Iterator

import numpy as np

from qflsim.crypto.hkdf import hkdf
from qflsim.crypto.keydelivery import KeyDelivery
from qflsim.crypto.keymanager import KeyManager
from qflsim.crypto.keystore import KeyStore
from qflsim.crypto.sealing import AES256, OneTimePad
from qflsim.crypto.tags import forging_probability, multiply, tag
from qflsim.units import Mbit, kbit
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

_REQUESTS = 200_000


def comparisons() -> Iterator[Comparison]:
    """Rows on key management."""
    for rate, seconds, keys in ((1.1, 909.1, 4.297), (2.0, 500.0, 7.813), (100.0, 10.0, 390.6), (304.0, 3.289, 1187.5)):
        yield Comparison(
            quantity=f"one-time pad for 1 Mbit at {rate:g} kbit/s [s]", published=seconds, tolerance=2e-4,
            relative=True, simulated=_wait(rate * kbit, OneTimePad().key_bit(125_000, first=False) - 128.0),
            basis="law", source="1 bit of key per bit",
        )  # fmt: skip
        yield Comparison(
            quantity=f"AES-256 keys per second at {rate:g} kbit/s", published=keys, tolerance=2e-4, relative=True,
            simulated=1.0 / _wait(rate * kbit, AES256().key_bit(1000, first=False)), basis="law", source="FIPS 197",
        )  # fmt: skip
    for load in (0.5, 0.8):
        yield Comparison(
            quantity=f"mean wait at a store of one key, load {load:g}", published=load / (2 * (1 - load)),
            simulated=_mean_wait(load), tolerance=0.03, relative=True, source="Kleinrock 1975", basis="law",
        )  # fmt: skip
    yield from _laws()
    yield Comparison(
        quantity="product {57}{83} in GF(2^8)", published=float(0xC1), simulated=float(multiply(0x57, 0x83, 8)),
        tolerance=0.0, source="FIPS 197, 4.2", basis="value",
    )  # fmt: skip
    yield Comparison(
        quantity="best forger of an 8-bit tag, share of keys", published=forging_probability(2, 8),
        simulated=_best_forger(), tolerance=0.0, bound="at most", source="Wegman, Carter 1981", basis="law",
    )  # fmt: skip
    secret, salt, info = b"\x0b" * 22, bytes(range(13)), bytes(range(0xF0, 0xFA))
    yield Comparison(
        quantity="HKDF-SHA-256, first four bytes", published=float(0x3CB25F25),
        simulated=float(int.from_bytes(hkdf(secret, 42, salt=salt, info=info)[:4], "big")), tolerance=0.0,
        source="RFC 5869, A.1", basis="value",
    )  # fmt: skip


def _wait(rate: float, bits: float) -> float:
    """Seconds until a dry store has served ``bits``."""
    keys = KeyManager(KeyStore(minimum=0.0, maximum=10 * Mbit))
    keys.set_rate(0.0, rate)
    keys.request(0.0, bits)
    due = keys.next_event()
    return float("nan") if due is None else keys.advance(due)[0].waited_s


def _mean_wait(load: float) -> float:
    """Mean wait, in the time that a key takes, of requests at random at a store that holds one key."""
    keys, now, waits = KeyManager(KeyStore(minimum=0.0, threshold=256.0, maximum=256.0)), 1.0, 0.0
    keys.set_rate(0.0, 256.0)
    for gap in np.random.default_rng(4).exponential(1.0 / load, _REQUESTS).tolist():
        now += gap
        while (due := keys.next_event()) is not None and due <= now:
            for request in keys.advance(due):
                waits += request.waited_s
                keys.hand_out(due, request)
        request = keys.request(now, 256.0)
        if request.state == "served":
            keys.hand_out(now, request)
    return waits / _REQUESTS


def _laws() -> Iterator[Comparison]:
    """What no sequence of requests may break: a store emptied at random, at rates that come and go."""
    store = KeyStore(minimum=1000.0, threshold=4000.0, maximum=10_000.0)
    keys, rng, now = KeyManager(store), np.random.default_rng(7), 0.0
    lowest, highest = np.inf, 0.0
    for _ in range(20_000):
        now += float(rng.exponential(1.0))
        while (due := keys.next_event()) is not None and due <= now:
            for request in keys.advance(due):
                if request.state == "served":
                    lowest = min(lowest, request.level_bit)
                    keys.hand_out(due, request)
        keys.set_rate(now, float(rng.choice([0.0, 500.0, 5000.0])))
        highest = max(highest, keys.level(now) + keys.set_aside_bit)
        request = keys.request(now, float(rng.integers(1, 4000)), now + 5.0)
        if request.state == "served":
            lowest = min(lowest, request.level_bit)
            keys.hand_out(now, request)
    books = store.minimum + keys.made_bit - keys.drawn_bit - keys.set_aside_bit - keys.level(now)
    source = "conservation of bits"
    yield Comparison(quantity="lowest level served, minimum 1000 bit", published=store.minimum, simulated=lowest,
                     tolerance=1e-9, bound="at least", source=source, basis="law")  # fmt: skip
    yield Comparison(quantity="bits stored, maximum 10,000 bit", published=store.maximum, simulated=highest,
                     tolerance=1e-6, bound="at most", source=source, basis="law")  # fmt: skip
    yield Comparison(quantity="bits made and neither drawn nor stored", published=0.0, simulated=books,
                     tolerance=1e-3, source=source, basis="law")  # fmt: skip
    yield Comparison(quantity="keys opened by an identifier, used twice", published=1.0, simulated=_openings(),
                     tolerance=0.0, source="ETSI GS QKD 014", basis="law")  # fmt: skip


def _openings() -> float:
    """How often one identifier opens its key."""
    manager = KeyManager(KeyStore(minimum=0.0, maximum=1e6))
    manager.deposit(0.0, 1e6)
    delivery, opened = KeyDelivery(manager, "a", "b"), 0
    (key,) = delivery.get_key(0.0)
    for _ in range(2):
        try:
            opened += len(delivery.get_key_with_ids(0.0, [key.key_ID]))
        except ValueError:
            continue
    return float(opened)


def _best_forger() -> float:
    """The largest share of hash keys for which one guess at the tag of another message of two bytes is right."""
    best = 0
    for first in range(1, 256, 8):
        for second in range(1, 256, 8):
            guesses = [tag(bytes([first, second]), key, 0, 8) ^ tag(b"\0\0", key, 0, 8) for key in range(256)]
            best = max(best, max(guesses.count(guess) for guess in set(guesses)))
    return best / 256
