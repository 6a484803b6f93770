"""How far does the paper's circuit come on all ten digits, and how far do networks that see the same or everything?

Four <Z> cannot name ten classes, so that a trained linear layer reads them: 96 angles and 50 weights. The perceptron
of the same four numbers has 145 parameters.
"""

from dataclasses import replace

from paper_system import classical_methods, pixels, quantum_methods, scenario as four_classes

import qflsim as qfl

DIGITS = replace(four_classes.data, classes=tuple(range(10)))
scenario = replace(four_classes, data=DIGITS, model=qfl.VQC(qubits=4, layers=6, readout=qfl.LinearReadout(classes=10)))
PIXELS = pixels(scenario)

variants = {
    **classical_methods(scenario, qfl.Perceptron(features=4, hidden=(9,), outputs=10), alone="MLP", federated="FL MLP"),
    **classical_methods(PIXELS, qfl.ConvNet(outputs=10), alone="CNN", federated="FL CNN"),
    **quantum_methods(scenario),
}
axes = {"data.split": (qfl.IID(), qfl.Dirichlet(alpha=0.5))}
