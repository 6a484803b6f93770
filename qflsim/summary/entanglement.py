"""What entangled pairs were used for, and what that took beside sending the same over the radio."""

from collections.abc import Iterator
from typing import Any

from qflsim.distribution import TRANSMITTED, read_handed_models
from qflsim.readable import share, show, show_time

from .reading import RunTables

__all__ = ["entanglement_sentences"]


def entanglement_sentences(run: RunTables) -> Iterator[str]:
    """One sentence for each transport, then how they compare; nothing if no pairs were used."""
    pairs = run.table(
        "pairs", "transport", "idealised", "outcome", "pairs", "mean_fidelity", "ended_s", "requested_s", "pair_wait_s",
        "classical_bit",
    )  # fmt: skip
    if pairs.empty:
        return
    for name, rows in pairs.groupby("transport", sort=False):
        yield from _transport(str(name), rows)
    missed = pairs[pairs["outcome"] != "arrived"]
    if len(missed):
        counts = ", ".join(f"{count:,} {outcome}" for outcome, count in missed["outcome"].value_counts().items())
        yield f"{len(missed):,} of {len(pairs):,} models over pairs did not arrive: {counts}."
    yield from _compared(read_handed_models(run.folder))


def _transport(name: str, rows: Any) -> Iterator[str]:
    took = rows["ended_s"] - rows["requested_s"]
    waited = share(rows["pair_wait_s"].sum(), took.sum())
    fidelity = (rows["mean_fidelity"] * rows["pairs"]).sum() / max(1, rows["pairs"].sum())
    yield f"{name[0].upper()}{name[1:]}: {len(rows):,} model{'s' * (len(rows) != 1)} took {show_time(took.mean())},"
    yield f"{rows['pairs'].mean():,.0f} pairs of fidelity {fidelity:.3f} and"
    yield f"{show(rows['classical_bit'].mean(), 'bit')} over the radio each; {waited} of the time was spent on pairs."
    if rows["idealised"].any():
        yield "This transport is idealised: it grants what physics does not."


def _compared(handed: Any) -> Iterator[str]:
    """What pairs did for models, in so many words."""
    arrived = handed[handed["arrived"]]
    sent = arrived[arrived["transport"] == TRANSMITTED]
    honest = arrived[(arrived["pairs"] > 0) & ~arrived["idealised"]]
    dearer = False
    for name, rows in honest.groupby("transport", sort=False):
        bits = rows["radio_bit"].mean() / rows["message_bit"].mean()
        told = f"A {name} model took {bits:,.1f} times the radio bits of its own message"
        slower = rows["time_s"].mean() / sent["time_s"].mean() if len(sent) else 0.0
        if len(sent):
            told += f" and {slower:,.0f} times the {show_time(sent['time_s'].mean())} of a transmitted one"
        dearer = dearer or bits > 1.0
        yield f"{told}."
    if dearer:
        yield "Pairs carry no bits by themselves: sending the parameters is cheaper than teleporting them."
