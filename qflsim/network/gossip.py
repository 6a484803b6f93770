"""Gossip: every node tells a few others, drawn at random, or asks them, until all know.

References
----------
.. [1] A. Demers et al., "Epidemic algorithms for replicated database maintenance", PODC (1987).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qflsim.checks import Recurring, quantity
from qflsim.network.dissemination import (
    Dissemination,
    Effect,
    Effects,
    Item,
    Obtain,
    Others,
    Packet,
    Pass,
    Relay,
    Wake,
    control,
    whole,
)
from qflsim.network.gossipmodes import GossipMode, PushPull, StaggeredTicks, Ticks
from qflsim.units import ms, s

__all__ = ["Gossip", "distinct"]

POLL, NOTHING = "gossip-poll", "gossip-nothing"


@dataclass(frozen=True, kw_only=True)
class Gossip(Dissemination):
    """Nodes tell a few others drawn at random, and ask others at random for what they lack [1]_.

    Parameters
    ----------
    fanout:
        Different nodes that a node contacts per round; 3 (assumption: with one round of pushing it reaches 94 %).
    mode:
        `Push`, `Pull` or `PushPull`.
    period:
        Time [s] of a round; 100 ms (assumption: several transfers of a block on the links of a cell).
    ticks:
        `StaggeredTicks`, `AlignedTicks` or `PoissonTicks`.
    patience:
        Time [s] after which whoever was asked and has not answered counts as lost; nobody asks for an item again before
        all that it asked have answered, so that links that are busy with answers are asked for no more. 2 s
        (assumption).
    repair:
        Under `Push`: period [s] in which a node that lacks an item asks one other for it, so that what pushing missed
        or the links lost is made up for; inf for never. `Pull` and `PushPull` ask in every round anyway.

    Notes
    -----
    *Scope*: every node of the group knows all others. Whom to contact does not depend on distance or on who is known
    to have it. A poll names one item, and is answered with it or with a word. Polls are sent only while there is an
    item that not all have.

    *Validation*: rounds of push and push-pull on the complete graph, exact mean time of the continuous-time process,
    coverage of infect-and-die.
    """

    fanout: int = quantity(3, at_least=1, advice="give a whole number of nodes, e.g. 3")
    mode: GossipMode = PushPull()
    period: float = quantity(
        100 * ms, unit="s", above=0, recurring=Recurring("ticks", 1e7, while_deciding=True),
        advice="give it in seconds, e.g. 100 * ms",
    )  # fmt: skip
    ticks: Ticks = StaggeredTicks()
    patience: float = quantity(2.0 * s, unit="s", above=0, advice="give it in seconds, e.g. 2 * s")
    repair: float = quantity(
        1.0 * s, unit="s", above=0, infinite=True, recurring=Recurring("repairs", 1e7, while_deciding=True),
        advice="give it in seconds, e.g. 1 * s; inf for never",
    )  # fmt: skip

    def relay(self, me: str, members: tuple[str, ...], rng: np.random.Generator) -> Relay:
        """The part of ``me``."""
        return _GossipRelay(self, me, members, rng)


class _GossipRelay(Relay):
    def __init__(self, terms: Gossip, me: str, members: tuple[str, ...], rng: np.random.Generator) -> None:
        self._terms = terms
        self._me = me
        self._others = Others(members, me)
        self._rng = rng
        self._phase = float(rng.random())
        self._asking = terms.fanout if terms.mode.pulls else 1
        self._asking_period = terms.period if terms.mode.pulls else terms.repair
        self._known: dict[str, Item] = {}
        self._obtained: set[str] = set()
        self._released: set[str] = set()
        self._pushes: dict[str, int] = {}
        self._asked: dict[str, dict[str, float]] = {}  # by item: who has been asked and has not answered, and when [s]

    def expect(self, now: float, item: Item) -> Effects:
        self._known[item.name] = item
        if item.name in self._obtained or math.isinf(self._asking_period):
            return ()
        return (Wake(f"ask {item.name}", self._wait(now, self._asking_period), item),)

    def release(self, now: float, item: Item) -> Effects:
        self._known[item.name] = item
        self._obtained.add(item.name)
        self._released.add(item.name)
        self._pushes[item.name] = self._terms.mode.pushes
        if not self._terms.mode.pushes:
            return ()
        return self._push(now, item) if self._terms.mode.at_once else (self._next_push(now, item),)

    def handle(self, now: float, packet: Packet) -> Effects:
        item = packet.item
        if packet.kind == POLL:
            has = item.name in self._released
            return (Pass(packet.sender, whole(self._me, item) if has else control(self._me, NOTHING, item)),)
        self._asked.get(item.name, {}).pop(packet.sender, None)
        if packet.kind == NOTHING or item.name in self._obtained:
            return ()
        self._obtained.add(item.name)
        return (Obtain(item),)

    def expire(self, now: float, timer: str) -> Effects:
        what, _, name = timer.partition(" ")
        item = self._known.get(name)
        if item is None:
            return ()
        if what == "push":
            return self._push(now, item)
        return self._ask(now, item) if name not in self._obtained else ()

    def rests(self, item: Item) -> bool:
        if item.name in self._obtained:
            return not self._pushes.get(item.name)
        return math.isinf(self._asking_period)

    def forget(self, item: Item) -> None:
        self._known.pop(item.name, None)
        self._pushes.pop(item.name, None)
        self._asked.pop(item.name, None)
        self._obtained.discard(item.name)
        self._released.discard(item.name)

    def _push(self, now: float, item: Item) -> Effects:
        self._pushes[item.name] -= 1
        targets = distinct(self._others, self._terms.fanout, self._rng)
        effects: list[Effect] = [Pass(other, whole(self._me, item)) for other in targets]
        return (*effects, self._next_push(now, item)) if self._pushes[item.name] else tuple(effects)

    def _next_push(self, now: float, item: Item) -> Wake:
        return Wake(f"push {item.name}", self._wait(now, self._terms.period), item)

    def _ask(self, now: float, item: Item) -> Effects:
        asked = self._asked.setdefault(item.name, {})
        polls: list[Effect] = []
        if all(time + self._terms.patience <= now for time in asked.values()):
            targets = distinct(self._others, self._asking, self._rng)
            self._asked[item.name] = dict.fromkeys(targets, now)
            polls += [Pass(other, control(self._me, POLL, item)) for other in targets]
        return (*polls, Wake(f"ask {item.name}", self._wait(now, self._asking_period), item))

    def _wait(self, now: float, period: float) -> float:
        return self._terms.ticks.wait(now, period, self._phase, self._rng)


def distinct(others: Sequence[str], count: int, rng: np.random.Generator) -> list[str]:
    """So many different ones of ``others``, drawn uniformly, in the order of drawing; all of them if they are fewer."""
    if count >= len(others):
        return list(others)
    chosen: dict[int, None] = {}
    while len(chosen) < count:
        chosen[int(rng.integers(len(others)))] = None
    return [others[i] for i in chosen]
