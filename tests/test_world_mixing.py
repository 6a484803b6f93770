"""What mixing leaves between the servers of a whole run: their disagreement, their accuracies, their messages."""

from dataclasses import replace

import numpy as np
import pytest

import qflsim as qfl
from qflsim.learning.averaging import contraction, disagreement
from qflsim.nodes.draft import Commitment
from qflsim.nodes.ledger import Ledger
from qflsim.trace import Evaluation, Round, Transfer
from qflsim.units import m
from qflsim.world import World

SERVERS = 5
CELLS = qfl.DenseCell(servers=SERVERS, devices_per_server=1, radius=60 * m)
COMPLETE = qfl.RandomGraph(probability=1.0)


def played(scenario, prepare=lambda servers: None):
    """Run a scenario in memory, after its servers were prepared; all its records."""
    world, records = World(scenario), []
    world.trace.observe(records.append)
    prepare(world._rounds[0]._servers)
    world.run()
    return records


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


@pytest.fixture(scope="module")
def five(tiny):
    return replace(tiny, rounds=1, topology=CELLS, data=replace(tiny.data, split=qfl.IID()))


WAVE = np.cos(2 * np.pi * np.arange(SERVERS) / SERVERS)
TILT = np.array([0.0, 1.0, -1.0, 0.0, 0.0])
SLOPE = np.cos(np.pi * (np.arange(SERVERS) + 0.5) / SERVERS)


@pytest.mark.parametrize(
    ("mixing", "slowest", "left"),
    [
        (qfl.Ring(), WAVE, (1 + 2 * np.cos(2 * np.pi / SERVERS)) / 3),
        (qfl.Ring(steps=3), WAVE, ((1 + 2 * np.cos(2 * np.pi / SERVERS)) / 3) ** 3),
        (qfl.Spokes(steps=2), TILT, (1 - 1 / SERVERS) ** 2),
        (qfl.Grid(columns=5), SLOPE, (1 + 2 * np.cos(np.pi / SERVERS)) / 3),
        (qfl.SmallWorld(neighbours=2, rewiring=0.0), WAVE, (1 + 2 * np.cos(2 * np.pi / SERVERS)) / 3),
        (COMPLETE, WAVE, 0.0),
        (qfl.Star(), TILT, 0.0),
    ],
    ids=["ring", "ring of 3 steps", "star graph of 2 steps", "grid of one row", "unrewired", "complete graph", "star"],
)
def test_without_training_disagreement_shrinks_by_lambda_2_per_step(five, mixing, slowest, left):
    """Adam steps of 1e-40 leave parameters as they are; equal samples make mixing x <- W x."""
    still = replace(five, mixing=mixing, training=replace(five.training, optimizer=qfl.Adam(rate=1e-40)))
    equal = replace(still, data=replace(five.data, split=Equal()))

    def tilt(servers):
        for server, offset in zip(servers, slowest, strict=True):
            server.parameters = server.parameters + offset

    (row,) = of(played(equal, tilt), Round)
    assert row.disagreement_before == pytest.approx(np.sqrt(np.mean(slowest**2) * 8), rel=1e-6)  # 8 parameters
    assert row.disagreement_after / row.disagreement_before == pytest.approx(left, abs=1e-6)  # float32 on the way


class Equal(qfl.Split):
    """Every client gets 20 samples."""

    def split(self, labels, clients, rng):
        return list(rng.permutation(len(labels))[: 20 * clients].reshape(clients, 20))


