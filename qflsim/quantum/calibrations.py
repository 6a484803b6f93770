"""Reading the calibration files of IBM quantum computers that qiskit-ibm-runtime ships [1]_.

Its own loader gives the same numbers (tests/quantum/test_snapshots.py compares them), but imports the whole client of
IBM's web service on the way, which takes longer than compiling a circuit.

References
----------
.. [1] qiskit-ibm-runtime, ``fake_provider/backends/*/{conf,props}_*.json``, Apache-2.0. Times stand in the units that
   they name; dt in nanoseconds and default_rep_delay in microseconds (``BackendConfiguration``).
"""

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

__all__ = ["calibration_names", "read_calibration"]

_Entries = dict[tuple[int, ...], tuple[float | None, float | None] | None]  # error and duration on tuples of qubits


@cache
def _folder() -> Path:
    """Where the files are; the package is found, not imported."""
    package = find_spec("qiskit_ibm_runtime")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("snapshots of IBM devices need the package qiskit-ibm-runtime; install it")
    return Path(package.origin).parent / "fake_provider" / "backends"


@cache
def calibration_names() -> tuple[str, ...]:
    """Devices whose calibration is there, sorted; "fractional" is not a device."""
    return tuple(sorted({path.parent.name for path in _folder().glob("*/conf_*.json")} - {"fractional"}))


def read_calibration(name: str) -> tuple[Any, float | None]:
    """What the files of a device say: a ``qiskit.transpiler.Target`` and the delay between shots [s], if any.

    Raises
    ------
    KeyError
        If the files lack something without which there is no device.

    Notes
    -----
    *Scope*: gates, measurement and reset with their errors and durations, coherence times; qubits and gates marked as
    not operational are left out. Control flow and delays are not part of the target.
    """
    from qiskit.transpiler import QubitProperties, Target

    configuration, properties = (_load(name, kind) for kind in ("conf", "props"))
    size = configuration["n_qubits"]
    qubits = [_values(entry) for entry in properties["qubits"]]
    broken = {q for q in range(size) if not qubits[q].get("operational", 1.0)}
    coherence = [QubitProperties(t1=q.get("T1"), t2=q.get("T2"), frequency=q.get("frequency")) for q in qubits]
    dt = configuration.get("dt")
    target = Target(num_qubits=size, dt=None if dt is None else dt * 1e-9, qubit_properties=coherence)
    for operation, entries in _operations(configuration, properties, broken).items():
        _add(target, operation, entries)
    working = [q for q in range(size) if q not in broken]
    _add(target, "measure", {(q,): (qubits[q].get("readout_error"), qubits[q].get("readout_length")) for q in working})
    delay = configuration.get("default_rep_delay")
    return target, None if delay is None else delay * 1e-6


def _load(name: str, kind: str) -> Any:
    path = next((_folder() / name).glob(f"{kind}_*.json"), None)
    if path is None:
        raise KeyError(f"{kind}_{name}.json")
    return json.loads(path.read_text(encoding="utf-8"))


def _values(entries: list[dict[str, Any]]) -> dict[str, float]:
    """Named numbers in SI units."""
    from qiskit.utils.units import apply_prefix

    return {entry["name"]: float(apply_prefix(entry["value"], entry["unit"])) for entry in entries}


def _operations(configuration: Any, properties: Any, broken: set[int]) -> dict[str, _Entries]:
    """Error and duration of every gate, and of reset, on every tuple of qubits where it works."""
    known = set(configuration["basis_gates"]) | ({"reset"} & set(configuration.get("supported_instructions", ())))
    result: dict[str, _Entries] = {name: {} for name in sorted(known - {"delay", "measure"})}
    for gate in configuration["gates"]:
        if gate["name"] in result:
            result[gate["name"]].update(dict.fromkeys(map(tuple, gate.get("coupling_map", ()))))
    for gate in properties["gates"]:
        if gate["gate"] not in result:
            continue
        values, wires = _values(gate["parameters"]), tuple(gate["qubits"])
        if broken.intersection(wires) or not values.get("operational", 1.0):
            result[gate["gate"]].pop(wires, None)
        else:
            result[gate["gate"]][wires] = (values.get("gate_error"), values.get("gate_length"))
    if "reset" in result and not result["reset"]:
        result["reset"] = {(q,): None for q in range(configuration["n_qubits"]) if q not in broken}
    return result


def _add(target: Any, name: str, entries: _Entries) -> None:
    """Add one operation; one that Qiskit does not know is left out."""
    from qiskit.circuit.library import get_standard_gate_name_mapping
    from qiskit.transpiler import InstructionProperties

    operation = get_standard_gate_name_mapping().get(name)
    if operation is None:
        return
    made = {
        wires: None if entry is None else InstructionProperties(error=entry[0], duration=entry[1])
        for wires, entry in entries.items()
    }
    target.add_instruction(operation, made or None)
