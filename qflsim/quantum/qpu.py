"""How long a quantum processor needs for circuits, and what that costs in energy.

    time = submissions x overhead + passes x shots x (circuit + readout + reset + repetition delay)

A pass runs as many circuits as fit side by side on the chip. On IBM's machines gates take less than 2 % of a shot;
the delay between shots and the overhead of a submission are nearly all of it.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qflsim.checks import Part, quantity
from qflsim.units import kW, ms, s

__all__ = ["QPU", "EdgeQPU", "IBMSnapshot", "JobEnergy", "JobTime", "ShotTiming", "job_time", "plant_energy"]


@dataclass(frozen=True, kw_only=True)
class ShotTiming(Part):
    """The parts of one shot of one circuit on one device.

    Parameters
    ----------
    circuit_s:
        Duration of the gates on the critical path [s].
    readout_s:
        Duration of the measurement [s].
    reset_s:
        Duration of the active reset of the qubits [s].
    repetition_s:
        The device's own default delay between shots [s].
    """

    circuit_s: float = quantity(unit="s", at_least=0.0)
    readout_s: float = quantity(unit="s", at_least=0.0)
    reset_s: float = quantity(0.0, unit="s", at_least=0.0)
    repetition_s: float = quantity(unit="s", at_least=0.0)


@dataclass(frozen=True, kw_only=True)
class JobTime:
    """Where the time of a QPU job goes; all in seconds.

    Parameters
    ----------
    overhead_s:
        Loading of submissions into the control electronics.
    circuit_s:
        Gates.
    readout_s:
        Measurement and active reset.
    repetition_s:
        Delay between shots.
    """

    overhead_s: float
    circuit_s: float
    readout_s: float
    repetition_s: float

    @property
    def total_s(self) -> float:
        """Duration of the job [s], queueing left out."""
        return self.overhead_s + self.circuit_s + self.readout_s + self.repetition_s


@dataclass(frozen=True, kw_only=True)
class JobEnergy:
    """Energy of a QPU job [J]: control electronics, and the rest of the plant, which is nearly all cooling."""

    control_j: float
    cooling_j: float

    @property
    def total_j(self) -> float:
        """Energy of the whole plant [J]."""
        return self.control_j + self.cooling_j


@dataclass(frozen=True, kw_only=True)
class QPU(Part, ABC):
    """A quantum processor: noise from a calibration snapshot of a device, timing and power of its plant.

    Parameters
    ----------
    snapshot:
        Name of the calibration snapshot its noise and durations are taken from.
    shots:
        Runs of each circuit.
    active_reset:
        Whether every shot begins with an active reset of the qubits, as on IBM's machines by default; its duration
        is part of the shot.
    """

    snapshot: str = "manila"
    shots: int = quantity(1024, at_least=1, advice="write e.g. 1024")
    active_reset: bool = True

    @abstractmethod
    def run_time(self, submissions: Sequence[int], timing: ShotTiming) -> JobTime:
        """Time of a job.

        Parameters
        ----------
        submissions:
            Number of circuits in each submission, one submission after the other.
        timing:
            Durations of one shot.
        """

    @abstractmethod
    def energy(self, seconds: float, qubits: int) -> JobEnergy:
        """Energy of the plant over a time.

        Parameters
        ----------
        seconds:
            How long [s]: the job for a machine shared with others, the wall-clock time for a dedicated one.
        qubits:
            Physical qubits of the device, all of which are controlled.
        """


@dataclass(frozen=True, kw_only=True)
class IBMSnapshot(QPU):
    """An IBM machine behind the cloud interface: 2 s to load a submission, 250 us between shots.

    Parameters
    ----------
    snapshot, shots, active_reset:
        See `QPU`. 1024 shots of a two-valued observable have a standard error of at most 1/32.
    job_overhead:
        Time to load one submission into the control electronics [s]; 2 s by IBM's usage formula [1]_.
    repetition_delay:
        Delay between shots [s]; ``None`` takes the snapshot's own default, 250 us for nearly all of them [2]_.
    copies:
        Circuits run side by side on one chip.
    plant_power:
        Power of the whole plant [W]. 25 kW, as stated for a dilution refrigerator plant of a superconducting
        annealer [3]_; 26 kW is quoted for Sycamore.
    control_power:
        Power of the room-temperature electronics per physical qubit [W]. 20 W lies between the 8 to 15 W of one
        vendor's measurement and the 20 to 100 W common in the industry [4]_.

    Notes
    -----
    *Scope*: queueing behind other users is left out, so are the limits on circuits per submission; the refrigerator
    draws the same power idle or busy [5]_, and is charged for the job's duration.

    *Validation*: IBM's formula, 2 + 0.00035 N seconds for N executions at 100 us per circuit: 19.2032 s for 49,152;
    with the snapshots' medians, 4096 shots of 20 one-qubit and 10 two-qubit gates: torino 3.04279 s, fez 3.04228 s,
    sherbrooke 3.06070 s; torino's energy 76.07 kJ.

    References
    ----------
    .. [1] IBM Quantum documentation, guide "Estimate job run time" (``estimate-job-run-time``), 2025.
    .. [2] qiskit-ibm-runtime 0.51.0, ``fake_provider``: ``default_rep_delay`` and ``reset`` durations.
    .. [3] J. Hsu, "How much power will quantum computing need?", IEEE Spectrum (2015).
    .. [4] Aqsolotl, product pages on control electronics (2025).
    .. [5] M. J. Martin et al., "Energy use in quantum data centers: scaling the impact of computer architecture, qubit
       performance, size, and thermal parameters", arXiv:2103.16726.
    """

    job_overhead: float = quantity(2 * s, unit="s", at_least=0.0, advice="write e.g. 2 * s")
    repetition_delay: float | None = quantity(None, unit="s", at_least=0.0, advice="write e.g. 250 * us, or None")
    copies: int = quantity(1, at_least=1, advice="write e.g. 1")
    plant_power: float = quantity(25 * kW, unit="W", at_least=0.0, advice="write e.g. 25 * kW")
    control_power: float = quantity(20.0, unit="W", at_least=0.0, advice="write e.g. 20 * W, per qubit")

    def run_time(self, submissions: Sequence[int], timing: ShotTiming) -> JobTime:
        """Time by the formula on top of this page."""
        shot = timing if self.active_reset else replace(timing, reset_s=0.0)
        return job_time(submissions, self.shots, self.copies, self.job_overhead, self.repetition_delay, shot)

    def energy(self, seconds: float, qubits: int) -> JobEnergy:
        """Plant power times time, split into control electronics and the rest."""
        return plant_energy(seconds, qubits, self.plant_power, self.control_power)


@dataclass(frozen=True, kw_only=True)
class EdgeQPU(QPU):
    """A superconducting QPU at the edge of the network, with its controller next to it and no cloud between.

    Active reset takes the place of the delay between shots, and many small circuits share the chip.

    Parameters
    ----------
    snapshot, shots, active_reset:
        See `QPU`; torino (Heron r1) has 133 qubits.
    job_overhead:
        Time to load one submission [s]. An assumption: 10 ms, a controller that needs no recompilation because only
        angles change.
    repetition_delay:
        Delay between shots [s] besides the active reset; 0 is the lower end of the range that the 2025 snapshots
        allow [1]_ (more state preparation error on real devices, not modelled). ``None`` takes the snapshot's own.
    copies:
        Circuits run side by side. 32 circuits of 4 qubits fill 128 of 133 qubits, as multi-programming does with a
        few [2]_ [3]_; that all of them see the median noise and no crosstalk is an idealisation.
    plant_power, control_power:
        See `IBMSnapshot`.

    Notes
    -----
    *Scope*: a QPU of today's physics in tomorrow's place: no such product exists. The refrigerator's power is that
    of a laboratory plant, and dominates the energy of everything else.

    *Validation*: with no delay a shot of torino lasts 1.32 + 1.56 + 1.708 = 4.588 us.

    References
    ----------
    .. [1] qiskit-ibm-runtime 0.51.0, ``fake_provider``: ``rep_delay_range`` and ``reset`` durations.
    .. [2] P. Das, S. S. Tannu, P. J. Nair, M. Qureshi, "A case for multi-programming quantum computers", MICRO 2019.
    .. [3] S. Niu, A. Todri-Sanial, "Enabling multi-programming mechanism for quantum computing in the NISQ era",
       Quantum 7, 925 (2023), arXiv:2102.05321.
    """

    snapshot: str = "torino"
    job_overhead: float = quantity(10 * ms, unit="s", at_least=0.0, advice="write e.g. 10 * ms")
    repetition_delay: float | None = quantity(0.0, unit="s", at_least=0.0, advice="write e.g. 0 * us, or None")
    copies: int = quantity(32, at_least=1, advice="write e.g. 32")
    plant_power: float = quantity(25 * kW, unit="W", at_least=0.0, advice="write e.g. 25 * kW")
    control_power: float = quantity(20.0, unit="W", at_least=0.0, advice="write e.g. 20 * W, per qubit")

    def run_time(self, submissions: Sequence[int], timing: ShotTiming) -> JobTime:
        """Time by the formula on top of this page."""
        shot = timing if self.active_reset else replace(timing, reset_s=0.0)
        return job_time(submissions, self.shots, self.copies, self.job_overhead, self.repetition_delay, shot)

    def energy(self, seconds: float, qubits: int) -> JobEnergy:
        """Plant power times time, split into control electronics and the rest."""
        return plant_energy(seconds, qubits, self.plant_power, self.control_power)


def job_time(
    submissions: Sequence[int],
    shots: int,
    copies: int,
    overhead_s: float,
    repetition_s: float | None,
    timing: ShotTiming,
) -> JobTime:
    """Time of a job whose submissions run one after the other, each in ceil(circuits / copies) passes.

    Parameters
    ----------
    submissions:
        Number of circuits in each submission.
    shots, copies:
        Runs of each circuit; circuits side by side.
    overhead_s:
        Time to load one submission [s].
    repetition_s:
        Delay between shots [s]; ``None`` takes that of ``timing``.
    timing:
        Durations of one shot.

    Raises
    ------
    ValueError
        If a submission has no circuit, or nothing at all separates one shot from the next.
    """
    if any(circuits < 1 for circuits in submissions):
        raise ValueError(f"every submission must hold at least one circuit, got {list(submissions)}")
    delay_s = timing.repetition_s if repetition_s is None else repetition_s
    if delay_s == 0.0 and timing.reset_s == 0.0:
        raise ValueError(
            "repetition_delay of 0 s without an active reset leaves no way to prepare the next shot; "
            "set active_reset=True on a snapshot with a reset duration, or write repetition_delay=250 * us"
        )
    executions = shots * sum(-(-circuits // copies) for circuits in submissions)
    return JobTime(
        overhead_s=overhead_s * len(submissions),
        circuit_s=timing.circuit_s * executions,
        readout_s=(timing.readout_s + timing.reset_s) * executions,
        repetition_s=delay_s * executions,
    )


def plant_energy(seconds: float, qubits: int, plant_power: float, control_power: float) -> JobEnergy:
    """Energy [J] of a plant over a time [s]: control_power [W] per qubit, and what is left of plant_power [W].

    Raises
    ------
    ValueError
        If the control electronics would draw more than the whole plant.
    """
    control = control_power * qubits
    if control > plant_power:
        raise ValueError(
            f"control_power of {control_power:g} W for each of {qubits} qubits is {control:g} W, more than the "
            f"plant_power of {plant_power:g} W; the plant's power includes it, write a larger one"
        )
    return JobEnergy(control_j=control * seconds, cooling_j=(plant_power - control) * seconds)
