"""How long one training step takes: the engine, its growth with the task, its distance from the cores, and its peers.

The step: loss and gradient of the paper's model (RX RY encoding, 6 layers of RX RY RZ and a ring of CRX on 4 qubits)
on a batch of 32 samples, with depolarizing errors after every gate and readout errors, per device.

    python benchmarks/training_step.py                  # the engine alone
    python benchmarks/training_step.py --peers --json   # with Aer, PennyLane/JAX and TensorCircuit-NG (extra "bench")

Ratios are taken within one run, on one machine, for only those carry over to another machine.
"""

import argparse
import json
import math
import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
from qiskit_aer import noise as aer

from qflsim.quantum.aer import AerBackend
from qflsim.quantum.engine import FastEngine
from qflsim.quantum.native import NativeCircuit, compile_circuit
from qflsim.quantum.noise import DeviceNoise
from qflsim.quantum.optimizers import Adam
from qflsim.quantum.program import LANES
from qflsim.quantum.snapshots import load_snapshot
from qflsim.quantum.training import SoftmaxHead, TrainingJob
from qflsim.quantum.vectors import add, compiled, load, multiply_add, splat, store

ONE, TWO, READOUT = 0.001, 0.01, 0.02  # depolarizing probabilities (Qiskit's lambda) and readout error


def ring(qubits: int, layers: int) -> Callable[..., None]:
    """The paper's model as a PennyLane quantum function."""
    import pennylane as qml

    def circuit(x: Any, parameters: Any) -> None:
        weights = parameters.reshape(layers, 4, qubits)
        for q in range(qubits):
            qml.RX(x[q], wires=q)
            qml.RY(x[q], wires=q)
        for layer in range(layers):
            for q in range(qubits):
                qml.RX(weights[layer, 0, q], wires=q)
                qml.RY(weights[layer, 1, q], wires=q)
                qml.RZ(weights[layer, 2, q], wires=q)
            for q in range(qubits):
                qml.CRX(weights[layer, 3, q], wires=[q, (q + 1) % qubits])

    return circuit


def hand_made_noise() -> DeviceNoise:
    """Depolarizing errors on the gates as written, and symmetric readout errors."""
    model = aer.NoiseModel(basis_gates=["rx", "ry", "rz", "crx"])
    one, two = aer.depolarizing_error(ONE, 1), aer.depolarizing_error(TWO, 1)
    model.add_all_qubit_quantum_error(one, ["rx", "ry", "rz"])
    model.add_all_qubit_quantum_error(two.tensor(two), ["crx"])
    model.add_all_qubit_readout_error([[1 - READOUT, READOUT], [READOUT, 1 - READOUT]])
    return DeviceNoise(model=model, name="depolarizing")


def native_circuit(noise: str, qubits: int, layers: int) -> NativeCircuit:
    device = hand_made_noise() if noise == "depolarizing" else load_snapshot(noise).noise(qubits)
    return compile_circuit(
        ring(qubits, layers), qubits=qubits, features=qubits, parameters=4 * qubits * layers, noise=device
    )


def data(qubits: int, batch: int, parameters: int, seed: int = 0) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    classes = min(qubits, 4)
    return rng.uniform(0, np.pi, (batch, qubits)), rng.integers(0, classes, batch), rng.uniform(-1, 1, parameters)


def best(function: Callable[[], Any], *, seconds: float = 1.0) -> float:
    """Shortest wall time [s] of repeated calls within about ``seconds``."""
    function()
    shortest, end = math.inf, time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        function()
        shortest = min(shortest, time.perf_counter() - start)
    return shortest


