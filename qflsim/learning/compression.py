"""How the parameters of a model become bytes, and what of them a receiver gets back.

What is encoded here is what travels, what stands on the chains, and what everybody goes on with: a coarser number is
a coarser model. Formats stand in modules of their own: `floats`, `int8`, `topk`, `amplitudes`.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import Part

__all__ = ["Compression", "Floats", "Whole"]

Floats = NDArray[np.float64]

_CYCLES = 10.0  # per parameter and direction: load, scale, round, store; an assumption


@dataclass(frozen=True, kw_only=True)
class Compression(Part, ABC):
    """A format of models and updates. One of one's own derives from `Whole`, or from this class and gives all below.

    A *model* goes from server to device, between servers, and onto the shard and global chains. An *update* is what a
    device hands in; its receivers know the model that it started from.

    *Scope*: all nodes use one format. A model that has been decoded is encoded to the same bytes again.
    """

    @property
    def relative(self) -> bool:
        """Whether an update can be read only by who knows the model it started from."""
        return False

    @property
    def assumption(self) -> str:
        """What an idealised format grants that physics does not; empty if nothing."""
        return ""

    @abstractmethod
    def encode(self, parameters: Floats, rng: np.random.Generator) -> bytes:
        """The bytes of a model; ``rng`` rounds at random, if anything does."""

    @abstractmethod
    def decode(self, packed: bytes) -> Floats:
        """The model that its receiver sees."""

    @abstractmethod
    def encode_update(
        self, parameters: Floats, start: Floats, left: Floats, rng: np.random.Generator
    ) -> tuple[bytes, Floats]:
        """The bytes of an update, and what of it stays behind at the device.

        Parameters
        ----------
        parameters, start:
            The model that was trained, and the one that training started from.
        left:
            What stayed behind in the rounds before; zeros at first.
        """

    @abstractmethod
    def decode_update(self, packed: bytes, start: Floats) -> Floats:
        """The model that the receiver of an update sees, who knows ``start``."""

    def cycles(self, parameters: int) -> float:
        """Processor cycles to encode or decode so many parameters."""
        return _CYCLES * parameters

    def qubits(self, parameters: int) -> int:
        """Qubits that go with the bytes; 0 for any format that there is."""
        return 0


@dataclass(frozen=True, kw_only=True)
class Whole(Compression, ABC):
    """A format in which an update is written like any other model: give `encode` and `decode`."""

    def encode_update(
        self, parameters: Floats, start: Floats, left: Floats, rng: np.random.Generator
    ) -> tuple[bytes, Floats]:
        """As a model; nothing stays behind."""
        return self.encode(parameters, rng), left

    def decode_update(self, packed: bytes, start: Floats) -> Floats:
        """As a model."""
        return self.decode(packed)
