import dataclasses

import numpy as np
import pennylane as qml
import pytest

from qflsim.learning.models import QuantumModel
from qflsim.learning.vqc import VQC


def tape(model, x, parameters):
    return qml.tape.make_qscript(model.circuit)(x, parameters)


def expectations(model, x, parameters):
    device = qml.device("default.qubit", wires=model.qubits)

    @qml.qnode(device)
    def run():
        model.circuit(x, parameters)
        return [qml.expval(qml.PauliZ(q)) for q in range(model.qubits)]

    return np.array(run())


def test_ninety_six_parameters_each_used_once():
    model = VQC()
    assert (model.parameters, model.features, model.outputs) == (96, 4, 4)
    operations = tape(model, np.zeros(4), np.arange(1000.0, 1096.0)).operations
    used = [op.parameters[0] for op in operations if op.parameters[0] >= 1000]
    assert sorted(used) == list(np.arange(1000.0, 1096.0))
    names = [op.name for op in operations]
    assert names.count("CRX") == 24
    assert len(names) - names.count("CRX") - 8 == 72


@pytest.mark.parametrize(
    ("qubits", "ring"), [(2, [(0, 1), (1, 0)]), (3, [(0, 1), (1, 2), (2, 0)]), (4, [(0, 1), (1, 2), (2, 3), (3, 0)])]
)
def test_ring_of_controlled_rotations(qubits, ring):
    model = VQC(qubits=qubits, layers=1)
    gates = tape(model, np.zeros(qubits), np.zeros(model.parameters)).operations
    assert [tuple(op.wires) for op in gates if op.name == "CRX"] == ring


def test_order_of_parameters():
    model = VQC(qubits=2, layers=2)
    gates = tape(model, np.zeros(2), np.arange(16.0)).operations[4:]
    layer = ["RX", "RY", "RZ", "RX", "RY", "RZ", "CRX", "CRX"]
    assert [op.name for op in gates] == layer * 2
    assert [op.parameters[0] for op in gates] == [0, 1, 2, 4, 5, 6, 3, 7, 8, 9, 10, 12, 13, 14, 11, 15]


def test_encoding_alone_gives_the_square_of_the_cosine():
    x = np.array([-1.2, 0.0, 0.4, 1.5])
    np.testing.assert_allclose(expectations(VQC(), x, np.zeros(96)), np.cos(x) ** 2, atol=1e-12)


def test_encoding_is_one_to_one_between_quarter_turns():
    # <Y> = -sin x is monotone on [-pi/2, pi/2]: RX(pi/2) turns Y into Z
    model = VQC(qubits=2, layers=1)
    parameters = np.zeros(8)
    parameters[0] = -np.pi / 2
    grid = np.linspace(-np.pi / 2, np.pi / 2, 9)
    values = [expectations(model, np.array([x, 0.0]), parameters)[0] for x in grid]
    np.testing.assert_allclose(np.abs(values), np.abs(np.sin(grid)), atol=1e-12)
    assert (np.diff(values) > 0).all() or (np.diff(values) < 0).all()


def test_tasks_that_do_not_fit_are_refused():
    VQC().check_task(features=4, classes=4)
    with pytest.raises(ValueError, match="reads one class per qubit, so 4 at most, the data set has 5"):
        VQC().check_task(features=4, classes=5)
    with pytest.raises(ValueError, match=r"has 8; make them equal, e\.g\. data\.features=4 or model\.qubits=8"):
        VQC().check_task(features=8, classes=4)
    with pytest.raises(ValueError, match=r"VQC\.qubits must be >= 2"):
        VQC(qubits=1)


def test_initial_parameters_are_uniform_and_follow_the_stream():
    model = VQC(qubits=8, layers=40)
    first = model.initial(np.random.default_rng(1))
    assert first.tobytes() == model.initial(np.random.default_rng(1)).tobytes()
    assert first.shape == (1280,)
    assert np.abs(first).max() <= np.pi
    # variance pi^2/3, whose estimate from 1280 draws scatters by 2.5 %
    assert first.var() == pytest.approx(np.pi**2 / 3, rel=0.1)
    assert not VQC(spread=0.0).initial(np.random.default_rng(1)).any()


def test_a_model_of_ones_own():
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Reuploading(QuantumModel):
        features = 2
        angles = 4

        def circuit(self, x, angles):
            for i in range(2):
                qml.RX(x[0], wires=0)
                qml.RX(x[1], wires=1)
                qml.CRX(angles[2 * i], wires=(0, 1))
                qml.RY(angles[2 * i + 1], wires=1)

        def initial_angles(self, rng):
            return np.zeros(4)

    model = Reuploading(qubits=2)
    model.check_task(features=2, classes=2)
    np.testing.assert_allclose(expectations(model, np.array([0.2, 0.3]), np.zeros(4)), np.cos([0.4, 0.6]))