def engine_step(
    native: NativeCircuit,
    *,
    batch: int = 32,
    devices: int = 30,
    steps: int = 10,
    threads: int | None = None,
    precision: Literal["double", "single"] = "double",
) -> float:
    """Seconds per step and device, many devices in one call."""
    engine = FastEngine(native, threads=threads, precision=precision)
    jobs = []
    for seed in range(devices):
        samples, labels, start = data(native.qubits, batch, native.parameters, seed)
        batches = np.tile(np.arange(batch), (steps, 1))
        jobs.append(TrainingJob(start, engine.encode(samples), labels, batches, Adam()))
    head = SoftmaxHead(min(native.qubits, 4))
    return best(lambda: engine.train(jobs, head=head)) / (devices * steps)


def multiply_adds(native: NativeCircuit, batch: int) -> int:
    """Multiply-adds of one step: every stored entry acts on 4^(n-k) groups of LANES numbers.

    Once backwards (observables), once forwards (adjoint) and, for parametrised blocks, once for the derivative; the
    batch enters twice.
    """
    program = FastEngine(native)._program
    total = 0
    for b in range(len(program.dense)):
        entries = int(program.entry_ptr[b + 1] - program.entry_ptr[b])
        groups = int(program.base_ptr[b, 1] - program.base_ptr[b, 0])
        passes = 3 if program.factor_ptr[b + 1] > program.factor_ptr[b] else 2
        total += entries * groups * LANES * passes
    return total + 2 * batch * program.size * LANES


@compiled
def _peak(rounds: int, x: Any) -> None:
    """Eight independent chains of multiply-adds, as many as keep both units of a core busy."""
    scale, shift = splat(x, 0.999), splat(x, 0.001)
    a, b, c, d = load(x, 0), load(x, 1), load(x, 2), load(x, 3)
    e, f, g, h = load(x, 4), load(x, 5), load(x, 6), load(x, 7)
    for _ in range(rounds):
        a, b = multiply_add(a, scale, shift), multiply_add(b, scale, shift)
        c, d = multiply_add(c, scale, shift), multiply_add(d, scale, shift)
        e, f = multiply_add(e, scale, shift), multiply_add(f, scale, shift)
        g, h = multiply_add(g, scale, shift), multiply_add(h, scale, shift)
    store(x, 0, add(add(add(a, b), add(c, d)), add(add(e, f), add(g, h))))


def core_limit() -> float:
    """Double-precision multiply-adds per second of one core in a loop that is nothing else."""
    x, rounds = np.ones((8, LANES)), 100_000
    return rounds * x.size / best(lambda: _peak(rounds, x), seconds=0.5)


def pennylane_step(qubits: int, layers: int, batch: int) -> tuple[float, float]:
    """PennyLane default.mixed with JAX, jit and vmap: compile time and step time [s]."""
    import jax
    import pennylane as qml

    jax.config.update("jax_enable_x64", True)
    device = qml.device("default.mixed", wires=qubits)

    def noisy(gate: Any, angle: Any, wires: Any, strength: float) -> None:
        gate(angle, wires=wires)
        for w in np.atleast_1d(wires):
            qml.DepolarizingChannel(0.75 * strength, wires=int(w))

    @qml.qnode(device, interface="jax")
    def outputs(weights: Any, x: Any) -> Any:
        for q in range(qubits):
            noisy(qml.RX, x[q], q, ONE)
            noisy(qml.RY, x[q], q, ONE)
        for layer in range(layers):
            for q in range(qubits):
                for k, gate in enumerate((qml.RX, qml.RY, qml.RZ)):
                    noisy(gate, weights[layer, k, q], q, ONE)
            for q in range(qubits):
                noisy(qml.CRX, weights[layer, 3, q], [q, (q + 1) % qubits], TWO)
        return tuple(qml.expval(qml.PauliZ(q)) for q in range(qubits))

    return _jax_step(lambda weights, x: jax.numpy.stack(outputs(weights, x)), qubits, layers, batch)


