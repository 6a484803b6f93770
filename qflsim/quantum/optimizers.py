"""One step of Adam on plain arrays, for back ends that do not train in compiled loops.

References
----------
.. [1] D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.
"""

import numpy as np
from numpy.typing import NDArray

from qflsim.quantum.training import Adam

__all__ = ["adam_step"]


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
