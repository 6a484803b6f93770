"""Every kind of message is known to the timeline: a vote, or named as one that belongs to no agreement."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

import qflsim
from qflsim.timeline.phases import _NO_VOTES

SOURCE = Path(qflsim.__file__).parent
SENDING = {"send": 0, "delivered": 0, "_told": 0, "fetch": 0, "Message": 0, "Gathering": 3}
"""Where each of these calls is told the kind of what it sends."""


def calls(package):
    """Every call in a package, with its module."""
    for path in sorted((SOURCE / package).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                yield import_module(f"qflsim.{package}.{path.stem}"), node


def is_word(value):
    return isinstance(value, str)


def told(module, node):
    """What an expression says, if it is a word, or the name of one."""
    value = getattr(module, node.id, None) if isinstance(node, ast.Name) else getattr(node, "value", None)
    return {value} if is_word(value) else set()


def sent(package):
    """Kinds of what is sent in a package, by name or by keyword."""
    kinds = set()
    for module, call in calls(package):
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if name in SENDING and len(call.args) > SENDING[name]:
            kinds |= told(module, call.args[SENDING[name]])
        if name in ("Item", "Errand", "Message"):
            kinds |= {kind for word in call.keywords if word.arg == "kind" for kind in told(module, word.value)}
    return kinds


@pytest.mark.parametrize(("package", "one"), [("nodes", "report"), ("quantum", "teleport-bits")])
def test_what_is_sent_besides_votes_counts_as_none(package, one):
    kinds = sent(package)
    assert one in kinds  # so that the search finds anything
    assert not kinds - _NO_VOTES


def test_votes_count_as_votes():
    modules = [import_module(f"qflsim.chain.{path.stem}") for path in (SOURCE / "chain").glob("[!_]*.py")]
    kinds = {value for module in modules for name, value in vars(module).items() if name.isupper() and is_word(value)}
    assert kinds >= {"pre-prepare", "prepare", "commit", "propose", "vote"}
    assert kinds & _NO_VOTES == {"block"}  # which is also asked for after an agreement
