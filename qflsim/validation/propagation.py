"""Path loss, line of sight, walls and shadowing of the radio cells.

References
----------
.. [1] 3GPP TR 38.901, tables 7.4.1-1 (path loss, read in two public implementations of it), 7.4.2-1 (line of sight),
   7.4.3-1 and 7.4.3-2 (walls); the values below were worked out from the tables apart from qflsim.
.. [2] S. Sun et al., IEEE Trans. Veh. Technol. 65(5), 2843 (2016): the close-in model.
.. [3] M. Gudmundson, Electron. Lett. 27(23) (1991): exponential correlation of shadowing.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np

from qflsim.network.buildings import wall_loss
from qflsim.network.field import RandomField
from qflsim.network.indoor import indoor_los_probability, indoor_path_loss
from qflsim.network.propagation import umi_breakpoint, umi_los_probability, umi_path_loss
from qflsim.network.propagation_macro import uma_breakpoint, uma_los_probability, uma_path_loss
from qflsim.network.terahertz import close_in_path_loss
from qflsim.units import GHz
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

# (carrier [GHz], distance [m]): with line of sight, without [dB]
_UMI = {
    (3.5, 20): (71.3602, 81.1878), (3.5, 100): (85.3142, 104.6438), (3.5, 250): (95.0801, 118.6448),
    (3.5, 500): (107.1138, 129.2645), (10, 20): (80.4788, 90.8991), (10, 100): (94.4328, 114.3552),
    (10, 250): (102.7620, 128.3561), (10, 500): (109.0797, 138.9759), (28, 20): (89.4220, 100.4236),
    (28, 100): (103.3760, 123.8796), (28, 250): (111.7052, 137.8806), (28, 500): (118.0228, 148.5003),
}  # fmt: skip
_UMA = {
    (3.5, 20): (71.6476, 82.6262), (3.5, 100): (83.1382, 103.0375), (3.5, 250): (91.6781, 118.2075),
    (3.5, 500): (98.2692, 129.9158), (10, 20): (80.7663, 91.7448), (10, 100): (92.2568, 112.1562),
    (10, 250): (100.7967, 127.3261), (10, 500): (107.3879, 139.0345), (28, 20): (89.7094, 100.6880),
    (28, 100): (101.2000, 121.0993), (28, 250): (109.7399, 136.2693), (28, 500): (116.3310, 147.9776),
}  # fmt: skip
_INH = {
    (3.5, 5): (55.3735, 57.6178), (3.5, 20): (65.7892, 80.6767), (3.5, 60): (74.0434, 98.9505),
    (28, 5): (73.4353, 80.1048), (28, 20): (83.8510, 103.1637), (28, 60): (92.1052, 121.4374),
    (60, 5): (80.0552, 88.3465), (60, 20): (90.4708, 111.4054), (60, 60): (98.7250, 129.6792),
}  # fmt: skip
_CELLS = (
    ("UMi", umi_path_loss, _UMI, ((10, 100), (28, 500))),
    ("UMa", uma_path_loss, _UMA, ((10, 100), (28, 500))),
    ("InH", indoor_path_loss, _INH, ((28, 20),)),
)
_SIGHT: tuple[tuple[str, Callable[[float], float], Mapping[float, float]], ...] = (
    ("UMi", umi_los_probability, {10: 1, 18: 1, 50: 0.519585, 100: 0.230985, 200: 0.093518, 500: 0.036001}),
    ("UMa, 1.5 m high", uma_los_probability, {50: 0.649402, 100: 0.347671, 200: 0.128048, 500: 0.036345}),
    ("UMa, 20 m high", partial(uma_los_probability, device_height=20.0),
     {50: 0.691983, 100: 0.478347, 200: 0.325726, 500: 0.154992}),
    ("InH, rooms", indoor_los_probability, {10: 0.287424, 18: 0.224879, 50: 0.084265, 100: 0.018178, 200: 0.000846}),
    ("InH, open", partial(indoor_los_probability, office="open"),
     {10: 0.931815, 18: 0.832255, 50: 0.537455, 100: 0.424394, 200: 0.264620}),
)  # fmt: skip
_WALLS = {3.5: (12.6975, 26.8498), 10: (14.2280, 32.5257), 28: (17.8288, 37.9490)}  # GHz: low, high loss [dB]
_CLOSE_IN = {
    1.94: {10: 94.894, 50: 108.454, 100: 114.294, 200: 120.134},
    2.87: {10: 104.194, 50: 124.254, 100: 132.894, 200: 141.533},
}
_FIELDS, _CORRELATION = 4000, 13.0


def comparisons() -> Iterator[Comparison]:
    """Rows from the break point to the shadowing."""
    for name, bend, published in (("UMi", umi_breakpoint, 600.0), ("UMa", uma_breakpoint, 1600.0)):
        yield Comparison(
            quantity=f"{name} break point at 10 GHz [m]", published=published, simulated=bend(10 * GHz),
            tolerance=1e-9, source="TR 38.901, 7.4.1-1", basis="formula",
        )  # fmt: skip
    for cell in _CELLS:
        yield from _path_loss(*cell)
    for name, probability, vectors in _SIGHT:
        yield Comparison(
            quantity=f"{name}: line of sight at 100 m", published=vectors[100], simulated=probability(100),
            tolerance=5e-7, source="TR 38.901, 7.4.2-1", basis="formula",
        )  # fmt: skip
    deviations = [abs(chance(d) - p) for _, chance, vectors in _SIGHT for d, p in vectors.items()]
    yield Comparison(
        quantity=f"largest deviation of {len(deviations)} probabilities", published=0.0, simulated=max(deviations),
        tolerance=5.1e-7, source="TR 38.901, 7.4.2-1", basis="formula",
    )  # fmt: skip
    yield from _walls()
    yield from _close_in()
    yield from _shadowing()


def _path_loss(
    name: str,
    model: Callable[[float, float, bool], float],
    vectors: Mapping[tuple[float, float], tuple[float, float]],
    shown: tuple[tuple[float, float], ...],
) -> Iterator[Comparison]:
    for carrier, distance in shown:
        for los, loss in zip((True, False), vectors[carrier, distance], strict=True):
            yield Comparison(
                quantity=f"{name} {'' if los else 'N'}LOS, {carrier:g} GHz, {distance:g} m [dB]", published=loss,
                simulated=model(distance, carrier * GHz, los), tolerance=5.1e-5, source="TR 38.901, 7.4.1-1",
                basis="formula",
            )  # fmt: skip
    deviations = [
        abs(model(distance, carrier * GHz, los) - loss)
        for (carrier, distance), losses in vectors.items()
        for los, loss in zip((True, False), losses, strict=True)
    ]
    yield Comparison(
        quantity=f"{name}, largest deviation of {len(deviations)} losses [dB]", published=0.0,
        simulated=max(deviations), tolerance=5.1e-5, source="TR 38.901, 7.4.1-1", basis="formula",
    )  # fmt: skip


def _walls() -> Iterator[Comparison]:
    for carrier, losses in _WALLS.items():
        for kind, high, loss in zip(("low", "high"), (False, True), losses, strict=True):
            yield Comparison(
                quantity=f"wall, {kind} loss, {carrier:g} GHz [dB]", published=loss,
                simulated=wall_loss(carrier * GHz, high=high), tolerance=5.1e-5, source="TR 38.901, 7.4.3",
                basis="formula",
            )  # fmt: skip


def _close_in() -> Iterator[Comparison]:
    yield Comparison(
        quantity="close-in, 142 GHz, 1 m [dB]", published=75.4936, simulated=close_in_path_loss(1.0, 142 * GHz, 2.0),
        tolerance=5.1e-5, source="Sun et al. 2016", basis="formula",
    )  # fmt: skip
    deviations = [
        abs(close_in_path_loss(distance, 142 * GHz, exponent) - loss)
        for exponent, losses in _CLOSE_IN.items()
        for distance, loss in losses.items()
    ]
    yield Comparison(
        quantity=f"close-in, largest deviation of {len(deviations)} [dB]", published=0.0, simulated=max(deviations),
        tolerance=6e-4, source="Sun et al. 2016", basis="formula",
    )  # fmt: skip


def _shadowing() -> Iterator[Comparison]:
    """Mean products of the values at two places over many fields; each has a standard error of at most sqrt(2/n)."""
    rng = np.random.default_rng(4)
    fields = [RandomField(_CORRELATION, rng) for _ in range(_FIELDS)]
    for distance in (0.0, 5.0, 13.0, 40.0):
        products = [field.at((50.0, 80.0)) * field.at((50.0 + distance, 80.0)) for field in fields]
        yield Comparison(
            quantity=f"shadowing, correlation 13 m, {distance:g} m apart",
            published=math.exp(-distance / _CORRELATION), simulated=math.fsum(products) / _FIELDS,
            tolerance=3 * math.sqrt(2 / _FIELDS), source="Gudmundson 1991", basis="law",
        )  # fmt: skip
