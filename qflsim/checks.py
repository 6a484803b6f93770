"""Parts that check themselves: frozen values whose fields carry their unit and their bounds.

A scenario is built from parts. Each is a frozen keyword-only dataclass derived from `Part`; on construction
every field is checked against its type and the bounds declared by `quantity`, so that a wrong value is refused
where it is written, in one sentence that names the field, shows the value and advises.
"""

import dataclasses
import difflib
import inspect
import math
import operator
import types
from abc import ABCMeta
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

import numpy as np

__all__ = ["Part", "Recurring", "ScenarioError", "nearest", "quantity"]


_MOST_NAMED = 6
"""Parts that a sentence names where one of a kind is wanted."""

_LONGEST = 100
"""Characters of a wrong value that a sentence shows."""

LARGEST, LARGEST_WHOLE = 1e50, 2**63 - 1
"""No number is larger, or products and powers would overflow; nor a whole one without a bound: arrays count so far."""


class ScenarioError(ValueError):
    """A user's mistake in a scenario, an override or a folder: told in a sentence, before anything runs if it shows."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Half a sentence on what somebody may have meant who wrote ``name`` where one of ``known`` was to stand."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"it has {', '.join(names)}" if names else "it has none"


@dataclasses.dataclass(frozen=True)
class Recurring:
    """What happens again and again in a run by itself, once per period [s] or at a rate [1/s] that a field gives.

    A world is refused in which it would happen more than ``most`` times: in the shortest time that its rounds can take,
    or, if it happens only ``while_deciding``, in the longest that one decision may take. The least ``most`` is a bound
    of sense and not of nature: as much as a computer goes through in minutes.
    """

    what: str
    most: float
    while_deciding: bool = False


def quantity(
    default: Any = dataclasses.MISSING,
    *,
    unit: str = "",
    above: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
    most: float | None = None,
    infinite: bool = False,
    recurring: Recurring | None = None,
    advice: str = "",
) -> Any:
    """A field of a `Part` with its unit, its bounds and what to write instead of a wrong value.

    Parameters
    ----------
    default:
        Value if none is given; left out, the field is required.
    unit:
        SI unit of the value, shown in messages, in ``run.json`` and in the reference, e.g. ``"Hz"``.
    above, at_least, at_most, below:
        Bounds: value > above, value >= at_least, value <= at_most, value < below.
    most:
        A bound of sense and not of nature: more of it takes longer, or more memory, than anybody has.
    infinite:
        Whether infinity is a meaningful value.
    recurring:
        What happens again and again, if the value is its period or rate.
    advice:
        Half a sentence on what to write, e.g. ``"give it in seconds, e.g. 5 * s"``.
    """
    metadata = {
        "unit": unit,
        "above": above,
        "at_least": at_least,
        "at_most": at_most,
        "below": below,
        "most": most,
        "infinite": infinite,
        "recurring": recurring,
        "advice": advice,
    }
    if default is dataclasses.MISSING:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


class PartType(ABCMeta):
    """The class of all classes of parts: it refuses unknown, missing and unnamed fields in a sentence.

    Python would say "FirstK.__init__() missing 1 required keyword-only argument: 'k'", and not what k is.
    """

    if not TYPE_CHECKING:  # which see the fields of a part by themselves, and would see only this

        def __call__(cls, *unnamed: Any, **fields: Any) -> Any:
            _refuse_arguments(cls, unnamed, fields)
            return super().__call__(*unnamed, **fields)

    @property
    def __signature__(cls) -> inspect.Signature:
        """What notebooks and `help` show, and complete."""
        own: Any = cls
        _, *fields = inspect.signature(own.__init__).parameters.values()
        return inspect.Signature(fields)


@cache
def _signature(cls: PartType) -> tuple[inspect.Signature, frozenset[str], frozenset[str]]:
    """How a part is built, with all its fields and those without a default."""
    signature = inspect.signature(cls)
    named = {name: p for name, p in signature.parameters.items() if p.kind is not p.VAR_KEYWORD}
    return signature, frozenset(named), frozenset(name for name, p in named.items() if p.default is p.empty)


def _refuse_arguments(cls: PartType, unnamed: tuple[Any, ...], fields: Mapping[str, Any]) -> None:
    """Raise a TypeError unless a part of this class can be built from such fields."""
    if inspect.isabstract(cls):
        open_verbs = ", ".join(sorted(cls.__abstractmethods__))
        raise TypeError(
            f"{cls.__name__} leaves open {open_verbs}; use {_describe(cls, {})}, or derive a part and write it"
        )
    signature, known, required = _signature(cls)
    if not unnamed and fields.keys() <= known and required <= fields.keys():
        return
    try:
        signature.bind(*unnamed, **fields)  # a part of a user's own may take more than its fields
    except TypeError:
        raise TypeError(_wrong_arguments(cls, unnamed, fields, list(signature.parameters), required)) from None


def _wrong_arguments(
    cls: PartType, unnamed: tuple[Any, ...], fields: Mapping[str, Any], known: list[str], required: frozenset[str]
) -> str:
    name = cls.__name__
    for field in fields:
        if field not in known:
            return f"{name} has no field {field!r}; {nearest(field, known)}"
    if unnamed:
        advice = f"write e.g. {name}({known[0]}={_show(unnamed[0])})" if known else f"write {name}()"
        return f"{name} takes its fields by name, got {', '.join(map(_show, unnamed))}; {advice}"
    missing = next(field for field in known if field in required and field not in fields)
    own: Any = cls
    told = {field.name: _advise(field.metadata) for field in dataclasses.fields(own)}
    return f"{name}.{missing} must be given{told.get(missing, '')}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Part(metaclass=PartType):
    """A piece of a scenario: a frozen value that refuses wrong fields when it is built.

    Derive with ``@dataclass(frozen=True, kw_only=True)``. A part that needs checks across fields overrides
    `check` and raises `ValueError` there.

    Raises
    ------
    TypeError
        If a field holds the wrong type.
    ValueError
        If a field is out of its bounds, NaN, or infinite where that has no meaning.
    """

    def __post_init__(self) -> None:
        cls: Any = type(self)
        hints = _hints(cls)
        for field in dataclasses.fields(self):
            name = f"{cls.__name__}.{field.name}"
            try:
                value = _typed(name, hints[field.name], getattr(self, field.name), field.metadata)
            except TypeError:
                _refuse_type(cls, field, getattr(self, field.name))
                raise
            _bounded(name, value, field.metadata)
            object.__setattr__(self, field.name, value)
        self.check()

    def check(self) -> None:
        """Refuse combinations of fields that make no sense together (none by default)."""


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def _typed(name: str, hint: Any, value: Any, metadata: Any) -> Any:
    """``value`` as the type that ``hint`` asks for, or a TypeError that says what was expected."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _first_that_fits(name, get_args(hint), value, metadata)
    if origin is tuple:
        return _typed_tuple(name, get_args(hint), value, metadata)
    is_number = isinstance(value, _KINDS) and not isinstance(value, bool)
    if hint is float and is_number:  # a whole number may be too large for a float
        return float(value) if isinstance(value, (float, np.floating)) or abs(value) < 2**1023 else value
    if hint is int and is_number and not isinstance(value, (float, np.floating)):
        return int(value)
    runtime = origin or hint
    if runtime is Any or not isinstance(runtime, type):
        return value  # a hint without a class behind it (Any, Callable, ...) cannot be checked
    if hint not in (float, int) and isinstance(value, runtime):
        return value
    raise TypeError(f"{name} must be {_describe(hint, metadata)}, got {_show(value)}{_advise(metadata)}")


