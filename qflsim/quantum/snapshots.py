"""Calibration snapshots of IBM quantum computers: couplings, gate times and errors of a real device on one day.

The numbers are those that ``qiskit_ibm_runtime.fake_provider`` ships [1]_. A snapshot is checked when it is loaded:
dead couplers (error 1) and qubits without T1 or T2 are left out, T2 is cut to its physical limit 2 T1, and devices
whose times are implausible or missing are refused.

References
----------
.. [1] qiskit-ibm-runtime, ``fake_provider`` (property snapshots of IBM devices), Apache-2.0.
.. [2] Qiskit Aer 0.17, ``basic_device_gate_errors``: depolarizing error plus thermal relaxation of each qubit such
   that the average infidelity is the calibrated gate error.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from qflsim.quantum.noise import DeviceNoise

__all__ = ["Snapshot", "load_snapshot", "snapshot_names"]

_ONE_QUBIT = ("id", "rz", "sx", "x")
_TWO_QUBIT = ("cx", "cz", "ecr")
_NEGLIGIBLE = 1e-10  # Aer's own threshold
_LOWEST_ERROR_OF_DEAD_COUPLER = 0.999
# Longest plausible times [s]: the slowest sound snapshot has 71 ns, 1.1 us and 8 us; toronto's are sixteen-fold.
_LONGEST = {1: 200e-9, 2: 3e-6}
_LONGEST_READOUT = 20e-6


@dataclass(frozen=True)
class Snapshot:
    """One IBM device on the day its calibration was recorded.

    Attributes
    ----------
    name:
        Lower-case name of the device, e.g. ``"manila"``.
    qubits:
        Number of physical qubits.
    gate:
        Its two-qubit gate: cx, cz or ecr.
    repetition_delay_s:
        Default delay between shots [s].
    """

    name: str
    qubits: int
    gate: str
    repetition_delay_s: float
    target: Any

    def readout_s(self, chosen: Iterable[int] | None = None) -> float:
        """Longest readout time [s] of the chosen qubits, of all qubits by default."""
        qubits = range(self.qubits) if chosen is None else chosen
        return max(float(self.target["measure"][(q,)].duration) for q in qubits if (q,) in self.target["measure"])

    def reset_s(self, chosen: Iterable[int] | None = None) -> float:
        """Longest active reset [s] of the chosen qubits, of all by default; 0 if the snapshot has no reset."""
        if "reset" not in self.target.operation_names:
            return 0.0
        qubits = range(self.qubits) if chosen is None else chosen
        entries = self.target["reset"]
        return max((float(entries[(q,)].duration or 0.0) for q in qubits if entries.get((q,)) is not None), default=0.0)

    def best_qubits(self, number: int) -> tuple[int, ...]:
        """The connected set of ``number`` qubits with the least coupler and readout errors, ascending.

        From every qubit a set is grown by the neighbour that adds the least error; the best of these sets is taken.
        """
        if not 1 <= number <= self.qubits:
            raise ValueError(f"{self.name} has {self.qubits} qubits, {number} were asked for; choose a larger snapshot")
        couplers, readout = self._couplers(), self._readout_errors()
        grown = [_grow(start, number, couplers, readout) for start in sorted(readout)]
        found = [g for g in grown if g is not None]
        if not found:
            raise ValueError(f"{self.name} has no {number} connected working qubits; choose another snapshot")
        return min(found)[1]

    def noise(self, number: int, *, level: int = 1) -> DeviceNoise:
        """Noise of the best ``number`` qubits, renumbered from 0, with gate, relaxation and readout errors."""
        return self.noise_of(self.best_qubits(number), level=level)

    def noise_of(self, chosen: tuple[int, ...], *, level: int = 1) -> DeviceNoise:
        """Noise of the given physical qubits, renumbered from 0 in the order given."""
        from qiskit_aer.noise import NoiseModel
        from qiskit_aer.noise.device.models import basic_device_gate_errors, basic_device_readout_errors

        target = self.sub_target(chosen)
        model = NoiseModel(basis_gates=sorted(name for name in target.operation_names if name not in ("measure",)))
        for qubits, error in basic_device_readout_errors(target=target):
            model.add_readout_error(error, qubits, warnings=False)
        for name, qubits, error in basic_device_gate_errors(target=target):
            if name in (*_ONE_QUBIT, *_TWO_QUBIT):
                model.add_quantum_error(_without_traces(error), name, qubits, warnings=False)
        return DeviceNoise(model=model, target=target, name=self.name, level=level)

    def sub_target(self, chosen: tuple[int, ...]) -> Any:
        """The compilation target that consists of the chosen physical qubits alone, renumbered from 0."""
        from qiskit.transpiler import Target

        number = {q: k for k, q in enumerate(chosen)}
        properties = [_physical(self.target.qubit_properties[q]) for q in chosen]
        target = Target(num_qubits=len(chosen), dt=self.target.dt, qubit_properties=properties)
        for name in (*_ONE_QUBIT, self.gate, "measure"):
            if name in self.target.operation_names:
                entries = self.target[name].items()
                kept = {tuple(number[q] for q in qs): p for qs, p in entries if all(q in number for q in qs)}
                alive = {qs: p for qs, p in kept.items() if not _dead(p)}
                if alive:
                    target.add_instruction(self.target.operation_from_name(name), dict(sorted(alive.items())))
        return target

    def _couplers(self) -> dict[int, dict[int, float]]:
        couplers: dict[int, dict[int, float]] = {}
        for (a, b), properties in self.target[self.gate].items():
            if not _dead(properties):
                for first, second in ((a, b), (b, a)):
                    known = couplers.setdefault(first, {})
                    known[second] = min(properties.error, known.get(second, 1.0))
        return couplers

    def _readout_errors(self) -> dict[int, float]:
        working = {}
        for (q,), properties in self.target["measure"].items():
            coherence = self.target.qubit_properties[q]
            if properties is not None and properties.error is not None and coherence and coherence.t1 and coherence.t2:
                working[q] = float(properties.error)
        return working


def _without_traces(error: Any) -> Any:
    """The error without the terms that Aer drops when it runs (probability below 1e-10), the rest renormalised.

    Aer drops them without renormalising, so that expectation values would lose about 1e-11 per gate.
    """
    from qiskit_aer.noise import QuantumError

    kept = [(c, p) for c, p in zip(error.circuits, error.probabilities, strict=True) if p >= _NEGLIGIBLE]
    total = sum(p for _, p in kept)
    return error if len(kept) == len(error.circuits) else QuantumError([(c, p / total) for c, p in kept])


def _dead(properties: Any) -> bool:
    return properties is None or properties.error is None or properties.error >= _LOWEST_ERROR_OF_DEAD_COUPLER


def _grow(
    start: int, number: int, couplers: dict[int, dict[int, float]], readout: dict[int, float]
) -> tuple[float, tuple[int, ...]] | None:
    """Total error and qubits of the set grown from ``start``; ``None`` if it cannot reach ``number``."""
    chosen, cost = [start], readout[start]
    while len(chosen) < number:
        edges = [
            (error + readout[q], q)
            for c in chosen
            for q, error in couplers.get(c, {}).items()
            if q not in chosen and q in readout
        ]
        if not edges:
            return None
        added, q = min(edges)
        chosen.append(q)
        cost += added
    return cost, tuple(sorted(chosen))


@cache
def _classes() -> dict[str, str]:
    """Name of a device -> its class in the fake provider."""
    from qiskit_ibm_runtime import fake_provider

    names = [n for n in dir(fake_provider) if n.startswith("Fake") and "Provider" not in n and "Fractional" not in n]
    return {n.removeprefix("Fake").removesuffix("V2").lower(): n for n in sorted(names)}


def snapshot_names() -> tuple[str, ...]:
    """Names that `load_snapshot` knows (some are refused when loaded, because their data are unsound)."""
    return tuple(sorted(_classes()))


@cache
def load_snapshot(name: str) -> Snapshot:
    """The checked snapshot of the IBM device called ``name``, e.g. ``"manila"``, ``"torino"``.

    Raises
    ------
    ValueError
        If there is no such snapshot, or if its data are missing or implausible.
    """
    from qiskit_ibm_runtime import fake_provider

    known = _classes()
    if name not in known:
        near = difflib.get_close_matches(str(name).lower().removeprefix("fake").strip("_ "), known, n=1, cutoff=0.4)
        hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(sorted(known))}"
        raise ValueError(f"there is no IBM snapshot {name!r}{hint}")
    backend = getattr(fake_provider, known[name])()
    try:
        target = backend.target
    except KeyError as missing:
        raise _unsound(name, f"it lacks {missing}") from None
    gate = next((g for g in _TWO_QUBIT if g in target.operation_names), None)
    if gate is None or "sx" not in target.operation_names or "measure" not in target.operation_names:
        raise _unsound(
            name, f"it has the gates {', '.join(sorted(target.operation_names))}, not sx, rz and cx, cz or ecr"
        )
    delay = getattr(backend, "default_rep_delay", None)
    if delay is None:
        raise _unsound(name, "it has no default repetition delay")
    _check(name, target, gate)
    return Snapshot(name, target.num_qubits, gate, float(delay), target)


def _unsound(name: str, reason: str) -> ValueError:
    return ValueError(f"the IBM snapshot {name!r} cannot be used: {reason}; choose e.g. 'manila' or 'torino'")


def _check(name: str, target: Any, gate: str) -> None:
    """Refuse a snapshot whose times are missing or out of all proportion."""
    limits = {"sx": _LONGEST[1], "x": _LONGEST[1], gate: _LONGEST[2], "measure": _LONGEST_READOUT}
    for operation, limit in limits.items():
        times = [p.duration for p in target[operation].values() if p is not None and not _dead(p)]
        if not times:
            raise _unsound(name, f"no {operation} of it works")
        if any(t is None or t <= 0.0 for t in times):
            raise _unsound(name, f"{operation} has no duration")
        typical = sorted(times)[len(times) // 2]
        if typical > limit:
            raise _unsound(name, f"{operation} takes {typical:.3g} s, more than the plausible {limit:g} s")


def _physical(coherence: Any) -> Any:
    """The coherence of a qubit with T2 cut to 2 T1, its limit for a qubit that relaxes exponentially."""
    from qiskit.transpiler import QubitProperties

    longest = 2.0 * coherence.t1
    return QubitProperties(t1=coherence.t1, t2=min(coherence.t2, longest), frequency=coherence.frequency)
