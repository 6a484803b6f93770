"""Sentences on what nodes store of the chains, and what they ask each other for."""

from collections.abc import Iterator
from typing import Any

from qflsim.readable import share, show, show_time
from qflsim.tables import read_table

from .reading import RunTables

__all__ = ["storage_sentences"]

_ROLES = ("publisher", "server", "device")


def storage_sentences(run: RunTables) -> Iterator[str]:
    """What a node of each role stores at the end, what was fetched, and what an idealised option grants."""
    stored = run.table("storage", "node", "size_byte", "content_byte", "qubits")
    last = stored[stored["round"] == run.rounds["round"].max()]
    yield from _held(run, last)
    yield from _fetched(run)
    qubits = int(last["qubits"].sum())
    if qubits:
        yield f"{qubits:,} qubits are kept besides."
    for name in sorted(set(_idealised(run.about.get("scenario", {})))):
        yield f"{name} is idealised: it grants what physics does not."


def _held(run: RunTables, last: Any) -> Iterator[str]:
    roles = read_table(run.folder, "nodes", ["node", "role"]).set_index("node")["role"]
    counts = roles.value_counts()
    sums = last.groupby(last["node"].map(roles))["size_byte"].sum()
    told = [f"a {role} {show(sums.get(role, 0) / counts[role], 'B')}" for role in _ROLES if counts.get(role)]
    if told:
        yield f"Stored at the end, on average: {', '.join(told)}."
    contents = int(last["content_byte"].sum())
    if contents:
        yield f"{show(contents, 'B')} of it are parameters kept apart from their chains."


def _fetched(run: RunTables) -> Iterator[str]:
    rows = run.table("retrievals", "kind", "outcome", "size_byte", "requested_s", "ended_s")
    for kind, asked in rows.groupby("kind"):
        whole = asked[asked["outcome"].isin(("whole", "granted"))]
        yield f"{kind}: asked for {len(asked):,} times, {show(asked['size_byte'].sum(), 'B')},"
        waited = (whole["ended_s"] - whole["requested_s"]).mean()
        missed = len(asked) - len(whole)
        time = f"there after {show_time(waited)} on average" if len(whole) else "never there"
        yield f"{time}{f', {share(missed, len(asked))} in vain' if missed else ''}."


def _idealised(described: Any) -> Iterator[str]:
    """Names of the idealised options of storage and format in a scenario as run.json describes it."""
    for field in ("storage", "compression"):
        yield from _named(described.get(field))


def _named(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        name = str(part.get("part", ""))
        if name.startswith("Idealised"):
            yield name
        for value in part.values():
            yield from _named(value)
