"""Orbits and passes: against skyfield, closed forms and a published pass, and elements that are no good."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st
from skyfield.api import EarthSatellite, load, wgs84

from qflsim.network import GroundSite, Orbit
from qflsim.network.orbit import LIGHT, slant_range
from qflsim.network.twoline import MICIUS, checksum, epoch
from qflsim.network.windows import highest, windows
from qflsim.units import day, degree, h, km

XINGLONG = GroundSite(latitude=40.39587 * degree, longitude=117.57746 * degree, height=890.0)
GRAVITY = 3.986004418e14  # of the Earth [m^3/s^2]


def sealed(first, second):
    """Lines of 68 characters with their checksums."""
    return tuple(line[:68] + str(checksum(line)) for line in (first, second))


@pytest.fixture(scope="module")
def oracle():
    """Skyfield's satellite, station and times, for the same elements."""
    scale = load.timescale(builtin=True)
    satellite = EarthSatellite(*MICIUS, "Micius", scale)
    station = wgs84.latlon(40.39587, 117.57746, 890.0)

    def times(seconds):
        return scale.utc(2016, 12, 19, 12, 0, np.asarray(seconds, dtype=float))

    return satellite, station, times


def test_directions_are_those_of_skyfield_for_ten_days(oracle):
    satellite, station, times = oracle
    seconds = np.linspace(-5 * day, 10 * day, 3001)
    altitude, azimuth, distance = (satellite - station).at(times(seconds)).altaz()
    look = Orbit().look(XINGLONG, seconds)
    assert np.abs(look.elevation - altitude.radians).max() < 0.02 * degree
    assert np.abs(look.range_m - distance.m).max() < 500.0
    visible = (altitude.radians > 10 * degree) & (altitude.radians < 80 * degree)
    turn = np.angle(np.exp(1j * (look.azimuth - azimuth.radians)))
    assert np.abs(turn[visible]).max() < 0.05 * degree
    np.testing.assert_allclose(look.delay_s, look.range_m / LIGHT)


@pytest.mark.parametrize("minimum", [5.0, 20.0, 40.0])
def test_passes_are_those_of_skyfield(oracle, minimum):
    satellite, station, times = oracle
    found = Orbit().passes(XINGLONG, 0.0, 5 * day, minimum * degree)
    begin, end = times([0.0, 5 * day])
    moments, kinds = satellite.find_events(station, begin, end, altitude_degrees=minimum)
    seconds = (np.array([moment.tt for moment in moments]) - begin.tt) * day
    assert kinds.tolist() == [0, 1, 2] * len(found)
    ours = [(over.rise_s, over.culmination_s, over.set_s) for over in found]
    np.testing.assert_allclose(np.ravel(ours), seconds, atol=2.0)  # a low pass stands near its top for long


def test_the_pass_of_liao_et_al():
    # Nature 549, 43: on 2016-12-19, 645 km at the nearest and 1200 km at the ends of 273 s
    (over,) = [p for p in Orbit().passes(XINGLONG, 0.0, 12 * h) if p.maximum_elevation > 40 * degree]
    look = over.look(over.culmination_s + np.array([-136.5, 0.0, 136.5]))
    assert look.range_m / km == pytest.approx([1200.0, 645.0, 1200.0], abs=5.0)


def test_passes_lie_above_the_minimum_and_between_them_it_is_not_reached():
    orbit, minimum = Orbit(), 25 * degree
    found = orbit.passes(XINGLONG, 0.0, 3 * day, minimum)
    seconds = np.arange(0.0, 3 * day, 7.0)
    inside = np.zeros(len(seconds), dtype=bool)
    for over in found:
        inside |= (seconds >= over.rise_s) & (seconds <= over.set_s)
        assert over.rise_s < over.culmination_s < over.set_s
        ends = over.look(np.array([over.rise_s, over.set_s])).elevation
        np.testing.assert_allclose(ends, minimum, atol=1e-6)
    np.testing.assert_array_equal(inside, orbit.look(XINGLONG, seconds).elevation >= minimum)


def test_a_pass_under_way_at_an_end_is_cut_there():
    (whole,) = Orbit().passes(XINGLONG, 4 * h, 6 * h)
    half, later = whole.culmination_s, whole.set_s
    (first,) = Orbit().passes(XINGLONG, 4 * h, half)
    (second,) = Orbit().passes(XINGLONG, half, 6 * h)
    assert (first.set_s, second.rise_s) == (half, half)
    assert second.set_s == pytest.approx(later, abs=1e-4) and second.culmination_s == pytest.approx(half, abs=0.01)


