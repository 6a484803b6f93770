"""A chain of blocks that finds any change of its past."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from qflsim.chain.audit import transaction_fault
from qflsim.chain.block import Block, Header, ModelMetadata
from qflsim.chain.kept import KeptBlocks
from qflsim.chain.merkle import merkle_root
from qflsim.chain.transactions import SignedTransaction
from qflsim.chain.wire import Reader
from qflsim.crypto.keyring import Register

__all__ = ["Chain", "Fault", "check_stored", "genesis"]

_NO_MODEL = ModelMetadata()


class Fault(NamedTuple):
    """The first bad block of a chain and what is wrong with it."""

    height: int
    reason: str


def genesis(chain: str) -> Block:
    """The block at height 0 of ``chain``: the same for everybody who knows the chain's name."""
    header = Header(
        chain=chain, height=0, round=0, view=0, time_s=0.0, proposer="",
        previous=bytes(32), root=merkle_root([]), transactions=0,
    )  # fmt: skip
    return Block(header=header, transactions=())


class Chain:
    """One copy of a chain, from its genesis block on.

    Hashes are real: a block's hash is the SHA-256 of its header, the header holds the Merkle root of the
    transactions and the hash of the block before.

    Parameters
    ----------
    name:
        Name of the chain; it is part of every header.

    *Scope*: agreement is final, so there are no forks. Whether the signers are a quorum of the committee is for the
    committee to say.

    *Validation*: any flipped byte of a stored chain is found, in the block it was flipped in.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.blocks = KeptBlocks(genesis(name))

    @property
    def height(self) -> int:
        """Height of the last block."""
        return len(self.blocks) - 1

    @property
    def tip(self) -> Block:
        """The last block."""
        return self.blocks[-1]

    @property
    def size_byte(self) -> int:
        """Bytes of one stored copy: headers, bodies and certificates."""
        return self.blocks.size_byte

    def propose(
        self,
        transactions: Sequence[SignedTransaction],
        *,
        proposer: str,
        round: int,
        time_s: float,
        view: int = 0,
        model: ModelMetadata = _NO_MODEL,
    ) -> Block:
        """The next block with these transactions, not yet agreed on and not appended."""
        draft = Block(header=self.tip.header, transactions=tuple(transactions))
        header = Header(
            chain=self.name, height=self.height + 1, round=round, view=view, time_s=time_s, proposer=proposer,
            previous=self.tip.hash, root=draft.root, transactions=len(draft.transactions), model=model,
        )  # fmt: skip
        return Block(header=header, transactions=draft.transactions)

    def append(self, block: Block) -> None:
        """Add an agreed block.

        Raises
        ------
        ValueError
            If the block does not continue this chain.
        """
        reason = _broken(block, self.tip, self.name)
        if reason:
            raise ValueError(f"block must continue chain {self.name!r} at height {self.height + 1}, but {reason}")
        self.blocks.append(block)

    def verify(self, register: Register) -> Fault | None:
        """The first bad block, None if every block is as it was agreed on and signed."""
        return _first_fault(self.blocks, self.name, register)

    def encode(self) -> bytes:
        """The bytes a node stores."""
        return b"".join(block.encode() for block in self.blocks)


def check_stored(data: bytes, name: str, register: Register) -> Fault | None:
    """The first bad block of a stored copy of chain ``name``, None if there is none.

    Blocks cut off at the end leave a valid shorter chain; that is seen by comparing heights with others.
    """
    reader, blocks = Reader(data), []
    while not reader.done:
        try:
            blocks.append(Block.decode(reader))
        except ValueError as error:
            return _first_fault(blocks, name, register) or Fault(len(blocks), str(error))
    return _first_fault(blocks, name, register)


def _first_fault(blocks: Sequence[Block], name: str, register: Register) -> Fault | None:
    if blocks and blocks[0].encode() != genesis(name).encode():
        return Fault(0, f"it is not the genesis block of chain {name!r}")
    for before, block in pairwise(blocks):
        reason = _broken(block, before, name) or _forged(block, register)
        if reason:
            return Fault(before.header.height + 1, reason)
    return None


def _broken(block: Block, before: Block, name: str) -> str:
    """Why ``block`` cannot follow ``before``; empty if it can."""
    header, certificate = block.header, block.certificate
    checks = (
        (certificate is not None, "it has no certificate"),
        (certificate is None or certificate.digest == header.hash, "its certificate is not for this header"),
        (certificate is None or certificate.signature_byte > 0, "its signatures have no bytes"),
        (certificate is None or len(set(certificate.signers)) == len(certificate.signers), "a signer signed twice"),
        (header.chain == name, f"it belongs to chain {header.chain!r}"),
        (header.height == before.header.height + 1, f"its height is {header.height}"),
        (header.previous == before.hash, "its link is not the hash of the block before"),
        (header.transactions == len(block.transactions), f"it states {header.transactions} transactions"),
        (header.root == block.root, "its Merkle root is not that of its transactions"),
        (header.time_s >= before.header.time_s, "it is older than the block before"),
    )
    return next((reason for holds, reason in checks if not holds), "")


def _forged(block: Block, register: Register) -> str:
    """Which signature in ``block`` does not hold; empty if all do."""
    for number, item in enumerate(block.transactions):
        reason = transaction_fault(item, register)
        if reason:
            return f"of transaction {number}, {reason}"
    return "" if block.certificate is None else block.certificate.fault(register)
