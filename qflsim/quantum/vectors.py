"""Four numbers side by side, for compiled loops: load, store, multiply-add; in double or in single precision.

Numba leaves it to the compiler's luck whether a loop over four lanes becomes one instruction. Here the lanes are one
LLVM vector [1]_, and a multiply-add is rounded once (IEEE 754 fusedMultiplyAdd) on every machine, so that results do
not depend on what a compiler chose to contract.

References
----------
.. [1] LLVM language reference, vector types and ``llvm.fma``; Numba documentation, "Low-level extension API".
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from llvmlite import ir  # type: ignore[import-untyped]  # llvmlite ships no types
from numba import njit
from numba.core import cgutils, types
from numba.extending import intrinsic, models, register_model

from qflsim.quantum.program import LANES

__all__ = [
    "add",
    "compiled",
    "inlined",
    "kernel",
    "load",
    "multiply",
    "multiply_add",
    "splat",
    "store",
    "total",
    "zero",
]

Function = TypeVar("Function", bound=Callable[..., Any])
_compile: Any = njit


@cache
def _digest() -> str:
    """Of the sources that compiled code is made from."""
    folder = Path(__file__).parent
    names = ("angles.py", "kernels.py", "program.py", "steps.py", "sweeps.py", "vectors.py")
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in names)).hexdigest()


def _build(function: Function, **options: Any) -> Function:
    """Compile on first use, keep on disk, run without the interpreter's lock.

    Numba renews what it kept when the function's own file changes; here also when a file that it calls into does,
    or an edited loop would go on running in its old form inside its callers.
    """
    # Nothing calls these functions through C pointers; a wrapper for that would be compiled for each of them.
    common = {"cache": True, "nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
    dispatcher: Any = _compile(**common, **options)(function)
    dispatcher._cache._cache_file._source_stamp = _digest()
    return dispatcher  # type: ignore[no-any-return]  # Numba is untyped


def compiled(function: Function) -> Function:
    """``function`` compiled to machine code; it may allocate."""
    return _build(function)


def kernel(function: Function) -> Function:
    """The same for a function that allocates nothing: without reference counts, which cost ten times the work.

    It is called from compiled code only; unpacking a `Program` from Python took a third of the compiler's time.
    """
    return _build(function, _nrt=False, no_cpython_wrapper=True)


def inlined(function: Function) -> Function:
    """A `kernel` compiled into its callers: a `Program` is some 250 words to hand over otherwise."""
    return _build(function, _nrt=False, no_cpython_wrapper=True, forceinline=True)


def _operation(function: Callable[..., Any]) -> Any:
    """A function of compiled code, given by the LLVM instructions it stands for."""
    return intrinsic(function)


class _Lanes(types.Type):
    """Numba's name for a vector of `LANES` numbers of one kind, float64 or float32."""

    def __init__(self, element: Any) -> None:
        self.element = element
        super().__init__(name=f"Lanes({element})")

    def vector(self) -> Any:
        """LLVM's name for it."""
        return ir.VectorType(ir.DoubleType() if self.element == types.float64 else ir.FloatType(), LANES)


@register_model(_Lanes)
class _LanesModel(models.PrimitiveModel):
    """A vector register."""

    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, kind.vector())  # type: ignore[no-untyped-call]  # as llvmlite


def _row(context: Any, builder: Any, kind: Any, array: Any, row: Any) -> tuple[Any, int]:
    """Pointer to row ``row`` of a C-contiguous array with `LANES` columns, and its alignment [byte]."""
    data = context.make_array(kind)(context, builder, array).data
    first = builder.gep(data, [builder.mul(row, row.type(LANES))])
    return builder.bitcast(first, _Lanes(kind.dtype).vector().as_pointer()), kind.dtype.bitwidth // 8


@_operation
def at(typing: Any, array: Any, index: Any) -> Any:
    """Element ``index`` >= 0 of a contiguous array (n,), without Python's test for a negative index."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.load(builder.gep(data, [arguments[1]]))

    return array.dtype(array, types.intp), generate


@_operation
def load(typing: Any, array: Any, row: Any) -> Any:
    """Row ``row`` of an array (rows, LANES)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer, align = _row(context, builder, signature.args[0], *arguments)
        return builder.load(pointer, align=align)

    return _Lanes(array.dtype)(array, types.intp), generate


@_operation
def store(typing: Any, array: Any, row: Any, value: Any) -> Any:
    """Write ``value`` to row ``row``."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer, align = _row(context, builder, signature.args[0], *arguments[:2])
        builder.store(arguments[2], pointer, align=align)
        return context.get_dummy_value()

    return types.void(array, types.intp, _Lanes(array.dtype)), generate


@_operation
def splat(typing: Any, like: Any, value: Any) -> Any:
    """The same number in every lane, in the precision of the array ``like``."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = signature.return_type
        number = context.cast(builder, arguments[1], signature.args[1], kind.element)
        result = ir.Constant(kind.vector(), ir.Undefined)
        for k in range(LANES):
            result = builder.insert_element(result, number, ir.Constant(ir.IntType(32), k))
        return result

    return _Lanes(like.dtype)(like, value), generate


@_operation
def zero(typing: Any, like: Any) -> Any:
    """Zero in every lane, in the precision of the array ``like``."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return ir.Constant(signature.return_type.vector(), [0.0] * LANES)

    return _Lanes(like.dtype)(like), generate


@_operation
def multiply_add(typing: Any, left: Any, right: Any, addend: Any) -> Any:
    """Left * right + addend, rounded once."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = left.vector()
        kind = ir.FunctionType(vector, [vector] * 3)
        name = f"llvm.fma.v{LANES}f{left.element.bitwidth}"
        fused = cgutils.get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call]  # as llvmlite
        return builder.call(fused, arguments)

    return left(left, left, left), generate


@_operation
def multiply(typing: Any, left: Any, right: Any) -> Any:
    """Left * right."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fmul(*arguments)

    return left(left, left), generate


@_operation
def add(typing: Any, left: Any, right: Any) -> Any:
    """Left + right."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fadd(*arguments)

    return left(left, left), generate


@_operation
def total(typing: Any, value: Any) -> Any:
    """Sum of the lanes, pair by pair."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        terms = [builder.extract_element(arguments[0], ir.Constant(ir.IntType(32), k)) for k in range(LANES)]
        while len(terms) > 1:
            terms = [builder.fadd(terms[k], terms[k + 1]) for k in range(0, len(terms), 2)]
        return terms[0]

    return value.element(value), generate
