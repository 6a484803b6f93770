"""The tables of a run, in the order in which they are listed."""

from qflsim.trace.contract import Refusal, Standing
from qflsim.trace.energy import Battery, Energy
from qflsim.trace.keys import Key, ListPairs, Pairs, QKDBlock
from qflsim.trace.ledgers import (
    Agreement,
    Block,
    Mempool,
    Payment,
    Propagation,
    Rejection,
    Retrieval,
    ShardDraw,
    Storage,
    Submission,
    TreeBlock,
)
from qflsim.trace.links import Handover, Link, Node, Outage, Position, SatellitePass, Transfer
from qflsim.trace.record import Record
from qflsim.trace.rounds import Evaluation, Job, Presence, Round, UpdateFate

__all__ = ["TABLES"]

TABLES: tuple[type[Record], ...] = (
    Round, Job, Transfer, Block, Agreement, Mempool, Submission, Key, QKDBlock, Energy, Storage, Retrieval, Evaluation,
    Node, Link, Outage, SatellitePass, Position, Handover, Battery, Rejection, Pairs, TreeBlock, UpdateFate,
    Propagation, Refusal, Standing, ListPairs, ShardDraw, Payment, Presence,
)  # fmt: skip
