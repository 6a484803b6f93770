"""``--set topology.servers=7`` and ``--axis topology.servers=3,5``: checked changes of nested fields of a scenario.

A value is a Python expression over numbers, units (``28 * GHz``) and parts (``Star()``, ``PBFT(view_timeout=1)``); it
is read from its syntax tree, never executed. A field that holds text also takes a bare word or path.
"""

import ast
import dataclasses
import difflib
import math
import operator
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from .checks import LARGEST, Part, ScenarioError, nearest

__all__ = ["apply", "read_axis", "read_part", "replaced"]

P = TypeVar("P", bound=Part)

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_BITS, _COPIES = 1024, 100_000
"""A power may be so many bits long, and a tuple or a text repeated so often."""


def apply(part: P, assignment: str, names: Mapping[str, Any]) -> P:
    """A copy of ``part`` with one nested field changed.

    Parameters
    ----------
    part:
        The scenario, or any part.
    assignment:
        ``"field.field=value"``.
    names:
        What the value may refer to: units and parts by name.

    Raises
    ------
    ScenarioError
        If the field does not exist (the nearest is named), or the value is not understood or refused.
    """
    key, equals, text = assignment.partition("=")
    key, text = key.strip(), text.strip()
    if not equals or not key or not text:
        raise ScenarioError(
            f"--set {assignment!r} must read field=value, e.g. --set rounds=5 or --set topology.servers=7"
        )
    try:
        changed: P = _replace(part, key.split("."), lambda hint: _value(text, hint, names))
    except (ValueError, TypeError, ArithmeticError) as error:
        raise ScenarioError(f"--set {key}: {error}") from None
    return changed


def replaced(part: P, key: str, value: Any) -> P:
    """A copy of ``part`` in which the nested field ``key``, e.g. ``"topology.servers"``, holds ``value``.

    Raises
    ------
    TypeError, ValueError
        If the field does not exist (the nearest is named), or the value is refused.
    """
    changed: P = _replace(part, key.split("."), lambda hint: value)
    return changed


