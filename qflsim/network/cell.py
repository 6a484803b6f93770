"""What all radio cells have in common: budgets, chance and airtime between a base station and its devices."""

import math
from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from qflsim.checks import quantity
from qflsim.units import GHz, MHz, W, dB, dBm, m, to_dB

from .buildings import Buildings, Indoors, mean_power
from .capacity import DOWNLINK, UPLINK, TruncatedShannon, airtime, noise_power
from .link import LinkModel, Quality
from .timing import SLOTS_OF_125_US, Access, SlotTiming

__all__ = ["Channel", "RadioCell"]


@dataclass(frozen=True, slots=True)
class Channel:
    """The radio conditions between two places.

    Parameters
    ----------
    los:
        Whether the two see each other.
    path_loss_db, shadowing_db:
        Median path loss and the deviation from it [dB]; a positive deviation weakens the signal.
    snr_up, snr_down:
        Signal-to-noise ratios over the full band (ratios, not dB), to and from the station.
    efficiency_up, efficiency_down:
        Spectral efficiencies without interference [bit/s/Hz]; 0 is outage. Between two devices both directions are
        equal.
    penetration_db:
        Loss in the walls of the building that the device is in [dB].
    indoor:
        Whether it is in one.
    """

    los: bool
    path_loss_db: float
    shadowing_db: float
    snr_up: float
    snr_down: float
    efficiency_up: float
    efficiency_down: float
    penetration_db: float = 0.0
    indoor: bool = False

    @property
    def snr_down_db(self) -> float:
        """Signal-to-noise ratio from the station [dB]; NaN if nothing is received."""
        return to_dB(self.snr_down) if self.snr_down else math.nan


