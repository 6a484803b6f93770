"""What decisions over entangled lists took and how they could have failed; what idealised protocols granted."""

from collections.abc import Iterator

from qflsim.readable import show_time

from .reading import RunTables

__all__ = ["quantum_sentences"]


def quantum_sentences(run: RunTables) -> Iterator[str]:
    """On lists, aborts and idealisations; nothing for protocols that have none of them."""
    yield from _lists(run)
    yield from _aborts(run)
    yield from _idealised(run)


def _lists(run: RunTables) -> Iterator[str]:
    rows = run.table("lists", "pairs", "mean_fidelity", "error_rate", "requested_s", "ready_s")
    if rows.empty:
        return
    fidelity = (rows["mean_fidelity"] * rows["pairs"]).sum() / rows["pairs"].sum()
    waited = (rows["ready_s"] - rows["requested_s"]).mean()
    yield f"Lists of correlated numbers took {rows['pairs'].sum():,} entangled pairs of fidelity {fidelity:.3f},"
    yield f"{show_time(waited)} for those of one link; up to {rows['error_rate'].max():.1%} of entries are turned."
    sought = run.table("agreements", "abort_risk", "sender_risk", "receiver_risk").dropna()
    worst = sought[["abort_risk", "sender_risk", "receiver_risk"]].max()
    yield f"With these a decision fails with probability {worst['abort_risk']:.2g} at most if all are honest,"
    yield f"{worst['sender_risk']:.2g} if the sender lies as well as it can,"
    yield f"{worst['receiver_risk']:.2g} if a receiver does."


def _aborts(run: RunTables) -> Iterator[str]:
    sought = run.table("agreements", "aborted", "reason")
    aborted = sought[sought["aborted"] > 0]
    if aborted.empty:
        return
    why = "; ".join(f"{reason} ({count:,})" for reason, count in aborted["reason"].value_counts(sort=False).items())
    yield f"In {len(aborted):,} of {len(sought):,} decisions validators aborted: {why}."


def _idealised(run: RunTables) -> Iterator[str]:
    sought = run.table("agreements", "protocol", "idealised", "qubits")
    for name, rows in sought[sought["idealised"]].groupby("protocol", sort=False):
        yield f"{len(rows):,} decisions by {name} grant what physics does not: their {rows['qubits'].sum():,} qubits"
        yield "took no time and no energy, and none was lost or wrong."
