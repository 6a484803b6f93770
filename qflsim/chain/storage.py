"""What nodes store of the chains: everything, the newest, headers, or digests with their contents elsewhere."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from qflsim.chain.copies import Copy, Held, NodeStore, StoredBlock
from qflsim.checks import Part, quantity

__all__ = ["FullCopies", "Light", "OffChain", "Pruned", "StoragePolicy", "whole"]


@dataclass(frozen=True, kw_only=True)
class StoragePolicy(Part, ABC):
    """What a node stores of a chain. One of one's own derives from this class and gives `name` and `store`.

    Parameters
    ----------
    spot_checks:
        Old blocks of each chain, drawn at random, that the publisher reads back in every round and checks against
        their headers: what reading costs, and whether what should be there is there.
    catch_up:
        Whether a node that begins to store a chain, or has missed blocks of it, asks others for what it lacks.

    *Scope*: validators hold a proposed block whole while they decide it, whatever they store of it afterwards.
    """

    spot_checks: int = quantity(0, at_least=0, most=1_000, advice="give a whole number, e.g. 1")
    catch_up: bool = True

    @property
    @abstractmethod
    def name(self) -> str:
        """What the tables call it."""

    @property
    def assumption(self) -> str:
        """What an idealised policy grants that physics does not; empty if nothing."""
        return ""

    @property
    def proves(self) -> bool:
        """Whether a device asks for the proof that the last global model stands on the global chain."""
        return False

    def of(self, role: str, chain: str) -> "StoragePolicy":
        """The policy of a node of this ``role`` for ``chain``: ``global``, or its kind and a name after a hyphen."""
        return self

    def off_chain(self, chain: str) -> "OffChain | None":
        """Where the parameters of models on ``chain`` are kept, if not on it."""
        return None

    @abstractmethod
    def store(self, block: StoredBlock, copy: Copy, node_store: NodeStore) -> None:
        """Put what a node keeps of a new block into its ``copy``, and drop what it need not keep any more.

        Parameters
        ----------
        block:
            The block, which the node holds whole at this moment.
        copy:
            Its copy of the block's chain.
        node_store:
            All its copies, this one included.
        """


def whole(block: StoredBlock) -> Held:
    """All of a block."""
    return Held(
        header_byte=block.header_byte,
        body_byte=block.body_byte,
        certificate_byte=block.certificate_byte,
        whole=True,
    )


@dataclass(frozen=True, kw_only=True)
class FullCopies(StoragePolicy):
    """Every node stores every block of its chains whole: header, transactions and certificate."""

    @property
    def name(self) -> str:
        """Full."""
        return "full"

    def store(self, block: StoredBlock, copy: Copy, node_store: NodeStore) -> None:
        """All of it."""
        copy.put(block, whole(block))


@dataclass(frozen=True, kw_only=True)
class Pruned(StoragePolicy):
    """A node stores the blocks of the last rounds whole, and of older ones the headers.

    The headers link to each other, and the certificate of the last vouches for all before it.

    Parameters
    ----------
    rounds:
        Rounds whose blocks are kept whole; 5 is an *assumption*.

    *Scope*: what nobody keeps can be read no more; the observer's archive of the run has it all the same.

    *Validation*: bytes follow H + r B, with all headers H and the blocks B of r rounds.
    """

    rounds: int = quantity(5, at_least=1, advice="give a whole number, e.g. 5")

    @property
    def name(self) -> str:
        """Pruned."""
        return "pruned"

    def store(self, block: StoredBlock, copy: Copy, node_store: NodeStore) -> None:
        """All of the new one; older ones are stripped to their headers."""
        copy.put(block, whole(block))
        while (oldest := copy.oldest()) is not None and oldest[1] <= copy.newest - self.rounds:
            copy.strip(oldest[0])


@dataclass(frozen=True, kw_only=True)
class Light(StoragePolicy):
    """A node stores headers, and its own transactions with the proofs that they are in their blocks.

    A light device that is handed a model asks its server for the headers and certificates of the global chain that it
    lacks, and for the last global model's transaction with its proof, and trains only when they fit [1]_.

    Parameters
    ----------
    proofs:
        Whether it asks for that; otherwise it takes its server's word for it.

    References
    ----------
    .. [1] S. Nakamoto, "Bitcoin: a peer-to-peer electronic cash system" (2008), section 8: simplified payment
       verification; here a quorum's certificate stands in the place of the proof of work.

    *Validation*: header bytes of all blocks; a proof of 32 ceil(log2 n) bytes at most.
    """

    proofs: bool = True

    @property
    def name(self) -> str:
        """Light."""
        return "light"

    @property
    def proves(self) -> bool:
        """As it says."""
        return self.proofs

    def store(self, block: StoredBlock, copy: Copy, node_store: NodeStore) -> None:
        """The header and its own."""
        copy.put(block, Held(header_byte=block.header_byte, body_byte=block.own.get(copy.node, 0)))


@dataclass(frozen=True, kw_only=True)
class OffChain(StoragePolicy):
    """The chains hold the digests of models; the parameters are kept by a few nodes and fetched when needed.

    A sender deposits the parameters at so many holders: the nearest, and others drawn by the digest. Who needs them
    asks one holder after the other, and checks what comes against the digest. What no holder gives back is unavailable:
    an update then is left out of the aggregate.

    Parameters
    ----------
    replicas:
        Holders of each model; 2 is an *assumption*.
    holders:
        Names of the nodes that hold contents; left out, the servers and the publisher.
    patience:
        Time [s] after which a holder that has not answered is passed over; 1 s is an *assumption*.
    ledger:
        What nodes store of the chains themselves.

    References
    ----------
    .. [1] J. Benet, "IPFS - content addressed, versioned, P2P file system", arXiv:1407.3561.
    .. [2] D. Thaler, C. Ravishankar, "Using name-based mappings to increase hit rates", IEEE/ACM Trans. Networking 6, 1
       (1998): holders by the hash of name and digest.

    *Scope*: validators vote on digests; whether the parameters can be had is found out by who needs them.

    *Validation*: blocks shrink by the bytes of the parameters; availability 1 - q^r with independent holders.
    """

    replicas: int = quantity(2, at_least=1, advice="give a whole number, e.g. 2")
    holders: tuple[str, ...] = ()
    patience: float = quantity(1.0, unit="s", above=0, advice="give it in seconds, e.g. 1 * s")
    ledger: StoragePolicy = FullCopies()

    def check(self) -> None:
        """Refuse more replicas than holders, and contents that are moved away twice."""
        if self.holders and self.replicas > len(self.holders):
            raise ValueError(
                f"OffChain.replicas must be <= {len(self.holders)}, the number of holders, got {self.replicas}; "
                "name more holders"
            )
        if isinstance(self.ledger, OffChain):
            raise ValueError("OffChain.ledger must say what is stored of the chains, got OffChain; e.g. Pruned()")

    @property
    def name(self) -> str:
        """Off-chain, and how the rest is kept."""
        return f"off-chain, {self.ledger.name}"

    @property
    def assumption(self) -> str:
        """That of the rest."""
        return self.ledger.assumption

    @property
    def proves(self) -> bool:
        """As the rest."""
        return self.ledger.proves

    def of(self, role: str, chain: str) -> "StoragePolicy":
        """What is stored of the chain itself."""
        return self.ledger.of(role, chain)

    def off_chain(self, chain: str) -> "OffChain | None":
        """Here."""
        return self

    def store(self, block: StoredBlock, copy: Copy, node_store: NodeStore) -> None:
        """As the rest."""
        self.ledger.store(block, copy, node_store)

    def place(self, digest: str, near: str, candidates: Sequence[str]) -> tuple[str, ...]:
        """The holders of a content among ``candidates``: who is ``near``, then those with the highest hashes."""
        others = sorted((hashlib.sha256(f"{name} {digest}".encode()).digest(), name) for name in candidates)
        names = [name for _, name in reversed(others) if name != near]
        return tuple(([near] if near in candidates else []) + names)[: self.replicas]
