"""The Earth under a satellite: sites, sidereal time, the Sun, and the plane on which everybody stands."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from qflsim.network import DenseCell, GeographicSites, GroundSite, LineSites
from qflsim.network.earth import (
    MEAN_RADIUS,
    geographic,
    projected,
    sidereal_angle,
    sun_direction,
    sun_elevation,
    turned,
)
from qflsim.streams import Streams
from qflsim.units import degree, km


def great_circle(first, second):
    """Distance [m] on the sphere by the haversine formula."""
    (a, b), (c, d) = first, second
    half = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 2 * MEAN_RADIUS * math.asin(math.sqrt(half))


def test_sites_lie_on_the_ellipsoid_of_wgs_84():
    equator = GroundSite(latitude=0.0, longitude=90 * degree).position
    np.testing.assert_allclose(equator, [0.0, 6_378_137.0, 0.0], atol=1e-6)
    pole = GroundSite(latitude=90 * degree, longitude=0.0, height=100.0).position
    np.testing.assert_allclose(pole, [0.0, 0.0, 6_356_752.3142 + 100.0], atol=1e-3)  # semi-minor axis of WGS 84


@given(st.floats(-1.57, 1.57), st.floats(-3.14, 3.14), st.floats(-500, 9000))
def test_east_north_and_up_are_at_right_angles_and_up_is_the_way_up(latitude, longitude, height):
    site = GroundSite(latitude=latitude, longitude=longitude, height=height)
    np.testing.assert_allclose(site.axes @ site.axes.T, np.eye(3), atol=1e-12)
    higher = GroundSite(latitude=latitude, longitude=longitude, height=height + 100.0)
    np.testing.assert_allclose(higher.position - site.position, 100.0 * site.axes[2], atol=1e-6)
    assert np.linalg.det(site.axes) == pytest.approx(1.0)


def test_degrees_given_for_radians_are_refused():
    with pytest.raises(ValueError, match=r"GroundSite\.latitude must be <= 1\.5708 rad, got 40\.4; .*40\.4 \* degree"):
        GroundSite(latitude=40.4, longitude=2.0)


def test_sidereal_time_of_meeus():
    # Astronomical Algorithms, examples 12.a and 12.b: 13h10m46.3668s and 8h34m57.0896s on 1987 April 10
    for day, hours in ((2446895.5, 13 + 10 / 60 + 46.3668 / 3600), (2446896.30625, 8 + 34 / 60 + 57.0896 / 3600)):
        assert sidereal_angle(np.array([day]))[0] == pytest.approx(hours * 15 * degree, abs=1e-8)


def test_the_sun_of_meeus():
    # Astronomical Algorithms, example 25.a: right ascension 198.38083 and declination -7.78507 degrees
    x, y, z = sun_direction(np.array([2448908.5]))[0]
    assert math.hypot(x, y, z) == pytest.approx(1.0, abs=1e-12)
    assert math.degrees(math.atan2(y, x)) % 360 == pytest.approx(198.38083, abs=0.01)
    assert math.degrees(math.asin(z)) == pytest.approx(-7.78507, abs=0.01)


def test_the_sun_stands_in_the_zenith_over_the_place_it_is_said_to():
    days = np.array([2457742.0, 2457742.37, 2457900.81])
    for day, direction in zip(days, turned(sun_direction(days), days), strict=True):
        below = GroundSite(latitude=math.asin(direction[2]), longitude=math.atan2(direction[1], direction[0]))
        assert sun_elevation(below, np.array([day]))[0] == pytest.approx(90 * degree, abs=1e-6)


def test_noon_is_near_noon_and_midnight_dark():
    greenwich = GroundSite(latitude=51.4769 * degree, longitude=0.0)
    days = 2460845.5 + np.arange(0.0, 1.0, 1 / 1440)  # 2025 June 19
    heights = sun_elevation(greenwich, days)
    assert abs(int(np.argmax(heights)) - 721) <= 3  # the equation of time then is -1 minute
    assert heights.max() == pytest.approx((90 - 51.4769 + 23.43) * degree, abs=0.02 * degree)
    assert heights.min() < 0


@given(st.floats(-1.4, 1.4), st.floats(-3.0, 3.0), st.floats(-3e6, 3e6), st.floats(-3e6, 3e6))
def test_the_plane_has_true_distances_from_its_origin_and_can_be_turned_back(latitude, longitude, east, north):
    origin = (latitude, longitude)
    place = geographic(origin, east, north)
    assert great_circle(origin, place) == pytest.approx(math.hypot(east, north), rel=1e-6, abs=0.1)
    np.testing.assert_allclose(projected(origin, *place), (east, north), atol=0.05)


def test_north_is_north_and_east_is_east():
    origin = (40.0 * degree, 117.0 * degree)
    latitude, longitude = geographic(origin, 0.0, 111.195 * km)
    assert (latitude / degree, longitude / degree) == pytest.approx((41.0, 117.0), abs=1e-4)
    latitude, longitude = geographic(origin, 10 * km, 0.0)
    assert latitude == pytest.approx(origin[0], abs=1e-5) and longitude > origin[1]


BEIJING, SHANGHAI = (39.9042 * degree, 116.4074 * degree), (31.2304 * degree, 121.4737 * degree)


def test_cities_lie_as_far_apart_as_they_are():
    cell = DenseCell(servers=2, layout=GeographicSites(origin=BEIJING, places=(BEIJING, SHANGHAI)))
    placement = cell.place(Streams(1))
    assert placement.positions["server-1"] == (0.0, 0.0)
    assert placement.distance("server-1", "server-2") == pytest.approx(great_circle(BEIJING, SHANGHAI), rel=1e-9)
    assert placement.distance("server-1", "server-2") == pytest.approx(1067 * km, rel=0.002)
    site = placement.site("server-2")
    assert (site.latitude, site.longitude) == pytest.approx(SHANGHAI, abs=1e-9)


def test_places_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"GeographicSites\.places must name one place for each of 3 servers, got 2"):
        GeographicSites(origin=BEIJING, places=(BEIJING, SHANGHAI)).sites(3, 1.0)
    with pytest.raises(ValueError, match=r"must lie within 5000 km of the origin, got \(0\.85.*give an origin among"):
        GeographicSites(origin=BEIJING, places=((48.9 * degree, 2.4 * degree),))
    with pytest.raises(ValueError, match=r"LineSites\.origin must have a latitude from -90 to 90 degrees"):
        LineSites(origin=(117 * degree, 40 * degree))
