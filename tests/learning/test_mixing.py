import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from qflsim.learning.aggregation import FedAvg, Update
from qflsim.learning.averaging import contraction, metropolis, mix
from qflsim.learning.lattices import Grid, SmallWorld
from qflsim.learning.mixing import RandomGraph, Ring, Spokes, Star

MIXINGS = [
    Star(), Ring(), Spokes(hub=3), RandomGraph(probability=0.6), Grid(), Grid(torus=True), SmallWorld(rewiring=0.3),
]  # fmt: skip


def rng(seed=0):
    return np.random.default_rng(seed)


@settings(deadline=None)  # networkx is imported by the first random graph
@given(mixing=st.sampled_from(MIXINGS), servers=st.integers(1, 12), seed=st.integers(0, 99))
def test_matrices_are_doubly_stochastic_and_connected(mixing, servers, seed):
    matrix = mixing.matrix(servers, rng(seed))
    assert matrix.shape == (servers, servers)
    assert (matrix >= 0).all()
    np.testing.assert_allclose(matrix.sum(axis=0), 1.0)
    np.testing.assert_allclose(matrix.sum(axis=1), 1.0)
    np.testing.assert_array_equal(matrix, matrix.T)
    assert contraction(matrix) < 1.0


@pytest.mark.parametrize(
    ("servers", "rho"),
    [(4, 1 / 3), (8, 0.804738), (10, 0.872678), (16, 0.949253), (32, 0.987190), (64, 0.996790), (100, 0.998684)],
)
def test_published_contraction_of_the_ring(servers, rho):
    matrix = Ring().matrix(servers, rng())
    assert contraction(matrix) == pytest.approx(rho, abs=1e-6)
    if servers > 4:
        assert contraction(matrix) == pytest.approx((1 + 2 * np.cos(2 * np.pi / servers)) / 3, rel=1e-12)


def test_contraction_of_other_graphs():
    assert contraction(Star().matrix(7, rng())) == pytest.approx(0.0, abs=1e-12)
    for n in (4, 8, 16):
        star = np.zeros((n, n), dtype=bool)
        star[0, 1:] = star[1:, 0] = True
        assert contraction(metropolis(star)) == pytest.approx(1 - 1 / n)
        path = np.eye(n, k=1, dtype=bool) | np.eye(n, k=-1, dtype=bool)
        assert contraction(metropolis(path)) == pytest.approx((1 + 2 * np.cos(np.pi / n)) / 3)
    cube = np.array([[bin(i ^ j).count("1") == 1 for j in range(16)] for i in range(16)])
    assert contraction(metropolis(cube)) == pytest.approx(0.6)
    torus = np.zeros((25, 25), dtype=bool)
    for i, j in np.ndindex(5, 5):
        torus[5 * i + j, [5 * ((i + 1) % 5) + j, 5 * i + (j + 1) % 5]] = True
    assert contraction(metropolis(torus | torus.T)) == pytest.approx(0.723607, abs=1e-6)


def test_small_rings():
    assert Ring().matrix(1, rng()).tolist() == [[1.0]]
    assert Ring().matrix(2, rng()).tolist() == [[0.5, 0.5], [0.5, 0.5]]
    np.testing.assert_allclose(Ring().matrix(3, rng()), 1 / 3)


@pytest.mark.parametrize("servers", [6, 11])
def test_disagreement_of_the_eigenvector_shrinks_by_exactly_rho(servers):
    matrix = Ring().matrix(servers, rng())
    x = np.cos(2 * np.pi * np.arange(servers) / servers)[:, None]
    for _ in range(5):
        after = mix(matrix, x, np.ones(servers))
        assert np.linalg.norm(after) / np.linalg.norm(x) == pytest.approx(contraction(matrix), rel=1e-9)
        x = after


