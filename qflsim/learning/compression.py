"""How the parameters of a model become bytes, and what of them a receiver gets back.

What is encoded here is what travels, what stands on the chains, and what everybody goes on with: a coarser number is
a coarser model.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import Part, quantity

__all__ = ["Compression", "Float16", "Float32", "IdealisedQuantumCompression", "Int8", "TopK", "Whole"]

Floats = NDArray[np.float64]

_LEVELS = 127  # of a signed byte, either side of 0
_WHOLE = (
    1e-4  # of a step: so near to a whole number, a level is that number, whatever single precision did to the scale
)
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


@dataclass(frozen=True, kw_only=True)
class Float32(Whole):
    """Four bytes for each parameter, little-endian: single precision of IEEE 754, relative error at most 2^-24.

    *Validation*: 4 P bytes; decoded and encoded again without a change.
    """

    def encode(self, parameters: Floats, rng: np.random.Generator) -> bytes:
        """Rounded to single precision."""
        return np.ascontiguousarray(parameters, dtype="<f4").tobytes()

    def decode(self, packed: bytes) -> Floats:
        """In double precision again."""
        return np.frombuffer(packed, dtype="<f4").astype(np.float64)

    def cycles(self, parameters: int) -> float:
        """None: it is how they stand in memory."""
        return 0.0


@dataclass(frozen=True, kw_only=True)
class Float16(Whole):
    """Two bytes for each parameter: half precision of IEEE 754.

    Relative error at most 2^-11 from 6.1e-5 to 65504; below that an absolute one of 2^-25, beyond it the largest
    number.

    *Validation*: 2 P bytes; the bounds above.
    """

    def encode(self, parameters: Floats, rng: np.random.Generator) -> bytes:
        """Rounded to half precision."""
        largest = float(np.finfo(np.float16).max)
        return np.clip(parameters, -largest, largest).astype("<f2").tobytes()

    def decode(self, packed: bytes) -> Floats:
        """In double precision again."""
        return np.frombuffer(packed, dtype="<f2").astype(np.float64)


@dataclass(frozen=True, kw_only=True)
class Int8(Compression):
    """One signed byte for each parameter, and one scale for all: x = scale q with q from -127 to 127.

    The scale is max(abs(x))/127 in single precision, four bytes. Of an update the change since its start is written,
    which is smaller than the model, and so are its steps.

    Parameters
    ----------
    stochastic:
        Whether a number is rounded up or down at random, so that it is right on average [1]_; the error is then up to a
        step instead of half a step.
    changes:
        Whether an update's change is written; otherwise the model, as in all other messages.

    References
    ----------
    .. [1] D. Alistarh, D. Grubic, J. Li, R. Tomioka, M. Vojnovic, "QSGD: Communication-efficient SGD via gradient
       quantization and encoding", NeurIPS 2017, arXiv:1610.02132. There the scale is the Euclidean norm and the levels
       are entropy-coded; here it is the largest entry, and every level takes a byte.

    *Validation*: P + 4 bytes; error at most half a step, or a step; unbiased if stochastic.
    """

    stochastic: bool = False
    changes: bool = True

    @property
    def relative(self) -> bool:
        """If changes are written."""
        return self.changes

    def encode(self, parameters: Floats, rng: np.random.Generator) -> bytes:
        """Scale and levels."""
        scale = _scale(parameters)
        steps = np.zeros(len(parameters)) if scale == 0.0 else parameters / scale
        levels = self._rounded(steps, rng)
        return np.array([scale], dtype="<f4").tobytes() + np.clip(levels, -_LEVELS, _LEVELS).astype(np.int8).tobytes()

    def decode(self, packed: bytes) -> Floats:
        """Levels times scale."""
        scale = float(np.frombuffer(packed, dtype="<f4", count=1)[0])
        return scale * np.frombuffer(packed, dtype=np.int8, offset=4).astype(np.float64)

    def encode_update(
        self, parameters: Floats, start: Floats, left: Floats, rng: np.random.Generator
    ) -> tuple[bytes, Floats]:
        """The change, or the model; nothing stays behind."""
        return self.encode(parameters - start if self.changes else parameters, rng), left

    def decode_update(self, packed: bytes, start: Floats) -> Floats:
        """Start and change, or the model."""
        return start + self.decode(packed) if self.changes else self.decode(packed)

    def _rounded(self, steps: Floats, rng: np.random.Generator) -> Floats:
        """To whole numbers; one that is whole already stays, so that a decoded model is encoded to the same bytes."""
        if not self.stochastic:
            return np.rint(steps)
        low = np.floor(steps + _WHOLE)
        return low + (rng.random(len(steps)) < steps - low)


def _scale(values: Floats) -> float:
    """The smallest single-precision number whose 127-fold is no less than the largest of ``values``.

    0 where that is less than the smallest normal number: such values are written as 0.
    """
    largest = float(np.abs(values).max(initial=0.0))
    scale = np.float32(largest / _LEVELS)
    if _LEVELS * float(scale) < largest:
        scale = np.nextafter(scale, np.float32(np.inf))
    return float(scale) if scale >= np.finfo(np.float32).tiny else 0.0


@dataclass(frozen=True, kw_only=True)
class TopK(Compression):
    """Of an update only the largest changes are sent: k = ceil(share P) of them, with their places.

    What is not sent stays at the device and is added to its change of the next round (error feedback) [1]_, so that
    nothing is lost, only late. Models, which have no start that all know, are written as `Float32` does.

    Parameters
    ----------
    share:
        Share of the parameters whose change is sent; 0.1 is an *assumption*.
    memory:
        Whether what is not sent is kept for the next round; without it it is forgotten.

    References
    ----------
    .. [1] S. U. Stich, J.-B. Cordonnier, M. Jaggi, "Sparsified SGD with memory", NeurIPS 2018, arXiv:1809.07599.

    *Scope*: an update that is lost on its way, or left out of its block, takes what it carried with it.

    *Validation*: 4 + k (2 + 4) bytes, 4 + k (4 + 4) beyond 65,536 parameters; the part that stays behind has at most
    the share 1 - k/P of the squared length; what is sent and what stays add up to the change.
    """

    share: float = quantity(0.1, above=0, at_most=1, advice="give a share of the parameters, e.g. 0.1")
    memory: bool = True

    @property
    def relative(self) -> bool:
        """It always is."""
        return True

    def kept(self, parameters: int) -> int:
        """How many changes are sent of so many parameters."""
        return max(1, ceil(self.share * parameters - 1e-9))

    def encode(self, parameters: Floats, rng: np.random.Generator) -> bytes:
        """As `Float32`."""
        return Float32().encode(parameters, rng)

    def decode(self, packed: bytes) -> Floats:
        """As `Float32`."""
        return Float32().decode(packed)

    def encode_update(
        self, parameters: Floats, start: Floats, left: Floats, rng: np.random.Generator
    ) -> tuple[bytes, Floats]:
        """Number, places and values of the largest changes; the rest stays."""
        change = parameters - start + left
        places = np.sort(np.argsort(-np.abs(change), kind="stable")[: self.kept(len(change))])
        values = change[places].astype("<f4")
        rest = change.copy()
        rest[places] -= values.astype(np.float64)
        count = np.array([len(places)], dtype="<u4")
        packed = count.tobytes() + places.astype(_places(len(change))).tobytes() + values.tobytes()
        return packed, rest if self.memory else left

    def decode_update(self, packed: bytes, start: Floats) -> Floats:
        """The start with the changes that were sent."""
        count = int(np.frombuffer(packed, dtype="<u4", count=1)[0])
        kind = np.dtype(_places(len(start)))
        places = np.frombuffer(packed, dtype=kind, count=count, offset=4)
        values = np.frombuffer(packed, dtype="<f4", count=count, offset=4 + count * kind.itemsize)
        parameters = start.copy()
        parameters[places] += values.astype(np.float64)
        return parameters


def _places(parameters: int) -> str:
    """The smallest kind of number that names a place among so many parameters."""
    return "<u2" if parameters <= 1 << 16 else "<u4"


@dataclass(frozen=True, kw_only=True)
class IdealisedQuantumCompression(Whole):
    """Idealised: P parameters travel and are stored as the amplitudes of ceil(log2 P) qubits, and no bytes.

    The paper hopes for quantum compression of models [1]_. It grants what physics does not: a device reads all P
    amplitudes, with their signs and to single precision, from one copy, as often as it likes; preparing, sending and
    keeping the state takes no time and no error befalls it. By Holevo's bound n qubits yield n bits at most [2]_, and
    Schumacher's compression [3]_ brings classical data to their entropy, as classical compression does.

    The chains hold the digest of the parameters as they would be in single precision, so that a receiver can check
    what it is granted.

    References
    ----------
    .. [1] D. C. Nguyen et al., "When Quantum Federated Learning Meets Blockchain in 6G Networks", arXiv:2512.09958.
    .. [2] A. S. Holevo, Problems of Information Transmission 9, 177 (1973).
    .. [3] B. Schumacher, "Quantum coding", Phys. Rev. A 51, 2738 (1995).

    *Scope*: an upper bound on what any scheme could gain, not a scheme. `Codec` is the oracle that hands receivers what
    they are granted.
    """

    @property
    def assumption(self) -> str:
        """That amplitudes can be read."""
        return (
            "IdealisedQuantumCompression grants that all amplitudes are read from a single copy of ceil(log2 P) "
            "qubits, without error and as often as wanted; Holevo's bound allows one bit for each qubit"
        )

    def encode(self, parameters: Floats, rng: np.random.Generator) -> bytes:
        """What the oracle keeps: single precision."""
        return Float32().encode(parameters, rng)

    def decode(self, packed: bytes) -> Floats:
        """What the oracle gives back."""
        return Float32().decode(packed)

    def cycles(self, parameters: int) -> float:
        """None are charged."""
        return 0.0

    def qubits(self, parameters: int) -> int:
        """The binary logarithm of the parameters, rounded up; at least one."""
        return max(1, (parameters - 1).bit_length())
