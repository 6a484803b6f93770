"""Models over pairs: teleported bit by bit, teleported as amplitudes (idealised), or superdense-coded."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from qflsim.checks import Part

from .entanglement import BellDiagonal
from .sessions import SuperdenseBits, TeleportedAmplitudes, TeleportedBits, crossing
from .teleportation import amplitude_qubits, bit_errors, channels
from .transports import Content, EntangledTransport, Session

__all__ = ["ComputationalBasis", "Encoding", "IdealisedAmplitudes", "SuperdenseCoded", "Teleported"]


@dataclass(frozen=True, kw_only=True)
class Encoding(Part, ABC):
    """How a model's numbers become qubits. One of one's own derives from this class and gives all of the below."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What it adds to the name of the transport."""

    @property
    @abstractmethod
    def idealised(self) -> bool:
        """Whether it grants what physics does not."""

    @abstractmethod
    def open(self, transport: EntangledTransport, content: Content, rng: np.random.Generator) -> Session:
        """A session for ``content``."""

    @abstractmethod
    def qubits(self, transport: EntangledTransport, content: Content) -> float:
        """Qubits that have to get through if nothing is sent again."""


@dataclass(frozen=True, kw_only=True)
class ComputationalBasis(Encoding):
    """Every bit of the message, signature included, is a qubit in the state 0 or 1, protected by the transport's code.

    A qubit carries one bit at most, so that this is the best that teleportation can do for a classical message. The
    receiver reads its half of each pair at once and turns the bit when the classical message says so: what the pair
    adds is a shared random bit, as in a one-time pad.
    """

    @property
    def name(self) -> str:
        """Nothing."""
        return ""

    @property
    def idealised(self) -> bool:
        """No."""
        return False

    def open(self, transport: EntangledTransport, content: Content, rng: np.random.Generator) -> Session:
        """Blocks of the transport's code."""
        return TeleportedBits(transport, content, rng)

    def qubits(self, transport: EntangledTransport, content: Content) -> float:
        """One for each bit of each block."""
        return float(transport.code.blocks(content.size_bit) * transport.code.length)


@dataclass(frozen=True, kw_only=True)
class IdealisedAmplitudes(Encoding):
    """Idealised: P parameters are the amplitudes of ceil(log2 P) qubits, and the receiver gets all of them back.

    This is what the literature on quantum federated learning hopes for, and it grants what physics does not: that the
    server prepares such a state at no cost, that the device reads every amplitude from a single copy (tomography takes
    of the order of P copies at the least, and a measurement yields ceil(log2 P) bits at most, by Holevo's bound), and
    that signs and the norm survive. Errors of the pairs are not idealised away: one Pauli error on any qubit spoils all
    parameters, the signature no longer fits, and everything is sent again. Header and signature go over the radio.
    """

    @property
    def name(self) -> str:
        """The idealisation."""
        return "idealised amplitudes"

    @property
    def idealised(self) -> bool:
        """Yes."""
        return True

    def open(self, transport: EntangledTransport, content: Content, rng: np.random.Generator) -> Session:
        """A few qubits at once."""
        return TeleportedAmplitudes(transport, content, rng)

    def qubits(self, transport: EntangledTransport, content: Content) -> float:
        """The binary logarithm of the parameters."""
        return float(amplitude_qubits(content.parameters))


@dataclass(frozen=True, kw_only=True)
class Teleported(EntangledTransport):
    """Models are teleported: each qubit takes one pair and two classical bits, which travel over the radio.

    The server measures each qubit with its half of a pair as soon as the pair is there; the outcomes of a batch travel
    in one message (``teleport-bits``). Only when it has arrived does the device know anything at all. Blocks that
    cannot be decoded are asked for (``teleport-repeat``) and sent again over new pairs.

    Parameters
    ----------
    encoding:
        How numbers become qubits.

    References
    ----------
    .. [1] C. H. Bennett et al., Phys. Rev. Lett. 70, 1895 (1993).

    *Scope*: as `EntangledTransport`; measurements and corrections take no time.

    *Validation*: two classical bits for each qubit, no more bits than qubits, nothing before light could bring it.
    """

    encoding: Encoding = ComputationalBasis()

    @property
    def name(self) -> str:
        """Teleported, and how if that is out of the ordinary."""
        return ", ".join(["teleported", *([self.encoding.name] if self.encoding.name else [])])

    @property
    def idealised(self) -> bool:
        """As its encoding."""
        return self.encoding.idealised

    def open(self, content: Content, length: float, rng: np.random.Generator) -> Session:
        """A session of its encoding."""
        return self.encoding.open(self, content, rng)

    def error_rate(self, pair: BellDiagonal) -> float:
        """Share of wrong bits; 0 for an encoding that corrects none."""
        return 0.0 if self.idealised else float(bit_errors(np.array([pair]), self.operations)[0])

    def pairs(self, content: Content, length: float) -> float:
        """Qubits over the chance that a Bell measurement gives an outcome."""
        return self.encoding.qubits(self, content) / self.operations.bell_success


@dataclass(frozen=True, kw_only=True)
class SuperdenseCoded(EntangledTransport):
    """Models are superdense-coded: the server turns its half of a pair by two bits and sends it through the fibre.

    The device measures what arrives together with its own half. A photon gets through with probability source detector
    10^(-attenuation L/10), and a pair whose photon is lost is lost: the device reports which have arrived
    (``superdense-arrivals``), the binary entropy of that probability for each that was sent, and the server goes on
    until all have.

    References
    ----------
    .. [1] C. H. Bennett, S. J. Wiesner, Phys. Rev. Lett. 69, 2881 (1992).

    *Scope*: as `EntangledTransport`; a memory's photon is made and collected as in the heralding of pairs and passes
    the whole fibre, repeaters or not. A lost half costs no time but that of another pair.

    *Validation*: at most two bits for each qubit that arrives; error rate and capacity against density matrices.
    """

    @property
    def name(self) -> str:
        """Superdense."""
        return "superdense-coded"

    def open(self, content: Content, length: float, rng: np.random.Generator) -> Session:
        """Blocks, two bits a qubit."""
        return SuperdenseBits(self, content, length, rng)

    def error_rate(self, pair: BellDiagonal) -> float:
        """Mean over the two bits."""
        _, z, x, y = channels(np.array([pair]), self.operations)[0]
        return float(0.5 * (z + x) + y)

    def pairs(self, content: Content, length: float) -> float:
        """Half as many as bits, over the chance that a photon gets through."""
        return 0.5 * self.code.blocks(content.size_bit) * self.code.length / crossing(self, length)