def test_only_the_dark_passes_and_the_dark_part_of_one():
    orbit, night = Orbit(), -12 * degree
    everything = orbit.passes(XINGLONG, 0.0, 10 * day)
    dark = orbit.passes(XINGLONG, 0.0, 10 * day, sun_at_most=night)
    assert 0 < len(dark) < len(everything)
    for over in dark:
        assert orbit.sun(XINGLONG, np.array([over.culmination_s]))[0] <= night
    by_day = {round(p.culmination_s) for p in everything} - {round(p.culmination_s) for p in dark}
    assert by_day and all(orbit.sun(XINGLONG, np.array([float(t)]))[0] > night for t in by_day)
    over = dark[0]
    limit = float(orbit.sun(XINGLONG, np.array([over.rise_s + 0.5 * over.duration_s]))[0])
    (cut,) = orbit.passes(XINGLONG, over.rise_s - 60, over.set_s + 60, sun_at_most=limit)  # midnight is over, it rises
    assert cut.rise_s == pytest.approx(over.rise_s, abs=1e-3)
    assert cut.set_s == pytest.approx(over.rise_s + 0.5 * over.duration_s, abs=0.1)


def polar(rate=15.2):
    """A circular orbit over the poles, without drag."""
    return Orbit(
        tle=sealed(
            "1 99999U 16051A   16354.50000000  .00000000  00000-0  00000-0 0  9990",
            f"2 99999  90.0000 000.0000 0000001   0.0000   0.0000 {rate:11.8f}    00",
        )
    )


@pytest.mark.parametrize("minimum", [10.0, 30.0])
def test_a_polar_orbit_over_the_pole_lasts_as_long_as_the_closed_form(minimum):
    # the pole does not turn: over it a pass takes 2 (acos(R cos e / (R + h)) - e) / (2 pi / T)
    orbit, pole = polar(), GroundSite(latitude=90 * degree, longitude=0.0)
    radius = np.linalg.norm(pole.position)
    for over in orbit.passes(pole, 0.0, day, minimum * degree):
        if over.set_s < day:
            assert over.maximum_elevation > 89 * degree
            height = np.linalg.norm(orbit.positions(np.array([over.culmination_s]))) - radius
            arc = math.acos(radius * math.cos(minimum * degree) / (radius + height)) - minimum * degree
            assert over.duration_s == pytest.approx(2 * arc * orbit.period / (2 * math.pi), rel=0.01)
            ends = over.look(np.array([over.rise_s, over.culmination_s])).range_m
            assert ends[0] == pytest.approx(slant_range(height, minimum * degree, radius), rel=0.01)
            assert ends[1] == pytest.approx(height, rel=0.01)


def test_it_comes_back_after_a_period_which_keeps_keplers_law():
    orbit = polar()
    pole = GroundSite(latitude=90 * degree, longitude=0.0)
    tops = [over.culmination_s for over in orbit.passes(pole, 0.0, day)]
    assert np.diff(tops) == pytest.approx(orbit.period, rel=1e-3)
    radius = np.linalg.norm(orbit.positions(np.arange(0.0, orbit.period, 10.0)), axis=1).mean()
    assert 2 * math.pi * math.sqrt(radius**3 / GRAVITY) == pytest.approx(orbit.period, rel=2e-3)


@given(st.floats(300e3, 2000e3), st.floats(0.0, math.pi / 2))
def test_the_slant_range_closes_the_triangle(height, elevation):
    radius, distance = 6_371_008.8, slant_range(height, elevation)
    assert height * (1 - 1e-9) <= distance
    # law of cosines: the angle at the site between up and the satellite is 90 degrees - elevation
    square = radius**2 + distance**2 + 2 * radius * distance * math.sin(elevation)
    assert math.sqrt(square) == pytest.approx(radius + height, rel=1e-12)


def test_the_epoch_is_the_instant_in_the_first_line():
    assert epoch(MICIUS).isoformat(timespec="seconds") == "2016-12-18T21:38:11+00:00"
    assert epoch(("1 00005U 58002B   00179.78495062" + " " * 37, "")).year == 2000
    assert epoch(("1 00005U 58002B   58001.00000000" + " " * 37, "")).year == 1958


