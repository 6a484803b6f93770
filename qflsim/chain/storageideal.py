"""What the literature hopes of quantum storage, as an option that is called idealised."""

from dataclasses import dataclass

from qflsim.chain.copies import Copy, Held, NodeStore, StoredBlock
from qflsim.chain.storage import StoragePolicy, whole
from qflsim.checks import quantity

__all__ = ["IdealisedEntangledRecords"]


@dataclass(frozen=True, kw_only=True)
class IdealisedEntangledRecords(StoragePolicy):
    """Idealised: blocks older than a few rounds are kept as a single photon for each chain, and in no bytes.

    The paper hopes for records kept in entanglement [1]_. In the scheme behind that [2]_ two bits of each block become
    a Bell state, and all blocks a GHZ state of photons that have never coexisted: at any time only the last one exists.
    It grants what physics does not: that this photon is kept without loss, and that any old block can be checked
    against it, as often as wanted. One photon yields one bit at most, once, and a memory keeps it for seconds; the
    record says nothing to who does not hold the blocks already.

    Parameters
    ----------
    rounds:
        Rounds whose blocks are kept whole, in bytes; 1 is an *assumption*.

    References
    ----------
    .. [1] D. C. Nguyen et al., "When Quantum Federated Learning Meets Blockchain in 6G Networks", arXiv:2512.09958.
    .. [2] D. Rajan, M. Visser, "Quantum blockchain using entanglement in time", Quantum Reports 1, 3 (2019),
       arXiv:1804.05979.

    *Scope*: an upper bound on what could be saved, not a scheme.
    """

    rounds: int = quantity(1, at_least=1, advice="give a whole number, e.g. 1")

    @property
    def name(self) -> str:
        """The idealisation."""
        return "idealised entangled records"

    @property
    def assumption(self) -> str:
        """That old blocks can be checked against a photon."""
        return (
            "IdealisedEntangledRecords grants that one photon for each chain, kept without loss, lets any old block be "
            "checked as often as wanted; one photon yields at most one bit, once"
        )

    def store(self, block: StoredBlock, copy: Copy, node_store: NodeStore) -> None:
        """All of the new one; older ones are in the photon, with their headers."""
        copy.put(block, whole(block))
        while (oldest := copy.oldest()) is not None and oldest[1] <= copy.newest - self.rounds:
            copy.replace(oldest[0], Held(qubits=0 if copy.qubits else 1))
