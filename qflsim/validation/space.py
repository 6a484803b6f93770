"""Satellites: orbits, passes, the Sun, and the light that arrives.

References
----------
.. [1] S.-K. Liao et al., "Satellite-to-ground quantum key distribution", Nature 549, 43 (2017), arXiv:1707.00542: the
   downlink to Xinglong of 2016-12-19.
.. [2] skyfield 1.55, run beforehand on the same elements: `qflsim.network.twoline.MICIUS`.
.. [3] SatQuMA 2.0, loss table of its shipped example (zenith pass at 500 km), relative to the zenith.
.. [4] J. Meeus, "Astronomical algorithms", 2nd edition (1998), examples 12.a and 25.a.
.. [5] F. Kasten, A. T. Young, Appl. Opt. 28, 4735 (1989).
.. [6] 3GPP TR 38.821, table 4.2-2 (from memory): largest distances at an elevation of 10 degrees.
"""

import math
from collections.abc import Iterator

import numpy as np

from qflsim.network.earth import GroundSite, sidereal_angle, sun_direction
from qflsim.network.optics import OpticalDownlink, air_mass
from qflsim.network.orbit import Orbit, Pass, slant_range
from qflsim.units import MHz, degree, h, kbit, km
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

_XINGLONG = GroundSite(latitude=40.39587 * degree, longitude=117.57746 * degree, height=890.0)
_HALF = 136.5  # half of the 273 s of the downlink


def comparisons() -> Iterator[Comparison]:
    """Rows on satellites."""
    (over,) = Orbit().passes(_XINGLONG, 4 * h, 6 * h, 5 * degree)
    yield from _pass(over)
    yield from _light(over)
    yield from _sky()


def _pass(over: Pass) -> Iterator[Comparison]:
    """When and where Micius passes."""
    look = over.look(over.culmination_s + np.array([0.0, -_HALF, _HALF]))
    for quantity, published, simulated in (
        ("Micius over Xinglong, nearest [km]", 645.0, look.range_m[0] / km),
        ("Micius over Xinglong, first of 273 s [km]", 1200.0, look.range_m[1] / km),
        ("Micius over Xinglong, last of 273 s [km]", 1200.0, look.range_m[2] / km),
    ):
        yield Comparison(
            quantity=quantity, published=published, simulated=float(simulated), tolerance=5.0, source="Liao 2017",
            basis="value",
        )  # fmt: skip
    for quantity, published, simulated, tolerance in (
        ("that pass, above 5 degrees from [s]", 17267.998, over.rise_s, 0.5),
        ("that pass, until [s]", 17795.820, over.set_s, 0.5),
        ("that pass, highest [degree]", 47.83297, over.maximum_elevation / degree, 0.02),
    ):
        yield Comparison(
            quantity=quantity, published=published, simulated=simulated, tolerance=tolerance, source="skyfield 1.55",
            basis="tool",
        )  # fmt: skip
    for height, published in ((600, 1932.0), (1200, 3131.0)):
        yield Comparison(
            quantity=f"distance at 10 degrees from {height} km [km]", published=published, tolerance=1.0,
            simulated=slant_range(height * km, 10 * degree) / km, source="TR 38.821", basis="value",
        )  # fmt: skip


def _light(over: Pass) -> Iterator[Comparison]:
    """What arrives of the light."""
    light = OpticalDownlink()
    at_end = over.look(np.array([over.culmination_s + _HALF]))
    yield Comparison(
        quantity="diffraction over 1200 km, 1 m telescope [dB]", published=22.0, tolerance=0.5,
        simulated=float(light.diffraction_loss(np.array(1200 * km))), source="Liao 2017", basis="value",
    )  # fmt: skip
    for bound, published in (("at least", 3.0), ("at most", 8.0)):
        yield Comparison(
            quantity=f"air and turbulence at 1200 km, {bound} [dB]", published=published, tolerance=0.0,
            simulated=float(light.atmospheric_loss(at_end.elevation)[0]), source="Liao 2017", basis="value",
            bound="at least" if bound == "at least" else "at most",
        )  # fmt: skip
    look = over.look(over.culmination_s + np.arange(-_HALF, _HALF) + 0.5)
    share = 0.5 * 10.0 ** (-light.loss(look.elevation, look.range_m) / 10.0)
    clicks = 100 * MHz * (-0.5 * np.expm1(-0.8 * share) - 0.25 * np.expm1(-0.1 * share))
    sifted = clicks * 1_671_072 / 3_551_136  # the share that was sifted there
    for quantity, published, simulated in (
        ("sifted bits of that pass [kbit]", 1671.072, sifted.sum() / kbit),
        ("sifted bits where it is nearest [kbit/s]", 12.0, sifted.max() / kbit),
    ):
        yield Comparison(
            quantity=quantity, published=published, simulated=float(simulated), tolerance=0.2, relative=True,
            source="Liao 2017", basis="value",
        )  # fmt: skip
    clear, zenith = OpticalDownlink(zenith_transmittance=0.98), 90 * degree
    base = clear.loss(np.array(zenith), np.array(500 * km))
    for elevation, published in ((46.7, 2.5), (25.7, 6.3), (15.0, 9.3)):
        away = np.array(slant_range(500 * km, elevation * degree))
        yield Comparison(
            quantity=f"loss at {elevation:g} degrees over the zenith's [dB]", published=published, tolerance=0.2,
            simulated=float(clear.loss(np.array(elevation * degree), away) - base), source="SatQuMA 2.0", basis="tool",
        )  # fmt: skip


def _sky() -> Iterator[Comparison]:
    """Sidereal time, the Sun, air."""
    x, y, z = sun_direction(np.array([2448908.5]))[0]
    for quantity, published, simulated, tolerance in (
        ("sidereal time, 1987 April 10 [degree]", 197.693195, sidereal_angle(np.array([2446895.5]))[0], 1e-6),
        ("Sun, right ascension, 1992 Oct 13 [degree]", 198.38083, math.atan2(y, x) % (2.0 * math.pi), 0.01),
        ("Sun, declination, 1992 Oct 13 [degree]", -7.78507, math.asin(z), 0.01),
    ):
        yield Comparison(
            quantity=quantity, published=published, simulated=float(simulated) / degree, tolerance=tolerance,
            source="Meeus 1998", basis="value",
        )  # fmt: skip
    yield Comparison(
        quantity="air mass at the horizon", published=37.92, simulated=float(air_mass(np.array(0.0))), tolerance=0.01,
        source="Kasten and Young 1989", basis="value",
    )  # fmt: skip
