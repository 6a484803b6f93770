"""How a model travels from a server to a device: as a radio message, or with the help of entangled pairs.

A transport that needs pairs opens a *session* for each model: a state machine that says how many pairs it wants, is
given them, and says which classical messages follow. It knows no clock; the process that serves it passes the time.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from qflsim.checks import Part, quantity

from .chain import ChainPlan
from .codes import LDPC, Code
from .entanglement import BellDiagonal
from .heralding import Heralding, Midpoint
from .memory import DepolarisingMemory, Memory
from .operations import Operations
from .pairs import Floats
from .purification import Purification
from .routing import HighestRate, Routing, expectation

__all__ = [
    "Content", "EntangledTransport", "Message", "ModelTransport", "PerServer", "Radioed", "Session", "Turn",
]  # fmt: skip


class Content(NamedTuple):
    """What has to arrive."""

    parameters: int
    """Parameters of the model."""
    size_bit: float
    """Bits of the whole message: parameters, header, public key, signature, seal."""
    parameter_byte: int | None = None
    """Bytes of the parameters in the format of the run; left out, four each."""

    @property
    def parameter_bit(self) -> float:
        """Bits of the parameters."""
        return 32.0 * self.parameters if self.parameter_byte is None else 8.0 * self.parameter_byte


class Message(NamedTuple):
    """A classical message of a session."""

    kind: str
    down: bool
    """Whether it goes from the server to the device, else back."""
    size_bit: float


class Turn(NamedTuple):
    """What follows the use of a batch of pairs."""

    flight_s: float
    """Time [s] until the last qubit that was sent through the fibre has arrived; 0 if none was."""
    messages: tuple[Message, ...]
    """Classical messages, one after the other."""


class Session(ABC):
    """One model on its way over pairs.

    Attributes
    ----------
    arrived:
        Whether the device has all of it, without an error that it would notice.
    """

    arrived: bool = False

    @property
    @abstractmethod
    def wanted(self) -> int:
        """Pairs for the next batch; 0 when the model has arrived, or is given up."""

    @abstractmethod
    def use(self, pairs: Floats) -> Turn:
        """Use a batch of as many pairs as were wanted, shape (pairs, 4), and say what follows."""


@dataclass(frozen=True, kw_only=True)
class ModelTransport(Part, ABC):
    """The way of models from a server to its devices.

    Parameters of its own a transport states as fields. One that uses pairs derives from `EntangledTransport`.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """What the tables call it."""

    @property
    def idealised(self) -> bool:
        """Whether it grants what physics does not."""
        return False

    def of_server(self, index: int) -> "ModelTransport":
        """The transport of the server with this number, counted from 0."""
        return self


@dataclass(frozen=True, kw_only=True)
class Radioed(ModelTransport):
    """The model goes over the radio as one message, as any other does."""

    @property
    def name(self) -> str:
        """Transmitted."""
        return "transmitted"


@dataclass(frozen=True, kw_only=True)
class PerServer(ModelTransport):
    """Every server has a transport of its own, to compare several within one run.

    Parameters
    ----------
    transports:
        That of the first server, of the second and so on; begun again when there are more servers.
    """

    transports: tuple[ModelTransport, ...] = (Radioed(),)

    def check(self) -> None:
        """Refuse an empty list."""
        if not self.transports:
            raise ValueError("PerServer.transports must name at least one transport, got (); e.g. (Radioed(),)")

    @property
    def name(self) -> str:
        """Those of all."""
        return " / ".join(transport.name for transport in self.transports)

    @property
    def idealised(self) -> bool:
        """Whether any of them is."""
        return any(transport.idealised for transport in self.transports)

    def of_server(self, index: int) -> ModelTransport:
        """That of the server, taken in turns."""
        return self.transports[index % len(self.transports)].of_server(index)


@dataclass(frozen=True, kw_only=True)
class EntangledTransport(ModelTransport, ABC):
    """A server and each of its devices make pairs over a fibre, and models travel with their help.

    A transport of one's own derives from this class and gives `name`, `open`, `error_rate` and `pairs`.

    Parameters
    ----------
    link, memory, operations:
        How pairs are made, kept and worked on.
    memories:
        Pairs that a link makes or keeps side by side. With r rounds of purification each takes r + 1 qubits at either
        end. 32 is an *assumption*: ions of two traps tried one after the other; one pair is what experiments have.
    purification:
        What is done to pairs before use, None for nothing.
    cutoff:
        Age [s] at which a pair is thrown away; 10 ms, 3 % of the memories' life, is an *assumption*.
    repeaters:
        Repeaters that stand at equal distances on every fibre.
    parallel:
        Whether the segments between repeaters try at once; else one after the other.
    routing:
        Chooses the way over the sites if a device's fibre does not lead to its server.
    code:
        What corrects the bits that arrive wrong.
    repeats:
        How often what could not be corrected is sent again before the model is given up.

    *Scope*: a device has fibre to its site, as with QKD. All memories of a link are its own.
    """

    link: Heralding = Midpoint()
    memories: int = quantity(32, at_least=1, most=100_000, advice="give a whole number, e.g. 32")
    memory: Memory = DepolarisingMemory()
    cutoff: float = quantity(10e-3, unit="s", above=0, infinite=True, advice="give it in seconds, e.g. 10 * ms, or inf")
    operations: Operations = Operations()
    purification: Purification | None = None
    repeaters: int = quantity(0, at_least=0, most=1_000, advice="give a whole number, e.g. 0")
    parallel: bool = True
    routing: Routing = HighestRate()
    code: Code = LDPC()
    repeats: int = quantity(20, at_least=0, most=10_000, advice="give a whole number, e.g. 20")

    @abstractmethod
    def open(self, content: Content, length: float, rng: np.random.Generator) -> Session:
        """A session for ``content`` over ``length`` [m] of fibre."""

    @abstractmethod
    def error_rate(self, pair: BellDiagonal) -> float:
        """Share of wrong bits over pairs like ``pair``, before they are corrected."""

    @abstractmethod
    def pairs(self, content: Content, length: float) -> float:
        """Mean number of pairs that ``content`` takes over ``length`` [m] if nothing is sent again."""

    def plan(self, lengths: tuple[float, ...]) -> ChainPlan:
        """The chain of segments of ``lengths`` [m]."""
        return ChainPlan(
            lengths, self.link, self.memory, self.operations, self.purification, self.cutoff, self.parallel
        )

    def refuse_errors(self, ends: str, lengths: tuple[float, ...]) -> None:
        """Refuse a link over which no model can ever arrive.

        Raises
        ------
        ValueError
            If even new pairs err more than the code corrects.
        """
        pair = expectation(self.plan(lengths)).pair
        errors, corrected = self.error_rate(pair), self.code.correctable / self.code.length
        if errors > corrected:
            raise ValueError(
                f"pairs between {ends} over {sum(lengths):.4g} m have fidelity {pair.fidelity:.3f} at best and make "
                f"{errors:.3g} of the bits wrong; {type(self.code).__name__} corrects {corrected:.3g}: give a stronger "
                "code, a better link or purification"
            )

    def expected_time(self, content: Content, lengths: tuple[float, ...]) -> float:
        """Mean time [s] to make the pairs for ``content`` if nothing is sent again and none is in memory."""
        return self.pairs(content, sum(lengths)) / (expectation(self.plan(lengths)).rate * self.memories)