def test_training_drives_servers_apart_and_mixing_brings_them_together(five):
    runs = {}
    for name, mixing in {"ring": qfl.Ring(), "ring, 3 steps": qfl.Ring(steps=3), "star": qfl.Star()}.items():
        scenario = replace(five, rounds=3, mixing=mixing, data=replace(five.data, split=qfl.Dirichlet(alpha=0.5)))
        runs[name] = of(played(scenario), Round)
        assert all(row.disagreement_before > 0.0 for row in runs[name])
        assert all(row.disagreement_after < row.disagreement_before for row in runs[name])
    afters = {name: np.array([row.disagreement_after for row in rows]) for name, rows in runs.items()}
    assert (afters["star"] < 1e-6).all()
    assert (afters["ring, 3 steps"] < afters["ring"]).all()
    assert runs["ring"][0].disagreement_before == runs["star"][0].disagreement_before  # the same training before it
    assert runs["ring"][0].loss == pytest.approx(runs["star"][0].loss, rel=1e-6)  # mixing never moves the mean
    assert runs["ring"][2].loss != pytest.approx(runs["star"][2].loss, rel=1e-6)  # yet servers went on apart


def test_every_step_sends_its_messages_and_takes_its_time(five):
    sent, ended = {}, {}
    for steps in (1, 3):
        records = played(replace(five, mixing=qfl.Ring(steps=steps)))
        mixed = [transfer for transfer in of(records, Transfer) if transfer.kind == "mixed-model"]
        sent[steps], ended[steps] = len(mixed), max(transfer.delivered_s for transfer in mixed)
    assert sent == {1: 2 * SERVERS, 3: 6 * SERVERS}
    assert ended[3] > ended[1]


def test_own_accuracies_are_those_of_the_servers_rows(five):
    records = played(replace(five, rounds=2))
    for row in of(records, Round):
        own = [e for e in of(records, Evaluation) if e.round == row.round and e.model.startswith("server-")]
        accuracies = np.array([e.accuracy for e in own])
        assert len(own) == SERVERS
        assert (row.own_accuracy_min, row.own_accuracy_max) == (accuracies.min(), accuracies.max())
        assert row.own_accuracy == pytest.approx(accuracies.mean())
        assert row.own_accuracy_std == pytest.approx(accuracies.std())
        assert row.own_loss == pytest.approx(np.mean([e.loss for e in own]))


def test_a_round_in_which_nothing_is_mixed_has_no_disagreement(five, monkeypatch):
    commit = Ledger.commit

    def undecided(self, *arguments, **options):
        done = yield from commit(self, *arguments, **options)
        return Commitment() if self.chain.name.startswith("lmuc") else done

    monkeypatch.setattr(Ledger, "commit", undecided)
    (row,) = of(played(five), Round)
    assert row.aggregated == 0
    assert np.isnan(row.disagreement_before) and np.isnan(row.disagreement_after)


def test_disagreement_of_known_models():
    assert disagreement(np.array([[1.0, 0.0], [-1.0, 0.0]])) == 1.0
    assert disagreement(np.full((4, 3), 0.1)) == 0.0
    assert disagreement(np.array([[3.0, 4.0]])) == 0.0
    moved = np.random.default_rng(0).normal(size=(6, 4))
    assert disagreement(moved + 100.0) == pytest.approx(disagreement(moved))


def test_the_star_graph_is_slower_than_the_ring_is_slower_than_the_complete_graph():
    rng = np.random.default_rng(0)
    factors = [contraction(mixing.matrix(7, rng)) for mixing in (qfl.Spokes(), qfl.Ring(), COMPLETE)]
    assert factors[0] == pytest.approx(1 - 1 / 7)
    assert factors == sorted(factors, reverse=True)
    (hop,) = qfl.Spokes(hub=2).exchanges(qfl.Spokes(hub=2).matrix(4, rng))
    assert sorted(hop) == [(0, 2), (1, 2), (2, 0), (2, 1), (2, 3), (3, 2)]


def test_refusals(five):
    with pytest.raises(ValueError, match=r"Star\.steps must be 1, got 2: after one step every server has the mean"):
        qfl.Star(steps=2)
    with pytest.raises(ValueError, match=r"Ring\.steps must be >= 1"):
        qfl.Ring(steps=0)
    with pytest.raises(ValueError, match=r"Spokes\.hub must be < 5"):
        World(replace(five, mixing=qfl.Spokes(hub=9)))
