"""Path loss, line of sight, noise, link adaptation and slots of the radio access.

References
----------
.. [1] 3GPP TR 38.901, tables 7.4.1-1 (path loss, read in two public implementations of it) and 7.4.2-1 (line of
   sight); the values below were worked out from the tables apart from qflsim.
.. [2] 3GPP TR 36.942, annex A.1: attenuated and truncated Shannon bound.
.. [3] Thermal noise, -174 dBm/Hz at 290 K.
.. [4] 3GPP TS 38.211 (slots) and TS 38.214, table 6.4-1 (preparation); 100 us to decode.
.. [5] S. Sun et al., IEEE Trans. Veh. Technol. 65(5), 2843 (2016): the close-in model.
"""

from collections.abc import Iterator
from dataclasses import replace

from qflsim.network.capacity import DOWNLINK, UPLINK, noise_power
from qflsim.network.indoor import indoor_path_loss
from qflsim.network.propagation import umi_breakpoint, umi_los_probability, umi_path_loss
from qflsim.network.propagation_macro import uma_los_probability, uma_path_loss
from qflsim.network.radio import UrbanMicro
from qflsim.network.terahertz import close_in_path_loss
from qflsim.network.timing import SlotTiming
from qflsim.units import GHz, Mbit, MHz, dB, to_dB, to_dBm, us
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

# (carrier [GHz], distance [m]): with line of sight, without [dB]
_LOSSES = {
    (3.5, 20): (71.3602, 81.1878), (3.5, 100): (85.3142, 104.6438), (3.5, 250): (95.0801, 118.6448),
    (3.5, 500): (107.1138, 129.2645), (10, 20): (80.4788, 90.8991), (10, 100): (94.4328, 114.3552),
    (10, 250): (102.7620, 128.3561), (10, 500): (109.0797, 138.9759), (28, 20): (89.4220, 100.4236),
    (28, 100): (103.3760, 123.8796), (28, 250): (111.7052, 137.8806), (28, 500): (118.0228, 148.5003),
}  # fmt: skip
_SHOWN = ((10, 100), (28, 500))
_SIGHT = {50: 0.519585, 100: 0.230985, 500: 0.036001}
_NOISE = ((20, 9, -91.9897), (1000, 10, -74.0))
_SHANNON = {10: (2.07566, 1.38377), 30: (4.4, 2.0)}


def comparisons() -> Iterator[Comparison]:
    """Rows from the path loss to the bits per second."""
    yield from _path_loss()
    yield from _other_cells()
    for distance, probability in _SIGHT.items():
        yield Comparison(
            quantity=f"UMi line of sight at {distance} m", published=probability,
            simulated=umi_los_probability(distance), tolerance=5e-7, source="TR 38.901, 7.4.2-1", basis="formula",
        )  # fmt: skip
    for bandwidth, figure, noise in _NOISE:
        yield Comparison(
            quantity=f"noise, {bandwidth} MHz, figure {figure} dB [dBm]", published=noise,
            simulated=to_dBm(noise_power(bandwidth * MHz, dB(figure))), tolerance=5e-5, source="kT = -174 dBm/Hz",
            basis="formula",
        )  # fmt: skip
    for snr, efficiencies in _SHANNON.items():
        for name, link, efficiency in zip(("down", "up"), (DOWNLINK, UPLINK), efficiencies, strict=True):
            yield Comparison(
                quantity=f"{name}link at {snr} dB [bit/s/Hz]", published=efficiency,
                simulated=link.efficiency(dB(snr)), tolerance=5e-6, source="TR 36.942, A.1", basis="formula",
            )  # fmt: skip
    yield from _uplink()


def _path_loss() -> Iterator[Comparison]:
    yield Comparison(
        quantity="UMi break point at 10 GHz [m]", published=600.0, simulated=umi_breakpoint(10 * GHz), tolerance=1e-9,
        source="TR 38.901, 7.4.1-1", basis="formula",
    )  # fmt: skip
    for carrier, distance in _SHOWN:
        for los, loss in zip((True, False), _LOSSES[carrier, distance], strict=True):
            yield Comparison(
                quantity=f"UMi {'' if los else 'N'}LOS, {carrier:g} GHz, {distance} m [dB]", published=loss,
                simulated=umi_path_loss(distance, carrier * GHz, los), tolerance=5.1e-5, source="TR 38.901, 7.4.1-1",
                basis="formula",
            )  # fmt: skip
    deviations = [
        abs(umi_path_loss(distance, carrier * GHz, los) - loss)
        for (carrier, distance), losses in _LOSSES.items()
        for los, loss in zip((True, False), losses, strict=True)
    ]
    yield Comparison(
        quantity=f"largest deviation of {len(deviations)} path losses [dB]", published=0.0, simulated=max(deviations),
        tolerance=5.1e-5, source="TR 38.901, 7.4.1-1", basis="formula",
    )  # fmt: skip


def _other_cells() -> Iterator[Comparison]:
    for name, model, carrier, distance, losses in (
        ("UMa", uma_path_loss, 10, 100, (92.2568, 112.1562)),
        ("InH", indoor_path_loss, 28, 20, (83.8510, 103.1637)),
    ):
        for los, loss in zip((True, False), losses, strict=True):
            yield Comparison(
                quantity=f"{name} {'' if los else 'N'}LOS, {carrier} GHz, {distance} m [dB]", published=loss,
                simulated=model(distance, carrier * GHz, los), tolerance=5.1e-5, source="TR 38.901, 7.4.1-1",
                basis="formula",
            )  # fmt: skip
    yield Comparison(
        quantity="UMa line of sight at 100 m", published=0.347671, simulated=uma_los_probability(100), tolerance=5e-7,
        source="TR 38.901, 7.4.2-1", basis="formula",
    )  # fmt: skip
    yield Comparison(
        quantity="close-in, n = 1.94, 142 GHz, 100 m [dB]", published=114.294,
        simulated=close_in_path_loss(100, 142 * GHz, 1.94), tolerance=5.1e-4, source="Sun et al. 2016",
        basis="formula",
    )  # fmt: skip


def _uplink() -> Iterator[Comparison]:
    cell = UrbanMicro(carrier=10 * GHz, bandwidth=20 * MHz)
    for los, snr in ((True, 44.5569), (False, 24.6345)):
        yield Comparison(
            quantity=f"uplink SNR, 23 dBm, 100 m, {'' if los else 'N'}LOS [dB]", published=snr,
            simulated=to_dB(cell.channel(100.0, los).snr_up), tolerance=5.1e-5, source="link budget", basis="formula",
        )  # fmt: skip
    channel = cell.channel(100.0, True)
    yield Comparison(
        quantity="the same: airtime of 1 Mbit [ms]", published=25.0, tolerance=1e-9,
        simulated=1e3 * cell.airtime(1 * Mbit, channel.efficiency_up), source="40 Mbit/s", basis="formula",
    )  # fmt: skip
    yield Comparison(
        quantity="mean access delay, 120 kHz, no errors [us]", published=448.2, tolerance=0.05,
        simulated=replace(SlotTiming(), numerology=3, block_error=0.0).mean_delay() / us, source="TS 38.211, 38.214",
        basis="formula",
    )  # fmt: skip
