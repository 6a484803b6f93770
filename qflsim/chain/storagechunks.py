"""Blocks kept together: every node holds a chunk of an erasure code."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from qflsim.chain.copies import Copy, Held, NodeStore, StoredBlock
from qflsim.chain.erasure import CYCLES_PER_PRODUCT, chunk_byte, decode, encode
from qflsim.chain.storage import StoragePolicy
from qflsim.checks import quantity

__all__ = ["ErasureCoded"]

CHUNK_DIGEST_BYTE = 32


@dataclass(frozen=True, kw_only=True)
class ErasureCoded(StoragePolicy):
    """The nodes that decide a block keep its transactions together: each holds a chunk, and any k of k + m are enough.

    Headers and certificates everybody keeps, and 32 bytes for each chunk of a block, by which a damaged chunk is told
    from a right one. Chunk i of the block at height h goes to member (i + h) mod n of those who decided it, ordered by
    name: if there are fewer members than chunks, some hold several.

    Parameters
    ----------
    k, m:
        Chunks that are needed, and chunks that may be missing; 4 and 2 are an *assumption*.

    References
    ----------
    .. [1] D. Perard, J. Lacan, Y. Bachy, J. Detchart, "Erasure code-based low storage blockchain node",
       arXiv:1805.00860.

    *Scope*: real Reed-Solomon chunks over GF(256), `qflsim.chain.erasure`. Nobody makes new chunks for a node that has
    gone. Who joins later holds headers and certificates.

    *Validation*: all chunks together are (k + m)/k of the data; any k of them give it back.
    """

    k: int = quantity(4, at_least=1, advice="give a whole number, e.g. 4")
    m: int = quantity(2, at_least=0, advice="give a whole number, e.g. 2")

    def check(self) -> None:
        """Refuse more chunks than the field has room for."""
        if self.k + self.m > 256:
            raise ValueError(f"ErasureCoded.k + m must be <= 256, got {self.k + self.m}; give e.g. k=4, m=2")

    @property
    def name(self) -> str:
        """Erasure-coded."""
        return "erasure-coded"

    def chunks(self, node: str, block: StoredBlock) -> tuple[int, ...]:
        """Numbers of the chunks that ``node`` holds of a block."""
        members = sorted(block.members)
        if node not in members:
            return ()
        return tuple(i for i in range(self.k + self.m) if members[(i + block.height) % len(members)] == node)

    def encode(self, body: bytes) -> list[bytes]:
        """The chunks of a block's transactions."""
        return encode(body, self.k, self.m)

    def decode(self, chunks: Mapping[int, bytes], body_byte: int) -> bytes:
        """The transactions behind any k chunks, given by their number."""
        return decode(chunks, self.k, self.m, body_byte)

    def encoding_cycles(self, chunks: Sequence[int], body_byte: int) -> float:
        """Processor cycles to make some of the chunks; those of data are there already."""
        products = sum(chunk >= self.k for chunk in chunks) * self.k * chunk_byte(body_byte, self.k)
        return CYCLES_PER_PRODUCT * products

    def decoding_cycles(self, chunks: Iterable[int], body_byte: int) -> float:
        """Processor cycles to put the data together: none if all chunks are of data, else k products for each byte."""
        missing = self.k - sum(chunk < self.k for chunk in chunks)
        return CYCLES_PER_PRODUCT * missing * self.k * chunk_byte(body_byte, self.k)

    def store(self, block: StoredBlock, copy: Copy, node_store: NodeStore) -> None:
        """Header, certificate, digests of the chunks, and its own chunks."""
        chunks = self.chunks(copy.node, block)
        body = len(chunks) * chunk_byte(block.body_byte, self.k)
        copy.put(
            block,
            Held(
                header_byte=block.header_byte + CHUNK_DIGEST_BYTE * (self.k + self.m),
                body_byte=body,
                certificate_byte=block.certificate_byte,
                chunks=chunks,
            ),
        )
