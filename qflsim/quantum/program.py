"""A circuit as flat arrays that compiled loops can run through.

The register's state is a vector of 4^n Pauli coefficients, several of them side by side in `LANES` lanes: different
observables of one circuit, or different samples. A block touches 4^k coefficients at a time (k = 1 or 2 qubits); the
table ``bases`` lists where such groups begin.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qflsim.quantum import pauli
from qflsim.quantum.blocks import Block, fuse
from qflsim.quantum.items import Angle, Item, Rotation

__all__ = ["LANES", "Program", "build_program"]

LANES = 4  # doubles in one AVX2 register; a fixed number, so that results do not depend on how many are in use

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Program(NamedTuple):
    """Blocks, their factors and the laws of their angles; ``*_ptr`` arrays hold where each block's share begins."""

    dense: Ints  # (blocks,) 1 if the block is a 4x4 matrix with the fixed first row (1, 0, 0, 0), 0 if sparse
    dimension: Ints  # (blocks,) 4^k
    base_ptr: Ints  # (blocks, 2) share of `bases`
    bases: Ints  # where groups of coefficients begin
    stride: Ints  # (blocks,) distance between the coefficients of a dense block
    local_ptr: Ints  # (blocks + 1,)
    local: Ints  # offset of local coefficient i from the group's base
    entry_ptr: Ints  # (blocks + 1,)
    entry_row: Ints  # local row and column of each stored entry, sorted by row
    entry_col: Ints
    entry_to: Ints  # the same as offsets from the group's base
    entry_from: Ints
    entries: Ints  # 0, 1, 2, ...: entries in the order of rows
    row_ptr: Ints  # (sum of dimensions + blocks) first entry of each row
    by_col: Ints  # entries sorted by column
    by_col_to: Ints  # their `entry_to`
    col_ptr: Ints  # first of each column in `by_col`
    mixed: Ints  # (sum of dimensions, 2) range of local coefficients that a coefficient is mixed with
    values: Floats  # (entries,) of fixed blocks, 0 elsewhere
    factor_ptr: Ints  # (blocks + 1,) none for fixed blocks
    factor_angle: Ints  # number of the factor's angle, -1 for a fixed factor
    factor_part: Ints  # (factors, 2) share of `planes` or of `fixed`
    factor_store: Ints  # where the product up to this factor is kept
    stored: int  # numbers kept for all products
    planes: Ints  # (planes, 2) coefficients that a rotation mixes
    plane_sign: Floats
    fixed: Ints  # (entries of fixed factors, 2) row and column
    fixed_value: Floats
    angle_constant: Floats
    angle_ptr: Ints
    angle_index: Ints
    angle_factor: Floats
    size: int  # 4^n


