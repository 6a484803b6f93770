"""Threats to validators and to links: whom they are to, when, and what they refuse."""

import numpy as np
import pytest

import qflsim as qfl
from qflsim.chain.equivocation import EquivocatingReplica
from qflsim.chain.misbehaviour import CrashingReplica, WithholdingReplica
from qflsim.chain.privatemining import DoubleSpendingReplica, SelfishReplica
from qflsim.chain.seat import Seat
from qflsim.streams import Streams
from qflsim.units import s

ROLES = {"publisher": "publisher", "server-1": "server", "server-2": "server"} | {
    f"device-{i}-{j}": "device" for i in (1, 2) for j in (1, 2, 3)
}


def rng():
    return np.random.default_rng(1)


def seat(protocol, me="a", members=("a", "b", "c", "d")):
    return Seat(protocol=protocol, me=me, members=members, draws=Streams(1).fresh, accomplices=(me,))


def test_nodes_are_meant_by_name_or_by_pattern():
    assert list(qfl.Crash(nodes=("server-2", "device-1-*")).targets(ROLES, rng())) == [
        "server-2", "device-1-1", "device-1-2", "device-1-3",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="names 'server-9', which is no node; they are publisher, server-1"):
        qfl.Crash(nodes=("server-9",)).targets(ROLES, rng())


def test_a_share_is_drawn_among_devices_and_among_servers_and_rounded_down():
    held = list(qfl.SilentLeader(share=0.5).targets(ROLES, rng()))
    assert sum(name.startswith("device") for name in held) == 3 and sum(name.startswith("server") for name in held) == 1
    assert held == list(qfl.SilentLeader(share=0.5).targets(ROLES, rng()))
    assert not list(qfl.SilentLeader(share=0.1).targets(ROLES, rng()))


def test_network_threats_are_to_everybody_unless_told_otherwise():
    assert set(qfl.MessageLoss().targets(ROLES, rng())) == set(ROLES)
    assert list(qfl.MessageLoss(nodes=("server-1",)).targets(ROLES, rng())) == ["server-1"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: qfl.Crash(), "Crash must have nodes or a share > 0"),
        (lambda: qfl.Crash(nodes=("a",), share=0.5), "must have either nodes or a share > 0"),
        (lambda: qfl.Crash(nodes=("a",), start=5 * s, end=5 * s), r"Crash.end must be > start, got 5\.0 s and 5\.0 s"),
        (lambda: qfl.Partition(), "Partition.parts must name a part"),
        (lambda: qfl.Partition(parts=(("a",),), kept=True), "Partition.end must be finite if messages are kept"),
        (lambda: qfl.SlowNodes(share=0.5), "SlowNodes must have nodes"),
        (lambda: qfl.MessageLoss(loss=0.0), r"MessageLoss.loss must be > 0, got 0\.0"),
        (lambda: qfl.PacketAdversary(bound=0.0), r"PacketAdversary.bound must be > 0 s, got 0\.0"),
        (lambda: qfl.PacketAdversary(calm=-1.0), r"PacketAdversary.calm must be >= 0 s, got -1\.0"),
        (lambda: qfl.SlowNodes(nodes=("a",), delay=0.0), r"SlowNodes.delay must be > 0 s, got 0\.0"),
        (lambda: qfl.Duplication(doubled=0.0), r"Duplication.doubled must be > 0, got 0\.0"),
        (lambda: qfl.Reordering(delay=-1.0), r"Reordering.delay must be > 0 s, got -1\.0"),
        (lambda: qfl.ConflictingVotes(nodes=("a",), lies=2.0), r"ConflictingVotes.lies must be <= 1, got 2\.0"),
        (lambda: qfl.WithheldBlocks(nodes=("a",), reached=1.0), r"WithheldBlocks.reached must be < 1, got 1\.0"),
    ],
)
def test_mistakes_are_told(make, words):
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize("threat", [qfl.SelfishMining(nodes=("a",)), qfl.DoubleSpending(nodes=("a",))])
def test_what_attacks_work_needs_work(threat):
    threat.suits(qfl.ProofOfWork())
    with pytest.raises(ValueError, match="must be used with ProofOfWork, got PBFT; use Equivocation"):
        threat.suits(qfl.PBFT())
    replica = threat.play(0.0, seat(qfl.ProofOfWork()), rng())
    assert isinstance(replica, SelfishReplica | DoubleSpendingReplica)


def test_equivocation_needs_votes():
    qfl.Equivocation(nodes=("a",)).suits(qfl.HotStuff())
    with pytest.raises(ValueError, match="Equivocation must be used with a protocol in which validators vote"):
        qfl.Equivocation(nodes=("a",)).suits(qfl.ProofOfWork())


