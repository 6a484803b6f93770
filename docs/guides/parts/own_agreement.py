"""Leaders that only count acknowledgements: what does a federation save that fears crashes, but no lies?"""

from dataclasses import dataclass, replace

import qflsim as qfl
from qflsim.chain.agreement import Broadcast, Decide, Message, Send, SetTimer


@dataclass(frozen=True, kw_only=True)
class Turns(qfl.Agreement):
    """Members lead in turn; the leader decides with a majority of acknowledgements and tells all."""

    name = "turns"
    patience: float = qfl.quantity(2.0, unit="s", above=0, advice="longer than a decision takes, e.g. 2 * s")

    def replica(self, me, members, validate=None):
        return Member(self, me, members)

    def tolerated(self, validators):
        return (validators - 1) // 2

    def quorum(self, validators):
        return validators // 2 + 1


class Member(qfl.Replica):
    def __init__(self, protocol, me, members):
        self.protocol, self.me, self.members, self.height = protocol, me, members, 0

    def leader(self, view, height=None):
        return self.members[((self.height if height is None else height) + view) % len(self.members)]

    def start(self, now, proposal, height):
        self.height, self.view, self.own, self.backers, self.decided = height, -1, proposal, {self.me}, False
        return self.expire(now, "")

    def expire(self, now, timer):  # the next member's turn has come
        if self.decided:
            return ()
        self.view += 1
        wait = SetTimer(f"turn {self.view}", self.protocol.patience)
        block = Message(self.me, "block", self.height, self.view, self.own.digest, 1, self.own.size_byte)
        return (wait, Broadcast(block)) if self.leader(self.view) == self.me else (wait,)

    def handle(self, now, message):
        if message.kind == "block":
            return (Send(message.sender, replace(message, sender=self.me, kind="acknowledge", payload_byte=0)),)
        self.backers.add(message.sender)
        leads = message.kind == "acknowledge"
        if self.decided or (leads and len(self.backers) < self.protocol.quorum(len(self.members))):
            return ()
        self.decided = True
        word = (Broadcast(replace(message, sender=self.me, kind="decided")),) if leads else ()
        return Decide(self.height, message.digest, message.view), *word


scenario = qfl.Scenario(
    name="own_agreement", rounds=3, topology=qfl.DenseCell(servers=4, devices_per_server=5), aer_samples=0,
    model=qfl.VQC(qubits=4, layers=2), training=qfl.LocalTraining(epochs=1), agreement=Turns(),
)  # fmt: skip
variants = {"PBFT": replace(scenario, agreement=qfl.PBFT()), "turns": scenario}
