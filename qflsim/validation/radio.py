"""Noise, link adaptation, interference, slots and repetitions of the radio access.

References
----------
.. [1] 3GPP TR 36.942, annex A.1: attenuated and truncated Shannon bound.
.. [2] Thermal noise, -174 dBm/Hz at 290 K.
.. [3] 3GPP TS 38.211 (slots) and TS 38.214, table 6.4-1 (preparation); 100 us to decode.
.. [4] G. Caire, D. Tuninetti, IEEE Trans. Inf. Theory 47(5) (2001): repetition with combining over block fading,
   1 - exp(-t) (1 + t + ... + t^(m-1)/(m-1)!).
.. [5] I. Siomina, D. Yuan, IEEE Trans. Wireless Commun. 11(6), 2287 (2012): load coupling.
"""

from collections.abc import Iterator
from dataclasses import replace

from qflsim.network.capacity import DOWNLINK, UPLINK, noise_power
from qflsim.network.interference import coupled_loads, noise_rise
from qflsim.network.radio import UrbanMicro
from qflsim.network.timing import SlotTiming
from qflsim.units import GHz, Mbit, MHz, dB, to_dB, to_dBm, us
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

_NOISE = ((20, 9, -91.9897), (100, 5, -89.0), (400, 10, -77.9794), (1000, 10, -74.0))
_SHANNON = {
    -15: (0.0, 0.0), -10: (0.08250, 0.05500), -5: (0.23785, 0.15856), 0: (0.6, 0.4), 10: (2.07566, 1.38377),
    15: (3.01668, 2.0), 20: (3.99493, 2.0), 30: (4.4, 2.0),
}  # fmt: skip
_COMBINED = {2: 5.17553591e-3, 3: 1.80158691e-4, 4: 4.72018461e-6}  # for a first transmission that fails with 0.1


def comparisons() -> Iterator[Comparison]:
    """Rows from the noise to the message that arrives."""
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
                simulated=link.efficiency(dB(snr)), tolerance=6e-6, source="TR 36.942, A.1", basis="formula",
            )  # fmt: skip
    yield from _budget()
    yield from _interference()
    yield from _slots()


def _budget() -> Iterator[Comparison]:
    cell = UrbanMicro(carrier=10 * GHz, bandwidth=20 * MHz)
    for los, snr in ((True, 44.5569), (False, 24.6345)):
        yield Comparison(
            quantity=f"uplink SNR, 23 dBm, 100 m, {'' if los else 'N'}LOS [dB]", published=snr,
            simulated=to_dB(cell.channel(100.0, los).snr_up), tolerance=5.1e-5, source="link budget", basis="formula",
        )  # fmt: skip
    channel = cell.channel(100.0, False)
    yield Comparison(
        quantity="downlink over uplink SNR, 33 and 23 dBm [dB]", published=6.0, tolerance=1e-9,
        simulated=to_dB(channel.snr_down / channel.snr_up), source="noise 9 and 5 dB", basis="formula",
    )  # fmt: skip
    for name, rate, efficiency in (("up", 40.0, channel.efficiency_up), ("down", 88.0, channel.efficiency_down)):
        yield Comparison(
            quantity=f"the same, NLOS: 1 Mbit {name} [ms]", published=1e3 / rate, tolerance=1e-9,
            simulated=1e3 * cell.airtime(1 * Mbit, efficiency), source=f"{rate:g} Mbit/s", basis="formula",
        )  # fmt: skip


def _interference() -> Iterator[Comparison]:
    snr = UrbanMicro(carrier=10 * GHz, bandwidth=20 * MHz).channel(100.0, True).snr_up
    for activity, sinr in ((1.0, 24.5137), (0.1, 34.1430), (0.0, 44.5569)):
        rise = noise_rise({"other": dB(20)}, {"other": activity})
        yield Comparison(
            quantity=f"SINR, other cell at 20 dB, activity {activity:g} [dB]", published=sinr,
            simulated=to_dB(snr / rise), tolerance=1e-4, source="S / (N + a I)", basis="law",
        )  # fmt: skip
    heard = {"a": {"b": 0.5}, "b": {"a": 0.5}}
    yield Comparison(
        quantity="load of two cells: 0.4 (1 + 0.5 l)", published=0.5, tolerance=1e-9, source="Siomina and Yuan 2012",
        simulated=coupled_loads(lambda _, rise: 0.4 * rise, heard)["a"], basis="law",
    )  # fmt: skip


def _slots() -> Iterator[Comparison]:
    timing = SlotTiming()
    yield Comparison(
        quantity="mean access delay, 120 kHz, no errors [us]", published=448.2, tolerance=0.05,
        simulated=replace(timing, block_error=0.0).mean_delay() / us, source="TS 38.211, 38.214", basis="formula",
    )  # fmt: skip
    for count, failure in _COMBINED.items():
        yield Comparison(
            quantity=f"failure of {count} combined transmissions", published=failure, simulated=timing.failure(count),
            tolerance=1e-8, relative=True, source="Caire and Tuninetti 2001", basis="formula",
        )  # fmt: skip
    single = SlotTiming(transmissions=1, retries=1)
    yield Comparison(
        quantity="loss of 7 blocks, 2 transmissions each", published=1 - (1 - 0.01) ** 7, simulated=single.loss(7),
        tolerance=1e-12, source="1 - (1 - p^2)^n", basis="law",
    )  # fmt: skip
    yield Comparison(
        quantity="the same: delay beyond the first try [us]", published=_late(single), tolerance=1e-6,
        simulated=(single.mean_delay(7) - replace(single, block_error=0.0).mean_delay()) / us,
        source="rounds and 45 ms", basis="law",
    )  # fmt: skip


def _late(timing: SlotTiming) -> float:
    """Mean delay [us] of the worst of seven blocks: a round and 45 ms if one fails, another round if one is lost."""
    rounds = 178.5714285714 + 125.0 + 321.4285714286
    return (1 - 0.9**7) * (rounds + timing.retry_time / us) + (1 - 0.99**7) * rounds