def tensorcircuit_step(qubits: int, layers: int, batch: int) -> tuple[float, float]:
    """TensorCircuit-NG DMCircuit with JAX, jit and vmap: compile time and step time [s]."""
    import jax
    import tensorcircuit as tc

    jax.config.update("jax_enable_x64", True)
    tc.set_backend("jax")
    tc.set_dtype("complex128")

    def noise(circuit: Any, q: int, strength: float) -> None:
        circuit.depolarizing(q, px=strength / 4, py=strength / 4, pz=strength / 4)

    def outputs(weights: Any, x: Any) -> Any:
        circuit = tc.DMCircuit(qubits)
        for q in range(qubits):
            for gate in (circuit.rx, circuit.ry):
                gate(q, theta=x[q])
                noise(circuit, q, ONE)
        for layer in range(layers):
            for q in range(qubits):
                for k, gate in enumerate((circuit.rx, circuit.ry, circuit.rz)):
                    gate(q, theta=weights[layer, k, q])
                    noise(circuit, q, ONE)
            for q in range(qubits):
                pair = q, (q + 1) % qubits
                circuit.crx(*pair, theta=weights[layer, 3, q])
                noise(circuit, pair[0], TWO)
                noise(circuit, pair[1], TWO)
        values = [circuit.expectation((tc.gates.z(), [q])) for q in range(qubits)]
        return jax.numpy.real(jax.numpy.stack(values))

    return _jax_step(outputs, qubits, layers, batch)


def _jax_step(outputs: Callable[[Any, Any], Any], qubits: int, layers: int, batch: int) -> tuple[float, float]:
    """Compile and time loss and gradient of a batch; check the values against the engine first."""
    import jax

    samples, labels, start = data(qubits, batch, 4 * qubits * layers)

    def loss(weights: Any) -> Any:
        read = (1 - 2 * READOUT) * jax.vmap(outputs, in_axes=(None, 0))(weights.reshape(layers, 4, qubits), samples)
        logits = jax.nn.log_softmax(read[:, : min(qubits, 4)])
        return -jax.numpy.mean(logits[jax.numpy.arange(batch), labels])

    step = jax.jit(jax.value_and_grad(loss))
    began = time.perf_counter()
    value, gradient = jax.block_until_ready(step(start))
    compile_s = time.perf_counter() - began
    engine = FastEngine(native_circuit("depolarizing", qubits, layers))
    head = SoftmaxHead(min(qubits, 4))
    expected, slope = engine.loss_and_gradient(start, engine.encode(samples), labels, head=head)
    if abs(value - expected) > 1e-9 or np.abs(gradient - slope).max() > 1e-9:
        raise ArithmeticError(f"peer and engine disagree: loss {value} and {expected}")
    return compile_s, best(lambda: jax.block_until_ready(step(start)))


def aer_step(qubits: int, layers: int, batch: int) -> float:
    """Aer density-matrix parameter shift of one sample on manila, in one Aer job, times the batch [s]."""
    native = native_circuit("manila", qubits, layers)
    backend = AerBackend(native)
    samples, labels, start = data(qubits, 1, native.parameters)
    encoded = backend.encode(samples)
    return batch * best(lambda: backend.loss_and_gradient(start, encoded, labels), seconds=2.0)


def machine() -> dict[str, Any]:
    """Where the numbers were taken, and with which versions."""
    cpu = platform.processor() or platform.machine()
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        names = [
            line.split(":")[1].strip() for line in listed.read_text().splitlines() if line.startswith("model name")
        ]
        cpu = names[0] if names else cpu
    packages = {"numba": "numba", "pennylane": "pennylane", "qiskit_aer": "qiskit-aer"}
    packages |= {"jax": "jax", "tensorcircuit": "tensorcircuit-ng"}
    versions = {name: version(name) for module, name in packages.items() if find_spec(module)}
    return {"cpu": cpu, "cores": os.cpu_count(), "date": time.strftime("%Y-%m-%d"), "versions": versions}


