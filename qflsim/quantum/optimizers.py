"""How a gradient becomes a step of the parameters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import Part, quantity

__all__ = ["Adam", "adam_step"]


@dataclass(frozen=True, kw_only=True)
class Adam(Part):
    """Adam: a gradient step with a step size of its own for every parameter.

    With gradient g at step t = 1, 2, ...: m <- beta1 m + (1 - beta1) g, v <- beta2 v + (1 - beta2) g^2,
    theta <- theta - rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon).

    Parameters
    ----------
    rate:
        Step size [rad]. The default 0.01 is that of the published quantum federated learning runs [2]_.
    beta1, beta2:
        Memory of the first and second moment; the defaults are those of [1]_.
    epsilon:
        Keeps the division finite; the default is that of [1]_.

    Notes
    -----
    *Scope*: m and v start at zero in every local training, as in FedAvg-style rounds whose devices keep no state.

    *Validation*: on a constant gradient the first step is exactly -rate g / (abs(g) + epsilon), section 2 of [1]_.

    References
    ----------
    .. [1] D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, arXiv:1412.6980.
    .. [2] H. Zhao, "Non-IID quantum federated learning with one-shot communication complexity", Quantum Machine
       Intelligence 5, 3 (2023), arXiv:2209.00768: Adam with 1e-2.
    """

    rate: float = quantity(0.01, unit="rad", above=0.0, advice="write e.g. 0.01")
    beta1: float = quantity(0.9, at_least=0.0, below=1.0, advice="write e.g. 0.9")
    beta2: float = quantity(0.999, at_least=0.0, below=1.0, advice="write e.g. 0.999")
    epsilon: float = quantity(1e-8, above=0.0, advice="write e.g. 1e-8")


def adam_step(
    parameters: NDArray[np.float64],
    gradient: NDArray[np.float64],
    moments: NDArray[np.float64],
    step: int,
    optimizer: Adam,
) -> NDArray[np.float64]:
    """Parameters after one step; ``moments`` (2, parameters) changes in place, ``step`` counts from 1."""
    moments[0] = optimizer.beta1 * moments[0] + (1.0 - optimizer.beta1) * gradient
    moments[1] = optimizer.beta2 * moments[1] + (1.0 - optimizer.beta2) * gradient**2
    mean = moments[0] / (1.0 - optimizer.beta1**step)
    spread = moments[1] / (1.0 - optimizer.beta2**step)
    result: NDArray[np.float64] = parameters - optimizer.rate * mean / (np.sqrt(spread) + optimizer.epsilon)
    return result
