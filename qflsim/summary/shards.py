"""The sentences of a summary on shards: how likely their draws fail, who took a seat, and payments between them."""

from collections.abc import Iterator

from qflsim.readable import share, show, show_time

from .reading import RunTables

__all__ = ["shard_sentences"]


def shard_sentences(run: RunTables) -> Iterator[str]:
    """Draws of validators and payments; nothing of what there was none."""
    yield from _draws(run)
    yield from _payments(run)


def _draws(run: RunTables) -> Iterator[str]:
    draws = run.table(
        "shards", "epoch", "nodes", "faulty", "assumed", "faulty_inside", "tolerated", "failure_probability", "new",
        "began_s", "seated_s",
    )  # fmt: skip
    if draws.empty:
        return
    first, once = next(draws.itertuples()), draws.groupby("epoch")["failure_probability"].sum().max()
    whose = "assumed" if first.assumed else "held by threats"
    yield f"Validators of shards were drawn {draws['epoch'].nunique()} times from {first.nodes} servers, of which"
    faulty = f"{first.faulty} {'is' if first.faulty == 1 else 'are'} faulty ({whose})"
    yield f"{faulty}: some shard gets more than it bears with a probability of at most"
    yield f"{min(1.0, once):.2g} in a draw" + (", which is not small." if once > 1e-6 else ".")
    if not first.assumed:
        yield f"It happened in {int((draws['faulty_inside'] > draws['tolerated']).sum())} of {len(draws)} shards."
    later = draws[draws["epoch"] > 0]
    fetched = run.table("retrievals", "kind", "size_byte")
    fetched = fetched[fetched["kind"] == "handover"]
    if later["new"].sum():
        longest = (later["seated_s"] - later["began_s"]).max()
        yield f"{int(later['new'].sum())} new validators fetched {show(fetched['size_byte'].sum(), 'B')} of chains, the"
        yield f"slowest in {show_time(longest)}."


def _payments(run: RunTables) -> Iterator[str]:
    paid = run.table("payments", "asked_s", "ended_s", "shards", "committed")
    if paid.empty:
        return
    paid = paid.assign(took=paid["ended_s"] - paid["asked_s"], crossing=paid["shards"] > 1)
    yield f"Of {len(paid):,} payments {share(paid['crossing'].sum(), len(paid))} crossed shards, and"
    yield f"{share(paid['committed'].sum(), len(paid))} went through."
    for crossing, rows in paid.groupby("crossing"):
        where = "across shards" if crossing else "within a shard"
        yield f"One {where} took {show_time(rows['took'].mean())} on average."