def _refuse_type(cls: Any, field: "dataclasses.Field[Any]", value: Any) -> None:
    """Raise the TypeError of a wrong value once more, with all parts that qflsim has, and the field that it is for."""
    _import_stock()
    hints = _hints(cls)
    try:
        _typed(f"{cls.__name__}.{field.name}", hints[field.name], value, field.metadata)
    except TypeError as error:
        raise TypeError(f"{error}{_meant(cls, field.name, value)}") from None


def _meant(cls: Any, field: str, value: Any) -> str:
    """Half a sentence on another field that takes such a part, or on the part that a text names; empty if none."""
    hints = _hints(cls)
    if isinstance(value, str):
        stock = {name.lower(): name for kind in _classes(hints[field]) for name in _stock(kind)}
        near = difflib.get_close_matches(value.lower(), stock, n=1)
        return f"; did you mean {stock[near[0]]}()?" if near else ""
    part = value if isinstance(value, type) else type(value)
    taking = [f"{cls.__name__}.{name}" for name, hint in hints.items() if issubclass(part, _classes(hint))]
    if not taking or f"{cls.__name__}.{field}" in taking:
        return ""
    return f"; {part.__name__}() is for {' or '.join(taking)}"


def _classes(hint: Any) -> tuple[type, ...]:
    """The classes of parts in a type hint, also within unions and tuples."""
    if isinstance(hint, type) and issubclass(hint, Part):
        return (hint,)
    return tuple(found for argument in get_args(hint) for found in _classes(argument))