class _Arrays:
    """Collects the arrays of a `Program` block by block."""

    def __init__(self, qubits: int, parameters: int) -> None:
        self.qubits, self.parameters = qubits, parameters
        self.lists: dict[str, list[int | float | tuple[int, int]]] = {name: [] for name in Program._fields}
        for name in ("local_ptr", "entry_ptr", "factor_ptr", "angle_ptr"):
            self.lists[name].append(0)
        self.bases: dict[tuple[int, ...], tuple[int, int]] = {}
        self.stored = 0

    def add(self, block: Block) -> None:
        """Append one block."""
        lists, dimension = self.lists, 4 ** len(block.wires)
        strides = [4 ** (self.qubits - 1 - w) for w in block.wires]
        pattern = block.pattern()
        dense = len(block.wires) == 1
        if dense:
            pattern[1:] = True
        order, ranges = _components(pattern | block.mixing())
        lists["mixed"] += ranges
        lists["dense"].append(int(dense))
        lists["dimension"].append(dimension)
        lists["stride"].append(strides[0])
        lists["base_ptr"].append(self._bases(block.wires))
        digits = np.array(list(np.ndindex((4,) * len(block.wires))))
        offsets = (digits @ np.array(strides))[order]
        lists["local"] += offsets.tolist()
        lists["local_ptr"].append(len(lists["local"]))
        matrix = block.matrix() if block.fixed else np.zeros(pattern.shape)
        self._entries(pattern[np.ix_(order, order)], matrix[np.ix_(order, order)], offsets)
        if not block.fixed:
            place = np.argsort(order)
            for item in block.items:
                self._factor(item, block.wires, place)
        lists["factor_ptr"].append(len(lists["factor_angle"]))

    def _bases(self, wires: tuple[int, ...]) -> tuple[int, int]:
        key = tuple(sorted(wires))
        if key not in self.bases:
            shape = [1 if w in key else 4 for w in range(self.qubits)]
            strides = np.array([4 ** (self.qubits - 1 - w) for w in range(self.qubits)])
            found = (np.array(list(np.ndindex(*shape))) @ strides).tolist()
            start = len(self.lists["bases"])
            self.lists["bases"] += found
            self.bases[key] = (start, start + len(found))
        return self.bases[key]

    def _entries(self, pattern: NDArray[np.bool_], matrix: Floats, offsets: Ints) -> None:
        lists, first = self.lists, len(self.lists["values"])
        rows, cols = np.nonzero(pattern)
        lists["entry_row"] += rows.tolist()
        lists["entry_col"] += cols.tolist()
        lists["values"] += matrix[rows, cols].tolist()
        lists["entry_to"] += offsets[rows].tolist()
        lists["entry_from"] += offsets[cols].tolist()
        by_col = np.lexsort((rows, cols))
        lists["by_col"] += (first + by_col).tolist()
        lists["by_col_to"] += offsets[rows[by_col]].tolist()
        lists["entries"] += range(first, first + len(rows))
        for name, keys in (("row_ptr", rows), ("col_ptr", cols[by_col])):
            lists[name] += (first + np.searchsorted(keys, np.arange(len(pattern) + 1))).tolist()
        lists["entry_ptr"].append(len(lists["values"]))

    def _factor(self, item: Item, wires: tuple[int, ...], place: Ints) -> None:
        """Append one factor; ``place`` is where the block keeps each local coefficient."""
        lists = self.lists
        if isinstance(item, Rotation):
            found = pauli.rotation_planes(_on(item, wires))
            start = len(lists["planes"])
            lists["planes"] += [(int(place[i]), int(place[j])) for i, j, _ in found]
            lists["plane_sign"] += [sign for _, _, sign in found]
            lists["factor_angle"].append(self._angle(item.angle))
            lists["factor_part"].append((start, len(lists["planes"])))
        else:
            rows, cols = np.nonzero(item.matrix)
            start = len(lists["fixed"])
            lists["fixed"] += list(zip(place[rows].tolist(), place[cols].tolist(), strict=True))
            lists["fixed_value"] += item.matrix[rows, cols].tolist()
            lists["factor_angle"].append(-1)
            lists["factor_part"].append((start, len(lists["fixed"])))
        lists["factor_store"].append(self.stored)
        self.stored += len(place) ** 2

    def _angle(self, angle: Angle) -> int:
        lists = self.lists
        terms = angle.parameters | {self.parameters + k: factor for k, factor in angle.features.items()}
        lists["angle_constant"].append(angle.constant)
        lists["angle_index"] += list(terms)
        lists["angle_factor"] += list(terms.values())
        lists["angle_ptr"].append(len(lists["angle_index"]))
        return len(lists["angle_constant"]) - 1

    def program(self) -> Program:
        """The arrays, typed."""
        floats = {"values", "plane_sign", "fixed_value", "angle_constant", "angle_factor"}
        pairs = {"base_ptr", "factor_part", "planes", "fixed", "mixed"}
        made = {}
        for name in Program._fields:
            array = np.array(self.lists[name], dtype=np.float64 if name in floats else np.int64)
            made[name] = array.reshape(-1, 2) if name in pairs else array
        return Program(**{**made, "stored": self.stored, "size": 4**self.qubits})


def _components(pattern: NDArray[np.bool_]) -> tuple[Ints, list[tuple[int, int]]]:
    """Order in which coefficients that are mixed stand together, and for each the range of those it is mixed with."""
    size = len(pattern)
    linked = pattern | pattern.T | np.eye(size, dtype=bool)
    for _ in range(size.bit_length()):
        linked = (linked.astype(np.int64) @ linked) > 0
    label = linked.argmax(axis=1)  # the lowest coefficient of each component
    order = np.argsort(label, kind="stable")
    starts = np.searchsorted(label[order], label[order], side="left").tolist()
    ends = np.searchsorted(label[order], label[order], side="right").tolist()
    return order, list(zip(starts, ends, strict=True))


def _on(item: Rotation, wires: tuple[int, ...]) -> tuple[int, ...]:
    """The rotation's Pauli string, written on the block's wires."""
    axis = dict(zip(item.wires, item.axis, strict=True))
    return tuple(axis.get(w, 0) for w in wires)


def build_program(items: list[Item], *, qubits: int, parameters: int) -> Program:
    """Fuse items into blocks and lay them out in arrays.

    Angles depend on variables: the trained parameters, then the encoding angles of a sample.
    """
    arrays = _Arrays(qubits, parameters)
    for block in fuse(items):
        arrays.add(block)
    return arrays.program()
