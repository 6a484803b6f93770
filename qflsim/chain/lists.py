"""What members of a broadcast tell each other of their lists: in which places they show what a block demands.

A block demands one bit in every place of a list: its *word*. Two blocks demand different bits in about half of the
places, and only these can tell which of the two a sender meant.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qflsim.chain.agreement import Message
from qflsim.quantum.singlets import ALL_ONES, ALL_ZEROS, Entries

__all__ = ["ListMessage", "Mask", "Pair", "packed", "proving", "right", "unpacked", "word"]

Mask = NDArray[np.bool_]
"""One truth for each place of a list."""

Pair = tuple[str, str]
"""The two members who hold one qubit each of the states of a list."""


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class ListMessage(Message):
    """A message that shows places of lists, one bit for each place.

    Parameters
    ----------
    places:
        The lists, each by the two members that share it with the sender, with the places shown.
    """

    places: tuple[tuple[Pair, bytes], ...] = ()

    @property
    def header_byte(self) -> int:
        """Bytes of the places."""
        return sum(len(shown) for _, shown in self.places)

    def shown(self, states: int) -> dict[Pair, Mask]:
        """The places of each list of ``states`` places."""
        return {pair: unpacked(content, states) for pair, content in self.places}


def packed(places: Mapping[Pair, Mask]) -> tuple[tuple[Pair, bytes], ...]:
    """Places as a message carries them."""
    return tuple((pair, np.packbits(mask).tobytes()) for pair, mask in places.items())


def unpacked(content: bytes, states: int) -> Mask:
    """The first ``states`` places of what a message carries; those that it leaves out are not shown."""
    mask = np.zeros(states, dtype=np.bool_)
    bits = np.unpackbits(np.frombuffer(content, dtype=np.uint8))[:states]
    mask[: len(bits)] = bits
    return mask


@lru_cache(maxsize=1024)
def word(digest: str, states: int, stretched: bool = True) -> Entries:
    """The bits that the block of ``digest`` demands in ``states`` places: SHAKE-256 of it.

    Without ``stretched`` the first of them in all places: the block then stands for one bit.
    """
    stream = hashlib.shake_256(digest.encode()).digest(states // 8 + 1)
    bits = np.unpackbits(np.frombuffer(stream, dtype=np.uint8))[:states].astype(np.int8)
    bits = bits if stretched else np.full(states, bits[0], dtype=np.int8)
    bits.setflags(write=False)
    return bits


def proving(sender: Entries, demanded: Entries) -> Mask:
    """Places in which the sender's entries prove that both others hold the opposite of the bit demanded."""
    return np.asarray(sender == np.where(demanded == 0, ALL_ZEROS, ALL_ONES))


def right(held: Entries, demanded: Entries) -> Mask:
    """Places in which a member holds the opposite of the bit demanded."""
    return np.asarray(held != demanded)
