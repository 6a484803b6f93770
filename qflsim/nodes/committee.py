"""A committee: the validators of one chain, agreeing on its blocks message by message over the real links."""

from collections.abc import Callable, Sequence
from functools import partial

import simpy

from qflsim.chain.agreement import Agreement, Proposal, Replica
from qflsim.chain.block import Header
from qflsim.chain.seat import Seat
from qflsim.crypto.signatures import SignatureScheme

from .adversaries import Adversaries
from .business import Business, Outcome, Terms
from .computer import Computer
from .context import Context
from .entangler import Entangler
from .fabric import Fabric
from .session import Session
from .tags import Tagger

__all__ = ["Committee"]


class Committee:
    """The validators of one chain.

    Parameters
    ----------
    ctx, fabric:
        The run's shared services and its links.
    chain:
        Name of the chain, as in the traces.
    agreement:
        The protocol; each validator runs one replica of it per height.
    scheme:
        Signature scheme of the votes.
    tagger:
        Pays the tags of the messages.
    adversaries:
        Who may take a validator's place.
    patience:
        Time [s] after which a decision that did not fall is given up and recorded so.
    entangler:
        Makes the lists of protocols that ask for some.
    """

    def __init__(
        self,
        ctx: Context,
        fabric: Fabric,
        chain: str,
        agreement: Agreement,
        scheme: SignatureScheme,
        tagger: Tagger,
        adversaries: Adversaries,
        patience: float,
        entangler: Entangler | None = None,
    ) -> None:
        self._ctx = ctx
        self._fabric = fabric
        self._terms = Terms(chain, agreement.core, scheme, entangler, agreement.title)
        self._tagger = tagger
        self._adversaries = adversaries
        self._patience = patience
        self._memory: object = None  # what the protocol must know of the heights before

    def decide(self, header: Header, validators: Sequence[Computer], business: Business) -> simpy.Event:
        """An event that is done when every validator has decided, or patience is over; its value is the `Outcome`.

        Parameters
        ----------
        header:
            Of the block that is decided: its height, its round, and who proposes it.
        validators:
            Who decides.
        business:
            What the block asks of the validators.
        """
        height, round = header.height, header.round
        members = self._seated(tuple(validator.node for validator in validators), header.proposer, height)
        replicas, faulty = self._replicas(members, round, height, business)
        session = Session(
            self._ctx, self._fabric, self._tagger, self._terms, round, height, validators, replicas, faulty, business
        )
        session.deadline = self._ctx.alarm(self._patience, session.give_up)
        session.done.callbacks.append(lambda _: self._remember(session.outcome))
        session.start(business.proposal)
        return session.done

    def _replicas(
        self, members: tuple[str, ...], round: int, height: int, business: Business
    ) -> tuple[dict[str, Replica], set[str]]:
        """Who takes each member's place, and the members whose place is not their own any more."""
        chain, streams = self._terms.chain, self._ctx.streams
        draws = partial(streams.fresh, "agreement", chain, str(round), str(height))
        seats = {
            name: Seat(
                protocol=self._terms.agreement, me=name, members=members, draws=draws, memory=self._memory,
                validate=partial(business.accepts, name), rival=_always(business.rival),
            )
            for name in members
        }  # fmt: skip
        taken = self._adversaries.take(chain, list(seats.values()))
        return {name: taken.get(name) or seat.honest() for name, seat in seats.items()}, set(taken)

    def _remember(self, outcome: Outcome) -> None:
        if outcome.decided_s:
            self._memory = outcome.memory

    def _seated(self, names: tuple[str, ...], proposer: str, height: int) -> tuple[str, ...]:
        """The members in an order in which the protocol has ``proposer`` lead first at this height."""
        agreement = self._terms.agreement
        for shift in range(len(names)):
            members = names[shift:] + names[:shift]
            if agreement.replica(members[0], members).leader(0, height) == proposer:
                return members
        raise ValueError(
            f"{proposer} never leads {self._terms.chain} under {agreement.name}; its leader must be a member"
        )


def _always(rival: Proposal) -> Callable[[Proposal], Proposal]:
    return lambda proposal: rival
