"""Energy of a radio link at its two ends: the device and the base station."""

from dataclasses import dataclass

from qflsim.checks import Part, quantity

__all__ = ["MacroStationEnergy", "RadioEnergy", "StationEnergy"]


@dataclass(frozen=True, kw_only=True)
class RadioEnergy(Part):
    """A device draws power from its battery while its radio sends or receives.

    Sending: E = (P_tx / eta + P_circuit) t, with radiated power P_tx, power-amplifier efficiency eta and the
    power of the remaining transmit chain P_circuit [1]_. Receiving: E = P_rx t.

    Parameters
    ----------
    amplifier_efficiency:
        Share of the amplifier's input that is radiated; 0.35 [1]_ (0.2 to 0.5 occur).
    circuit_power:
        Power of mixers, filters and converters while sending [W]; 0.1 W [1]_.
    receive_power:
        Power while receiving [W]. Derived: TR 38.840 [2]_ rates control-plus-data reception at 300 units where
        sending at 23 dBm takes 700; the same ratio applied to the 0.670 W that this model draws at 23 dBm gives
        0.287 W.

    References
    ----------
    .. [1] S. Cui, A. J. Goldsmith, A. Bahai, "Energy-constrained modulation optimization", IEEE Trans. Wireless
       Commun. 4(5) (2005): form of the model; the default values are the common ones of the literature.
    .. [2] 3GPP TR 38.840, "Study on user equipment power saving in NR", clause 8.1 (relative power of the states).

    Notes
    -----
    *Scope*: active states only; sleep states and the transitions between them are not modelled.

    *Validation*: 0.2 W for 50 ms: 33.571 mJ drawn for 10 mJ radiated; 23 dBm for 25 ms: 16.752 mJ for 4.988 mJ.
    """

    amplifier_efficiency: float = quantity(0.35, above=0, at_most=1, advice="give a share, e.g. 0.35")
    circuit_power: float = quantity(0.1, unit="W", at_least=0, advice="give it in watts, e.g. 100 * mW")
    receive_power: float = quantity(0.287, unit="W", at_least=0, advice="give it in watts, e.g. 287 * mW")

    def transmit_energy(self, power: float, airtime: float) -> float:
        """Energy [J] drawn for radiating ``power`` [W] during ``airtime`` [s]."""
        return (power / self.amplifier_efficiency + self.circuit_power) * airtime

    def receive_energy(self, airtime: float) -> float:
        """Energy [J] drawn for receiving during ``airtime`` [s]."""
        return self.receive_power * airtime


@dataclass(frozen=True, kw_only=True)
class StationEnergy(Part):
    """A base station draws power when it is on, and more with every watt that it radiates.

    EARTH model [1]_: P_in = N (P_0 + Delta P_out) for 0 < P_out <= P_max, N P_sleep for P_out = 0, with N transceivers
    each radiating P_out. It splits into a part for the time the station is on, N P_0 t, and a part for the airtime,
    Delta (N P_out) t, which are charged apart.

    Parameters
    ----------
    transceivers:
        Number of transceiver chains N. The defaults are those of the *micro* station of [1]_, table 2.
    no_load_power:
        Power of one chain at vanishing load, P_0 [W].
    slope:
        Increase of input power per radiated power, Delta.
    maximum_power:
        Largest power one chain radiates, P_max [W].
    sleep_power:
        Power of one sleeping chain, P_sleep [W].

    References
    ----------
    .. [1] G. Auer et al., "How much energy is needed to run a wireless network?", IEEE Wireless Commun. 18(5)
       (2011), table 2 (values read in a public function that quotes it).

    Notes
    -----
    *Scope*: an LTE-generation micro station of 2010, the last for which a complete public model exists; a
    power model of a 6G station does not exist yet. Waking up takes no time.

    *Validation*: micro station: 78 W asleep, 112 W at zero load, 128.38 W at half and 144.76 W at full load.
    """

    transceivers: int = quantity(2, at_least=1, advice="give a whole number, e.g. 2")
    no_load_power: float = quantity(56.0, unit="W", at_least=0, advice="give it in watts, e.g. 56 * W")
    slope: float = quantity(2.6, at_least=0, advice="give a ratio, e.g. 2.6")
    maximum_power: float = quantity(6.3, unit="W", above=0, advice="give it in watts, e.g. 6.3 * W")
    sleep_power: float = quantity(39.0, unit="W", at_least=0, advice="give it in watts, e.g. 39 * W")

    def power(self, radiated: float) -> float:
        """Input power [W] of the whole station while all its chains together radiate ``radiated`` [W]."""
        if radiated == 0.0:
            return self.transceivers * self.sleep_power
        return self.transceivers * self.no_load_power + self.slope * self._allowed(radiated)

    def load_energy(self, radiated: float, airtime: float) -> float:
        """Energy [J] that radiating ``radiated`` [W] for ``airtime`` [s] adds to that of a station that is on."""
        return self.slope * self._allowed(radiated) * airtime

    def idle_energy(self, duration: float) -> float:
        """Energy [J] of a station that is on for ``duration`` [s], without what it radiates."""
        return self.transceivers * self.no_load_power * duration

    def sleep_energy(self, duration: float) -> float:
        """Energy [J] of a station that sleeps for ``duration`` [s]."""
        return self.transceivers * self.sleep_power * duration

    @property
    def maximum_radiated(self) -> float:
        """Largest power [W] that all chains together radiate."""
        return self.transceivers * self.maximum_power

    def _allowed(self, radiated: float) -> float:
        most = self.maximum_radiated
        # dBm values converted to watts may exceed a bound written in watts by a rounding error
        if not 0.0 <= radiated <= most * (1 + 1e-9):
            raise ValueError(
                f"radiated power must be between 0 and {most:g} W ({self.transceivers} transceivers of "
                f"{self.maximum_power:g} W), got {radiated!r}; raise StationEnergy.maximum_power or lower the power"
            )
        return radiated


@dataclass(frozen=True, kw_only=True)
class MacroStationEnergy(StationEnergy):
    """The large base station above the roofs, for `UrbanMacro`: six transceivers of 20 W.

    As `StationEnergy`, with the macro station of [1]_, table 2.

    References
    ----------
    .. [1] G. Auer et al., "How much energy is needed to run a wireless network?", IEEE Wireless Commun. 18(5)
       (2011), table 2 (values read in a public function that quotes it).

    Notes
    -----
    *Validation*: 450 W asleep, 780 W at zero load, 1062 W at half and 1344 W at full load.
    """

    transceivers: int = quantity(6, at_least=1, advice="give a whole number, e.g. 6")
    no_load_power: float = quantity(130.0, unit="W", at_least=0, advice="give it in watts, e.g. 130 * W")
    slope: float = quantity(4.7, at_least=0, advice="give a ratio, e.g. 4.7")
    maximum_power: float = quantity(20.0, unit="W", above=0, advice="give it in watts, e.g. 20 * W")
    sleep_power: float = quantity(75.0, unit="W", at_least=0, advice="give it in watts, e.g. 75 * W")
