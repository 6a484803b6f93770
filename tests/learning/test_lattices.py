import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from qflsim.learning.averaging import contraction, metropolis
from qflsim.learning.lattices import Grid, SmallWorld

LATTICES = [Grid(), Grid(torus=True), Grid(columns=3), SmallWorld(), SmallWorld(neighbours=2, rewiring=1.0)]


def rng(seed=0):
    return np.random.default_rng(seed)


def graph_of(mixing, servers, seed=0):
    matrix = mixing.matrix(servers, rng(seed))
    return nx.from_numpy_array((matrix > 0) & ~np.eye(servers, dtype=bool))


@settings(deadline=None)  # networkx is imported by the first small world
@given(mixing=st.sampled_from(LATTICES), servers=st.integers(2, 120), seed=st.integers(0, 99))
def test_matrices_are_metropolis_weights_of_connected_graphs(mixing, servers, seed):
    matrix = mixing.matrix(servers, rng(seed))
    assert (matrix >= 0).all()
    np.testing.assert_allclose(matrix.sum(axis=0), 1.0)
    np.testing.assert_allclose(matrix.sum(axis=1), 1.0)
    np.testing.assert_array_equal(matrix, metropolis(matrix > 0))
    assert nx.is_connected(graph_of(mixing, servers, seed))
    assert contraction(matrix) < 1.0 - 1e-9
    assert mixing.matrix(servers, rng(seed)).tobytes() == matrix.tobytes()


@given(rows=st.integers(1, 9), columns=st.integers(1, 9), torus=st.booleans())
def test_full_grids_are_those_of_networkx(rows, columns, torus):
    ours = graph_of(Grid(columns=columns, torus=torus), rows * columns)
    theirs = nx.grid_2d_graph(rows, columns, periodic=torus)
    theirs.remove_edges_from(list(nx.selfloop_edges(theirs)))
    np.testing.assert_array_equal(nx.to_numpy_array(ours), nx.to_numpy_array(theirs))  # nodes row by row in both


@pytest.mark.parametrize(
    ("servers", "rows"),
    [(2, [2]), (3, [2, 1]), (6, [3, 3]), (7, [3, 3, 1]), (9, [3, 3, 3]), (13, [4, 4, 4, 1]), (97, [10] * 9 + [7])],
)
def test_servers_fill_rows_as_square_as_can_be(servers, rows):
    edges, first = set(), 0
    for above, row in zip([0, *rows], rows, strict=False):
        edges |= {(first + i, first + i + 1) for i in range(row - 1)}
        edges |= {(first + i - above, first + i) for i in range(row) if above}
        first += row
    assert {tuple(sorted(edge)) for edge in graph_of(Grid(), servers).edges} == edges


def test_a_short_row_of_a_torus_closes_upon_its_own_end():
    graph = graph_of(Grid(torus=True), 11)  # 0 to 3, 4 to 7, 8 to 10
    assert sorted(graph[8]) == [0, 4, 9, 10]
    assert sorted(graph[3]) == [0, 2, 7]  # its column has two servers, which are neighbours once


@pytest.mark.parametrize(("rows", "columns"), [(3, 3), (4, 4), (3, 7), (7, 3), (8, 5), (10, 10)])
def test_contraction_of_tori_is_that_of_the_longest_line(rows, columns):
    matrix = Grid(columns=columns, torus=True).matrix(rows * columns, rng())
    slowest = np.cos(2 * np.pi / max(rows, columns))
    assert contraction(matrix) == pytest.approx((3 + 2 * slowest) / 5, rel=1e-12)


def test_contraction_of_grids():
    assert contraction(Grid().matrix(9, rng())) == pytest.approx(2 / 5 + 3 * np.sqrt(6) / 20, rel=1e-12)
    assert contraction(Grid(columns=11).matrix(11, rng())) == pytest.approx((1 + 2 * np.cos(np.pi / 11)) / 3)
    for rows, columns in [(3, 4), (5, 5), (6, 10), (10, 10)]:
        slowest = np.cos(np.pi / max(rows, columns))
        found = contraction(Grid(columns=columns).matrix(rows * columns, rng()))
        assert (1 + slowest) / 2 < found < (3 + 2 * slowest) / 5


