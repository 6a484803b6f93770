"""How a gradient becomes a step of the parameters."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import Part, quantity

__all__ = ["SGD", "Adam", "Optimizer", "Rule"]

Floats = NDArray[np.float64]

Rule = tuple[float, float, float, float, float]
"""A stock optimizer in numbers, for compiled loops: 1 if steps adapt to the gradient's spread, then rate, memory of
the first and of the second moment, epsilon."""


@dataclass(frozen=True, kw_only=True)
class Optimizer(Part, ABC):
    """A rule by which parameters follow a gradient downhill; it starts afresh in every local training.

    One of one's own defines `step` and `operations`. The fast engine then steps in Python, some microseconds slower a
    step than with the stock ones, which are part of its compiled loop.
    """

    @abstractmethod
    def step(self, parameters: Floats, gradient: Floats, moments: Floats, step: int) -> Floats:
        """Parameters after one step.

        Parameters
        ----------
        parameters, gradient:
            Where it stands and the derivative of the loss there, shape (parameters,).
        moments:
            What it remembers, shape (2, parameters), zero before the first step; it changes in place.
        step:
            Number of this step, from 1.
        """

    @property
    @abstractmethod
    def operations(self) -> int:
        """Floating-point operations per parameter and step."""

    @property
    def rule(self) -> Rule | None:
        """The same in numbers, where compiled loops know it."""
        return None


@dataclass(frozen=True, kw_only=True)
class Adam(Optimizer):
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

    def step(self, parameters: Floats, gradient: Floats, moments: Floats, step: int) -> Floats:
        """Parameters after one step."""
        moments[0] = self.beta1 * moments[0] + (1.0 - self.beta1) * gradient
        moments[1] = self.beta2 * moments[1] + (1.0 - self.beta2) * gradient**2
        mean = moments[0] / (1.0 - self.beta1**step)
        spread = moments[1] / (1.0 - self.beta2**step)
        result: Floats = parameters - self.rate * mean / (np.sqrt(spread) + self.epsilon)
        return result

    @property
    def operations(self) -> int:
        """m: 3, v: 4, two bias corrections: 2, root, sum, quotient, product, difference: 5, and a load."""
        return 15

    @property
    def rule(self) -> Rule:
        """Adaptive, with both memories."""
        return 1.0, self.rate, self.beta1, self.beta2, self.epsilon


@dataclass(frozen=True, kw_only=True)
class SGD(Optimizer):
    """Stochastic gradient descent: a step against the gradient, with some of the steps before it.

    With gradient g: m <- momentum m + g, theta <- theta - rate m.

    Parameters
    ----------
    rate:
        Step size [rad] per unit of gradient; the default 0.01 is that of [2]_.
    momentum:
        Share of the last step that goes on; 0, the default, is the plain descent of [1]_, and 0.9 that of [2]_.

    Notes
    -----
    *Scope*: m starts at zero in every local training; neither dampening nor weight decay.

    *Validation*: on a constant gradient g the parameters are -rate g (t - momentum (1 - momentum^t) /
    (1 - momentum)) / (1 - momentum) after t steps; equal to scikit-learn's (tests/quantum/test_optimizers.py).

    References
    ----------
    .. [1] H. B. McMahan et al., "Communication-efficient learning of deep networks from decentralized data",
       AISTATS 2017, arXiv:1602.05629.
    .. [2] Q. Li, Y. Diao, Q. Chen, B. He, "Federated learning on non-IID data silos: an experimental study",
       ICDE 2022, arXiv:2102.02079: rate 0.01 and momentum 0.9.
    """

    rate: float = quantity(0.01, unit="rad", above=0.0, advice="write e.g. 0.01")
    momentum: float = quantity(0.0, at_least=0.0, below=1.0, advice="write e.g. 0.9")

    def step(self, parameters: Floats, gradient: Floats, moments: Floats, step: int) -> Floats:
        """Parameters after one step."""
        moments[0] = self.momentum * moments[0] + gradient
        result: Floats = parameters - self.rate * moments[0]
        return result

    @property
    def operations(self) -> int:
        """Product and difference; with momentum a product and a sum more."""
        return 4 if self.momentum else 2

    @property
    def rule(self) -> Rule:
        """Not adaptive, and with one memory."""
        return 0.0, self.rate, self.momentum, 0.0, 0.0