@cache
def _import_stock() -> None:
    """Import all parts, which otherwise happens as they are used, so that a sentence can name them."""
    directory = _directory()
    for name in directory.PARTS:
        getattr(directory, name)


def _directory() -> types.ModuleType:
    """The list of all parts by name; nothing here depends on what they are."""
    return import_module(__name__.partition(".")[0])


def _first_that_fits(name: str, hints: tuple[Any, ...], value: Any, metadata: Any) -> Any:
    for hint in hints:
        try:
            return None if hint is type(None) and value is None else _typed(name, hint, value, metadata)
        except TypeError:
            continue
    expected = " or ".join(_describe(hint, metadata) for hint in hints)
    raise TypeError(f"{name} must be {expected}, got {_show(value)}{_advise(metadata)}")


def _typed_tuple(name: str, hints: tuple[Any, ...], value: Any, metadata: Any) -> tuple[Any, ...]:
    if not isinstance(value, (tuple, list)):
        shown = f"{type(value).__name__}(...)" if isinstance(value, Part) else _show(value)
        alone = _advise(metadata) or f"; write one alone with a comma, e.g. ({shown},)"
        raise TypeError(f"{name} must be a tuple, got {_show(value)}{alone}")
    if len(hints) == 2 and hints[1] is Ellipsis:
        hints = (hints[0],) * len(value)
    if len(value) != len(hints):
        raise TypeError(f"{name} must have {len(hints)} items, got {_show(value)}{_advise(metadata)}")
    pairs = enumerate(zip(hints, value, strict=True))
    return tuple(_typed(f"{name}[{i}]", hint, item, metadata) for i, (hint, item) in pairs)


_KINDS = (int, float, np.integer, np.floating)
_NAMES = {
    float: "a number",
    int: "a whole number",
    bool: "True or False",
    str: "a string",
    type(None): "None",
}


def _describe(hint: Any, metadata: Any) -> str:
    if hint in _NAMES:
        unit = metadata.get("unit")
        return _NAMES[hint] + (f" [{unit}]" if unit and hint in (float, int) else "")
    name = getattr(hint, "__name__", str(hint))
    described = f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"
    stock = sorted(_stock(hint) - {name}) if isinstance(hint, type) and issubclass(hint, Part) else []
    more = " and more" * (len(stock) > _MOST_NAMED)
    named = ", ".join(f"{known}()" for known in stock[:_MOST_NAMED])
    return f"{described} such as {named}{more}" if stock else described


def _stock(kind: type["Part"]) -> set[str]:
    """Names of the parts of a kind that a scenario can be built from, as far as they are imported."""
    found = {kind.__name__} if not inspect.isabstract(kind) and kind.__name__ in _directory().PARTS else set()
    return found.union(*(_stock(cls) for cls in kind.__subclasses__()))


def _show(value: Any) -> str:
    """A value as its user wrote it; a class in place of an object is the commonest slip and named as such."""
    if isinstance(value, int) and value.bit_length() > 400:
        return f"a whole number of some {round(value.bit_length() * math.log10(2))} digits"  # Python shows 4300 at most
    if isinstance(value, type):
        return f"the class {value.__name__} (write {value.__name__}())"
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2]} …"


def _advise(metadata: Any) -> str:
    advice = metadata.get("advice")
    return f"; {advice}" if advice else ""


def _bounded(name: str, value: Any, metadata: Any) -> None:
    """Refuse a number outside the declared bounds; tuples are checked item by item."""
    if isinstance(value, tuple):
        for i, item in enumerate(value):
            _bounded(f"{name}[{i}]", item, metadata)
        return
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return
    if isinstance(value, float) and (math.isnan(value) or (math.isinf(value) and not metadata.get("infinite"))):
        raise ValueError(f"{name} must be a finite number, got {value!r}{_advise(metadata)}")
    unit = f" {metadata['unit']}" if metadata.get("unit") else ""
    for key, sign, holds in _BOUNDS:
        bound = metadata.get(key)
        if bound is not None and not holds(value, bound):
            why = " (more is too much to simulate)" if key == "most" else ""
            raise ValueError(f"{name} must be {sign} {bound:g}{unit}{why}, got {_show(value)}{_advise(metadata)}")
    largest = LARGEST_WHOLE if isinstance(value, int) and metadata.get("at_most") is None else LARGEST
    if largest < abs(value) < math.inf:
        raise ValueError(f"{name} must be at most {largest:g}{unit} in size, got {_show(value)}{_advise(metadata)}")


_BOUNDS = (
    ("above", ">", operator.gt),
    ("at_least", ">=", operator.ge),
    ("at_most", "<=", operator.le),
    ("below", "<", operator.lt),
    ("most", "<=", operator.le),
)
