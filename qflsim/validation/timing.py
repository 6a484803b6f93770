"""Time of QPU jobs on IBM's machines, with the durations of their calibration snapshots.

References
----------
.. [1] IBM Quantum documentation, guide "Estimate job run time": 2 s + 0.00035 s per execution at 100 us per circuit.
.. [2] qiskit-ibm-runtime 0.51.0, ``fake_provider``: medians of gate, readout and reset durations; the job times follow
   from them by [1]_ for 4096 shots of 20 one-qubit and 10 two-qubit gates on the critical path.
"""

from collections.abc import Iterator
from statistics import median

from qflsim.quantum.qpu import IBMSnapshot, ShotTiming
from qflsim.quantum.snapshots import load_snapshot
from qflsim.units import ns, us
from qflsim.validation.comparison import Comparison

__all__ = ["comparisons"]

_TORINO = {"cz": 68.0, "measure": 1560.0}  # medians [ns]
_JOBS = {"torino": 3.04279, "fez": 3.04228}


def comparisons() -> Iterator[Comparison]:
    """Rows on the usage formula and on the snapshots."""
    shot = ShotTiming(circuit_s=100 * us, readout_s=0.0, repetition_s=250 * us)
    yield Comparison(
        quantity="IBM usage, 49 152 executions [s]", published=19.2032, tolerance=1e-9,
        simulated=IBMSnapshot(shots=1024).run_time([48], shot).total_s, source="IBM, job run time", basis="formula",
    )  # fmt: skip
    for operation, duration in _TORINO.items():
        yield Comparison(
            quantity=f"torino, median duration of {operation} [ns]", published=duration,
            simulated=_median("torino", operation) / ns, tolerance=0.5, source="fake_provider, json", basis="value",
        )  # fmt: skip
    for device, seconds in _JOBS.items():
        time = IBMSnapshot(snapshot=device, shots=4096).run_time([1], _shot(device))
        yield Comparison(
            quantity=f"{device}, 4096 shots of 30 gates [s]", published=seconds, simulated=time.total_s, tolerance=1e-5,
            source="IBM, job run time", basis="formula",
        )  # fmt: skip


def _shot(device: str) -> ShotTiming:
    """A circuit of 20 one-qubit and 10 two-qubit gates at the device's median durations."""
    snapshot = load_snapshot(device)
    return ShotTiming(
        circuit_s=20 * _median(device, "sx") + 10 * _median(device, snapshot.gate),
        readout_s=_median(device, "measure"),
        reset_s=_median(device, "reset"),
        repetition_s=snapshot.repetition_delay_s,
    )


def _median(device: str, operation: str) -> float:
    """Median duration [s] of an operation over the qubits or couplers that work."""
    entries = load_snapshot(device).target[operation].values()
    return float(median(p.duration for p in entries if p is not None and not (p.error or 0.0) >= 0.999))
