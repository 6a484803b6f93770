import math
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from qflsim.network import DenseCell, HexagonalSites, LineSites, RingSites, device_name
from qflsim.streams import Streams

LAYOUTS = [HexagonalSites(), LineSites(), RingSites()]


@pytest.mark.parametrize("layout", LAYOUTS)
@given(count=st.integers(2, 40), spacing=st.floats(1, 1e4))
def test_nearest_neighbours_are_one_spacing_apart(layout, count, spacing):
    sites = layout.sites(count, spacing)
    assert len(sites) == count
    nearest = min(math.dist(a, b) for a, b in combinations(sites, 2))
    assert nearest == pytest.approx(spacing, rel=1e-9)


@pytest.mark.parametrize("layout", [HexagonalSites(), LineSites()])
def test_another_site_moves_no_other(layout):
    for count in range(1, 30):
        assert layout.sites(count + 1, 500.0)[:count] == layout.sites(count, 500.0)


def test_hexagons_have_six_neighbours_and_a_ring_is_closed():
    sites = HexagonalSites().sites(19, 1.0)
    assert sum(abs(math.dist(sites[0], s) - 1) < 1e-9 for s in sites) == 6
    ring = RingSites().sites(5, 7.0)
    assert [math.dist(a, b) for a, b in pairwise([*ring, ring[0]])] == [pytest.approx(7.0)] * 5
    assert RingSites().sites(1, 7.0) == ((0.0, 0.0),)


def test_adding_a_device_or_a_server_moves_no_other():
    small = DenseCell(servers=2, devices_per_server=3).place(Streams(7))
    large = DenseCell(servers=4, devices_per_server=9).place(Streams(7))
    assert {name: large.positions[name] for name in small.positions} == dict(small.positions)
    assert {name: large.home[name] for name in small.home} == dict(small.home)


def test_asking_twice_or_drawing_elsewhere_moves_nothing():
    streams = Streams(7)
    first = DenseCell().place(streams)
    streams("place", "device-1-1").random(100)
    assert DenseCell().place(streams) == first
    assert DenseCell().place(Streams(7, replication=1)) != first
    assert DenseCell().place(Streams(8)) != first


@given(st.integers(0, 10**6), st.floats(20, 2000))
def test_devices_stand_around_their_server(seed, radius):
    placement = DenseCell(radius=radius).place(Streams(seed))
    for device, server in placement.home.items():
        assert 10 * (1 - 1e-9) <= placement.distance(device, server) <= radius * (1 + 1e-9)


def test_devices_are_uniform_over_the_disc():
    cell = DenseCell(servers=1, devices_per_server=3000)
    placement = cell.place(Streams(3))
    x, y = np.array([placement.positions[d] for d in placement.devices("server-1")]).T
    share = (x**2 + y**2 - cell.nearest**2) / (cell.radius**2 - cell.nearest**2)
    assert stats.kstest(share, "uniform").pvalue > 0.01
    assert stats.kstest(np.arctan2(y, x) / (2 * np.pi) + 0.5, "uniform").pvalue > 0.01


def test_names_homes_and_distances():
    placement = DenseCell(servers=2, devices_per_server=2, publisher=(0.0, 300.0)).place(Streams(1))
    assert placement.servers == ("server-1", "server-2")
    assert placement.devices("server-2") == (device_name(2, 1), device_name(2, 2)) == ("device-2-1", "device-2-2")
    assert placement.distance("server-1", "server-2") == pytest.approx(1000.0)
    assert placement.distance("publisher", "server-1") == 300.0


def test_a_disc_without_room_is_refused():
    with pytest.raises(ValueError, match=r"DenseCell\.radius must be > nearest = 10 m, got 10\.0"):
        DenseCell(radius=10)


def test_servers_may_have_different_numbers_of_devices():
    cell = DenseCell(servers=3, devices_per_server=(2, 2, 1))
    placement = cell.place(Streams(1))
    assert [len(placement.devices(server)) for server in placement.servers] == [2, 2, 1]
    even = DenseCell(servers=3, devices_per_server=2).place(Streams(1))
    assert all(placement.positions[device] == even.positions[device] for device in placement.home)
    assert tuple(placement.home) == cell.devices == tuple(d for d in even.home if d != "device-3-2")


def test_the_same_devices_around_one_server_stand_as_far_from_it():
    cells = DenseCell(servers=3, devices_per_server=(2, 2, 1), spacing=700.0)
    apart, together = cells.place(Streams(5)), cells.central().place(Streams(5))
    assert together.servers == ("server-1",)
    assert list(together.home) == list(apart.home)
    for device, home in apart.home.items():
        assert together.distance(device, "server-1") == pytest.approx(apart.distance(device, home))
    assert cells.central().central() == cells.central()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"devices_per_server": (2, 2)}, r"must have one number for each of 3 servers, got \(2, 2\)"),
        ({"devices_per_server": (2, 0, 1)}, r"devices_per_server\[1\] must be >= 1, got 0"),
        ({"devices_per_server": 2.5}, "must be a whole number or"),
        ({"devices_per_server": 1, "names": ("device-a", "device-b")}, "must be 3 different names.* got 2"),
        ({"devices_per_server": 1, "names": ("device-a", "device-b", "device-a")}, "got 3, 2 of them different"),
        (
            {"devices_per_server": 1, "names": ("device-a", "device-b", "server-1")},
            "must begin with 'device-'.*'server-1'",
        ),
    ],
)
def test_numbers_and_names_that_do_not_fit_are_refused(change, words):
    with pytest.raises((ValueError, TypeError), match=words):
        DenseCell(servers=3, **change)
