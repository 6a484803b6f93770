"""Training jobs are handed in when they start and computed together when the first result is due.

A job's inputs are fixed when it starts and its result is needed only when it ends in simulated time, so that all
devices that train at the same time become one call of the training engine. No result may depend on which jobs were
computed together; that is the engine's promise, and tested.
"""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

__all__ = ["Pending", "TrainingBatch"]

Job = TypeVar("Job")
Result = TypeVar("Result")


class Pending(Generic[Job, Result]):
    """A training job that was handed in; ask for its `result` when it is due."""

    def __init__(self, batch: "TrainingBatch[Job, Result]") -> None:
        self._batch = batch
        self._results: tuple[Result, ...] = ()

    def result(self) -> Result:
        """What the training gave; the first to ask has all waiting jobs computed.

        Raises
        ------
        RuntimeError
            If the job was cancelled before it was computed.
        """
        if not self._results:
            self._batch.compute()
        if not self._results:
            raise RuntimeError("this training job was cancelled; a cancelled job has no result")
        return self._results[0]

    def cancel(self) -> None:
        """Leave the job out, if it has not been computed yet: its device broke off."""
        self._batch.discard(self)

    def settle(self, result: Result) -> None:
        """Keep the result for whoever asks."""
        self._results = (result,)


class TrainingBatch(Generic[Job, Result]):
    """Collects training jobs and computes all that wait in one call.

    Parameters
    ----------
    train:
        Takes jobs and gives their results in the same order, e.g. ``engine.train``.
    """

    def __init__(self, train: Callable[[Sequence[Job]], Sequence[Result]]) -> None:
        self._train = train
        self._waiting: dict[Pending[Job, Result], Job] = {}

    def submit(self, job: Job) -> Pending[Job, Result]:
        """Hand in a job."""
        handle: Pending[Job, Result] = Pending(self)
        self._waiting[handle] = job
        return handle

    def compute(self) -> None:
        """Compute all waiting jobs now; they keep waiting if the engine raises."""
        if not self._waiting:
            return
        results = self._train(list(self._waiting.values()))
        for handle, result in zip(self._waiting, results, strict=True):
            handle.settle(result)
        self._waiting.clear()

    def discard(self, handle: Pending[Job, Result]) -> None:
        """Forget a waiting job; one that is computed already keeps its result."""
        self._waiting.pop(handle, None)
