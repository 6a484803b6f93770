"""Erasure codes, availability of what several nodes hold, and formats of models.

References
----------
.. [1] I. S. Reed, G. Solomon, "Polynomial codes over certain finite fields", J. SIAM 8, 300 (1960): any k of n symbols.
.. [2] IEEE 754-2008: half precision has 11 significant bits, single precision 24.
.. [3] D. Alistarh et al., "QSGD", NeurIPS 2017, arXiv:1610.02132: stochastic rounding is unbiased.
.. [4] S. U. Stich, J.-B. Cordonnier, M. Jaggi, "Sparsified SGD with memory", NeurIPS 2018, arXiv:1809.07599, definition
   2.1: what stays behind has at most the share 1 - k/P of the squared length.
.. [5] Arithmetic of a federated round on a chain: n (4 P + signature + 100) bytes with the parameters and
   n (32 + signature + 100) with their hash; P = 1000 and ML-DSA-44 give 13.04 and 5.10 MB in 100 rounds of 20 clients.
"""

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from qflsim.chain.erasure import decode, encode
from qflsim.chain.transactions import Update, digest_of, pack_parameters
from qflsim.crypto.keyring import AssumedSignatures, Keyring
from qflsim.learning.floats import Float16, Float32
from qflsim.learning.int8 import Int8
from qflsim.learning.topk import TopK
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

_K, _M = 4, 2
_KEYRING = Keyring(AssumedSignatures(1312, 2420), ("device-1",), str.encode)


def comparisons() -> Iterator[Comparison]:
    """Rows on codes, availability and formats."""
    rng = np.random.default_rng(11)
    yield from _code(rng)
    yield from _availability(rng)
    yield from _formats(rng)
    yield from _off_chain()


def _code(rng: np.random.Generator) -> Iterator[Comparison]:
    data = rng.bytes(4000)
    chunks = encode(data, _K, _M)
    yield Comparison(
        quantity="4 + 2 chunks of 4000 bytes [byte]", published=6000, simulated=sum(map(len, chunks)), tolerance=0.0,
        source="n/k of the data", basis="formula",
    )  # fmt: skip
    choices = list(combinations(range(_K + _M), _K))
    right = sum(decode({i: chunks[i] for i in chosen}, _K, _M, 4000) == data for chosen in choices)
    yield Comparison(
        quantity="choices of 4 of 6 chunks that decode, of 15", published=15, simulated=right, tolerance=0.0,
        source="Reed-Solomon 1960", basis="law",
    )  # fmt: skip


def _availability(rng: np.random.Generator) -> Iterator[Comparison]:
    """Nodes are up with chance 0.9 each; the data are decoded from the chunks of those that are."""
    draws, data = 4000, rng.bytes(64)
    chunks = encode(data, _K, _M)
    had = 0
    for up in rng.random((draws, _K + _M)) < 0.9:
        present = {int(i): chunks[i] for i in np.flatnonzero(up)}
        had += len(present) >= _K and decode(present, _K, _M, len(data)) == data
    yield Comparison(
        quantity="chance to read 4 of 6 chunks, nodes up 90 %", published=0.98415, simulated=had / draws,
        tolerance=0.006, source="sum C(n,i) p^i q^(n-i)", basis="formula",
    )  # fmt: skip
    either = float((rng.random((200_000, 2)) < 0.9).any(axis=1).mean())
    yield Comparison(
        quantity="chance to read one of 2 replicas, up 90 %", published=0.99, simulated=either, tolerance=0.001,
        source="1 - q^r", basis="formula",
    )  # fmt: skip


def _formats(rng: np.random.Generator) -> Iterator[Comparison]:
    model, zeros = rng.uniform(-3.0, 3.0, 1000), np.zeros(1000)
    for form, published in ((Float32(), 4000), (Float16(), 2000), (Int8(), 1004), (TopK(share=0.1), 604)):
        packed, _ = form.encode_update(model, zeros, zeros, rng)
        yield Comparison(
            quantity=f"update of 1000 parameters, {type(form).__name__} [byte]", published=published,
            simulated=len(packed), tolerance=0.0, source="4P, 2P, P+4, 4+6k", basis="formula",
        )  # fmt: skip
    half = Float16().decode(Float16().encode(model, rng))
    yield Comparison(
        quantity="largest relative error of half precision", published=2.0**-11,
        simulated=float((np.abs(half - model) / np.abs(model)).max()), tolerance=0.0, source="IEEE 754, 2^-11",
        basis="law", bound="at most",
    )  # fmt: skip
    step = float(np.abs(model).max()) / 127.0
    nearest = Int8().decode(Int8().encode(model, rng))
    yield Comparison(
        quantity="largest error of one byte [step]", published=0.5,
        simulated=float(np.abs(nearest - model).max()) / step, tolerance=1e-6, source="half a step", basis="law",
        bound="at most",
    )  # fmt: skip
    form = Int8(stochastic=True)
    mean = np.mean([form.decode(form.encode(model[:50], rng)) for _ in range(4000)], axis=0)
    yield Comparison(
        quantity="mean error of stochastic rounding [step]", published=0.0,
        simulated=float((mean - model[:50]).mean()) / step, tolerance=0.005, source="QSGD, unbiased", basis="law",
    )  # fmt: skip
    _, left = TopK(share=0.1).encode_update(model, zeros, zeros, rng)
    yield Comparison(
        quantity="squared length left behind, top 10 %", published=0.9,
        simulated=float((left**2).sum() / (model**2).sum()), tolerance=0.0, source="Stich 2018, def. 2.1", basis="law",
        bound="at most",
    )  # fmt: skip


def _off_chain() -> Iterator[Comparison]:
    """20 clients and 100 rounds, with the parameters on the chain and without."""
    packed = pack_parameters([0.5] * 1000)
    sizes = [
        Update(
            sender="device-1", task="digits", round=1, time_s=1.5, digest=digest_of(packed), samples=100, loss=0.5,
            parameters=carried,
        ).signed(_KEYRING).size_byte
        for carried in (packed, b"")
    ]  # fmt: skip
    yield Comparison(
        quantity="saved off the chain, 2000 updates [MB]", published=13.04 - 5.10,
        simulated=2000 * (sizes[0] - sizes[1]) / 1e6, tolerance=0.01, relative=True,
        source="n (4P - 32), 100 rounds", basis="formula",
    )  # fmt: skip
