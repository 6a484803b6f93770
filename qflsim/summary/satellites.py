"""The sentences of a summary on satellites: how often they passed, and how much key that brought."""

from collections.abc import Iterator

from qflsim.readable import show, show_time

from .reading import RunTables

__all__ = ["satellite_sentences"]


def satellite_sentences(run: RunTables) -> Iterator[str]:
    """Contacts, their key, and the best of them; nothing if no satellite passed."""
    passes = run.table(
        "passes", "station", "started_s", "ended_s", "elevation_degree", "loss_db", "secret_bit"
    ).sort_values("started_s")  # fmt: skip
    if passes.empty:
        return
    stations, empty = passes["station"].nunique(), int((passes["secret_bit"] == 0).sum())
    lasted = (passes["ended_s"] - passes["started_s"]).mean()
    yield f"{len(passes):,} contact{'s' * (len(passes) != 1)} of {show_time(lasted)} on average brought"
    yield f"{show(passes['secret_bit'].sum(), 'bit')} of key to {stations} station{'s' * (stations != 1)}, the first"
    yield f"after {show_time(passes['ended_s'].min())}; {empty:,} brought none."
    best = next(passes.nlargest(1, "secret_bit").itertuples())
    yield f"The best, with {best.station} after {show_time(best.started_s)}, brought {show(best.secret_bit, 'bit')}:"
    yield f"the satellite rose to {best.elevation_degree:.0f} degrees, its light lost {best.loss_db:.1f} dB or more."
    rounds, late = run.rounds, passes["ended_s"].min()
    made = int((rounds["aggregated"] > 0).sum())
    early = int(((rounds["aggregated"] > 0) & (rounds["ended_s"] <= late)).sum())
    yield f"{made} of {len(rounds)} rounds brought a new global model, {early} of them before the first contact ended."