@dataclass(frozen=True, kw_only=True)
class RadioCell(LinkModel):
    """A base station serves the devices around it.

    Line of sight by chance, median path loss, log-normal shadowing. The signal-to-noise ratio P G_t G_r / (L N) over
    the full band gives the spectral efficiency by the truncated Shannon bound [1]_. Transfers take turns in time on
    the full band (`SharedBand`), in both directions (time-division duplex).

    A cell of one's own derives from this class and gives `distances`, `los_probability` and `path_loss`, and defaults
    for the fields that have none here.

    Parameters
    ----------
    carrier, bandwidth:
        Carrier frequency and bandwidth [Hz]; 10 GHz and 200 MHz, the 6G upper mid-band [2]_.
    device_power, station_power:
        Radiated powers [W]; 23 dBm, power class 3 [3]_, for a device.
    device_gain, station_gain:
        Antenna gains (ratios); 0 dBi, and 20 dBi for the station's array (14 to 25 dBi [4]_).
    device_noise, station_noise:
        Noise figures (ratios); 9 dB and 5 dB [4]_.
    device_height, station_height:
        Antenna heights [m].
    shadowing_los, shadowing_nlos:
        Standard deviation of shadowing with and without line of sight [dB]. 0 switches it off.
    correlation_los, correlation_nlos:
        Distances over which shadowing is correlated with and without line of sight [m]; 10 and 13 m, urban micro [5]_.
    correlation_sight:
        Distance over which line of sight is correlated [m]; 50 m, urban [6]_.
    shadowing_common:
        Correlation of the shadowing of one place towards different stations; 0 [5]_, often 0.5 [7]_.
    buildings:
        The buildings that devices are in; ``None`` if all are outside.
    interference:
        Whether cells disturb each other; without, only noise limits a link.
    stray_gain:
        Gain of a station's array towards devices and cells that it does not point at (a ratio), ``station_gain`` at
        most; 8 dBi, that of one antenna element [8]_.
    uplink, downlink:
        Link adaptation of the two directions.
    timing:
        Slots and processing times.

    References
    ----------
    .. [1] 3GPP TR 36.942, annex A.1.
    .. [2] 3GPP TR 38.820 (7 to 24 GHz; from memory); 100 to 400 MHz are under discussion.
    .. [3] 3GPP TS 38.101-1, clause 6.2.1 (from memory).
    .. [4] ITU-R M.2412-0, table 5 (evaluation configurations, dense urban; from memory; the noise figure of devices
       also in TR 36.814).
    .. [5] 3GPP TR 38.901, table 7.5-6 (read in two public implementations); different sites are not correlated.
    .. [6] 3GPP TR 38.901, table 7.6.3.1-2 (read in two public implementations).
    .. [7] 3GPP TR 36.814, table A.2.1.1-1 (from memory).
    .. [8] 3GPP TR 38.901, table 7.3-1 (from memory). Towards a direction that a beam was not made for, the signals of
       an array's elements add up with random phases, so that on average the gain of one element is left.

    Notes
    -----
    *Scope*: no fast fading beyond what the link adaptation averages over. A device sends at full power, whatever its
    distance, spread over the full band. All cells use the same band, with no coordination. A cell counts as sending in
    both directions while anything is under way on its band, and to the extent of its background load otherwise; frames
    are aligned, so that devices disturb stations and stations disturb devices, and never their like.
    """

    carrier: float = quantity(10 * GHz, unit="Hz", at_least=0.5 * GHz, at_most=100 * GHz, advice="e.g. 10 * GHz")
    bandwidth: float = quantity(200 * MHz, unit="Hz", above=0, advice="give it in hertz, e.g. 200 * MHz")
    device_power: float = quantity(dBm(23), unit="W", above=0, at_most=1 * W, advice="give watts, e.g. dBm(23)")
    station_power: float = quantity(unit="W", above=0, at_most=200 * W, advice="give watts, e.g. dBm(33)")
    device_gain: float = quantity(dB(0), above=0, advice="give a ratio, e.g. dB(0)")
    station_gain: float = quantity(dB(20), above=0, advice="give a ratio, e.g. dB(20)")
    device_noise: float = quantity(dB(9), at_least=1, advice="give a ratio >= 1, e.g. dB(9)")
    station_noise: float = quantity(dB(5), at_least=1, advice="give a ratio >= 1, e.g. dB(5)")
    device_height: float = quantity(1.5 * m, unit="m", above=0, advice="e.g. 1.5 * m")
    station_height: float = quantity(unit="m", above=0, advice="e.g. 10 * m")
    shadowing_los: float = quantity(unit="dB", at_least=0, advice="give decibels as a number, e.g. 4.0")
    shadowing_nlos: float = quantity(unit="dB", at_least=0, advice="give decibels as a number, e.g. 7.82")
    correlation_los: float = quantity(10 * m, unit="m", above=0, advice="give it in metres, e.g. 10 * m")
    correlation_nlos: float = quantity(13 * m, unit="m", above=0, advice="give it in metres, e.g. 13 * m")
    correlation_sight: float = quantity(50 * m, unit="m", above=0, advice="give it in metres, e.g. 50 * m")
    shadowing_common: float = quantity(0.0, at_least=0, at_most=1, advice="give a correlation, e.g. 0.5")
    buildings: Buildings | None = None
    interference: bool = True
    stray_gain: float = quantity(dB(8), above=0, advice="give a ratio, e.g. dB(8)")
    uplink: TruncatedShannon = UPLINK
    downlink: TruncatedShannon = DOWNLINK
    timing: SlotTiming = SLOTS_OF_125_US

    @property
    @abstractmethod
    def distances(self) -> tuple[float, float]:
        """Smallest and largest horizontal distance [m] for which the path loss is defined."""

    @abstractmethod
    def los_probability(self, distance: float) -> float:
        """Probability that a device at horizontal ``distance`` [m] sees the station."""

    @abstractmethod
    def path_loss(self, distance: float, los: bool) -> float:
        """Median path loss [dB] at horizontal ``distance`` [m]."""

    def draw(self, distance: float, rng: np.random.Generator) -> Channel:
        """The channel of a device anywhere ``distance`` [m] from the station, by chance.

        Always takes two draws from ``rng``, and five more if there are buildings.

        Raises
        ------
        ValueError
            If the distance is not within `distances`.
        """
        sight, shadow = rng.random(), rng.standard_normal()
        indoors = self.buildings.draw(rng) if self.buildings else None
        los = sight < self.los_probability(self.outdoor_distance(distance, indoors))
        return self.channel(distance, los, shadow * self._deviation(los, indoors), indoors)

    def channel(self, distance: float, los: bool, shadowing_db: float = 0.0, indoors: Indoors | None = None) -> Channel:
        """The channel at ``distance`` [m] for a known line of sight, shadowing ``shadowing_db`` [dB] and building."""
        path_loss, penetration = self.path_loss(distance, los), 0.0
        if indoors is not None and self.buildings is not None:
            penetration = self.buildings.penetration_loss(self.carrier, indoors)
        gain = self.station_gain * self.device_gain / dB(path_loss + shadowing_db + penetration)
        snr_up = self.device_power * gain / noise_power(self.bandwidth, self.station_noise)
        snr_down = self.station_power * gain / noise_power(self.bandwidth, self.device_noise)
        return Channel(
            los=bool(los),
            path_loss_db=path_loss,
            shadowing_db=float(shadowing_db),
            snr_up=float(snr_up),
            snr_down=float(snr_down),
            efficiency_up=self.uplink.efficiency(snr_up),
            efficiency_down=self.downlink.efficiency(snr_down),
            penetration_db=penetration,
            indoor=indoors is not None,
        )

    def silent(self) -> Channel:
        """The channel over which nothing is received: out of the range of the model."""
        return Channel(False, math.inf, 0.0, 0.0, 0.0, 0.0, 0.0)

    def outdoor_distance(self, distance: float, indoors: Indoors | None) -> float:
        """The part of a horizontal ``distance`` [m] that lies in the open; the chance of a line of sight goes by it."""
        return distance if indoors is None else max(self.distances[0], distance - indoors.depth)

    @property
    def stray(self) -> float:
        """Gain of a station's array (a ratio) towards what it does not point at."""
        return min(self.stray_gain, self.station_gain)

    def mean_gain(self, distance: float) -> float:
        """Mean of 1 / L (a ratio) between a station and a device anywhere ``distance`` [m] away.

        The mean goes over line of sight, shadowing and buildings; E[10^(-X/10)] = exp((ln(10)/10)^2 sigma^2 / 2) for a
        normal deviation X of sigma [dB]. A building counts with the line of sight of the device, not of its wall.
        """
        sight = self.los_probability(distance)
        seen, hidden = sight / dB(self.path_loss(distance, True)), (1 - sight) / dB(self.path_loss(distance, False))
        outside = seen * mean_power(self.shadowing_los) + hidden * mean_power(self.shadowing_nlos)
        if self.buildings is None:
            return outside
        share, walls = self.buildings.indoor_share, self.buildings.mean_transmission(self.carrier)
        inside = (seen + hidden) * mean_power(self.buildings.shadowing) * walls
        return (1 - share) * outside + share * inside

    def _deviation(self, los: bool, indoors: Indoors | None) -> float:
        """Standard deviation of the shadowing [dB]."""
        if indoors is not None and self.buildings is not None:
            return self.buildings.shadowing
        return self.shadowing_los if los else self.shadowing_nlos

    def airtime(self, size_bit: float, efficiency: float) -> float:
        """Time [s] for which ``size_bit`` bits at ``efficiency`` [bit/s/Hz] occupy the full band."""
        return airtime(size_bit, efficiency, self.bandwidth)

    def access(self, size_bit: float, efficiency: float, rng: np.random.Generator) -> Access:
        """What slots and repetitions do to a message of ``size_bit`` [bit] at ``efficiency`` [bit/s/Hz]."""
        return self.timing.access(rng, self.timing.blocks(size_bit, efficiency * self.bandwidth))

    def quality(self, distance: float, rng: np.random.Generator) -> Quality:
        """What one uplink message of a single block meets when it has the band to itself."""
        efficiency = self.draw(distance, rng).efficiency_up
        loss = self.timing.loss() if efficiency > 0.0 else 1.0
        return Quality(rate_bps=efficiency * self.bandwidth, delay_s=self.timing.access(rng).delay_s, loss=loss)
