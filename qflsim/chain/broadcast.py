"""Broadcast over lists of correlated numbers: quantum help against a sender that tells each receiver something else."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import prod
from typing import ClassVar

from qflsim.chain.agreement import Agreement, Validate
from qflsim.chain.broadcastreplica import BroadcastReplica, Checks
from qflsim.checks import quantity
from qflsim.quantum.listrisks import Risks, Thresholds, failure_risks, thresholds
from qflsim.quantum.supply import PairSupply

__all__ = ["DetectableBroadcast", "ListBroadcast", "ThreePartyBroadcast"]


@dataclass(frozen=True, kw_only=True)
class ListBroadcast(Agreement):
    """The sender shows each receiver where its lists bear it out, and receivers show each other what they were shown.

    For every two receivers the sender makes a list of four-qubit singlets [1]_ (`qflsim.quantum.singlets`): it keeps
    two qubits of each and teleports one to each of the two, so that its own entries prove what they hold in two places
    of three, and in the third it cannot tell which of them holds what. A block demands one bit in every place. The
    sender sends the block and shows the places in which its entries prove that the receivers hold the opposite
    (``command``).
    A receiver believes it if T places are right by its own list and no more than A are wrong. It shows another receiver
    the right ones (``claim``); that one, if it was told another block, finds that the sender lied if T of them lie
    where the two blocks demand different bits and fewer than Q are wrong, and then aborts; otherwise it was the
    claimant who lied. What is left is decided, and the sender hears of it (``verdict``).

    Quantum correlations make the difference: without them two blocks, one for each of two receivers, could not be told
    from a lying receiver, and no three can agree if one may lie. Nothing is sent through the lists. Correct members
    decide differently only if the sender guesses in Q places or more which of two receivers holds what.

    Parameters
    ----------
    states:
        Places of each list.
    length, agreeing, tolerance:
        T = ceil(length d), Q = T - ceil(agreeing T) + 1, A = floor(tolerance T) for d places. Without errors length
        0.272, agreeing 0.94 and tolerance 0 need the fewest states: 280 for failures below 5 % [1]_. Those given here
        suit lists with 3 to 6 % of wrong entries.
    stretched:
        Whether a block demands bits of SHAKE-256 of its digest, so that any two blocks can be told apart, in half of
        the places; otherwise it demands one bit everywhere, as in [1]_, where a message is one bit.
    timeout:
        Time [s] after which a receiver waits no more for a command or a claim. 10 s is an *assumption*.
    pairs:
        How pairs are made.

    References
    ----------
    .. [1] Z. Guba et al., "Resource analysis for quantum-aided Byzantine agreement with the four-qubit singlet state",
       arXiv:2207.04939, after A. Cabello, Phys. Rev. A 68, 012304 (2003), and M. Fitzi, N. Gisin, U. Maurer, Phys. Rev.
       Lett. 87, 217901 (2001).

    *Scope*: one attempt per height: nobody takes over from a sender that fails. Messages are authenticated but not
    signed; tags (`WegmanCarter`) can be paid for with QKD keys. The network is synchronous: what comes after
    ``timeout`` counts as not sent. Who tries k blocks for one whose word lies near another's has k times the chance at
    most. Where [1]_ has a receiver follow a claim that is proved, it aborts here, so that any number of members may
    lie; the probabilities of failure are the same. The certificate in the ledger is signed as under any other protocol.

    *Validation*: probabilities of failure published with [1]_; Monte Carlo of replicas that lie as well as they can.
    """

    states: int = quantity(2000, at_least=2, at_most=10_000, advice="give a whole number, e.g. 2000")
    length: float = quantity(0.28, above=0, below=1 / 3, advice="give a share below 1/3, e.g. 0.28")
    agreeing: float = quantity(0.88, above=0, below=1, advice="give a share, e.g. 0.88")
    tolerance: float = quantity(0.11, at_least=0, below=1, advice="give a share, e.g. 0.11; 0 for lists without errors")
    stretched: bool = True
    timeout: float = quantity(10.0, unit="s", above=0, advice="give it in seconds, e.g. 10 * s")
    pairs: PairSupply = PairSupply()

    @property
    @abstractmethod
    def mutual(self) -> bool:
        """Whether all receivers show each other what they were shown, or the first one the second one only."""

    def check(self) -> None:
        """Refuse thresholds with which a liar has nothing to fear."""
        limits = thresholds(self.compared, self.length, self.agreeing, self.tolerance)
        if limits.refuting <= limits.tolerated:
            name = type(self).__name__
            raise ValueError(
                f"{name}.agreeing must let a proof be refuted by more wrong places than {name}.tolerance = "
                f"{self.tolerance!r} forgives a sender, got {self.agreeing!r}; lower it below {1 - self.tolerance:.3g}"
            )
        if limits.length - limits.refuting < limits.tolerated:
            name, least = type(self).__name__, (limits.tolerated + 1) / limits.length
            raise ValueError(
                f"{name}.agreeing must ask for more right places in a proof than {name}.tolerance = "
                f"{self.tolerance!r} forgives wrong ones, got {self.agreeing!r}; raise it above {least:.3g}"
            )

    @property
    def compared(self) -> int:
        """Places, on average, in which two blocks demand different bits."""
        return self.states // 2 if self.stretched else self.states

    @property
    def supply(self) -> PairSupply:
        """How pairs are made."""
        return self.pairs

    def tolerated(self, validators: int) -> int:
        """Faulty members with which a decision is reached if the sender is correct: floor((n - 1)/2)."""
        return (validators - 1) // 2

    def quorum(self, validators: int) -> int:
        """Members, the sender included, that have to accept for the sender to decide: floor(n/2) + 1."""
        return validators // 2 + 1

    def replica(self, me: str, members: tuple[str, ...], validate: Validate | None = None) -> BroadcastReplica:
        """The part of ``me`` among ``members``."""
        return BroadcastReplica(self, self.checks, me, members, validate, self.timeout)

    @property
    def checks(self) -> Checks:
        """How its members look at lists."""
        return Checks(self.states, self.stretched, self.mutual, self.limits)

    def limits(self, places: int) -> Thresholds:
        """T, A and Q for a number of places."""
        return thresholds(places, self.length, self.agreeing, self.tolerance)

    def risks(self, errors: Mapping[tuple[str, str], tuple[float, float]]) -> Risks:
        """Union bounds over lists, of the risks of one (`failure_risks`).

        A sender escapes if two receivers, told different blocks, do not notice: with ``mutual`` neither of the two. One
        lying receiver may deceive each that it shares a list with; if blocks are not stretched it can always name one
        that demands the same bit, so that the other aborts.
        """
        rounded = {pair: (round(first, 3), round(second, 3)) for pair, (first, second) in errors.items()}
        whole, part = self.limits(self.states), self.limits(self.compared)
        believed = prod(1.0 - failure_risks(self.states, whole, *error).abort for error in rounded.values())
        escaped, deceived = 0.0, dict.fromkeys((name for pair in errors for name in pair), 0.0)
        for pair, error in rounded.items():
            ways = [failure_risks(self.compared, part, *error)]
            if self.mutual:
                ways.append(failure_risks(self.compared, part, *error[::-1]))
            escaped += prod(way.sender for way in ways)
            for name in pair:
                deceived[name] += max(way.receiver for way in ways)
        receiver = max(deceived.values(), default=0.0) if self.stretched else 1.0
        return Risks(abort=1.0 - believed, sender=min(1.0, escaped), receiver=min(1.0, receiver))

    def pairs_wanted(self, validators: int) -> int:
        """One for each place of each list that a receiver holds a part of."""
        return self.states * (validators - 2) if validators > 2 else 0

    def lists(self, receivers: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """Every two receivers."""
        return tuple(combinations(receivers, 2))


@dataclass(frozen=True, kw_only=True)
class ThreePartyBroadcast(ListBroadcast):
    """Broadcast over a list among three members, as it was published: one bit, and the first receiver shows the second.

    Two commands, one claim, two verdicts. A block stands for one bit, so that half of all pairs of blocks cannot be
    told apart: a receiver that is shown such a block aborts, which a lying receiver can always bring about. With
    ``stretched`` blocks both receivers show each other what they have, as in `DetectableBroadcast`: the first would
    not otherwise learn in which places the other's block differs, and look there once more. See `ListBroadcast`.
    """

    name: ClassVar[str] = "three-party broadcast"

    stretched: bool = False

    @property
    def mutual(self) -> bool:
        """One way, unless blocks are stretched."""
        return self.stretched

    def check_size(self, validators: int) -> None:
        """Refuse more than three; fewer need no lists."""
        if validators > 3:
            raise ValueError(
                f"ThreePartyBroadcast must have committees of three at most, got one of {validators}; use fewer "
                "servers and devices, e.g. DenseCell(servers=2, devices_per_server=3), or DetectableBroadcast"
            )

    def replica(self, me: str, members: tuple[str, ...], validate: Validate | None = None) -> BroadcastReplica:
        """The part of ``me`` among ``members``."""
        self.check_size(len(members))
        return super().replica(me, members, validate)


@dataclass(frozen=True, kw_only=True)
class DetectableBroadcast(ListBroadcast):
    """Broadcast over lists among any number of members, every two receivers with a list of their own.

    2(n-1) + (n-1)(n-2) messages: n-1 commands, a claim from each receiver to each other one, n-1 verdicts; and
    (n-1)(n-2) times ``states`` pairs, n-2 times on each of the sender's links. Whoever is shown a proof that the sender
    told another block aborts, so that of two correct receivers with different blocks at least one does: a sender has to
    deceive both. So no two correct members decide differently, however many are faulty. See `ListBroadcast`.
    """

    name: ClassVar[str] = "detectable broadcast"

    @property
    def mutual(self) -> bool:
        """Everybody shows everybody."""
        return True
