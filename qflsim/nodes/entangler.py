"""The lists of agreements on the timeline: pairs are made over fibre, each teleports a qubit, and all read theirs.

The two bits of each teleported qubit travel as a message when all lists are made; until they have arrived a receiver
knows nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from qflsim.chain.agreement import Entangle
from qflsim.chain.lists import Pair
from qflsim.quantum.pairs import Draw, Floats
from qflsim.quantum.singlets import Entries, entry_errors, read_lists
from qflsim.quantum.supply import PairSupply
from qflsim.quantum.teleportation import CLASSICAL_BITS
from qflsim.trace import ListPairs

from .context import Context
from .fabric import Fabric
from .media import Action
from .models import PairLink

__all__ = ["Entangler", "Order", "Read"]

Read = Callable[[str, Mapping[Pair, Entries]], None]
"""Hands a member its own entries."""

REPEATS = 20
"""How often a lost message with the bits of teleported qubits is sent again, as `EntangledTransport.repeats`."""


class Order:
    """Lists that are being made.

    Attributes
    ----------
    errors:
        For each list the mean probability that an entry of either of its members is turned.
    pairs:
        Pairs that they take.
    """

    def __init__(self, chain: str, round: int, sender: str, what: Entangle) -> None:
        self.chain = chain
        self.round = round
        self.sender = sender
        self.what = what
        self.errors: dict[Pair, tuple[float, float]] = {}
        self.pairs = 0
        self.entries: defaultdict[str, dict[Pair, Entries]] = defaultdict(dict)

    def shares(self) -> dict[str, list[Pair]]:
        """The lists that each receiver holds a part of, in the order in which their qubits are teleported."""
        shares: defaultdict[str, list[Pair]] = defaultdict(list)
        for pair in self.what.lists:
            for member in pair:
                shares[member].append(pair)
        return shares


class Entangler:
    """Makes lists.

    Parameters
    ----------
    ctx, fabric:
        The run's shared services and links.
    supply:
        How pairs are made.
    link:
        ``link(first, second)`` is where those two make pairs.
    """

    def __init__(self, ctx: Context, fabric: Fabric, supply: PairSupply, link: Callable[[str, str], PairLink]) -> None:
        self._ctx = ctx
        self._fabric = fabric
        self._supply = supply
        self._link = link

    def make(self, order: Order, read: Read, given_up: Action) -> None:
        """Make what is ordered; ``read`` is called once for each member, or ``given_up`` in its place."""
        sender, what = order.sender, order.what
        shares = order.shares()
        draws = {name: self._draw(sender, name, len(lists) * what.states) for name, lists in shares.items()}
        self._read_out(order, shares, draws)
        last = max(draw.ready_s for draw in draws.values())
        for name, draw in draws.items():
            order.pairs += len(draw.states)
            self._ctx.at(last, partial(self._tell, order, name, draw, self._ctx.now, read, given_up, REPEATS))
        self._ctx.at(last, lambda: read(sender, order.entries[sender]))

    def _draw(self, sender: str, receiver: str, count: int) -> Draw:
        return self._link(sender, receiver).store.take(self._ctx.now, count)

    def _read_out(self, order: Order, shares: Mapping[str, list[Pair]], draws: Mapping[str, Draw]) -> None:
        """What all members find in the end, list by list."""
        states = order.what.states
        wrong: dict[tuple[Pair, str], Floats] = {}
        for name, lists in shares.items():
            errors = entry_errors(draws[name].states, self._supply.operations)
            wrong |= {(pair, name): part for pair, part in zip(lists, np.split(errors, len(lists)), strict=True)}
        rng = self._ctx.streams("lists", order.chain, order.sender)
        for pair in order.what.lists:
            first, second = (wrong[pair, name] for name in pair)
            order.errors[pair] = float(first.mean()), float(second.mean())
            for member, entries in zip((order.sender, *pair), read_lists(states, first, second, rng), strict=True):
                order.entries[member][pair] = entries

    def _tell(
        self, order: Order, name: str, draw: Draw, asked_s: float, read: Read, given_up: Action, repeats: int
    ) -> None:
        """Tell a receiver what to undo, again while that is lost."""
        size_bit = float(CLASSICAL_BITS * len(draw.states))

        def lost() -> None:
            if repeats:
                self._tell(order, name, draw, asked_s, read, given_up, repeats - 1)
            else:
                given_up()

        def arrived() -> None:
            self._record(order, name, draw, asked_s, size_bit * (REPEATS + 1 - repeats))
            read(name, order.entries[name])

        self._fabric.send("teleport-bits", order.sender, name, size_bit, arrived, lost)

    def _record(self, order: Order, name: str, draw: Draw, asked_s: float, classical_bit: float) -> None:
        link, now = self._link(order.sender, name), self._ctx.now
        attempts, discarded = link.store.attempts(now), link.store.discarded(now)
        errors = [pair_errors[pair.index(name)] for pair, pair_errors in order.errors.items() if name in pair]
        self._ctx.record(
            ListPairs(
                round=order.round,
                chain=order.chain,
                height=order.what.height,
                sender=order.sender,
                receiver=name,
                fibre_m=link.fibre_m,
                segments=len(link.store.plan.lengths),
                purification_rounds=link.store.plan.levels,
                requested_s=asked_s,
                ready_s=draw.ready_s,
                read_s=now,
                lists=len(errors),
                pairs=len(draw.states),
                stored=draw.stored,
                mean_fidelity=float(draw.states[:, 0].mean()),
                error_rate=float(np.mean(errors)),
                attempts=attempts - link.told_attempts,
                discarded=discarded - link.told_discarded,
                classical_bit=classical_bit,
            )
        )
        link.told_attempts, link.told_discarded = attempts, discarded
