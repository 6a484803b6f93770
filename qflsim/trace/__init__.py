"""What a run writes down: one frozen record type per table, and the trace that streams them to CSV.

Nothing else leaves a run. Every figure, summary and report is made from these tables alone, so that whatever is
shown can be checked against what was written. Units stand in the column names: ``_s`` seconds, ``_bit`` bits,
``_byte`` bytes, ``_j`` joules, ``_m`` metres, ``_db`` decibels, ``_degree`` degrees.
"""

from qflsim.trace.catalogue import TABLES
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
from qflsim.trace.record import Record, cells, column, columns
from qflsim.trace.rounds import Evaluation, Job, Presence, Round, UpdateFate
from qflsim.trace.writer import Trace

__all__ = [
    "TABLES", "Agreement", "Battery", "Block", "Energy", "Evaluation", "Handover", "Job", "Key", "Link",
    "ListPairs", "Mempool", "Node", "Outage", "Pairs", "Payment", "Position", "Presence", "Propagation", "QKDBlock",
    "Record", "Refusal", "Rejection", "Retrieval", "Round", "SatellitePass", "ShardDraw", "Standing", "Storage",
    "Submission", "Trace", "Transfer", "TreeBlock", "UpdateFate", "cells", "column", "columns",
]  # fmt: skip
