"""Does decentralised quantum federated learning beat central, collaborative beat isolated, quantum beat classical?

The methods of the paper's figure 4 and the topologies of its figure 3 on the digits 0 to 3, each digit being the <Z> of
a qubit. The classical side stands twice: a perceptron of 94 parameters that sees the same four numbers of an image as
the circuit of 96 angles, and an ordinary small convolutional network that sees its 784 pixels.
"""

from paper_system import classical_methods, pixels, quantum_methods, scenario

import qflsim as qfl

PIXELS = pixels(scenario)

variants = {
    **classical_methods(scenario, qfl.Perceptron(features=4, hidden=(10,), outputs=4), alone="MLP", federated="FL MLP"),
    **classical_methods(PIXELS, qfl.ConvNet(outputs=4), alone="CNN", federated="FL CNN"),
    **quantum_methods(scenario),
}
axes = {"data.split": (qfl.IID(), qfl.Dirichlet(alpha=0.5))}
