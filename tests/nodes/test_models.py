"""The service that hands models over pairs, alone: its messages, its waits, what becomes of it when they fail."""

import math

import numpy as np
import pytest
import simpy

import qflsim as qfl
from qflsim.energy import EnergyBook
from qflsim.nodes.context import Context
from qflsim.nodes.models import ModelService, PairLink
from qflsim.nodes.waiting import until
from qflsim.quantum.chainpairs import store_of
from qflsim.quantum.operations import PERFECT
from qflsim.streams import Streams
from qflsim.trace import Pairs, Trace

MODEL = qfl.Content(parameters=96, size_bit=10_000.0)
ONE_WAY = 0.25  # [s], of every message


class Post:
    """Carries messages in a quarter of a second and loses the first few of a kind."""

    def __init__(self, ctx, lost):
        self._ctx, self._lost, self.sent = ctx, dict(lost), []

    def send(self, kind, source, destination, size_bit, arrived, lost):
        self.sent.append((self._ctx.now, kind, source, destination, size_bit))
        if self._lost.get(kind, 0):
            self._lost[kind] -= 1
            lost()
        else:
            self._ctx.after(ONE_WAY, arrived)


def handed(transport, patience=1e9, fibre=100.0, lost=(), seed=3, models=1):
    """Hand out models one after the other; records, messages, and what the service said and when."""
    ctx, records = Context(simpy.Environment(), Trace(), EnergyBook(), Streams(seed)), []
    ctx.trace.observe(records.append)
    post = Post(ctx, dict(lost))
    store = store_of(transport.plan((fibre,)), transport.memories, np.random.default_rng(seed))
    link = PairLink(store, fibre)
    service, said = ModelService(ctx, post, {"server-1": transport}, lambda server, device: link), []

    def served():
        said.append(((yield from service.hand("server-1", "device-1-1", MODEL)), ctx.now))

    def story():
        for _ in range(models):
            yield from until(ctx.env, [served()], patience)

    ctx.env.process(story())
    ctx.env.run()
    return records, post.sent, said


FAST = qfl.Teleported(link=qfl.Midpoint(source=0.5), operations=PERFECT)


def test_a_model_arrives_after_its_pairs_and_its_classical_bits():
    (row,), sent, said = handed(FAST)
    assert said == [(True, row.ended_s)]
    assert (row.outcome, row.batches) == ("arrived", 1)
    assert row.pairs == FAST.code.blocks(MODEL.size_bit) * FAST.code.length
    assert [(kind, source) for _, kind, source, _, _ in sent] == [("teleport-bits", "server-1")]
    assert row.classical_bit == 2 * row.pairs
    assert row.pair_wait_s > 0.0
    assert row.ended_s == pytest.approx(row.pair_wait_s + ONE_WAY)
    assert 0.9 < row.mean_fidelity < 0.95
    assert row.attempts >= row.pairs


def test_nothing_arrives_before_the_classical_bits_do():
    """However quickly pairs are made and wherever they wait."""
    ready = qfl.Teleported(link=qfl.Midpoint(source=1.0, detector=1.0), operations=PERFECT, memories=100_000)
    (row,), _, _ = handed(ready)
    assert row.ended_s - row.requested_s >= ONE_WAY


def test_superdense_qubits_fly_through_the_fibre():
    transport = qfl.SuperdenseCoded(link=qfl.Midpoint(source=0.9), operations=PERFECT)
    (row,), sent, _ = handed(transport, fibre=40e3)
    assert row.ended_s == pytest.approx(row.pair_wait_s + 40e3 * 5e-9 + ONE_WAY)
    assert [(kind, source) for _, kind, source, _, _ in sent] == [("superdense-arrivals", "device-1-1")]


def test_a_lost_message_is_sent_again_over_no_new_pairs():
    (row,), sent, said = handed(FAST, lost={"teleport-bits": 2})
    assert said[0][0]
    assert len(sent) == 3
    assert row.classical_bit == 3 * 2 * row.pairs
    assert row.batches == 1


def test_a_message_that_is_always_lost_ends_the_attempt():
    (row,), sent, said = handed(FAST, lost={"teleport-bits": 1000})
    assert said == [(False, row.ended_s)]
    assert (row.outcome, len(sent)) == ("given up", FAST.repeats + 1)


def test_blocks_that_are_wrong_too_often_end_the_attempt():
    noisy = qfl.Teleported(link=qfl.Midpoint(source=0.5, mixed=0.16), operations=PERFECT, repeats=2)
    (row,), sent, said = handed(noisy)
    assert [kind for _, kind, *_ in sent] == ["teleport-bits", "teleport-repeat"] * 3
    assert not said[0][0]
    assert (row.outcome, row.batches) == ("given up", 3)


def test_what_takes_too_long_is_broken_off_and_written_down():
    slow = qfl.Teleported(memories=1, operations=PERFECT)
    rows, sent, said = handed(slow, patience=10.0, models=2)
    assert not sent
    assert not said
    assert [(row.outcome, row.ended_s) for row in rows] == [("broken off", 10.0), ("broken off", 20.0)]
    for row in rows:
        assert row.pair_wait_s == pytest.approx(10.0)
        assert row.pairs == pytest.approx(10.0 * slow.link.rate(100.0), rel=0.15)
        assert row.attempts == pytest.approx(10.0 / slow.link.attempt_time(100.0), rel=0.01)


def test_rows_tell_of_attempts_and_discards_once():
    strict = qfl.Teleported(link=qfl.Midpoint(source=0.5), operations=PERFECT, memories=64, cutoff=1 * 1e-3)
    rows, _, _ = handed(strict, models=3)
    assert all(isinstance(row, Pairs) for row in rows)
    # between two models the memories were idle for the time of one message
    holding = 64 * ONE_WAY / (1e-3 + strict.link.attempt_time(100.0) / strict.link.success(100.0))
    for row in rows[1:]:
        assert row.discarded == pytest.approx(holding, rel=0.1)
        assert 0 < row.stored <= 64


def test_a_cutoff_acts():
    loose = qfl.Teleported(link=qfl.Midpoint(source=0.5), operations=PERFECT, memories=512, cutoff=math.inf)
    tight = qfl.Teleported(link=qfl.Midpoint(source=0.5), operations=PERFECT, memories=512, cutoff=1e-3)
    (_, old), (_, young) = handed(loose, models=2)[0], handed(tight, models=2)[0]
    assert old.discarded == 0 < young.discarded
    assert old.mean_fidelity < young.mean_fidelity


def test_purification_acts():
    bare = qfl.Teleported(link=qfl.Midpoint(source=0.5, mixed=0.1), operations=PERFECT)
    pure = qfl.Teleported(link=qfl.Midpoint(source=0.5, mixed=0.1), operations=PERFECT, purification=qfl.DEJMPS())
    (one,), (other,) = handed(bare)[0], handed(pure)[0]
    assert (one.purification_rounds, other.purification_rounds) == (0, 1)
    assert other.mean_fidelity > one.mean_fidelity + 0.01
    assert other.attempts > 2 * one.attempts
    assert other.pair_wait_s > 2 * one.pair_wait_s


def test_the_same_seed_makes_the_same_rows():
    assert handed(FAST, models=2)[0] == handed(FAST, models=2)[0]
    assert handed(FAST, seed=4)[0] != handed(FAST)[0]
