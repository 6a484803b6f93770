"""A part refuses wrong fields where they are written, in one sentence that names, shows and advises."""

from dataclasses import FrozenInstanceError, dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from qflsim.checks import Part, quantity


@dataclass(frozen=True, kw_only=True)
class Timer(Part):
    delay: float = quantity(1, unit="s", above=0, advice="give it in seconds, e.g. 5 * s")
    retries: int = quantity(3, at_least=1, at_most=9)
    echoes: int = quantity(2, most=10, advice="write e.g. 2")
    turns: int = 1
    marks: tuple[int, ...] = quantity((1, 2), at_least=0)
    limit: float | None = None
    loud: bool = False
    patience: float = quantity(float("inf"), unit="s", infinite=True)


@dataclass(frozen=True, kw_only=True)
class Bell(Part):
    timer: Timer = Timer()

    def check(self) -> None:
        if self.timer.retries > 5 and self.timer.loud:
            raise ValueError("a loud bell may retry 5 times at most")


@pytest.mark.parametrize(
    ("fields", "error", "words"),
    [
        ({"delay": -1}, ValueError, "Timer.delay must be > 0 s, got -1.0; give it in seconds, e.g. 5 * s"),
        ({"delay": 0}, ValueError, "must be > 0 s"),
        ({"delay": "3"}, TypeError, "Timer.delay must be a number [s], got '3'"),
        ({"delay": float("nan")}, ValueError, "must be a finite number, got nan"),
        ({"delay": float("inf")}, ValueError, "must be a finite number"),
        ({"retries": 2.0}, TypeError, "must be a whole number, got 2.0"),
        ({"retries": True}, TypeError, "must be a whole number, got True"),
        ({"retries": 10}, ValueError, "must be <= 9, got 10"),
        ({"marks": (1, "a")}, TypeError, "Timer.marks[1] must be a whole number, got 'a'"),
        ({"marks": (1, -2)}, ValueError, "Timer.marks[1] must be >= 0"),
        ({"loud": 1}, TypeError, "must be True or False, got 1"),
        ({"limit": "x"}, TypeError, "must be a number or None, got 'x'"),
        ({"patience": float("nan")}, ValueError, "finite"),
        ({"delay": 1e300}, ValueError, "Timer.delay must be at most 1e+50 s in size, got 1e+300; give it in"),
        ({"delay": 10**5000}, ValueError, "in size, got a whole number of some 5000 digits; give it in seconds"),
        ({"marks": (10**5000,)}, ValueError, "Timer.marks[0] must be at most 9.22337e+18"),
        ({"echoes": 11}, ValueError, "Timer.echoes must be <= 10 (more is too much to simulate), got 11; write e.g. 2"),
        ({"turns": 10**30}, ValueError, "Timer.turns must be at most 9.22337e+18 in size"),
    ],
)
def test_wrong_field_is_refused_with_a_sentence(fields, error, words):
    with pytest.raises(error) as caught:
        Timer(**fields)
    assert words in str(caught.value)


def test_a_class_in_place_of_an_object_is_named():
    with pytest.raises(TypeError, match=r"got the class Timer \(write Timer\(\)\)"):
        Bell(timer=Timer)


def test_checks_across_fields_run_on_replace_too():
    bell = Bell(timer=Timer(retries=6))
    with pytest.raises(ValueError, match="5 times"):
        replace(bell, timer=Timer(retries=6, loud=True))


def test_values_are_normalised_and_frozen():
    timer = Timer(delay=np.float64(2), retries=np.int64(4), marks=[np.int64(3)])
    assert (type(timer.delay), type(timer.retries), timer.marks, type(timer.marks[0])) == (float, int, (3,), int)
    with pytest.raises(FrozenInstanceError):
        timer.delay = 3


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_part_never_holds_a_value_outside_its_bounds(value):
    try:
        timer = Timer(delay=value)
    except ValueError:
        assert not 0 < value <= 1e50
    else:
        assert timer.delay == value > 0


def test_a_field_that_may_hold_anything_holds_it():
    @dataclass(frozen=True, kw_only=True)
    class Holder(Part):
        held: Any = None

    anything = object()
    assert Holder(held=anything).held is anything


@pytest.mark.filterwarnings("error")
def test_a_short_number_of_numpy_is_a_number_like_others():
    held = Timer(limit=np.float32(0.5)).limit
    assert held == 0.5 and type(held) is float
