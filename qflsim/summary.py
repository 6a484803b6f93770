"""What a run has shown, in a page of text for the terminal, made from its tables alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from .breakdown import PARTS, QPU_PARTS, read_time_by_part
from .readable import share, show, show_time
from .tables import read_run, read_table

__all__ = ["summarise"]

_WIDTH = 100
_LABEL = 12
_SHOWN_ROUNDS = 9
_VOTES = ("pre-prepare", "prepare", "commit", "view-change", "new-view")


def summarise(folder: str | Path) -> str:
    """A page on the run in ``folder``: what was learnt, and what it took in time, energy, bits, bytes and keys.

    Only whole rounds count; a run that was interrupted is summarised up to there.

    Raises
    ------
    ScenarioError
        If the folder holds no run or a table is damaged.
    """
    run = _Run(Path(folder))
    lines = [_title(run), ""]
    if run.rounds.empty:
        return "\n".join([*lines, "No round was completed, so there is nothing to summarise.", ""])
    lines += [*_table(run), ""]
    for label, sentences in _BLOCKS:
        lines += _block(label, " ".join(sentences(run)))
    return "\n".join([*lines, ""])


@dataclass(frozen=True)
class _Run:
    """The tables of one run, each read when it is first asked for and cut to its whole rounds."""

    folder: Path

    @cached_property
    def about(self) -> dict[str, Any]:
        return read_run(self.folder)

    @cached_property
    def rounds(self) -> Any:
        return read_table(self.folder, "rounds")

    @cached_property
    def last(self) -> Any:
        return next(self.rounds.tail(1).itertuples())

    def table(self, name: str, *columns: str) -> Any:
        rows = read_table(self.folder, name, columns)
        return rows[rows["round"].isin(self.rounds["round"])]


def _title(run: _Run) -> str:
    scenario, planned = run.about.get("scenario", {}), run.about.get("scenario", {}).get("rounds")
    done = f"{len(run.rounds)} of {planned} rounds" if run.about.get("status") != "finished" else f"{planned} rounds"
    replication = f", replication {run.about['replication']}" if run.about.get("replication") else ""
    status = f", {run.about['status']}" if run.about.get("status") != "finished" else ""
    return f"{scenario.get('name')}, seed {scenario.get('seed')}{replication}: {done}{status}"


def _table(run: _Run) -> list[str]:
    """First, some and last rounds, one line each."""
    lines = [f"{'round':>5}  {'ends at':>9}  {'lasts':>9}  {'accuracy':>8}  {'loss':>7}  {'energy':>9}  {'no cooling':>10}"
             f"  {'on air':>9}  {'ledgers':>9}  {'devices':>7}"]  # fmt: skip
    rows = list(run.rounds.itertuples())
    for i in _some(len(rows)):
        row = rows[i]
        lines.append(
            f"{row.round:>5}  {show_time(row.ended_s):>9}  {show_time(row.ended_s - row.started_s):>9}  {row.accuracy:>8.1%}"
            f"  {row.loss:>7.4f}  {show(row.energy_j, 'J'):>9}  {show(row.energy_j - row.qpu_cooling_j, 'J'):>10}"
            f"  {show(row.air_bit, 'bit'):>9}  {show(row.ledger_byte, 'B'):>9}  {f'{row.aggregated}/{row.selected}':>7}"
        )
    return lines


def _some(count: int) -> list[int]:
    """Indices of the first, the last and evenly spread rows between."""
    shown = min(count, _SHOWN_ROUNDS)
    return [0] if shown == 1 else [round(i * (count - 1) / (shown - 1)) for i in range(shown)]


def _learning(run: _Run) -> Iterator[str]:
    last = run.last
    best = next(run.rounds.nlargest(1, "accuracy").itertuples())
    yield (f"The global model classifies {last.accuracy:.1%} of the test samples, with a loss of {last.loss:.4f} nat, "
           f"after {show_time(last.ended_s)} of simulated time.")  # fmt: skip
    initial = run_initial(run)
    if initial is not None:
        yield f"It began at {initial.accuracy:.1%} and {initial.loss:.4f} nat."
    if best.accuracy > last.accuracy:
        yield f"It was best after round {best.round}: {best.accuracy:.1%}."


def run_initial(run: _Run) -> Any:
    """The evaluation of the model before the first round; None if the table lacks it."""
    rows = read_table(run.folder, "evaluations", ["round", "model", "accuracy", "loss"])
    rows = rows[(rows["round"] == 0) & (rows["model"] == "global")]
    return None if rows.empty else next(rows.itertuples())


def _aer(run: _Run) -> Iterator[str]:
    check = run.about.get("aer")
    if not check:
        yield "The final model was not run on Aer."
        return
    difference = check["accuracy_aer"] - check["accuracy_engine"]
    yield (f"The final model on {check['samples']} test samples, engine and Aer ({check['shots']} shots): accuracy "
           f"{check['accuracy_engine']:.1%} and {check['accuracy_aer']:.1%} ({100 * difference:+.1f} points), loss "
           f"{check['loss_engine']:.4f} and {check['loss_aer']:.4f} nat ({check['loss_aer'] - check['loss_engine']:+.4f}).")  # fmt: skip
    yield (f"Expectation values differ by at most {check['largest_difference']:.3f}, "
           f"{check['largest_standard_errors']:.1f} standard errors of the shots.")  # fmt: skip


def _time(run: _Run) -> Iterator[str]:
    parts = read_time_by_part(run.folder).sum()
    whole = parts.sum()
    qpu = parts[list(QPU_PARTS)].sum()
    largest = parts[list(QPU_PARTS)].idxmax()
    name = QPU_PARTS[largest][1].removeprefix("QPU: ")
    yield f"A round lasts {show_time(whole / len(run.rounds))} on average."
    yield f"{share(qpu, whole)} of the round is QPU time, of which {share(parts[largest], qpu)} is {name}."
    others = parts.drop(list(QPU_PARTS)).sort_values(ascending=False)
    told = [f"{PARTS[part]} {share(seconds, whole)}" for part, seconds in others.items() if seconds > 0.0]
    if told:
        yield f"The rest: {', '.join(told)}."


def _energy(run: _Run) -> Iterator[str]:
    total, cooling = run.rounds["energy_j"].sum(), run.rounds["qpu_cooling_j"].sum()
    yield f"{show(total, 'J')} with the QPU cooling plant, {show(total - cooling, 'J')} without it."
    causes = run.table("energy", "round", "cause", "energy_j").groupby("cause")["energy_j"].sum()
    causes = causes[causes > 0.0].sort_values(ascending=False)
    told = [
        f"{cause.replace('_', ' ')} {show(joules, 'J')} ({share(joules, total)})" for cause, joules in causes.items()
    ]
    if told:
        yield f"By cause: {', '.join(told)}."


def _messages(run: _Run) -> Iterator[str]:
    rounds = len(run.rounds)
    air, wired = run.rounds["air_bit"].sum(), run.rounds["wired_bit"].sum()
    yield f"{show(air / rounds, 'bit')} on the air and {show(wired / rounds, 'bit')} on fibre per round."
    sent = run.table("transfers", "round", "kind", "medium", "size_bit", "delivered")
    # a message that goes up and down again, or on over fibre, occupies each leg with all its bits
    sent["bit"] = sent["size_bit"] * (sent["medium"].str.count(r"\+") + 1)
    votes, all_bits = sent.loc[sent["kind"].isin(_VOTES), "bit"].sum(), sent["bit"].sum()
    kinds = sent.groupby("kind")["bit"].sum().sort_values(ascending=False)
    yield (
        f"{share(votes, all_bits)} of it is proposals and votes of agreement; the largest kinds are "
        + ", ".join(f"{kind} {share(bits, all_bits)}" for kind, bits in kinds.head(4).items())
        + "."
    )
    lost = int((~sent["delivered"]).sum())
    yield f"{lost:,} of {len(sent):,} messages never arrived." if lost else f"All {len(sent):,} messages arrived."


def _ledgers(run: _Run) -> Iterator[str]:
    rounds, grown = len(run.rounds), run.rounds["ledger_byte"].sum()
    blocks = run.table("blocks", "round", "chain", "header_byte", "body_byte", "certificate_byte")
    sizes = blocks[["header_byte", "body_byte", "certificate_byte"]].sum(axis=1)
    by_chain = sizes.groupby(blocks["chain"]).sum()
    yield f"All chains together grow by {show(grown / rounds, 'B')} per round:"
    yield ", ".join(f"{chain} {show(size / rounds, 'B')}" for chain, size in by_chain.items()) + "."
    yield f"{share(blocks['certificate_byte'].sum(), sizes.sum())} of that is quorum certificates."


def _keys(run: _Run) -> Iterator[str]:
    draws = run.table("keys", "round", "requested_s", "granted_s", "qkd_bit", "pool_made_bit", "pool_drawn_bit")
    if draws.empty:
        yield "No key was drawn."
        return
    waits = draws["granted_s"] - draws["requested_s"]
    bits = draws["qkd_bit"].sum()
    yield (f"{len(draws):,} session keys took {show(bits, 'bit')} from QKD pools; the longest wait for one was "
           f"{show_time(waits.max())}, the mean {show_time(waits.mean())}.")  # fmt: skip
    if bits:
        used = (draws["pool_drawn_bit"] / draws["pool_made_bit"]).max()
        yield f"At most {share(used, 1.0)} of what a pool had made was drawn."


def _agreements(run: _Run) -> Iterator[str]:
    sought = run.table("agreements", "round", "chain", "started_s", "ended_s", "decided", "quorum", "view", "messages")
    failed = sought["decided"] == 0
    later = int((~failed & (sought["view"] > 0)).sum())
    yield f"{len(sought)} decisions sought with {sought['messages'].sum():,} messages, {int(failed.sum())} not reached."
    if later:
        yield f"{later} needed more than one leader."
    reached = sought[~failed]
    family = reached["chain"].where(~reached["chain"].str.startswith("lmuc-"), "lmuc")
    latency = (reached["ended_s"] - reached["started_s"]).groupby(family).mean()
    if len(latency):
        yield "Mean time to the last decision: " + ", ".join(f"{c} {show_time(t)}" for c, t in latency.items()) + "."


def _reach(run: _Run) -> Iterator[str]:
    nodes = read_table(run.folder, "nodes", ["role", "reached"])
    devices = nodes[nodes["role"] == "device"]
    out = int((~devices["reached"]).sum())
    yield (
        f"{out} of {len(devices)} devices are out of reach of their base station."
        if out
        else (f"All {len(devices)} devices are in reach of their base station.")
    )


_BLOCKS = (
    ("learning", _learning),
    ("Aer check", _aer),
    ("time", _time),
    ("energy", _energy),
    ("messages", _messages),
    ("ledgers", _ledgers),
    ("keys", _keys),
    ("agreement", _agreements),
    ("devices", _reach),
)


def _block(label: str, text: str) -> list[str]:
    """A label in the margin and the text beside it, wrapped."""
    from textwrap import wrap

    lines = wrap(text, _WIDTH - _LABEL, break_long_words=False, break_on_hyphens=False)
    return [f"{label if i == 0 else '':<{_LABEL}}{line}" for i, line in enumerate(lines)]
