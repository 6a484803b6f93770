"""The IDX file format of MNIST: a magic number, the dimensions, then the values."""

import math
import struct

import numpy as np
from numpy.typing import NDArray

__all__ = ["parse_idx"]

_UNSIGNED_BYTE = 0x08


def parse_idx(content: bytes, *, name: str, dimensions: int) -> NDArray[np.uint8]:
    """The array of unsigned bytes that an IDX file holds.

    Layout [1]_: two zero bytes, the type code (8 = unsigned byte), the number of dimensions, each dimension as a
    big-endian 32-bit integer, then the values in row-major order, and nothing after them.

    Parameters
    ----------
    content:
        The file, uncompressed.
    name:
        What to call the file in messages.
    dimensions:
        Number of dimensions expected: 3 for images, 1 for labels.

    Raises
    ------
    ValueError
        If the header is not as expected or the file is longer or shorter than the header says.

    References
    ----------
    .. [1] Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits" (1998), file formats.
    """
    start = 4 + 4 * dimensions
    expected = bytes((0, 0, _UNSIGNED_BYTE, dimensions))
    if len(content) < start or content[:4] != expected:
        raise ValueError(
            f"{name} is not an IDX file of unsigned bytes in {dimensions} dimensions: "
            f"it starts with 0x{content[:4].hex()}, expected 0x{expected.hex()}"
        )
    shape = struct.unpack(f">{dimensions}I", content[4:start])
    size = start + math.prod(shape)
    if len(content) != size:
        raise ValueError(f"{name} must have {size} bytes for the shape {shape} in its header, found {len(content)}")
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)
