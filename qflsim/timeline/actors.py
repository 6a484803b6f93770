"""What devices, servers and fibres do, as slices."""

from collections.abc import Iterator
from typing import Any

from qflsim.breakdown import QPU_PARTS

from .tracks import RUN, Slice

__all__ = ["devices_training", "fibres_failing", "handovers", "key_waits", "qpu_jobs", "rounds_and_steps"]

_STEPS = {
    "publish": "publish",
    "distribute": "select and distribute",
    "train": "train",
    "cross_chain": "cross-chain",
    "aggregate": "aggregate",
}


def rounds_and_steps(rounds: Any) -> Iterator[Slice]:
    """Each round, and its five steps one after the other, on two tracks of each task."""
    for row in rounds.itertuples():
        about = {"accuracy": row.accuracy, "loss [nat]": row.loss, "energy [J]": row.energy_j}
        yield Slice(RUN, f"{row.task}: rounds", f"round {row.round}", row.started_s, row.ended_s, about)
        at = row.started_s
        for step, name in _STEPS.items():
            seconds = getattr(row, f"{step}_s")
            if seconds > 0.0:
                yield Slice(RUN, f"{row.task}: steps", name, at, at + seconds, {"round": row.round})
            at += seconds


def qpu_jobs(jobs: Any) -> Iterator[Slice]:
    """Every use of a QPU, which takes one job at a time."""
    for row in jobs.itertuples():
        parts = {f"{name} [s]": getattr(row, column) for column, name in QPU_PARTS.values()}
        about = {"round": row.round, "task": row.task, "circuits": row.circuits, "shots": row.shots, **parts}
        about["waited for the QPU [s]"] = row.started_s - row.submitted_s
        yield Slice(row.node, "QPU", f"{row.purpose}, round {row.round}", row.started_s, row.ended_s, about)


def devices_training(updates: Any) -> Iterator[Slice]:
    """Each device from its selection to its signature, and its update from there to the committee's leader."""
    for row in updates.itertuples():
        about = {"task": row.task, "used": row.used, "staleness": row.staleness, "why not used": row.reason}
        name = f"round {row.started_round} for {row.server}"
        if row.signed_s == row.signed_s:
            yield Slice(row.device, "training", f"train in {name}", row.chosen_s, row.signed_s, about)
        if row.arrived_s > row.signed_s:
            yield Slice(row.device, "update", f"update of {name}", row.signed_s, row.arrived_s, about)


def key_waits(keys: Any) -> Iterator[Slice]:
    """Waits for a session key, each on the track of the node that asked."""
    for row in keys.itertuples():
        granted = row.granted_s == row.granted_s
        end = row.granted_s if granted else row.requested_s + row.store_wait_s
        if end > row.requested_s:
            about = {"for": row.purpose, "source": row.source, "path": row.path, "dry store [s]": row.store_wait_s}
            name = f"key with {row.second}" + ("" if granted else ", broken off")
            yield Slice(row.first, "key waits", name, row.requested_s, end, about)


def handovers(rows: Any) -> Iterator[Slice]:
    """Interruptions of a device's link by handovers."""
    for row in rows.itertuples():
        about = {"cause": row.cause, "forwarded [bit]": row.forwarded_bit}
        name = f"{row.source} to {row.target}"
        yield Slice(row.device, "handovers", name, row.time_s, row.time_s + row.interruption_s, about)


def fibres_failing(outages: Any) -> Iterator[Slice]:
    """Failures of fibres; one that lasts to the end of the run is shown where it begins."""
    for row in outages.itertuples():
        end = row.to_s if row.to_s == row.to_s else row.from_s
        name = f"{row.first} to {row.second}" + ("" if row.to_s == row.to_s else ", never repaired")
        yield Slice("fibres", "failures", name, row.from_s, end, {"messages lost": row.lost})
