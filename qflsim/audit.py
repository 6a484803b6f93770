"""Auditing a finished run: whether its chains and tables are as they were written, and if not, where they differ."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from difflib import get_close_matches
from math import inf
from pathlib import Path
from typing import Any

from .chain.archive import Archive, Entry
from .chain.block import Block, Header
from .chain.crosschain import CrossChainReceipt
from .chain.storageaudit import damaged_stores, missing_contents
from .chain.transactions import Receipt, read_transaction
from .chain.wire import Reader
from .checks import ScenarioError
from .replay import STOCK, contract_lines
from .runs import LEDGER, RUNNING, digests
from .tables import read_run

__all__ = ["audit", "find", "open_ledger", "refuse_gaps", "roll_back", "show"]

Write = Callable[[str], object]

_WORD = {True: "whole  ", False: "BROKEN "}


def open_ledger(folder: str | Path) -> Archive:
    """The durable ledger of the run in ``folder``, to be read.

    Raises
    ------
    ScenarioError
        If there is no run, or its ledger is missing or no ledger at all.
    """
    read_run(folder)
    try:
        return Archive(Path(folder) / LEDGER)
    except (OSError, ValueError) as error:
        raise ScenarioError(f"{error}; give the folder of a run, e.g. results/paper/seed7") from None


def audit(folder: str | Path, write: Write, names: Mapping[str, Any] | None = None) -> int:
    """Check every chain and every table of a run; returns 0 if all are whole, 1 otherwise.

    A chain is whole if its blocks link, their Merkle roots and certificates fit, its last block is the one that
    ``run.json`` states, and every receipt on it is that of a block that stands on the other chain. A table is whole
    if its SHA-256 is that of ``run.json``. Parameters and chunks that nodes keep apart from the chains must fit the
    digests and the blocks there; a model that nobody holds is told, and is no fault of the chains. The contract of a
    task is whole if the chains, replayed, lead to what the tables of standings and refusals say.

    Parameters
    ----------
    names:
        Parts by name that the rules of contracts may refer to; if left out, those of qflsim.
    """
    about, ledger = read_run(folder), open_ledger(folder)
    tips, faults = ledger.tips(), 0
    broken: set[str] = set()
    ended = about.get("status") != RUNNING
    stated: dict[str, str] = about.get("ledgers", {}) if ended else tips
    for chain in sorted({*ledger.chains, *stated}):
        reason = _fault(ledger, chain, tips.get(chain, ""), stated.get(chain, ""))
        faults += bool(reason)
        broken |= {chain} if reason else set()
        height = int(tips.get(chain, "0:").split(":")[0])
        write(
            f"{'BROKEN' if reason else 'whole':<7} chain {chain}, {height:,} blocks{': ' if reason else ''}{reason}\n"
        )
    if not ended:
        write("the run was stopped before it could state its tips and tables; its chains are checked as they are\n")
    if ended and not faults:  # of broken chains nothing follows
        for contract, reason in contract_lines(Path(folder), ledger, names or STOCK, about.get("resumed", {})):
            faults += bool(reason)
            write(f"{'BROKEN' if reason else 'whole':<7} {contract}{': ' if reason else ''}{reason}\n")
    aside = "OffChain" in str(about.get("scenario", {}).get("storage"))
    for chain in sorted(set(ledger.chains) - broken):
        for holder, reason in damaged_stores(ledger, chain):
            faults += 1
            write(f"BROKEN  store of {holder}: {reason}\n")
        for reason in missing_contents(ledger, chain) if aside else ():  # messages are lost without anybody's doing
            write(f"MISSING {reason}\n")
    for table, reason in _changed_tables(Path(folder), about.get("sha256", {})):
        faults += 1
        write(f"BROKEN  table {table}: {reason}\n")
    write(f"{len(tips)} chains and {len(about.get('sha256', {}))} tables: {_verdict(faults)}\n")
    return 1 if faults else 0


def _verdict(faults: int) -> str:
    return f"{faults} not as they were written" if faults else "all as they were written"


def _fault(ledger: Archive, chain: str, tip: str, stated: str) -> str:
    """What is wrong with one chain, and in which block; empty if nothing is."""
    fault = ledger.verify(chain)
    if fault is not None:
        return f"block {fault.height} is not as it was agreed on: {fault.reason}"
    if tip != stated:
        return f"it ends with block {tip or 'none'}, and run.json states {stated or 'no such chain'}"
    return next(_stray_receipts(ledger, chain), "")


def _missing_end(ledger: Archive, chain: str, height: int, stated: dict[str, str]) -> str:
    """Whether blocks above ``height``, the last one that is there, have gone that ``run.json`` states; empty if not."""
    tip = int(stated.get(chain, "0:").split(":")[0])
    return "" if tip <= height or ledger.digest(chain, height + 1) else f"block {height + 1} is missing"


def refuse_gaps(ledger: Archive, heights: Mapping[str, int], about: Mapping[str, Any]) -> None:
    """Raise a `ValueError` if blocks up to ``heights`` are missing that ``run.json`` or a receipt speaks of."""
    for chain, height in heights.items():
        reason = _missing_end(ledger, chain, height, about.get("ledgers", {}))
        reason = reason or next(_stray_receipts(ledger, chain, height), "")
        if reason:
            raise ValueError(f"on chain {chain}, {reason}")


def _stray_receipts(ledger: Archive, chain: str, last: float = inf) -> Iterator[str]:
    """What is wrong with receipts on ``chain``, up to ``last``, of blocks that are not on the chain they name."""
    for entry in ledger.find(chain):
        if entry.kind not in (Receipt.kind, CrossChainReceipt.kind) or entry.chain != chain or entry.height > last:
            continue
        payload = ledger.block(chain, entry.height).transactions[entry.position].payload
        source, header = _receipt(payload)
        if _missing(ledger, source, header):
            yield f"block {entry.height} holds a receipt of a block that is not on chain {source}"


def _receipt(payload: bytes) -> tuple[str, bytes]:
    """The chain that a receipt names, and the encoded header it carries behind its text."""
    fields = read_transaction(payload)
    carried = 4 + int.from_bytes(payload[:4], "big")
    return fields["source"], payload[carried : carried + fields["header"]]  # the certificate follows it


def _missing(ledger: Archive, source: str, header: bytes) -> bool:
    filed = ledger.digest(source, Header.decode(Reader(header)).height)
    return filed != hashlib.sha256(header).hexdigest()


def _changed_tables(folder: Path, stated: dict[str, str]) -> Iterator[tuple[str, str]]:
    now = digests(folder)
    for name, digest in stated.items():
        if now.get(name) != digest:
            yield name, "it was changed after the run" if name in now else "it is missing"


def find(folder: str | Path, text: str, write: Write) -> int:
    """List the transactions of a kind, a sender, a task, a chain, or of the block whose hash begins with ``text``."""
    with closing(open_ledger(folder)) as ledger:
        found = ledger.find(text)
        known = {} if found else ledger.words()
    for entry in found:
        write(_line(entry))
    write(f"{len(found):,} transaction{'s' * (len(found) != 1)}\n")
    if not found:
        write(f"no kind, sender, task, chain or hash of a block is {text!r}; {_advice(text, known)}\n")
    return 0 if found else 1


def _advice(text: str, known: Mapping[str, Sequence[str]]) -> str:
    """The nearest of all words that can be searched for, or else what there is of each sort."""
    near = get_close_matches(text, sorted({word for words in known.values() for word in words}), n=1)
    return f"did you mean {near[0]!r}?" if near else "; ".join(f"{sort}: {', '.join(known[sort])}" for sort in known)


def _line(entry: Entry) -> str:
    place = f"{entry.chain}:{entry.height}"
    return f"round {entry.round:>4}  {place:<24} {entry.kind:<20} {entry.sender}\n"


def show(folder: str | Path, place: str, write: Write) -> int:
    """Print one block, named ``CHAIN:HEIGHT``: its header and its transactions."""
    chain, _, height = place.rpartition(":")
    if not chain or not height.isdigit():
        raise ScenarioError(f"a block is named CHAIN:HEIGHT, got {place!r}; e.g. global:3")
    with closing(open_ledger(folder)) as ledger:
        try:
            block = ledger.block(chain, int(height))
        except ValueError as error:
            raise ScenarioError(str(error)) from None
    for line in _described(block):
        write(f"{line}\n")
    return 0


def _described(block: Block) -> Iterator[str]:
    header = block.header
    yield f"block {header.height} of chain {header.chain}, round {header.round}, proposed by {header.proposer}"
    yield f"  at {header.time_s:.6g} s of simulated time, {block.size_byte:,} bytes"
    yield f"  hash      {block.hash.hex()}"
    yield f"  previous  {header.previous.hex()}"
    yield f"  root      {header.root.hex()}"
    signers = 0 if block.certificate is None else len(block.certificate.signers)
    yield f"  certificate of {signers} validators"
    for item in block.transactions:
        fields = read_transaction(item.payload)
        kind, sender = fields.pop("kind"), fields.pop("sender")
        told = ", ".join(f"{name} {value}" for name, value in fields.items())
        yield f"  {kind} by {sender}: {told}"


def roll_back(folder: str | Path, round: int, into: str | Path, write: Write) -> int:
    """Write the chains as they stood after ``round`` to the new file ``into``; the run itself stays as it is.

    Raises
    ------
    ScenarioError
        If there is no such round, or the chains up to there are not as they were written; nothing is written then.
    """
    if round < 0:
        raise ScenarioError(f"round must be >= 0, got {round}; 0 leaves the empty chains")
    path, about = Path(into), read_run(folder)
    with closing(open_ledger(folder)) as ledger:
        if round > ledger.last_round:
            raise ScenarioError(f"round must be <= {ledger.last_round}, the last one on the chains, got {round}")
        try:
            heights = ledger.whole_after(round)
            refuse_gaps(ledger, heights, about)
        except ValueError as error:
            raise ScenarioError(f"cannot roll back to round {round} of {folder}: {error}") from None
        try:
            ledger.rolled_back(heights, path).close()
        except (OSError, sqlite3.Error) as error:
            raise ScenarioError(f"cannot roll back into {path}: {error}; give a new file") from None
    write(f"{path}: {sum(heights.values()):,} blocks, as after round {round}\n")
    return 0