@given(mixing=st.sampled_from(MIXINGS), servers=st.integers(1, 9), seed=st.integers(0, 99))
def test_equal_samples_preserve_the_mean_and_never_widen(mixing, servers, seed):
    models = rng(seed).normal(size=(servers, 3))
    matrix = mixing.matrix(servers, rng(seed))
    mixed = mix(matrix, models, np.full(servers, 7.0))
    np.testing.assert_allclose(mixed, matrix @ models, atol=1e-12)
    np.testing.assert_allclose(mixed.mean(axis=0), models.mean(axis=0), atol=1e-12)
    spread = np.linalg.norm(models - models.mean(axis=0))
    assert np.linalg.norm(mixed - mixed.mean(axis=0)) <= contraction(matrix) * spread + 1e-12


@given(mixing=st.sampled_from(MIXINGS), servers=st.integers(1, 9), seed=st.integers(0, 99))
def test_equal_models_stay_equal_to_the_bit(mixing, servers, seed):
    stream = rng(seed)
    models = np.tile(stream.normal(size=4), (servers, 1))
    mixed = mix(mixing.matrix(servers, stream), models, stream.integers(0, 50, servers).astype(float))
    assert mixed.tobytes() == models.tobytes()


def test_exact_mixing_is_fedavg_over_all_devices():
    stream = rng()
    devices = [
        Update(device=f"device-{i}", parameters=stream.normal(size=5), samples=int(n), loss=0.0)
        for i, n in enumerate(stream.integers(1, 40, 12))
    ]
    groups = [devices[:2], devices[2:7], devices[7:]]
    models = np.stack([FedAvg().aggregate(np.zeros(5), group) for group in groups])
    samples = np.array([sum(update.samples for update in group) for group in groups], dtype=float)
    mixed = mix(Star().matrix(3, stream), models, samples)
    np.testing.assert_allclose(mixed, np.tile(FedAvg().aggregate(np.zeros(5), devices), (3, 1)), atol=1e-12)


def test_a_server_without_samples_listens_and_a_deaf_one_keeps_its_model():
    models = np.array([[1.0], [5.0], [9.0]])
    assert mix(np.full((3, 3), 1 / 3), models, np.array([0.0, 1.0, 0.0])).ravel().tolist() == [5.0, 5.0, 5.0]
    assert mix(np.eye(3), models, np.array([0.0, 1.0, 0.0])).ravel().tolist() == [1.0, 5.0, 9.0]


def test_messages():
    up, down = Star(hub=1).exchanges(Star(hub=1).matrix(4, rng()))
    assert up == [(0, 1), (2, 1), (3, 1)]
    assert down == [(1, 0), (1, 2), (1, 3)]
    (hop,) = Ring().exchanges(Ring().matrix(4, rng()))
    assert sorted(hop) == [(0, 1), (0, 3), (1, 0), (1, 2), (2, 1), (2, 3), (3, 0), (3, 2)]
    assert Ring().exchanges(np.ones((1, 1))) == [[]]
    graph = RandomGraph(probability=0.5)
    matrix = graph.matrix(6, rng())
    assert len(graph.exchanges(matrix)[0]) == np.count_nonzero(matrix - np.diag(np.diag(matrix)))


def test_random_graphs_follow_the_stream_and_change_every_round():
    stream, graph = rng(1), RandomGraph(probability=0.4)
    first, second = graph.matrix(8, stream), graph.matrix(8, stream)
    assert first.tobytes() != second.tobytes()
    assert graph.matrix(8, rng(1)).tobytes() == first.tobytes()
    np.testing.assert_allclose(RandomGraph(probability=1.0).matrix(5, rng()), 0.2)


def test_refusals():
    with pytest.raises(ValueError, match=r"RandomGraph\(probability=0.01\) gave no connected graph of 20 servers"):
        RandomGraph(probability=0.01).matrix(20, rng())
    with pytest.raises(ValueError, match=r"Star\.hub must be < 3, the number of servers, got 5"):
        Star(hub=5).check_servers(3)
    with pytest.raises(ValueError, match="at least one server"):
        Ring().matrix(0, rng())
    with pytest.raises(ValueError, match="rows and columns that sum to 1"):
        mix(np.array([[0.9, 0.1], [0.5, 0.5]]), np.zeros((2, 1)), np.ones(2))
    with pytest.raises(ValueError, match="one row per server"):
        mix(np.eye(2), np.zeros((3, 1)), np.ones(2))
