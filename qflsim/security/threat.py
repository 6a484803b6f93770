"""A threat: what an adversary does to what nodes learn, sign and send, to their links, and to their agreements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qflsim.chain.agreement import Agreement, Replica
from qflsim.chain.seat import Seat
from qflsim.chain.transactions import SignedTransaction, Transaction
from qflsim.checks import Part
from qflsim.crypto.keyring import Keyring
from qflsim.learning.aggregation import Update

__all__ = ["Threat"]


@dataclass(frozen=True, kw_only=True)
class Threat(Part):
    """An adversary with a hold on some nodes. Every hook is optional; one left out changes nothing.

    Hooks are called for the nodes that `targets` names, in the order of ``Scenario.threats``, and take no simulated
    time of their own. Each node and hook has a random stream of its own.

    *Scope*: what is learned, signed and sent, what becomes of messages, what validators do in an agreement, and what
    nodes give back of what they store.
    """

    def targets(self, roles: Mapping[str, str], rng: np.random.Generator) -> Iterable[str]:
        """The nodes that the adversary has a hold on, all by default; asked once, before the run.

        Parameters
        ----------
        roles:
            ``publisher``, ``server`` or ``device`` for every node.
        rng:
            For targets drawn at random.
        """
        return roles

    def corrupt(self, update: Update, round: int, rng: np.random.Generator) -> Update:
        """What a device states as its update, before it signs: a lie under a true signature."""
        return update

    def contradict(self, now: float, update: Update, rng: np.random.Generator) -> Update | None:
        """Another update that a device signs ``now`` [s] beside ``update``; None if it signs no other."""
        return None

    def forge(
        self, transaction: Transaction, signed: SignedTransaction, keyring: Keyring, rng: np.random.Generator
    ) -> SignedTransaction:
        """What leaves a node in place of the ``transaction`` that it has signed.

        Parameters
        ----------
        transaction, signed:
            What the node states, and the same with its signature.
        keyring:
            The adversary's own keys are those of a stranger to it. Signing in another's name would be to have stolen
            his key.
        """
        return signed

    def suits(self, agreement: Agreement) -> None:
        """Raise a `ValueError` if there is nothing to attack in this way in the scenario's agreement protocol."""

    def play(self, now: float, seat: Seat, rng: np.random.Generator) -> Replica | None:
        """Who takes the place of a validator in the agreement that begins ``now`` [s]; None for the validator itself.

        Parameters
        ----------
        seat:
            The place, with the validator's own replica (`Seat.honest`) and the other members that this adversary holds.
        """
        return None

    def fate(self, now: float, kind: str, source: str, destination: str, rng: np.random.Generator) -> Sequence[float]:
        """How much later [s] than otherwise each copy of a message sent ``now`` [s] leaves; none if it is lost.

        It is asked if the adversary has a hold on one of the message's ends.
        """
        return (0.0,)

    def damages(self, now: float, node: str, chain: str, height: int, rng: np.random.Generator) -> bool:
        """Whether what ``node`` gives to others out of its store ``now`` [s] is not what it was given to keep.

        Parameters
        ----------
        chain, height:
            What it is of; the height of parameters that are kept apart from their chain is -1.
        """
        return False
