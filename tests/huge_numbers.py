"""Write a huge whole number into every field of every part that takes one, and run a world with it.

A script, for `test_huge_numbers.py` runs it in a process of its own, whose memory is limited: a line for each field
says what is told of the number, nothing if the world passes a round, and the last line is that of a field that hangs.
"""

import dataclasses
import resource
import sys
import types
from dataclasses import replace
from typing import Union, get_args, get_origin

from conftest import TINY
from test_refusals import NEEDED, NOT_BUILT, PARTS

import qflsim as qfl
from qflsim.checks import Part, _hints
from qflsim.world import World

HUGE = 10**9
MEMORY_BYTE = 8 << 30
PIXELS = qfl.Digits(classes=(0, 1), features=qfl.Pixels())
TWO_TASKS = {"tasks": (qfl.Task(name="a"), qfl.Task(name="b"))}
MADE = {
    "ConvNet": qfl.ConvNet(side=8, channels=(2,), outputs=2),
    "LinearReadout": qfl.LinearReadout(classes=2),
    "Perceptron": qfl.Perceptron(features=2, outputs=2),
    "PrincipalAngles": qfl.PrincipalAngles(components=2),
    "StandardisedAngles": qfl.StandardisedAngles(components=2),
}
AROUND = {"ConvNet": {"data": PIXELS}, "CrossShardTraffic": TWO_TASKS, "Sharding": TWO_TASKS}
"""What else a scenario needs for a part to have something to do."""


def kind_of_whole(hint):
    """``one`` or ``several`` if a field takes whole numbers."""
    if hint is int:
        return "one"
    if get_origin(hint) is tuple:
        return "several" if get_args(hint)[0] is int else None
    inner = [kind_of_whole(each) for each in get_args(hint)] if get_origin(hint) in (Union, types.UnionType) else []
    return "one" if "one" in inner else next(filter(None, inner), None)


FIELDS = [
    (name, field.name, kind)
    for name, part in sorted(PARTS.items())
    if name not in NOT_BUILT
    for field in dataclasses.fields(part)
    if (kind := kind_of_whole(_hints(part)[field.name]))
]


def made(name):
    """A part as `TINY` has it, or by default."""
    own = next((part for part in parts_of(TINY) if type(part).__name__ == name), None)
    return own or MADE.get(name) or PARTS[name](**NEEDED.get(name, {}))


def parts_of(part):
    yield part
    for field in dataclasses.fields(part):
        value = getattr(part, field.name)
        for inner in value if isinstance(value, tuple) else (value,):
            if isinstance(inner, Part):
                yield from parts_of(inner)


def classes_of(hint):
    """The classes that a field takes, and whether several of one are taken."""
    if isinstance(hint, type):
        return [(hint, False)]
    if get_origin(hint) is tuple:
        return [(cls, True) for cls, _ in classes_of(get_args(hint)[0])]
    return [found for each in get_args(hint) for found in classes_of(each)]


def around(part):
    """The parts that take such a part, those of a scenario first, each with the field."""
    holders = ["Scenario", *(name for name in sorted(PARTS.keys() - NOT_BUILT) if name != "Scenario")]
    for name in holders:
        for field in dataclasses.fields(PARTS[name]):
            for cls, several in classes_of(_hints(PARTS[name])[field.name]):
                if issubclass(cls, Part) and isinstance(part, cls) and not issubclass(PARTS[name], cls):
                    return made(name), field.name, (part,) if several else part
    raise LookupError(f"no part takes {part!r}")


def world_with(name, part):
    """Let a world with that part in it pass a round."""
    further = AROUND.get(name, {})
    while not isinstance(part, qfl.Scenario):
        holder, field, value = around(part)
        part = replace(holder, **{field: value}, **(further if isinstance(holder, qfl.Scenario) else {}))
    World(replace(part, rounds=min(part.rounds, 1), aer_samples=0)).run()


def refusal(name, field, kind):
    """What is said of the huge number, nothing if a world with it passes a round."""
    try:
        world_with(name, replace(made(name), **{field: HUGE if kind == "one" else (HUGE,)}))
    except (ValueError, TypeError) as error:
        return str(error)
    return ""


def main():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTE, MEMORY_BYTE))
    for name, field, kind in FIELDS:
        sys.stdout.write(f"{name}.{field}: ")
        sys.stdout.flush()
        sys.stdout.write(f"{refusal(name, field, kind)}\n")


if __name__ == "__main__":
    main()
