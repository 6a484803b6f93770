"""Dissemination on the timeline: which nodes form a group, what spreads by itself, and who follows a chain."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from math import inf

import numpy as np
import simpy

from qflsim.network.dissemination import Direct, Dissemination, Item
from qflsim.network.flooding import flood
from qflsim.network.overlay import Overlay
from qflsim.trace import Propagation

from .computer import Computer
from .context import Alarm, Context
from .spread import About, Got, Group, Post, Spread, times_of

__all__ = ["Disseminator"]


@dataclass
class _Spreading:
    """How many items spread by themselves, of all tasks, who waits for there to be none, and the public network."""

    items: int = 0
    public_until: float = -inf  # when the last block so far will have come to all of the public network [s]
    waiting: list[simpy.Event] = field(default_factory=list)


class Disseminator:
    """The run's way of dissemination; direct until `adopt` is called.

    Parameters
    ----------
    ctx:
        The run's shared services.
    post:
        Sends a packet over the links.
    """

    def __init__(self, ctx: Context, post: Post) -> None:
        self.policy: Dissemination = Direct()
        self._ctx = ctx
        self._post = post
        self._patience = inf
        self._computers: Mapping[str, Computer] = {}
        self._public: Overlay | None = None
        self._groups: dict[str, Group] = {}
        self._spreading = _Spreading()

    def for_task(self, ctx: Context, post: Post) -> "Disseminator":
        """The same way of dissemination, for what one task spreads, among groups of its own."""
        own = copy(self)
        own._ctx, own._post, own._groups = ctx, post, {}
        return own

    def adopt(self, policy: Dissemination, patience: float, computers: Mapping[str, Computer]) -> None:
        """Spread things by ``policy``; what not all have after ``patience`` [s] is given up; all nodes' computers.

        Raises
        ------
        ValueError
            If nobody is called as those that shall follow chains.
        """
        for pattern in policy.followers:
            if not any(fnmatchcase(node, pattern) for node in computers):
                raise ValueError(
                    f"{policy.name}.followers must be nodes, got {pattern!r}, which none is called; "
                    f"they are {', '.join(computers)}"
                )
        self.policy, self._patience, self._computers = policy, patience, computers
        if policy.public is not None:
            self._public = policy.public.draw(self._ctx.streams.fresh("dissemination", "public"))

    def publish(self, source: str, size_bit: float, about: About) -> None:
        """Let a committed block flood the public nodes, if there are any and they keep its chain; all in one pass."""
        ctx, policy = self._ctx, self.policy.public
        if policy is None or self._public is None or not self._followed(about.chain):
            return
        spread = flood(self._public, size_bit, checking=policy.checking)
        alone = ctx.now >= self._spreading.public_until
        last = float(spread.obtained_s[np.isfinite(spread.obtained_s)].max())
        self._spreading.public_until = max(self._spreading.public_until, ctx.now + last)
        ctx.record(
            Propagation(
                round=ctx.round,
                chain=about.chain,
                height=about.height,
                kind="public-block",
                dissemination="flood" if alone else "flood, as if alone",
                source=source,
                digest=about.digest,
                started_s=ctx.now,
                nodes=policy.nodes - 1,
                reached=policy.nodes - 1 - int(np.isinf(spread.obtained_s).sum()),
                **times_of(spread.reached),
                messages=spread.copies,
                duplicates=spread.duplicates,
                item_bit=size_bit,
                size_bit=spread.copies * size_bit,
            )
        )

    def _followed(self, chain: str) -> bool:
        return any(fnmatchcase(chain, pattern) for pattern in self.policy.followed)

    def followers(self, chain: str, validators: Sequence[str]) -> dict[str, Computer]:
        """The nodes that keep a copy of a chain without validating its next block, and their computers."""
        if not self._followed(chain):
            return {}
        return {
            node: computer
            for node, computer in self._computers.items()
            if node not in validators and any(fnmatchcase(node, pattern) for pattern in self.policy.followers)
        }

    def group(self, topic: str, members: Sequence[str]) -> "Group":
        """The group of ``members`` on a topic; that of before if they are the same."""
        known = self._groups.get(topic)
        if known is not None and (known.members == tuple(members) or self._same(known, members)):
            return known
        group = self._groups[topic] = self.passing_group(topic, members)
        return group

    def passing_group(self, topic: str, members: Sequence[str]) -> "Group":
        """A new group, which lasts as long as it is used."""
        return Group(self._ctx, self.policy, topic, tuple(members))

    def spread(self, group: "Group", item: Item, about: About, source: str, got: Got) -> None:
        """Let an item spread over the links by itself, until all have it or patience is over."""
        self._spreading.items += 1
        alarms: list[Alarm] = []

        def closed() -> None:
            for alarm in alarms:
                alarm.cancel()
            self._close_one()

        spread = Spread(group, item, about, self._post, got, closed)
        if self._patience < inf:
            alarms.append(self._ctx.alarm(self._patience, spread.close))
        spread.start(source)

    def idle(self) -> simpy.Event | None:
        """The event of everything that spreads by itself having come to its end; None if nothing does."""
        if not self._spreading.items:
            return None
        event: simpy.Event = self._ctx.env.event()
        self._spreading.waiting.append(event)
        return event

    def _same(self, known: "Group", members: Sequence[str]) -> bool:
        return not self.policy.ordered and set(known.members) == set(members)

    def _close_one(self) -> None:
        self._spreading.items -= 1
        while not self._spreading.items and self._spreading.waiting:
            self._spreading.waiting.pop().succeed()