def growth() -> list[dict[str, Any]]:
    """The engine's step against every size of the task, all cores [s]."""
    rows = []
    for name, values in (
        ("qubits", [2, 3, 4, 5, 6, 7, 8]),
        ("layers", [1, 3, 6, 12]),
        ("batch", [1, 8, 32, 128]),
        ("devices", [15, 150, 1500]),
    ):
        for value in values:
            size: dict[str, int] = {"qubits": 4, "layers": 6, "batch": 32, "devices": 30} | {name: value}
            large = size["qubits"] > 6
            native = native_circuit("depolarizing", size["qubits"], 2 if large else size["layers"])
            devices = 2 if large else size["devices"]
            row = {"varied": name, "value": value, "layers": 2 if large else size["layers"]}
            for key, precision in (("step_s", "double"), ("single_step_s", "single")):
                row[key] = engine_step(native, batch=size["batch"], devices=devices, steps=5, precision=precision)
            rows.append(row)
    return rows


def measure(*, peers: bool) -> dict[str, Any]:
    """All numbers of the report."""
    result: dict[str, Any] = {"machine": machine(), "step_s": {}, "compile_s": {}}
    for noise in ("depolarizing", "manila", "torino"):
        began = time.perf_counter()
        native = native_circuit(noise, 4, 6)
        FastEngine(native)
        result["compile_s"][f"engine, {noise}"] = time.perf_counter() - began
        result["step_s"][f"engine, {noise}, all cores"] = engine_step(native)
        result["step_s"][f"engine, {noise}, one core"] = engine_step(native, threads=1)
        result["step_s"][f"engine, {noise}, single precision, all cores"] = engine_step(native, precision="single")
    native = native_circuit("depolarizing", 4, 6)
    needed = multiply_adds(native, 32)
    result["multiply_adds"] = needed
    result["limit_s"] = needed / core_limit()
    if peers:
        for name, peer in (
            ("PennyLane default.mixed, JAX", pennylane_step),
            ("TensorCircuit-NG, JAX", tensorcircuit_step),
        ):
            result["compile_s"][name], result["step_s"][name] = peer(4, 6, 32)
        result["step_s"]["Aer density_matrix, parameter shift, manila"] = aer_step(4, 6, 32)
    result["growth"] = growth()
    return result


def show(result: dict[str, Any]) -> None:
    """Print the numbers as Markdown tables."""
    here = result["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in here["versions"].items())
    print(f"{here['cores']} cores ({here['cpu']}), Python {platform.python_version()}, {versions}; {here['date']}\n")
    print("| way | compile | step per device | ratio to the engine |\n|---|---|---|---|")
    for name, seconds in result["step_s"].items():
        noise = next((n for n in ("manila", "torino") if n in name), "depolarizing")
        ratio = seconds / result["step_s"][f"engine, {noise}, all cores"]
        compile_s = result["compile_s"].get(name.removesuffix(", all cores"))
        shown = "" if compile_s is None else f"{compile_s:.2f} s"
        print(f"| {name} | {shown} | {seconds * 1e6:,.0f} µs | {ratio:,.1f} |")
    one = result["step_s"]["engine, depolarizing, one core"]
    share = result["limit_s"] / one
    print(f"\n{result['multiply_adds']:,} multiply-adds a step; {share:.0%} of the limit of one core.\n")
    print("| varied | value | double | single precision |\n|---|---|---|---|")
    for row in result["growth"]:
        note = f" (layers: {row['layers']})" if row["varied"] == "qubits" else ""
        times = " | ".join(f"{row[key] * 1e6:,.0f} µs" for key in ("step_s", "single_step_s"))
        print(f"| {row['varied']}{note} | {row['value']} | {times} |")


def main() -> None:
    parser = argparse.ArgumentParser(description="Time one training step of the engine and of its peers.")
    parser.add_argument("--peers", action="store_true", help="also time the peers (needs the extra 'bench')")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    options = parser.parse_args()
    result = measure(peers=options.peers)
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        show(result)


if __name__ == "__main__":
    main()