def changed(line, at, text):
    """Micius with other characters from column ``at`` (from 1) of one line, the checksum set right."""
    lines = list(MICIUS)
    old = lines[line - 1]
    lines[line - 1] = old[: at - 1] + text + old[at - 1 + len(text) :]
    return sealed(*lines)


@pytest.mark.parametrize(
    ("tle", "words"),
    [
        ((MICIUS[0][:-1], MICIUS[1]), r"line 1 of the TLE must have 69 characters, got 68 in '1 41731U"),
        ((MICIUS[1], MICIUS[0]), r"line 1 of the TLE must begin with '1 ', got '2 '; give both lines, in their order"),
        ((MICIUS[0][:-1] + "4", MICIUS[1]), r"line 1 of the TLE has the checksum '4' .* ask for 3; a character of"),
        ((MICIUS[0], MICIUS[1].replace("97.3", "97.4")), r"line 2 of the TLE has the checksum '3' .* ask for 4"),
        (changed(2, 3, "41732"), r"must be of one satellite, got the numbers '41731' and '41732'"),
        (changed(2, 9, "  97.x69"), r"line 2 of the TLE must have the inclination in columns 9 to 16, got '  97.x69'"),
        (changed(1, 19, "1635x.90152003"), r"line 1 of the TLE must have the epoch in columns 19 to 32"),
        (changed(2, 53, "99.23915303"), r"Orbit\.tle gives no position 0 s after its start: .*"),
    ],
)
def test_elements_that_are_malformed_are_refused_with_line_and_reason(tle, words):
    with pytest.raises(ValueError, match=words):
        Orbit(tle=tle)


def test_elements_out_of_date_are_refused_unless_that_is_wanted():
    words = (
        r"epoch 2016-12-18 21:38 UTC lies 3\d\d\.\d days before Orbit\.start = '2017-12-01', and maximum_age is 14 days"
    )
    with pytest.raises(ValueError, match=r"Orbit\.tle is out of date: its " + words):
        Orbit(start="2017-12-01")
    with pytest.raises(ValueError, match=r"lies 17\.9 days after Orbit\.start"):
        Orbit(start="2016-12-01T00:00:00Z")
    assert Orbit(start="2017-01-10T00:00:00Z", maximum_age=30 * day).passes(XINGLONG, 0.0, day)


def test_a_start_that_is_no_instant_is_refused_and_time_zones_are_understood():
    with pytest.raises(ValueError, match=r"Orbit\.start must be a UTC instant, got 'tomorrow'; write e\.g\."):
        Orbit(start="tomorrow")
    here, there = Orbit(start="2016-12-19T12:00:00"), Orbit(start="2016-12-19T20:00:00+08:00")
    assert here.instant == there.instant == Orbit().instant


def test_a_later_start_is_an_earlier_pass():
    early = Orbit().passes(XINGLONG, 0.0, day)
    late = replace(Orbit(), start="2016-12-19T13:00:00Z").passes(XINGLONG, -1 * h, day - 1 * h)
    np.testing.assert_allclose([p.rise_s - 1 * h for p in early], [p.rise_s for p in late], atol=1e-3)


@given(st.lists(st.floats(0.05, 3.0), min_size=1, max_size=5), st.floats(-0.9, 0.9))
def test_windows_of_a_sum_of_waves(rates, level):
    def margin(times):
        return sum(np.sin(rate * times) for rate in rates) / len(rates) - level

    found = windows(margin, 0.0, 50.0, 0.2)
    times = np.linspace(0.0, 50.0, 4001)
    inside = np.zeros(len(times), dtype=bool)
    near = np.abs(margin(times)) < 1e-3  # there rounding decides
    for begin, end in found:
        inside |= (times >= begin) & (times <= end)
    assert ((inside == (margin(times) >= 0)) | near).all()


def test_a_window_between_two_samples_is_found():
    found = windows(lambda times: 1e-3 - np.abs(times - 3.37), 0.0, 10.0, 1.0)
    assert found == [pytest.approx((3.369, 3.371))]
    assert windows(lambda times: times - 20.0, 0.0, 10.0, 1.0) == []
    assert windows(lambda times: times + 1.0, 0.0, 10.0, 1.0) == [(0.0, 10.0)]
    assert windows(lambda times: times, 5.0, 5.0, 1.0) == []
    assert highest(lambda times: -((times - 4.2) ** 2), 0.0, 10.0) == pytest.approx(4.2, abs=1e-4)
    assert highest(lambda times: times, 0.0, 10.0) == pytest.approx(10.0, abs=1e-6)
