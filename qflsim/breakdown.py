"""Where a round's time goes, worked out from the tables.

The five steps of a round follow each other, so their durations add up. Within training everything happens side by
side on many devices; what the round waits for is the chain of the last server to be done: the last device that its
committee waited for, then that committee's agreement. Only this critical path is counted, so that nothing is
counted twice and the parts add up to the round.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .tables import read_table

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["JOB_PARTS", "PARTS", "QPU_PARTS", "read_time_by_part", "time_by_part"]

QPU_PARTS = {
    "qpu_gates": ("circuit_s", "QPU: gates"),
    "qpu_readout": ("readout_s", "QPU: readout and reset"),
    "qpu_repetition": ("repetition_s", "QPU: repetition delay"),
    "qpu_overhead": ("overhead_s", "QPU: job overhead"),
}
"""Parts of a QPU's job: the column of the jobs table behind each, and its name."""

JOB_PARTS = {**QPU_PARTS, "arithmetic": ("arithmetic_s", "arithmetic of networks")}
"""Parts of a job, on a QPU or on the processor of a node that trains a network."""

PARTS = {
    "publish": "publish the task",
    "distribute": "keys and model download",
    **{part: name for part, (_, name) in JOB_PARTS.items()},
    "updates": "updates to peers",
    "local_agreement": "local agreement",
    "cross_chain": "cross-chain",
    "aggregate": "mixing and global block",
}
"""Parts of a round in the order in which they happen, with the names under which they are shown."""

_SLACK_S = 1e-9
"""Rounding of simulated times: far below the shortest delay, far above the resolution of a double after a year."""


def read_time_by_part(folder: str | Path) -> "DataFrame":
    """`time_by_part` of the run in ``folder``, reading no more than it needs."""
    steps = ["publish_s", "distribute_s", "train_s", "cross_chain_s", "aggregate_s"]
    job = [column for column, _ in JOB_PARTS.values()]
    return time_by_part(
        read_table(folder, "rounds", ["round", "task", "started_s", "ended_s", *steps]),
        read_table(folder, "jobs", ["round", "task", "node", "server", "purpose", "started_s", "ended_s", *job]),
        read_table(folder, "agreements", ["round", "chain", "started_s", "ended_s"]),
    )


def time_by_part(rounds: "DataFrame", jobs: "DataFrame", agreements: "DataFrame") -> "DataFrame":
    """Seconds of every round by part, along the critical path.

    Parameters
    ----------
    rounds, jobs, agreements:
        The tables of these names.

    Returns
    -------
    DataFrame
        One row per round, indexed by its number, or by the order of their ends if they are of several tasks; one
        column per part of `PARTS` [s]. A row adds up to the round's duration.

    Notes
    -----
    *Scope*: time of a job is that of the critical device's training and of the slowest server's evaluation at the end.
    A critical device that began before the last device had its model began within ``distribute``; only the rest of
    its job counts. If no committee agreed, the whole of training after that job is ``updates``.
    """
    import pandas as pd

    training, evaluation = jobs["purpose"].isin(["train", "aborted"]), jobs["purpose"] == "evaluate"
    lmuc = agreements[agreements["chain"].str.startswith("lmuc-")]
    trained = dict(iter(jobs[training].groupby(["task", "round"])))
    evaluated = dict(iter(jobs[evaluation].groupby(["task", "round"])))
    agreed = dict(iter(lmuc.groupby("round")))
    several = rounds["task"].nunique() > 1
    rows = {}
    for step in rounds.itertuples():
        key, ending = (step.task, step.round), f"-{step.task}" if several else ""
        committees = agreed.get(step.round)
        if ending and committees is not None:
            committees = committees[committees["chain"].str.endswith(ending)]
        number = step.Index + 1 if several else step.round
        rows[number] = _Round(step, trained.get(key), committees, evaluated.get(key), ending).parts()
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(PARTS), dtype="float64").rename_axis("round")


@dataclass(frozen=True)
class _Round:
    """One round with the rows that belong to it; a table without rows for it is None.

    The names of its local chains end with ``ending`` after the server.
    """

    step: Any
    training: Any
    agreements: Any
    evaluations: Any
    ending: str = ""

    def parts(self) -> dict[str, float]:
        """Seconds by part."""
        step = self.step
        distributed = step.started_s + step.publish_s + step.distribute_s
        trained = distributed + step.train_s
        agreement = _last(self.agreements, trained)
        agreeing = trained if agreement is None else max(agreement.started_s, distributed)
        agreement_s = 0.0 if agreement is None else max(0.0, min(agreement.ended_s, trained) - agreeing)
        training = self._job(self._critical_job(agreement, agreeing), distributed, agreeing)
        evaluation = self._job(_last(self.evaluations, step.ended_s), step.ended_s - step.aggregate_s, step.ended_s)
        return {
            "publish": step.publish_s,
            "distribute": step.distribute_s,
            **{part: training[part] + evaluation[part] for part in JOB_PARTS},
            "updates": _rest(step.train_s, agreement_s + sum(training.values())),
            "local_agreement": agreement_s,
            "cross_chain": step.cross_chain_s,
            "aggregate": _rest(step.aggregate_s, sum(evaluation.values())),
        }

    def _critical_job(self, agreement: Any, until: float) -> Any:
        """The last job that the last committee waited for."""
        jobs = self.training
        if jobs is not None and agreement is not None:
            jobs = jobs[jobs["server"] == agreement.chain.removeprefix("lmuc-").removesuffix(self.ending)]
        return _last(jobs, until)

    def _job(self, job: Any, begin: float, end: float) -> dict[str, float]:
        """Seconds of a job between two times, by part in proportion."""
        if job is None:
            return dict.fromkeys(JOB_PARTS, 0.0)
        seconds = {part: getattr(job, column) for part, (column, _) in JOB_PARTS.items()}
        whole = sum(seconds.values())
        inside = max(0.0, min(job.ended_s, end) - max(job.started_s, begin))
        return {part: inside * time / whole if whole else 0.0 for part, time in seconds.items()}


def _last(rows: Any, until: float) -> Any:
    """The row that ended last, not after ``until``; None if there is none."""
    if rows is None:
        return None
    rows = rows[rows["ended_s"] <= until + _SLACK_S]
    return None if rows.empty else next(rows.nlargest(1, "ended_s").itertuples())


def _rest(whole: float, parts: float) -> float:
    """What ``parts`` leave of ``whole``, 0 where only rounding is left."""
    rest = whole - parts
    return rest if abs(rest) > _SLACK_S else 0.0
