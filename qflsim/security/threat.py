"""A threat: what an adversary does to what nodes learn, sign and send."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

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

    *Scope*: what is learned, signed and sent. Links, validators and blocks are not touched.
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