def read_axis(part: Part, assignment: str, names: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
    """Name and values of an axis of a sweep over the fields of ``part``, each value tried there.

    Parameters
    ----------
    part:
        The scenario.
    assignment:
        ``"field.field=value,value"``; a comma within brackets or quotes belongs to a value.
    names:
        What a value may refer to: units and parts by name.

    Raises
    ------
    ScenarioError
        If the field does not exist (the nearest is named), or a value is not understood or refused.
    """
    key, equals, text = assignment.partition("=")
    key = key.strip()
    values = [value.strip() for value in _split(text)]
    if not equals or not key or not all(values):
        raise ScenarioError(
            f"--axis {assignment!r} must read field=value,value, e.g. --axis topology.servers=3,5,9 or "
            "--axis 'mixing=Ring(),Star()'"
        )
    read: list[Any] = []

    def take(text: str, hint: Any) -> Any:
        read.append(_value(text, hint, names))
        return read[-1]

    for value in values:
        try:
            _replace(part, key.split("."), partial(take, value))
        except (ValueError, TypeError, ArithmeticError) as error:
            raise ScenarioError(f"--axis {key}: {error}") from None
    return key, tuple(read)


def _split(text: str) -> list[str]:
    """A text cut at its commas, except those within brackets or quotes."""
    pieces, depth, quote = [""], 0, ""
    for char in text:
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        depth += 0 if quote else (char in "([{") - (char in ")]}")
        if char == "," and depth == 0 and not quote:
            pieces.append("")
        else:
            pieces[-1] += char
    return pieces


def read_part(text: str, names: Mapping[str, Any]) -> Part:
    """The part that ``text``, as `repr` writes it, stands for.

    Raises
    ------
    ScenarioError
        If it names something that is not among ``names``, or is no part.
    """
    try:
        part = _evaluate(ast.parse(text, mode="eval").body, names)
    except (SyntaxError, RecursionError, MemoryError, ValueError, TypeError, ArithmeticError) as error:
        raise ScenarioError(f"cannot read {text!r}: {error}") from None
    if not isinstance(part, Part):
        raise ScenarioError(f"{text!r} is no part")
    return part


def _replace(part: Any, path: list[str], value_for: Callable[[Any], Any]) -> Any:
    """A copy of a part with another value in a nested field, made for the field's type hint."""
    field, rest = path[0], path[1:]
    if not isinstance(part, Part):
        raise ValueError(f"{part!r} has no fields of its own, so no {field!r}")
    known = [f.name for f in dataclasses.fields(part)]
    if field not in known:
        raise ValueError(f"{type(part).__name__} has no field {field!r}; {nearest(field, known)}")
    current = getattr(part, field)
    value = _replace(current, rest, value_for) if rest else value_for(get_type_hints(type(part))[field])
    return dataclasses.replace(part, **{field: value})


def _value(text: str, hint: Any, names: Mapping[str, Any]) -> Any:
    """The value that ``text`` stands for; where the field takes text, anything but a quoted string is that text."""
    takes_text = hint is str or (get_origin(hint) is not tuple and str in get_args(hint))
    if takes_text and not text.startswith(("'", '"')) and text != "None":
        return text
    try:
        return _evaluate(ast.parse(text, mode="eval").body, names)
    except (SyntaxError, RecursionError, MemoryError, ValueError) as error:  # the first three of what cannot be read
        if not isinstance(error, ValueError):
            advice = "write numbers with a multiplier for the unit, e.g. 28*GHz, and parts as calls, e.g. Star()"
            raise ValueError(f"cannot read {text!r}; {advice}") from None
        raise


def _evaluate(node: ast.expr, names: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return _named(name, names)
        case ast.Attribute(value=ast.Name(id="qfl"), attr=name):
            return _named(name, names)
        case ast.Attribute(value=ast.Name() | ast.Attribute() as owner, attr=name):
            return _within(_evaluate(owner, names), name)
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return tuple(_evaluate(item, names) for item in items)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
            value = _evaluate(operand, names)
            return -value if isinstance(sign, ast.USub) else +value
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _combined(op, _evaluate(left, names), _evaluate(right, names))
        case ast.Call(func=function, args=args, keywords=keywords):
            arguments = {str(k.arg): _evaluate(k.value, names) for k in keywords}
            return _evaluate(function, names)(*[_evaluate(a, names) for a in args], **arguments)
        case _:
            raise ValueError(f"cannot read {ast.unparse(node)!r}; give a number, a unit expression or a part")


def _within(owner: Any, name: str) -> Any:
    """What a class holds under a name: a part that is written within it, or a plain value."""
    held = {key: value for key, value in vars(owner).items() if _is_readable(key, value)} if _is_class(owner) else {}
    if name not in held:
        what = owner.__name__ if _is_class(owner) else repr(owner)
        raise ValueError(f"{what} holds no part {name!r}; {nearest(name, held)}")
    return held[name]


def _is_class(value: Any) -> bool:
    return isinstance(value, type)


def _is_readable(name: str, value: Any) -> bool:
    return not name.startswith("_") and (_is_class(value) or not (callable(value) or hasattr(value, "__get__")))


def _combined(op: ast.operator, left: Any, right: Any) -> Any:
    """The result of an operation, unless it would be so large that computing it alone takes minutes."""
    whole = isinstance(left, int) and isinstance(right, int)
    if isinstance(op, ast.Pow) and whole and abs(left) > 1 and right > _BITS / math.log2(abs(left)):
        raise ValueError(f"{_short(left)}**{_short(right)} is beyond sense; no number may be larger than {LARGEST:g}")
    copies = [count for count, of in ((left, right), (right, left)) if isinstance(of, (tuple, str))]
    if isinstance(op, ast.Mult) and any(isinstance(count, int) and count > _COPIES for count in copies):
        raise ValueError(f"a list of values must not be repeated more than {_COPIES:,} times, got {copies[0]:,}")
    return _BINARY[type(op)](left, right)


def _short(number: int) -> str:
    return str(number) if abs(number) < 10**12 else f"(about 2**{number.bit_length()})"


def _named(name: str, names: Mapping[str, Any]) -> Any:
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        advice = f"did you mean {near[0]}?" if near else "give a number, with its unit, e.g. 28*GHz, or a part"
        raise ValueError(f"unknown name {name!r}; {advice}")
    return names[name]
