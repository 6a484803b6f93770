"""Several runs side by side: one row of measures for each, read from what the runs wrote down."""

import csv
import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any, ClassVar

from .checks import ScenarioError
from .paths import folder_of
from .readable import show, show_time
from .sweepfolder import PLAN, POINTS
from .tables import read_rows, read_run, read_table
from .trace import Record, cells, column, columns

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = [
    "COLUMNS",
    "COMPARISON",
    "SCENARIO",
    "Compared",
    "called",
    "columns_shown",
    "compared",
    "is_comparison",
    "labels",
    "legend",
    "measure",
    "read_comparison",
    "settings_of",
    "shown",
    "tabulate",
    "write_comparison",
]

COMPARISON = "comparison.csv"
"""Name of the table that stands beside the folders of the runs compared."""

_WIDTH = 100
"""Characters in a line below the table."""

SCENARIO = "scenario."
"""What stands in front of the name of a setting where a table has a column of that name: ``scenario.rounds``."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Compared(Record):
    """One run among those that are compared."""

    table: ClassVar[str] = "comparison"
    about: ClassVar[str] = (
        "one row per run of a comparison or a sweep, in the folder above theirs; in front stand the settings in which "
        "the runs differ, e.g. a column `variant` or `topology.servers`"
    )

    replication: int = column("which independent repetition, from 0")
    folder: str = column("folder of the run, from that of the comparison")
    rounds: int = column("whole rounds")
    ended_s: float = column("simulated time at the end of the last whole round")
    round_s: float = column("mean duration of a round")
    global_s: float = column("mean time until the last validator decided on a block of the global chain")
    shard_s: float = column("the same on shard chains")
    local_s: float = column("the same on local model update chains")
    undecided: int = column("decisions that did not fall")
    forked: int = column("decisions in which correct validators decided on different blocks")
    without: int = column("rounds that brought no new global model")
    messages: float = column("messages of agreement per round")
    agreement_bit: float = column("bits of agreement messages per round, tags included")
    sent_bit: float = column("bits per round on the air and on fibre, everything included")
    key_bit: float = column("key bits drawn from the stores of QKD links per round")
    energy_j: float = column("energy per round, all causes")
    qpu_j: float = column("energy of QPU control and cooling per round")
    mining_j: float = column("energy of searching for blocks per round")
    qkd_j: float = column("energy of QKD terminals per round")
    other_j: float = column("energy of radios, fibre, processors and what else there is per round")
    ledger_byte: float = column("growth of all chains per round, counted once per chain")
    stored_byte: float = column("growth per round of what all nodes store of all chains")
    device_byte: float = column("growth per round of what a device stores of all chains, mean over devices")
    accuracy: float = column("accuracy of the last global model on the test samples")
    loss: float = column("its loss [nat]")


def measure(run: Path, folder: str) -> Compared:
    """What the run in ``run`` came to; ``folder`` is what the table is to say of where it is.

    Raises
    ------
    ScenarioError
        If no round was completed, or a table is missing or damaged.
    """
    rounds = read_table(run, "rounds")
    if rounds.empty:
        raise ScenarioError(f"{run} cannot be compared: no round was completed in it")
    whole = len(rounds)
    filled = whole + int((rounds.groupby("task")["round"].min() - 1).sum())  # a resumed run holds what was there before
    decisions = _of(rounds, read_table(run, "agreements"))
    stored = _of(rounds, read_table(run, "storage"))
    joules = _joules(_of(rounds, read_table(run, "energy")), whole)
    latency = _latencies(decisions)
    last = rounds.iloc[-1]
    return Compared(
        replication=int(read_run(run)["replication"]),
        folder=folder,
        rounds=whole,
        ended_s=float(last["ended_s"]),
        round_s=float((rounds["ended_s"] - rounds["started_s"]).mean()),
        global_s=latency["global"],
        shard_s=latency["shard"],
        local_s=latency["lmuc"],
        undecided=int((decisions["decided"] == 0).sum()),
        forked=int((decisions["blocks"] > 1).sum()),
        without=int((rounds["aggregated"] == 0).sum()),
        messages=float(decisions["messages"].sum() / whole),
        agreement_bit=float(decisions["size_bit"].sum() / whole),
        sent_bit=float((rounds["air_bit"] + rounds["wired_bit"]).mean()),
        key_bit=float(rounds["key_bit"].mean()),
        energy_j=float(rounds["energy_j"].mean()),
        **joules,
        ledger_byte=float(rounds["ledger_byte"].mean()),
        stored_byte=_stored(stored) / filled,
        device_byte=_stored_by_devices(run, stored) / filled,
        accuracy=float(last["accuracy"]),
        loss=float(last["loss"]),
    )


def write_comparison(top: Path, rows: Iterable[Compared], variants: Sequence[str] = ()) -> Path:
    """Write the table into ``top``, each row with its variant in front if they have names.

    It is the one file there that is written again when a further run is done.
    """
    path, head = top / COMPARISON, (["variant"] if variants else [])
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*head, *columns(Compared)])
        writer.writerows([*variants[place : place + 1], *cells(row)] for place, row in enumerate(rows))
    return path


def read_comparison(top: str | Path) -> "DataFrame":
    """The table of a comparison as a data frame.

    Raises
    ------
    ScenarioError
        If there is none, it is damaged, or no run stands in it.
    """
    place = folder_of(top)
    if not (place / COMPARISON).is_file():
        raise ScenarioError(
            f"{top} holds no {COMPARISON}; give the folder of a comparison, e.g. results/agreements/seed7"
        )
    table = read_rows(place / COMPARISON, Compared, settings=True)
    if table.empty:
        raise ScenarioError(_why_empty(place))
    return table


def _why_empty(place: Path) -> str:
    if (place / PLAN).is_file() and not any(place.glob(f"{POINTS}/[!.]*/run.json")):
        return f"no point of the sweep in {place} is finished; give its command again, which says what goes wrong"
    return f"{place / COMPARISON} holds no run: none of them has completed a round"


def is_comparison(folder: str | Path) -> bool:
    """Whether a folder is that of a comparison or a sweep; the point of a sweep is a run, though it has a row too."""
    return (Path(folder) / COMPARISON).is_file() and not (Path(folder) / "run.json").is_file()


def compared(top: str | Path) -> tuple[tuple[Compared, ...], tuple[str, ...]]:
    """The rows of that table as they were written, and what each is called.

    Raises
    ------
    ScenarioError
        If there is none, it is damaged, or no run stands in it.
    """
    table = read_comparison(top)
    rows = table[list(columns(Compared))].to_dict("records")
    return tuple(Compared(**row) for row in rows), tuple(labels(table))


def settings_of(table: "DataFrame") -> list[str]:
    """The columns in front of a comparison: the settings in which its runs differ, or ``variant``."""
    return list(table.columns[: list(table.columns).index("replication")])


def called(axis: str, value: object) -> str:
    """What a setting is called where a line names several: a variant by its name alone."""
    return f"{value}" if axis == "variant" else f"{axis.removeprefix(SCENARIO)}={value}"


def labels(table: "DataFrame") -> list[str]:
    """What each row of a comparison is called: the settings in front of it, those of an axis with its name."""
    axes = settings_of(table)
    texts = [[called(axis, value) for value in table[axis]] for axis in axes]
    return [", ".join(row) for row in zip(*texts, strict=True)] if axes else [""] * len(table)


COLUMNS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "round": ("round_s", show_time),
    "global": ("global_s", show_time),
    "shard": ("shard_s", show_time),
    "local": ("local_s", show_time),
    "energy": ("energy_j", lambda value: show(value, "J")),
    "mining": ("mining_j", lambda value: show(value, "J")),
    "sent": ("sent_bit", lambda value: show(value, "bit")),
    "of it votes": ("agreement_bit", lambda value: show(value, "bit")),
    "key": ("key_bit", lambda value: show(value, "bit")),
    "ledgers": ("ledger_byte", lambda value: show(value, "B")),
    "a device": ("device_byte", lambda value: show(value, "B")),
    "accuracy": ("accuracy", lambda value: f"{100.0 * value:.1f} %"),
    "undecided": ("undecided", str),
    "forked": ("forked", str),
}  # fmt: skip
"""What the terminal shows of each run: heading, column, and how it is written."""


_EXPLAINED = ("global", "shard", "local", "mining", "sent", "of it votes", "key", "ledgers", "a device")
"""Headings that do not explain themselves."""


def legend(headings: Iterable[str]) -> str:
    """What a table with these headings shows, in a line."""
    meanings = {field.name: field.metadata["meaning"] for field in dataclasses.fields(Compared)}
    told = [f"{heading}: {meanings[COLUMNS[heading][0]]}" for heading in headings if heading in _EXPLAINED]
    return "; ".join(["Times, joules, bits and bytes are means of a round", *told]) + "."


def columns_shown(rows: Sequence[Compared]) -> dict[str, tuple[str, Callable[[Any], str]]]:
    """Those of `COLUMNS` that are not nothing in all of the runs."""

    def something(value: float) -> bool:
        return bool(value) and not math.isnan(value)

    return {
        heading: (name, text)
        for heading, (name, text) in COLUMNS.items()
        if any(something(getattr(row, name)) for row in rows)
    }


def tabulate(rows: Sequence[Compared], variants: Sequence[str]) -> str:
    """The runs as lines of text, one each, and what the columns are; what is nothing in all runs is left out."""
    names = [
        name + (f" ({row.replication})" if row.replication else "") for row, name in zip(rows, variants, strict=True)
    ]
    told = columns_shown(rows)
    texts_by_column = [["", *names]]
    texts_by_column += [[heading, *(shown(getattr(row, name), text) for row in rows)]
                        for heading, (name, text) in told.items()]  # fmt: skip
    widths = [max(map(len, texts)) for texts in texts_by_column]
    first, *others = zip(texts_by_column, widths, strict=True)
    lines = (
        "  ".join([f"{first[0][line]:<{first[1]}}", *(f"{texts[line]:>{width}}" for texts, width in others)])
        for line in range(len(rows) + 1)
    )
    return "\n".join([*lines, "", fill(legend(told), _WIDTH)]) + "\n"


def shown(value: float, text: Callable[[Any], str]) -> str:
    """A measure as ``text`` writes it; ``none`` if there is none."""
    return "none" if math.isnan(value) else str(text(value))


def _of(rounds: Any, rows: Any) -> Any:
    """The rows of whole rounds."""
    return rows[rows["round"].isin(rounds["round"])]


def _latencies(decisions: Any) -> dict[str, float]:
    """Mean time until the last validator decided, by kind of chain; NaN where nothing was decided."""
    reached = decisions[decisions["decided"] > 0]
    taken = (reached["ended_s"] - reached["started_s"]).groupby(reached["chain"].str.split("-").str[0]).mean()
    return {kind: float(taken.get(kind, math.nan)) for kind in ("global", "shard", "lmuc")}


def _joules(rows: Any, rounds: int) -> dict[str, float]:
    """Energy per round by what it is spent on."""
    spent = (rows.groupby("cause")["energy_j"].sum() / rounds).to_dict()
    qpu = spent.pop("qpu_control", 0.0) + spent.pop("qpu_cooling", 0.0)
    mining, qkd = spent.pop("mining", 0.0), spent.pop("qkd", 0.0)
    return {"qpu_j": qpu, "mining_j": mining, "qkd_j": qkd, "other_j": math.fsum(spent.values())}


def _stored_by_devices(run: Path, rows: Any) -> float:
    """Bytes that a device stores of all chains at the end, on average; NaN if there is none."""
    roles = read_table(run, "nodes", ["node", "role"])
    devices = roles.loc[roles["role"] == "device", "node"]
    return _stored(rows[rows["node"].isin(devices)]) / len(devices) if len(devices) else math.nan


def _stored(rows: Any) -> float:
    """Bytes that all nodes store of all chains at the end."""
    last = rows[rows["round"] == rows["round"].max()]
    return float(last["size_byte"].sum())