@pytest.mark.parametrize(
    ("threat", "kind"),
    [
        (qfl.SilentLeader(nodes=("a",), start=10 * s, end=20 * s), WithholdingReplica),
        (qfl.WithheldBlocks(nodes=("a",), start=10 * s, end=20 * s), WithholdingReplica),
        (qfl.Equivocation(nodes=("a",), start=10 * s, end=20 * s), EquivocatingReplica),
    ],
)
def test_places_are_taken_while_the_threat_goes_on(threat, kind):
    assert threat.play(9.9, seat(qfl.PBFT()), rng()) is None
    assert isinstance(threat.play(10.0, seat(qfl.PBFT()), rng()), kind)
    assert threat.play(20.0, seat(qfl.PBFT()), rng()) is None


def test_a_crash_is_known_to_come_and_takes_messages_while_it_lasts():
    crash = qfl.Crash(nodes=("a",), start=10 * s, end=20 * s)
    assert isinstance(crash.play(0.0, seat(qfl.PBFT()), rng()), CrashingReplica)
    assert crash.play(20.0, seat(qfl.PBFT()), rng()) is None
    fates = [crash.fate(now, "update", "a", "b", rng()) for now in (9.9, 10.0, 19.9, 20.0)]
    assert fates == [(0.0,), (), (), (0.0,)]


def shares(threat, trials=4000, now=1.0):
    """How often a message is lost, doubled, and late, and the longest wait [s]."""
    draws = rng()
    fates = [tuple(threat.fate(now, "update", "x", "y", draws)) for _ in range(trials)]
    late = [max(fate, default=0.0) for fate in fates]
    return (
        sum(not fate for fate in fates) / trials, sum(len(fate) == 2 for fate in fates) / trials,
        sum(wait > 0 for wait in late) / trials, max(late),
    )  # fmt: skip


def test_losses_copies_and_waits_come_as_often_as_told():
    assert shares(qfl.MessageLoss(loss=0.2))[0] == pytest.approx(0.2, abs=0.03)
    assert shares(qfl.Duplication(doubled=0.3))[1] == pytest.approx(0.3, abs=0.03)
    _, _, late, longest = shares(qfl.Reordering(late=0.4, delay=2 * s))
    assert late == pytest.approx(0.4, abs=0.03) and 1.9 < longest <= 2.0
    for quiet in (qfl.MessageLoss(loss=0.9, start=5 * s), qfl.Reordering(delay=2 * s, end=0.5 * s)):
        assert shares(quiet) == (0.0, 0.0, 0.0, 0.0)


def test_the_packet_adversary_keeps_to_its_bound_and_before_calm_to_that():
    adversary = qfl.PacketAdversary(bound=3 * s, calm=50 * s)
    for now, least, most in ((0.0, 50.0, 53.0), (49.0, 1.0, 4.0), (50.0, 0.0, 3.0), (80.0, 0.0, 3.0)):
        draws = rng()
        waits = {adversary.fate(now, "vote", "x", "y", draws)[0] for _ in range(50)}
        assert waits == {least, most}


def test_a_partition_loses_or_keeps_what_goes_between_its_parts():
    lost = qfl.Partition(parts=(("server-1", "device-1-*"), ("server-2",)), start=10 * s, end=30 * s)
    kept = qfl.Partition(parts=lost.parts, start=10 * s, end=30 * s, kept=True)

    def between(threat, source, destination, now=12.0):
        return tuple(threat.fate(now, "update", source, destination, rng()))

    assert between(lost, "server-1", "device-1-2") == (0.0,) and between(lost, "publisher", "device-2-1") == (0.0,)
    assert between(lost, "server-1", "server-2") == () and between(lost, "device-1-2", "publisher") == ()
    assert between(kept, "server-1", "server-2") == (18.0,)
    assert between(lost, "server-1", "server-2", now=30.0) == (0.0,)


def test_slow_nodes_send_late_and_hear_at_once():
    slow = qfl.SlowNodes(nodes=("server-*",), delay=2 * s)
    assert tuple(slow.fate(0.0, "vote", "server-1", "publisher", rng())) == (2.0,)
    assert tuple(slow.fate(0.0, "vote", "publisher", "server-1", rng())) == (0.0,)


def test_a_node_in_two_parts_is_refused():
    cut = qfl.Partition(parts=(("server-1",), ("server-*",)), end=8 * s)
    with pytest.raises(ValueError, match=r"Partition\.parts must have no node in common, got 'server-1' twice"):
        cut.targets({"server-1": "server", "server-2": "server"}, rng())


def test_a_part_of_nobody_is_refused():
    cut = qfl.Partition(parts=(("nobody",),), end=8 * s)
    with pytest.raises(ValueError, match=r"Partition\.parts names 'nobody', which is no node"):
        cut.targets({"server-1": "server"}, rng())
