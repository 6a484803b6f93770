"""Merkle trees and bytes of stored chains.

References
----------
.. [1] B. Laurie, A. Langley, E. Kasper, RFC 6962, "Certificate Transparency", section 2.1 (2013), and the leaves and
   roots in the tests of its reference implementation.
.. [3] S. Nakamoto, "Bitcoin: a peer-to-peer electronic cash system" (2008), section 7: 4.2 MB of headers a year.
.. [2] Arithmetic of a federated round on a chain: 4 P bytes of float32 parameters, a signature and 100 bytes of
   metadata per update; 32 bytes stand for the parameters where only their hash is stored.
"""

from collections.abc import Iterator

from qflsim.chain.ledger import Chain
from qflsim.chain.merkle import inclusion_proof, merkle_root
from qflsim.chain.transactions import SignedTransaction, Update, digest_of, pack_parameters
from qflsim.crypto.keyring import AssumedSignatures, Keyring
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

_KEYRING = Keyring(AssumedSignatures(1312, 2420), ("device-1", "device-2", "device-3"), str.encode)

_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def comparisons() -> Iterator[Comparison]:
    """Rows on Merkle trees and updates."""
    yield from _merkle()
    yield from _updates()


def _merkle() -> Iterator[Comparison]:
    leaves = [bytes.fromhex(leaf) for leaf in _LEAVES]
    yield Comparison(
        quantity="published Merkle roots met, of 8", published=8, tolerance=0.0, source="RFC 6962, test suite",
        simulated=sum(merkle_root(leaves[: n + 1]).hex() == root for n, root in enumerate(_ROOTS)), basis="value",
    )  # fmt: skip
    items = [number.to_bytes(4, "big") for number in range(1000)]
    yield Comparison(
        quantity="longest inclusion proof, 1000 items [byte]", published=320,
        simulated=max(sum(map(len, inclusion_proof(items, i))) for i in range(0, 1000, 50)), tolerance=0.0,
        source="32 ceil(log2 1000)", basis="formula",
    )  # fmt: skip

    sizes = [(count, items[:count]) for count in range(1, 257)]
    yield Comparison(
        quantity="proofs of 1 to 256 items of another length", published=0, tolerance=0.0, source="32 ceil(log2 m)",
        simulated=sum(32 * (n - 1).bit_length() != 32 * len(inclusion_proof(some, 0)) for n, some in sizes),
        basis="formula",
    )  # fmt: skip


def _updates() -> Iterator[Comparison]:
    full, short = _update(pack_parameters([0.5] * 1000)), _update(b"")
    yield Comparison(
        quantity="1000 parameters on chain [byte]",
        published=4000,
        simulated=len(full.payload) - len(short.payload),
        tolerance=3.0,
        source="4 P, float32",
        basis="formula",
    )  # fmt: skip  (3: the metadata state the length, "4000" in place of "0")
    yield Comparison(
        quantity="update with its hash, ML-DSA-44 [byte]", published=2552, simulated=short.size_byte, tolerance=0.0,
        source="32 + signature + 100", basis="formula",
        miss="The formula assumes 100 bytes of metadata. Here an update also carries its signer's public key of 1312 "
        "bytes, and its metadata are written out and take what they take.",
    )  # fmt: skip
    yield Comparison(
        quantity="20 x 100 updates, parameters' share [MB]", published=13.04 - 5.10, tolerance=0.01, relative=True,
        simulated=2000 * (full.size_byte - short.size_byte) / 1e6, source="13.04 - 5.10 MB, see [2]", basis="formula",
    )  # fmt: skip
    yield Comparison(
        quantity="headers of a year, one in 10 min [MB]", published=4.2, tolerance=0.05,
        simulated=6 * 24 * 365 * Chain("global").tip.header_byte / 1e6, source="Nakamoto 2008", basis="value",
        miss="Bitcoin's headers have 80 bytes. One here names chain and proposer and states the metadata of the model, "
        "128 bytes and the names; it grows by the same law.",
    )  # fmt: skip
    chain = Chain("local")
    for number in range(1, 11):
        block = chain.propose([short] * 20, proposer="server-1", round=number, time_s=float(number))
        chain.append(block.certified(["device-1", "device-2", "device-3"], _KEYRING))
    yield Comparison(
        quantity="stored chain, 10 blocks of 20 updates [byte]", published=chain.size_byte,
        simulated=len(chain.encode()), tolerance=0.0, source="headers + bodies + certs", basis="law",
    )  # fmt: skip


def _update(parameters: bytes) -> SignedTransaction:
    update = Update(
        sender="device-1", task="digits", round=1, time_s=1.5, digest=digest_of(parameters), samples=100, loss=0.5,
        parameters=parameters,
    )  # fmt: skip
    return update.signed(_KEYRING)
