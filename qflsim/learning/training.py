"""Local training: what a device does with its samples, and how many circuits that costs its QPU."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qflsim.checks import Part, quantity
from qflsim.quantum.optimizers import Adam, Optimizer
from qflsim.quantum.shots import ExactGradient, GradientMethod

__all__ = ["LocalTraining", "circuits_per_sample"]


def circuits_per_sample(two_term: int, four_term: int) -> int:
    """Circuits that give one sample's loss and gradient by parameter shift: 1 + 2 two_term + 4 four_term.

    RX, RY and RZ have the two-term rule df/dt = [f(t + pi/2) - f(t - pi/2)]/2; CRX, CRY and CRZ the four-term rule
    with shifts of pi/2 and 3 pi/2 [1]_ [2]_. The one circuit more is the unshifted one: the cross-entropy's
    derivative with respect to the expectations needs their values.

    Parameters
    ----------
    two_term, four_term:
        Number of trained parameters with each rule.

    References
    ----------
    .. [1] M. Schuld, V. Bergholm, C. Gogolin, J. Izaac, N. Killoran, "Evaluating analytic gradients on quantum
       hardware", Physical Review A 99, 032331 (2019), arXiv:1811.11184.
    .. [2] D. Wierichs, J. Izaac, C. Wang, C. Y.-Y. Lin, "General parameter-shift rules for quantum gradients",
       Quantum 6, 677 (2022), arXiv:2107.12390.
    """
    return 1 + 2 * two_term + 4 * four_term


@dataclass(frozen=True, kw_only=True)
class LocalTraining(Part):
    """What a device does between two global models: some epochs of mini-batch gradient steps on its own samples.

    In every round the device draws ``samples`` of those it holds at random, without replacement, or takes all. Each
    epoch goes once through them in a fresh random order, in batches of ``batch`` (the last one smaller); every batch
    is one step of the optimizer, and one submission to the QPU, because the next step's circuits depend on it. Steps:
    epochs x ceil(samples / batch); circuits: epochs x samples x `circuits_per_sample`.

    Parameters
    ----------
    optimizer:
        How a gradient becomes a step.
    batch:
        Samples per step.
    samples:
        Samples that a device draws for each round, from a random stream of its own and the round's: the "local random
        sample" of [2]_. ``None``: all that it holds. Its update counts by the samples drawn.
    gradient:
        How the device gets its gradients: `ExactGradient`, the limit of many shots, or from the QPU's shots by
        `ParameterShift` or `SPSA`. It sets the circuits, and so the time and energy of the training.
    epochs:
        Passes through the device's samples. Batch 32 and 10 epochs are a setting inside the range explored by [1]_.

    Notes
    -----
    *Scope*: the device's state ends with the training; the optimizer starts afresh in every round.

    *Validation*: 4 qubits, 6 layers (72 two-term, 24 four-term rules), batch 32: 32 x 241 = 7,712 circuits a step,
    7,680 of them shifted.

    References
    ----------
    .. [1] H. B. McMahan et al., "Communication-efficient learning of deep networks from decentralized data",
       AISTATS 2017, arXiv:1602.05629, algorithm 1 and table 2.
    .. [2] D. C. Nguyen et al., "When Quantum Federated Learning Meets Blockchain in 6G Networks", arXiv:2512.09958.
    """

    optimizer: Optimizer = field(default=Adam())
    batch: int = quantity(32, at_least=1, unit="samples", most=100_000, advice="write e.g. 32")
    epochs: int = quantity(10, at_least=1, most=10_000, advice="write e.g. 10")
    samples: int | None = quantity(None, at_least=1, unit="samples", advice="write e.g. 32, or None for all")
    gradient: GradientMethod = ExactGradient()

    def drawn(self, samples: int) -> int:
        """Samples that a device which holds ``samples`` uses in one round."""
        return samples if self.samples is None else min(self.samples, samples)

    def check_shares(self, shares: Mapping[str, int]) -> None:
        """Refuse to draw more samples than a device holds; ``shares`` are those by device, none means it stays out.

        Raises
        ------
        ValueError
            If a device holds some samples, but fewer than it is to draw.
        """
        holding = {device: samples for device, samples in shares.items() if samples}
        if self.samples is None or not holding:
            return
        device = min(holding, key=lambda name: holding[name])
        if self.samples > holding[device]:
            raise ValueError(
                f"LocalTraining.samples must be at most {holding[device]}, for {device} holds no more, got "
                f"{self.samples}; draw fewer, use None for all, or give devices more samples"
            )

    def steps(self, samples: int) -> int:
        """Optimizer steps of one local training of a device that holds ``samples``: epochs x ceil(drawn / batch)."""
        return self.epochs * -(-self.drawn(samples) // self.batch)

    def schedule(self, samples: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Which of a device's samples enter which step: indices, shape (steps, batch), padded with -1.

        Raises
        ------
        ValueError
            If there is no sample to train on.
        """
        if samples < 1:
            raise ValueError(f"local training needs at least one sample, got {samples}; leave the device out")
        drawn = self.drawn(samples)
        # All samples are taken without a draw, so that drawing as many as there are is the same as None to the bit.
        pool = np.arange(samples) if drawn == samples else np.sort(rng.choice(samples, drawn, replace=False))
        padded = np.full((self.epochs, -(-drawn // self.batch) * self.batch), -1, dtype=np.int64)
        for epoch in padded:
            epoch[:drawn] = pool[rng.permutation(drawn)]
        return padded.reshape(-1, self.batch)

    def submissions(self, samples: int, per_sample: int) -> list[int]:
        """Circuits of each submission to the QPU, one submission per optimizer step.

        Parameters
        ----------
        samples:
            Training samples that the device holds.
        per_sample:
            Circuits that give one sample's loss and gradient, e.g. by `circuits_per_sample`.
        """
        full, rest = divmod(self.drawn(samples), self.batch)
        sizes = [self.batch] * full + [rest] * (rest > 0)
        return [size * per_sample for size in sizes] * self.epochs

    def circuits(self, samples: int, per_sample: int) -> int:
        """Circuits of one local training of a device that holds ``samples``: epochs x drawn x per_sample."""
        return self.epochs * self.drawn(samples) * per_sample
