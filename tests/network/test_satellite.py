"""What of a satellite's light arrives, and who gets it."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st

from qflsim.network import GroundSite, OpticalDownlink, Orbit, Satellite
from qflsim.network.optics import air_mass
from qflsim.network.orbit import slant_range
from qflsim.quantum.satellite import PassProfile
from qflsim.units import day, degree, h, km

XINGLONG = GroundSite(latitude=40.39587 * degree, longitude=117.57746 * degree, height=890.0)


def place(latitude, longitude):
    return GroundSite(latitude=latitude * degree, longitude=longitude * degree)


CITIES = {"beijing": place(39.9, 116.4), "wuhan": place(30.6, 114.3), "harbin": place(45.8, 126.5)}


def test_the_budget_of_liao_et_al():
    # Nature 549, 43: at 1200 km diffraction 22 dB, air and turbulence 3 to 8 dB, pointing less than 3 dB
    light = OpticalDownlink()
    elevation = 19.3 * degree
    assert light.diffraction_loss(1200 * km) == pytest.approx(22.0, abs=0.1)
    assert light.atmospheric_loss(elevation) == pytest.approx(8.0, abs=0.2)
    assert 0.0 < light.pointing_loss < 3.0
    parts = light.diffraction_loss(1200 * km) + light.atmospheric_loss(elevation) + light.pointing_loss
    assert light.loss(elevation, 1200 * km) == pytest.approx(parts - 10 * math.log10(0.16), abs=1e-12)


def test_the_shape_of_satqumas_zenith_pass():
    # its shipped table against the zenith: 2.5 dB at 46.7 degrees, 6.3 at 25.7, 9.3 at 15.0, 10.5 at 11.2
    light = OpticalDownlink(zenith_transmittance=0.98)
    elevations = np.array([90.0, 46.7, 25.7, 15.0, 11.2]) * degree
    losses = light.loss(elevations, np.array([slant_range(500 * km, e) for e in elevations]))
    assert losses - losses[0] == pytest.approx([0.0, 2.5, 6.3, 9.3, 10.5], abs=0.2)


def test_far_away_twice_the_distance_is_six_decibels_and_nearby_all_is_gathered():
    light = OpticalDownlink()
    far = light.diffraction_loss(np.array([1e8, 2e8]))
    assert far[1] - far[0] == pytest.approx(20 * math.log10(2), abs=1e-3)
    assert light.diffraction_loss(1.0) == pytest.approx(0.0, abs=1e-9)


def test_an_obscured_telescope_loses_what_falls_on_its_middle():
    rng = np.random.default_rng(3)
    light = OpticalDownlink(divergence=1e-6, receiver_aperture=1.0, obscuration=0.5)
    falls = np.hypot(*(rng.normal(0.0, 0.5 * 1e-6 * 500 * km, (2, 400_000))))  # a Gaussian beam: sigma = w / 2
    gathered = np.mean((falls < 0.5) & (falls > 0.25))
    assert light.diffraction_loss(500 * km) == pytest.approx(-10 * math.log10(gathered), abs=0.02)


def test_the_pointing_factor_is_the_mean_over_pointing_errors():
    rng = np.random.default_rng(5)
    light = OpticalDownlink(pointing_jitter=3e-6)
    errors = np.hypot(*rng.normal(0.0, 3e-6, (2, 400_000)))
    mean = np.mean(np.exp(-2 * errors**2 / light.divergence**2))
    assert light.pointing_loss == pytest.approx(-10 * math.log10(mean), abs=0.02)
    assert OpticalDownlink(pointing_jitter=0.0).pointing_loss == 0.0


def test_the_air_mass_of_kasten_and_young():
    assert air_mass(90 * degree) == pytest.approx(1.0, abs=1e-3)
    assert air_mass(0.0) == pytest.approx(37.92, abs=0.01)
    assert air_mass(30 * degree) == pytest.approx(2.0, abs=0.01)
    assert (np.diff(air_mass(np.linspace(0, math.pi / 2, 100))) < 0).all()


@given(st.floats(0.05, 1.5), st.floats(0.05, 1.5), st.floats(3e5, 3e6))
def test_the_lower_it_stands_the_more_is_lost_and_never_less_than_nothing(first, second, distance):
    light = OpticalDownlink()
    low, high = sorted((first, second))
    assert light.loss(low, distance) >= light.loss(high, distance) >= 0.0


def test_gains_are_no_losses():
    with pytest.raises(ValueError, match=r"OpticalDownlink\.zenith_transmittance must be <= 1, got 1\.2"):
        OpticalDownlink(zenith_transmittance=1.2)


def test_passes_of_a_satellite_are_high_and_at_night():
    satellite, orbit = Satellite(), Orbit()
    found = satellite.passes(XINGLONG, 0.0, 10 * day)
    assert found
    for over in found:
        look = over.look(np.array([over.rise_s, over.set_s]))
        assert (look.elevation >= satellite.minimum_elevation - 1e-6).all()
        assert (orbit.sun(XINGLONG, np.array([over.rise_s, over.set_s])) <= -12 * degree + 1e-6).all()


def test_contacts_do_not_overlap_and_go_to_the_station_over_which_it_stands_highest():
    satellite = Satellite()
    contacts = satellite.contacts(CITIES, 0.0, 5 * day)
    assert {contact.station for contact in contacts} == set(CITIES)
    for one, other in pairwise(contacts):
        assert one.end_s <= other.start_s + 1e-6
    for contact in contacts:
        times = np.linspace(contact.start_s + 0.1, contact.end_s - 0.1, 50)
        assert contact.over.rise_s - 1e-6 <= contact.start_s and contact.end_s <= contact.over.set_s + 1e-6
        own = contact.over.look(times).elevation
        for site in CITIES.values():
            assert (own >= satellite.orbit.look(site, times).elevation - 1e-6).all()
    alone = {name: sum(p.duration_s for p in satellite.passes(site, 0.0, 5 * day)) for name, site in CITIES.items()}
    shared = {name: sum(c.duration_s for c in contacts if c.station == name) for name in CITIES}
    assert all(shared[name] < alone[name] for name in CITIES)


def test_the_first_of_two_stations_at_one_place_gets_the_light():
    contacts = Satellite().contacts({"first": XINGLONG, "second": XINGLONG}, 0.0, 1 * day)
    assert contacts and {contact.station for contact in contacts} == {"first"}


def test_a_profile_follows_the_loss_in_equal_slices():
    satellite = Satellite()
    (contact,) = satellite.contacts({"xinglong": XINGLONG}, 4 * h, 6 * h)
    profile = contact.profile()
    assert profile.slice_s <= 1.0 and profile.duration_s == pytest.approx(contact.duration_s)
    assert profile.start_s == pytest.approx(contact.start_s)
    np.testing.assert_allclose(profile.losses_db, contact.losses(profile.times))
    coarse = contact.profile(10.0)
    share = [np.mean(10 ** (-p.losses_db / 10)) for p in (profile, coarse)]
    assert share[1] == pytest.approx(share[0], rel=2e-3)


def test_sifted_bits_of_the_pass_of_liao_et_al():
    # 100 MHz, intensities 0.8, 0.1 and 0 at 50, 25 and 25 %, detectors of 50 %; 1,671,072 of 3,551,136 clicks were
    # sifted in 273 s: 12 kbit/s at the nearest, 1 kbit/s at either end
    (over,) = Satellite().passes(XINGLONG, 4 * h, 6 * h)
    times = over.culmination_s + np.arange(-136.5, 136.5) + 0.5
    look = over.look(times)
    share = 0.5 * 10 ** (-OpticalDownlink().loss(look.elevation, look.range_m) / 10)
    clicks = 100e6 * (0.5 * -np.expm1(-0.8 * share) + 0.25 * -np.expm1(-0.1 * share))
    sifted = clicks * 1_671_072 / 3_551_136
    assert sifted.sum() == pytest.approx(1_671_072, rel=0.2)
    assert sifted.max() == pytest.approx(12e3, rel=0.25)
    assert (sifted[[0, -1]] > 500).all() and (sifted[[0, -1]] < 2000).all()  # "about 1 kbit/s", read off a figure


@pytest.mark.parametrize(
    ("times", "losses", "words"),
    [
        ([0.0], [30.0], "at least 2, got shapes"),
        ([0.0, 1.0], [30.0], "the same number of slices"),
        ([0.0, 1.0, 3.0], [30.0] * 3, "equally spaced and increasing, got steps of"),
        ([1.0, 0.0], [30.0] * 2, "equally spaced and increasing"),
        ([0.0, 1.0], [30.0, -1.0], r"losses_db must be >= 0 dB, got .*-1\.0"),
        ([0.0, 1.0], [30.0, math.nan], "losses_db must be >= 0 dB"),
    ],
)
def test_profiles_that_make_no_sense_are_refused(times, losses, words):
    with pytest.raises(ValueError, match=words):
        PassProfile(np.array(times), np.array(losses))
