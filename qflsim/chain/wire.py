"""The bytes of numbers and names on a chain, big-endian and of one form only."""

import struct

__all__ = ["Reader", "count", "number", "real", "text"]


def count(value: int) -> bytes:
    """A number below 2^32 in four bytes."""
    return _pack(">I", value)


def number(value: int) -> bytes:
    """A number below 2^64 in eight bytes."""
    return _pack(">Q", value)


def real(value: float) -> bytes:
    """A double in eight bytes."""
    return struct.pack(">d", value)


def text(value: str) -> bytes:
    """A name in UTF-8 after its length."""
    encoded = value.encode()
    return count(len(encoded)) + encoded


def _pack(form: str, value: int) -> bytes:
    try:
        return struct.pack(form, value)
    except struct.error as error:
        bound = 8 * struct.calcsize(form)
        raise ValueError(f"a number on a chain must be in 0..2^{bound} - 1, got {value!r}") from error


class Reader:
    """Reads what the functions above wrote, front to back."""

    def __init__(self, data: bytes, start: int = 0) -> None:
        self.data = data
        self.place = start

    @property
    def done(self) -> bool:
        """Whether everything was read."""
        return self.place >= len(self.data)

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes.

        Raises
        ------
        ValueError
            If there are fewer.
        """
        piece = self.data[self.place : self.place + size]
        if len(piece) < size:
            raise ValueError(f"the bytes end after {len(piece)} of {size}")
        self.place += size
        return piece

    def count(self) -> int:
        """The next four bytes as a number."""
        return int.from_bytes(self.take(4), "big")

    def number(self) -> int:
        """The next eight bytes as a number."""
        return int.from_bytes(self.take(8), "big")

    def real(self) -> float:
        """The next eight bytes as a double."""
        return float(struct.unpack(">d", self.take(8))[0])

    def text(self) -> str:
        """The next name."""
        return self.take(self.count()).decode()
