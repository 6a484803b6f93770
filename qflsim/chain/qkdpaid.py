"""Agreement of any protocol, every message of which is authenticated with quantum keys, and waits for them."""

from dataclasses import dataclass
from typing import ClassVar

from qflsim.chain.agreement import Agreement, Replica, Validate
from qflsim.chain.pbft import PBFT
from qflsim.crypto.authentication import Authentication, WegmanCarter

__all__ = ["QKDPaid"]


@dataclass(frozen=True, kw_only=True)
class QKDPaid(Agreement):
    """A protocol whose messages carry a Wegman-Carter tag each, paid from the QKD key stores of their two ends.

    A message leaves when the store that its sender and receiver share has paid for its tag, so that an agreement stands
    still while its validators are out of key and goes on as soon as a store is filled again. It is the protocol within
    that decides, and stands in the tables by its name with "QKD-paid". Of all chains the same can be had by
    ``Scenario.authentication``; this is for one of them, or to see at a glance what is compared.

    Parameters
    ----------
    protocol:
        What is agreed by; any but one that is paid already.
    tags:
        What a tag takes.

    *Scope*: as `WegmanCarter`: votes stay signed, since certificates must convince those who were not there.

    *Validation*: tag bits of a decision are its messages times the bits of a tag; no message without its tag; a dry
    store stalls, a refilled one sets going.
    """

    name: ClassVar[str] = "QKD-paid"

    protocol: Agreement = PBFT()
    tags: WegmanCarter = WegmanCarter()

    def check(self) -> None:
        """Refuse to pay twice."""
        if isinstance(self.protocol, QKDPaid):
            raise ValueError("QKDPaid.protocol must be a protocol that is not paid yet, got QKDPaid; leave one out")

    @property
    def core(self) -> Agreement:
        """The protocol within."""
        return self.protocol

    @property
    def authentication(self) -> Authentication:
        """Tags."""
        return self.tags

    @property
    def title(self) -> str:
        """The protocol within, and that it is paid."""
        return f"{self.protocol.title}, {self.name}"

    def replica(self, me: str, members: tuple[str, ...], validate: Validate | None = None) -> Replica:
        """The part of ``me`` in the protocol within; tags are the world's affair."""
        return self.protocol.replica(me, members, validate)

    def tolerated(self, validators: int) -> int:
        """As the protocol within."""
        return self.protocol.tolerated(validators)

    def quorum(self, validators: int) -> int:
        """As the protocol within."""
        return self.protocol.quorum(validators)
