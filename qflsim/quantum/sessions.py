"""The sessions of models over pairs: what is sent, what turns wrong, what is asked for again."""

import math

import numpy as np
from numpy.typing import NDArray

from .codes import Code
from .keyrates import binary_entropy
from .pairs import Floats
from .teleportation import CLASSICAL_BITS, amplitude_qubits, bit_errors, channels
from .transports import Content, EntangledTransport, Message, Session, Turn

__all__ = ["SuperdenseBits", "TeleportedAmplitudes", "TeleportedBits", "crossing"]


class _Batches(Session):
    """What all sessions share: the same again until it is right, or has been sent too often.

    Parameters
    ----------
    symbols:
        Qubits that have to get through in the first batch.
    chance:
        Probability that the qubit of a pair gets through.
    repeats:
        How often more may be sent.
    rng:
        For qubits that are lost and bits that turn.
    """

    def __init__(self, symbols: int, chance: float, repeats: int, rng: np.random.Generator) -> None:
        self._rng = rng
        self._chance = chance
        self._turns_left = repeats + 1
        self._symbols = symbols
        self._pairs = 0

    @property
    def wanted(self) -> int:
        """As many pairs as it takes until all qubits of the batch have got through."""
        if self.arrived or not self._turns_left:
            return 0
        if not self._pairs:
            self._pairs = self._symbols + int(self._rng.negative_binomial(self._symbols, self._chance))
        return self._pairs

    def _through(self, pairs: Floats) -> Floats:
        """The pairs whose qubits got through: some of them, the last one certainly, in an order drawn at random.

        The bits of a message are spread over the pairs at random, so that old pairs do not spoil one block.
        """
        self._turns_left -= 1
        self._pairs = 0
        earlier = self._rng.permutation(len(pairs) - 1)[: self._symbols - 1]
        chosen: Floats = pairs[self._rng.permutation(np.append(earlier, len(pairs) - 1))]
        return chosen


class _Blocks(_Batches):
    """Blocks of a code, sent again until each is decoded.

    Parameters
    ----------
    bits:
        Bits that one qubit carries.
    """

    def __init__(
        self, content: Content, code: Code, bits: int, chance: float, repeats: int, rng: np.random.Generator
    ) -> None:
        self._code = code
        self._bits = bits
        self._left = code.blocks(content.size_bit)
        super().__init__(self._needed(), chance, repeats, rng)

    def _needed(self) -> int:
        return math.ceil(self._left * self._code.length / self._bits)

    def _decode(self, wrong: NDArray[np.bool_]) -> int:
        """Decode what has come, given which bits are wrong; returns how many blocks were asked for that came."""
        asked, length = self._left, self._code.length
        errors = wrong[: asked * length].reshape(asked, length).sum(axis=1)
        self._left = int((errors > self._code.correctable).sum())
        self.arrived = not self._left
        if self._left:
            self._symbols = self._needed()
        return asked


class TeleportedBits(_Blocks):
    """Bits as qubits in the computational basis; the receiver reads each and turns it as it is told."""

    def __init__(self, transport: EntangledTransport, content: Content, rng: np.random.Generator) -> None:
        self._operations = transport.operations
        chance = transport.operations.bell_success
        super().__init__(content, transport.code, 1, chance, transport.repeats, rng)

    def use(self, pairs: Floats) -> Turn:
        """Two classical bits for each qubit down; if blocks are wrong, which ones, up."""
        through = self._through(pairs)
        told = _told(len(pairs), len(through))
        asked = self._decode(self._rng.random(len(through)) < bit_errors(through, self._operations))
        repeat = (Message("teleport-repeat", False, float(asked)),) if self._left else ()
        return Turn(0.0, (Message("teleport-bits", True, told), *repeat))


class TeleportedAmplitudes(_Batches):
    """All parameters in the amplitudes of a few qubits; right if no qubit suffers any error, else sent again."""

    def __init__(self, transport: EntangledTransport, content: Content, rng: np.random.Generator) -> None:
        self._operations = transport.operations
        self._rest_bit = content.size_bit - content.parameter_bit
        qubits = amplitude_qubits(content.parameters)
        super().__init__(qubits, transport.operations.bell_success, transport.repeats, rng)

    def use(self, pairs: Floats) -> Turn:
        """Two classical bits for each qubit down, and what is no parameter, once; whether all is right, up."""
        through = self._through(pairs)
        told = _told(len(pairs), len(through))
        unharmed = channels(through, self._operations)[:, 0]
        self.arrived = bool((self._rng.random(len(through)) < unharmed).all())
        rest = (Message("model-rest", True, self._rest_bit),) if self._rest_bit else ()
        self._rest_bit = 0.0
        repeat = () if self.arrived else (Message("teleport-repeat", False, 1.0),)
        return Turn(0.0, (Message("teleport-bits", True, told), *rest, *repeat))


class SuperdenseBits(_Blocks):
    """Two bits turn the server's half of a pair, and that half goes to the device, if it is not lost on the way."""

    def __init__(
        self, transport: EntangledTransport, content: Content, length: float, rng: np.random.Generator
    ) -> None:
        self._operations = transport.operations
        self._flight_s = transport.link.light_time(length)
        super().__init__(content, transport.code, 2, crossing(transport, length), transport.repeats, rng)

    def use(self, pairs: Floats) -> Turn:
        """Which qubits have arrived, h(chance) bits each when well coded, and which blocks are wrong, up."""
        through = self._through(pairs)
        bounds = np.cumsum(channels(through, self._operations), axis=1)
        suffered = (self._rng.random((len(through), 1)) > bounds[:, :3]).sum(axis=1)  # I, Z, X, Y as 0 to 3
        wrong = np.stack([suffered >= 2, (suffered == 1) | (suffered == 3)], axis=1).ravel()
        asked = self._decode(wrong)
        told = math.ceil(len(pairs) * binary_entropy(self._chance)) + (asked if self._left else 0)
        return Turn(self._flight_s, (Message("superdense-arrivals", False, float(max(1, told))),))


def _told(pairs: int, qubits: int) -> float:
    """Bits that tell the receiver what to undo; and, where Bell measurements may give no outcome, which ones did."""
    return float(CLASSICAL_BITS * qubits + (pairs if pairs > qubits else 0))


def crossing(transport: EntangledTransport, length: float) -> float:
    """Probability that half of a pair crosses the fibre and is measured there with the other half."""
    return transport.link.sends(length) * transport.operations.bell_success