@pytest.mark.parametrize(("servers", "neighbours"), [(12, 2), (30, 4), (100, 4), (51, 6)])
def test_contraction_of_the_ring_before_rewiring(servers, neighbours):
    matrix = SmallWorld(neighbours=neighbours, rewiring=0.0).matrix(servers, rng())
    shifts = np.arange(1, neighbours // 2 + 1)
    slowest = (1 + 2 * np.cos(2 * np.pi * shifts / servers).sum()) / (neighbours + 1)
    assert contraction(matrix) == pytest.approx(slowest, rel=1e-12)


def test_rewiring_keeps_the_number_of_edges_and_brings_servers_closer():
    ring, world = SmallWorld(rewiring=0.0), SmallWorld(rewiring=0.1)
    drawn = [graph_of(world, 100, seed) for seed in range(20)]
    assert {graph.number_of_edges() for graph in drawn} == {200}
    shortcuts = [sum(min(j - i, 100 - j + i) > 2 for i, j in graph.edges) for graph in drawn]
    assert np.mean(shortcuts) == pytest.approx(
        20 * 96 / 99, abs=3.0
    )  # 20 +- 4.2 each; some fall beside their first end
    paths = [nx.average_shortest_path_length(graph) for graph in drawn]
    assert max(paths) < nx.average_shortest_path_length(graph_of(ring, 100)) / 2
    gaps = [1 - contraction(world.matrix(100, rng(seed))) for seed in range(20)]
    assert min(gaps) > 2 * (1 - contraction(ring.matrix(100, rng())))


def test_few_servers_are_all_neighbours_of_each_other():
    for servers in (1, 2, 3, 4, 5):
        np.testing.assert_allclose(SmallWorld(neighbours=4).matrix(servers, rng()), 1 / servers)
    assert graph_of(SmallWorld(neighbours=4), 6).number_of_edges() == 12


def test_small_worlds_follow_the_stream_and_change_every_round():
    stream, world = rng(1), SmallWorld()
    first, second = world.matrix(30, stream), world.matrix(30, stream)
    assert first.tobytes() != second.tobytes()
    assert world.matrix(30, rng(1)).tobytes() == first.tobytes()


def test_unconnected_draws_are_not_taken(monkeypatch):
    loose = SmallWorld(neighbours=2, rewiring=1.0)
    first = nx.watts_strogatz_graph(60, 2, 1.0, seed=rng(3))
    assert not nx.is_connected(first)
    assert nx.is_connected(graph_of(loose, 60, seed=3))
    monkeypatch.setattr("qflsim.learning.mixing._DRAWS", 1)
    with pytest.raises(ValueError, match=r"SmallWorld\(neighbours=2, rewiring=1\) gave no connected graph of 60 serv"):
        loose.matrix(60, rng(3))


@pytest.mark.parametrize(
    ("part", "fields", "told"),
    [
        (SmallWorld, {"neighbours": 5}, r"SmallWorld.neighbours must be even.*got 5; write e.g. 6"),
        (SmallWorld, {"neighbours": 0}, r"SmallWorld.neighbours must be >= 2, got 0; write an even number"),
        (SmallWorld, {"rewiring": 1.5}, r"SmallWorld.rewiring must be <= 1, got 1.5; write a probability"),
        (Grid, {"columns": 0}, r"Grid.columns must be >= 1, got 0; write the servers of a row"),
        (Grid, {"steps": 0}, r"Grid.steps must be >= 1"),
    ],
)
def test_what_cannot_be_is_refused(part, fields, told):
    with pytest.raises(ValueError, match=told):
        part(**fields)


def test_refused_numbers_of_servers():
    with pytest.raises(ValueError, match=r"Grid\.columns must be <= 4, the number of servers, got 9; leave it out"):
        Grid(columns=9).check_servers(4)
    assert Grid(columns=9).check_servers(9) is None
    for mixing in LATTICES:
        with pytest.raises(ValueError, match="mixing needs at least one server, got 0"):
            mixing.matrix(0, rng())
