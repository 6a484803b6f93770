"""An observer who evaluates models on the test samples of a task, which takes no simulated time."""

import numpy as np

from qflsim.learning.loss import standard_error
from qflsim.learning.task import LearningTask, Score
from qflsim.quantum.native import NativeCircuit
from qflsim.quantum.plugin import evaluate_with_pennylane
from qflsim.trace import Evaluation

from .context import Context
from .device import Floats

__all__ = ["Evaluator"]


class Evaluator:
    """Evaluates models of one task, and writes down how good they are and what was spent until then.

    Parameters
    ----------
    ctx:
        The run's shared services, as the task's.
    task:
        The learning task.
    """

    def __init__(self, ctx: Context, task: LearningTask) -> None:
        self._ctx = ctx
        self._task = task
        self._latest_s = ctx.now

    def evaluate(self, model: str, parameters: Floats, time: float) -> Score:
        """Record how good a model is on all test samples at ``time`` [s]."""
        self._latest_s = time
        return self.record(model, "engine", self._task.score(parameters), time)

    def check_on_aer(
        self, model: str, parameters: Floats, native: NativeCircuit, samples: Floats, shots: int, seed: int
    ) -> dict[str, float]:
        """Run a final model on Aer through PennyLane and record it as ``model``, beside the engine's result.

        Returns
        -------
        dict
            Samples, shots, both accuracies and losses, the largest difference of an expectation value, and that
            difference in standard errors sqrt((1 - <Z>^2) / shots) of the sampled one.
        """
        exact = self._task.expectations(parameters)[: len(samples)]
        sampled = evaluate_with_pennylane(native, parameters, samples, shots=shots, seed=seed)
        engine = self.record(model, "engine", self._task.score_of(exact, parameters), self._latest_s)
        aer = self.record(model, "aer", self._task.score_of(sampled, parameters), self._latest_s)
        return {
            "samples": len(samples),
            "shots": shots,
            "accuracy_engine": engine.accuracy,
            "accuracy_aer": aer.accuracy,
            "loss_engine": engine.loss,
            "loss_aer": aer.loss,
            "largest_difference": float(np.abs(sampled - exact).max()),
            "largest_standard_errors": float((np.abs(sampled - exact) / standard_error(exact, shots)).max()),
        }

    def record(self, model: str, backend: str, score: Score, time: float) -> Score:
        """Write an evaluation, with what was spent until then."""
        self._ctx.record(
            Evaluation(
                round=self._ctx.round,
                task=self._ctx.task,
                time_s=time,
                model=model,
                backend=backend,
                samples=score.samples,
                accuracy=score.accuracy,
                loss=score.loss,
                energy_j=self._ctx.energy.total(),
                qpu_cooling_j=self._ctx.energy.by_cause()["qpu_cooling"],
                air_bit=self._ctx.totals.air_bit,
            )
        )
        return score
