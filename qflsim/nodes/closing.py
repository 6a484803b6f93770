"""The end of a round: what it leaves in the table of rounds, however its devices learned."""

from collections.abc import Sequence
from dataclasses import dataclass

from qflsim.learning.aggregation import Update, mean_loss
from qflsim.learning.task import Score, spread_of
from qflsim.trace import Round

from .books import Spent
from .context import Context
from .shard import Mixed

__all__ = ["Learnt", "StepTimes", "record_round"]


@dataclass
class StepTimes:
    """Simulated times [s] at which the steps of one round ended."""

    started: float
    published: float = 0.0
    distributed: float = 0.0
    trained: float = 0.0
    crossed: float = 0.0
    ended: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """What was learned in one round.

    Parameters
    ----------
    selected:
        How many devices were to train.
    updates:
        Those whose training loss counts.
    aggregated:
        How many of them are in the new global model.
    score, own:
        How good the global model, or what stands for it, and everybody's own models are.
    mixed:
        How far apart servers were before and after mixing.
    """

    selected: int
    updates: Sequence[Update]
    aggregated: int
    score: Score
    own: Sequence[Score]
    mixed: Mixed


def record_round(ctx: Context, times: StepTimes, learnt: Learnt, spent: Spent) -> None:
    """Record a round that is over, and let all tables be written up to here."""
    ctx.record(
        Round(
            round=ctx.round,
            task=ctx.task,
            started_s=times.started,
            ended_s=times.ended,
            publish_s=times.published - times.started,
            distribute_s=times.distributed - times.published,
            train_s=times.trained - times.distributed,
            cross_chain_s=times.crossed - times.trained,
            aggregate_s=times.ended - times.crossed,
            key_wait_s=ctx.longest.key_wait_s,
            qpu_s=ctx.longest.qpu_s,
            qpu_repetition_s=ctx.longest.repetition_s,
            local_agreement_s=ctx.longest.local_agreement_s,
            selected=learnt.selected,
            aggregated=learnt.aggregated,
            accuracy=learnt.score.accuracy,
            loss=learnt.score.loss,
            train_loss=mean_loss(learnt.updates),
            **spread_of(learnt.own),
            disagreement_before=learnt.mixed.before,
            disagreement_after=learnt.mixed.after,
            air_bit=spent.air_bit,
            wired_bit=spent.wired_bit,
            key_bit=spent.key_bit,
            ledger_byte=spent.ledger_byte,
            energy_j=spent.energy_j,
            qpu_cooling_j=spent.qpu_cooling_j,
        )
    )
    ctx.flush()
