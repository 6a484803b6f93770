"""How long a quantum processor needs for circuits.

    time = submissions x overhead + passes x shots x (circuit + readout + reset + repetition delay)

A pass runs as many circuits as fit side by side on the chip. On IBM's machines the delay between shots and the
overhead of a submission are most of it: gates take less than 2 % of a shot of a shallow circuit, and 11 % of one of
the 34-microsecond circuit that the paper's model becomes on manila.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qflsim.checks import Part, quantity
from qflsim.energy import PlantPower
from qflsim.units import ms, s

__all__ = ["QPU", "EdgeQPU", "GateModelQPU", "IBMSnapshot", "JobTime", "ShotTiming", "job_time"]


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

    def scaled(self, factor: float) -> "JobTime":
        """The job on a machine that is slower by ``factor`` in everything."""
        return JobTime(
            overhead_s=factor * self.overhead_s,
            circuit_s=factor * self.circuit_s,
            readout_s=factor * self.readout_s,
            repetition_s=factor * self.repetition_s,
        )


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
    plant:
        Electric power of its control electronics and its cooling.
    """

    snapshot: str = "manila"
    shots: int = quantity(1024, at_least=1, advice="write e.g. 1024")
    active_reset: bool = True
    plant: PlantPower = PlantPower()

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

    def side_by_side(self) -> int:
        """Circuits that run at once on one chip."""
        return 1


@dataclass(frozen=True, kw_only=True)
class GateModelQPU(QPU, ABC):
    """A QPU that is loaded with submissions and repeats each circuit shot by shot.

    Parameters
    ----------
    job_overhead:
        Time to load one submission into the control electronics [s].
    repetition_delay:
        Delay between shots [s]; ``None`` takes the snapshot's own default.
    copies:
        Circuits run side by side on one chip.
    """

    job_overhead: float = quantity(unit="s", at_least=0.0, advice="write e.g. 2 * s")
    repetition_delay: float | None = quantity(None, unit="s", at_least=0.0, advice="write e.g. 250 * us, or None")
    copies: int = quantity(1, at_least=1, advice="write e.g. 1")

    def run_time(self, submissions: Sequence[int], timing: ShotTiming) -> JobTime:
        """Time by the formula on top of this page."""
        shot = timing if self.active_reset else replace(timing, reset_s=0.0)
        return job_time(submissions, self.shots, self.copies, self.job_overhead, self.repetition_delay, shot)

    def side_by_side(self) -> int:
        """`copies`."""
        return self.copies


@dataclass(frozen=True, kw_only=True)
class IBMSnapshot(GateModelQPU):
    """An IBM machine behind the cloud interface: 2 s to load a submission, 250 us between shots.

    Parameters
    ----------
    snapshot, shots, active_reset, plant:
        See `QPU`. 1024 shots of a two-valued observable have a standard error of at most 1/32.
    job_overhead:
        Time to load one submission into the control electronics [s]; 2 s by IBM's usage formula [1]_.
    repetition_delay:
        Delay between shots [s]; ``None`` takes the snapshot's own default, 250 us for nearly all of them [2]_.
    copies:
        Circuits run side by side on one chip.

    Notes
    -----
    *Scope*: queueing behind other users is left out, so are the limits on circuits per submission.

    *Validation*: IBM's formula, 2 + 0.00035 N seconds for N executions at 100 us per circuit: 19.2032 s for 49,152;
    with the snapshots' medians, 4096 shots of 20 one-qubit and 10 two-qubit gates: torino 3.04279 s, fez 3.04228 s,
    sherbrooke 3.06070 s.

    References
    ----------
    .. [1] IBM Quantum documentation, guide "Estimate job run time" (``estimate-job-run-time``), 2025.
    .. [2] qiskit-ibm-runtime 0.51.0, ``fake_provider``: ``default_rep_delay`` and ``reset`` durations.
    """

    job_overhead: float = quantity(2 * s, unit="s", at_least=0.0, advice="write e.g. 2 * s")
    repetition_delay: float | None = quantity(None, unit="s", at_least=0.0, advice="write e.g. 250 * us, or None")
    copies: int = quantity(1, at_least=1, advice="write e.g. 1")


@dataclass(frozen=True, kw_only=True)
class EdgeQPU(GateModelQPU):
    """A superconducting QPU at the edge of the network, with its controller next to it and no cloud between.

    Active reset takes the place of the delay between shots, and many small circuits share the chip.

    Parameters
    ----------
    snapshot, shots, active_reset, plant:
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
