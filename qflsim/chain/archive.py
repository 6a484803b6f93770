"""The durable copy of a run's chains: one SQLite file that can be opened, searched and audited long after the run.

References
----------
.. [1] SQLite, https://www.sqlite.org/fileformat2.html: one file, transactions that survive a crash.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from math import inf
from pathlib import Path
from typing import NamedTuple

from qflsim.chain.archivefile import SCHEMA, opened
from qflsim.chain.block import Block
from qflsim.chain.ledger import Chain, Fault, check_stored
from qflsim.chain.transactions import read_transaction
from qflsim.chain.wire import Reader
from qflsim.crypto.keyring import Register
from qflsim.crypto.libraries import library_named

__all__ = ["Archive", "Entry"]


class Entry(NamedTuple):
    """Where one transaction stands, and whose it is."""

    chain: str
    height: int
    position: int
    kind: str
    sender: str
    task: str
    round: int


class Archive:
    """All chains of one run in one file.

    The bytes of a block are the ones that nodes store; beside them stands an index to search by, which an audit
    compares with the bytes. What was appended since the last `commit` is lost in a crash, and nothing else.

    Parameters
    ----------
    path:
        The file.
    new:
        The register of those who sign, which goes into the file, to make a new one; left out, the file is opened to be
        read, and never written.
    durable:
        Whether each commit is to outlast a crash of the machine. A file that nobody keeps need not, and so is written
        once instead of twice.

    Raises
    ------
    FileExistsError, FileNotFoundError
        If a new file exists already, or one to be read does not.
    ValueError
        If the file to be read is no archive.

    *Scope*: one copy, that of an observer who holds every chain. What single nodes store is in the storage table.

    Signatures are checked against the public keys in the file. Who changes keys, signatures and blocks alike makes
    another ledger: that is seen by comparing its keys with those that others know.

    *Validation*: any flipped byte of any block is found, in the block it was flipped in.
    """

    def __init__(self, path: Path, *, new: Register | None = None, durable: bool = True) -> None:
        if new is not None and path.exists():
            raise FileExistsError(f"{path} exists already; nothing is overwritten")
        if new is None and not path.is_file():
            raise FileNotFoundError(f"there is no ledger at {path}")
        self.path = path
        self._file = sqlite3.connect(path) if new is not None else opened(path)
        if new is None:
            self.register = self._registered()
        else:
            self._file.execute("PRAGMA cache_spill = OFF")  # nothing reaches the disk before it is committed
            if not durable:
                self._file.execute("PRAGMA journal_mode = MEMORY")
                self._file.execute("PRAGMA synchronous = OFF")
            self._file.executescript(SCHEMA)
            self._file.executemany("INSERT INTO register VALUES (?, ?)", new.public_keys.items())
            self._file.execute("INSERT INTO library VALUES (?)", (new.library.name,))
            self._file.commit()
            self.register = new

    def append(self, block: Block) -> None:
        """Add a block; its place must be free."""
        header = block.header
        row = (header.chain, header.height, header.round, block.hash.hex(), block.encode())
        self._file.execute("INSERT INTO blocks VALUES (?, ?, ?, ?, ?)", row)
        self._file.executemany("INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?, ?)", _entries(block))

    def store_content(self, digest: str, holder: str, chain: str, data: bytes) -> None:
        """Add the copy that ``holder`` has of a model's parameters."""
        self._file.execute("INSERT OR IGNORE INTO contents VALUES (?, ?, ?, ?)", (digest, holder, chain, data))

    def store_chunks(
        self, chain: str, height: int, holder: str, needed: int, numbers: Sequence[int], chunks: Sequence[bytes]
    ) -> None:
        """Add the chunks of a block that ``holder`` has; ``needed`` of them give the block back."""
        rows = [(chain, height, i, holder, needed, chunks[i]) for i in numbers]
        self._file.executemany("INSERT OR IGNORE INTO chunks VALUES (?, ?, ?, ?, ?, ?)", rows)

    def commit(self) -> None:
        """Bring everything appended so far to disk."""
        self._file.commit()

    def close(self) -> None:
        """Commit and close the file."""
        self._file.commit()
        self._file.close()

    @property
    def chains(self) -> tuple[str, ...]:
        """Names of all chains, sorted."""
        return tuple(name for (name,) in self._file.execute("SELECT DISTINCT chain FROM blocks ORDER BY chain"))

    def stored(self, chain: str, last: int | None = None) -> bytes:
        """The bytes of ``chain`` from the genesis block on, as a node stores them; up to height ``last``, or all."""
        query = "SELECT data FROM blocks WHERE chain = ? AND (? IS NULL OR height <= ?) ORDER BY height"
        rows = self._file.execute(query, (chain, last, last))
        return Chain(chain).encode() + b"".join(data for (data,) in rows)

    def block(self, chain: str, height: int) -> Block:
        """The block of ``chain`` at ``height``.

        Raises
        ------
        ValueError
            If there is none, or its bytes are no block.
        """
        row = self._file.execute("SELECT data FROM blocks WHERE chain = ? AND height = ?", (chain, height)).fetchone()
        if row is None:
            raise ValueError(f"there is no block {height} on chain {chain!r}; {self._extent(chain)}")
        try:
            return Block.decode(Reader(row[0]))
        except ValueError as error:
            raise ValueError(f"block {height} of chain {chain} cannot be read: {error}") from None

    def _extent(self, chain: str) -> str:
        """Half a sentence on the blocks of a chain, or on the chains if there is none of that name."""
        first, last = self._file.execute(
            "SELECT min(height), max(height) FROM blocks WHERE chain = ?", (chain,)
        ).fetchone()
        return f"its blocks are {first} to {last}" if last else f"the chains are {', '.join(self.chains)}"

    def blocks(self) -> list[Block]:
        """Every block of every chain.

        Raises
        ------
        ValueError
            If the bytes of one are no block.
        """
        rows = self._file.execute("SELECT data FROM blocks ORDER BY chain, height").fetchall()
        return [Block.decode(Reader(data)) for (data,) in rows]

    def digest(self, chain: str, height: int) -> str:
        """Hash, hexadecimal, under which the block of ``chain`` at ``height`` is filed; empty if there is none."""
        query = "SELECT hash FROM blocks WHERE chain = ? AND height = ?"
        row = self._file.execute(query, (chain, height)).fetchone()
        return row[0] if row else ""

    def tips(self) -> dict[str, str]:
        """Height and hash of the last block of every chain, e.g. ``"12:ab34…"``."""
        rows = self._file.execute("SELECT chain, height, hash FROM blocks ORDER BY chain, height")
        return {chain: f"{height}:{digest}" for chain, height, digest in rows}

    def find(self, text: str) -> list[Entry]:
        """Transactions whose kind, sender or task is ``text``, or that stand in the block whose hash begins so."""
        query = (
            "SELECT t.* FROM transactions t JOIN blocks b ON t.chain = b.chain AND t.height = b.height "
            "WHERE ? IN (t.kind, t.sender, t.task, t.chain) OR (length(?) >= 6 AND substr(b.hash, 1, length(?)) = ?) "
            "ORDER BY t.round, t.chain, t.height, t.position"
        )
        return [Entry(*row) for row in self._file.execute(query, (text,) * 4)]

    def words(self) -> dict[str, list[str]]:
        """What there is to be found: all kinds, chains, tasks and senders of transactions."""
        sorts = {"kinds": "kind", "chains": "chain", "tasks": "task", "senders": "sender"}
        query = "SELECT DISTINCT {0} FROM transactions WHERE {0} != '' ORDER BY {0}"
        return {sort: [word for (word,) in self._file.execute(query.format(name))] for sort, name in sorts.items()}

    def contents(self, chain: str) -> list[tuple[str, str, bytes]]:
        """Digest, holder and bytes of every copy of a model's parameters that is kept apart from ``chain``."""
        query = "SELECT digest, holder, data FROM contents WHERE chain = ? ORDER BY digest, holder"
        return list(self._file.execute(query, (chain,)))

    def chunks(self, chain: str) -> list[tuple[int, int, str, int, bytes]]:
        """Height, number, holder, how many are needed, and bytes of every chunk of a block of ``chain``."""
        query = "SELECT height, number, holder, needed, data FROM chunks WHERE chain = ? ORDER BY height, number"
        return list(self._file.execute(query, (chain,)))

    def verify(self, chain: str, last: int | None = None) -> Fault | None:
        """The first bad block of ``chain``, or the first whose index says something else than its bytes; else None.

        Blocks above height ``last`` are not looked at.
        """
        fault = check_stored(self.stored(chain, last), chain, self.register)
        return fault or next(self._misfiled(chain, last), None)

    def heights_after(self, round: int) -> dict[str, int]:
        """How high every chain was after ``round``: before the first block of a later one was proposed on any chain.

        So no block refers to one that is left out, also where several tasks are in different rounds.
        """
        query = (
            "SELECT chain, count(*) FROM blocks b WHERE NOT EXISTS (SELECT * FROM blocks e WHERE e.chain = b.chain "
            "AND e.height <= b.height AND e.round > ?) GROUP BY chain"
        )
        heights: dict[str, int] = dict.fromkeys(self.chains, 0) | dict(self._file.execute(query, (round,)))
        later = min((self._proposed(chain, height + 1, inf) for chain, height in heights.items()), default=inf)
        for chain in heights:
            while heights[chain] and self._proposed(chain, heights[chain], -inf) >= later:
                heights[chain] -= 1
        return heights

    def _proposed(self, chain: str, height: int, unknown: float) -> float:
        """Simulated time [s] at which a block was proposed; ``unknown`` if it is not there as it was filed."""
        try:
            block = self.block(chain, height)
        except ValueError:
            return unknown
        return block.header.time_s if block.hash.hex() == self.digest(chain, height) else unknown

    def whole_after(self, round: int) -> dict[str, int]:
        """How high every chain was after ``round``, all blocks up to there being as they were agreed on.

        Raises
        ------
        ValueError
            If one is not; it is named.
        """
        heights = self.heights_after(round)
        for chain, height in heights.items():
            fault = self.verify(chain, height)
            if fault is not None:
                raise ValueError(f"block {fault.height} of chain {chain} is not as it was agreed on: {fault.reason}")
        return heights

    @property
    def last_round(self) -> int:
        """The round of the latest block; 0 if there is none."""
        return int(self._file.execute("SELECT coalesce(max(round), 0) FROM blocks").fetchone()[0])

    def rolled_back(self, heights: Mapping[str, int], path: Path) -> "Archive":
        """A new archive at ``path`` with every chain up to its height in ``heights``; this one stays as it is."""
        earlier = Archive(path, new=self.register)
        for chain, height in heights.items():
            for place in range(1, height + 1):
                block = self.block(chain, place)
                earlier.append(block)
                self._copy_aside(block, earlier)
        earlier.commit()
        return earlier

    def _copy_aside(self, block: Block, into: "Archive") -> None:
        """Copy what is stored of a block besides itself: models that it names, and the chunks that it was cut into."""
        named = [str(read_transaction(item.payload).get("digest", "")) for item in block.transactions]
        for digest in filter(None, named):
            rows = self._file.execute("SELECT * FROM contents WHERE digest = ?", (digest,))
            into._file.executemany("INSERT OR IGNORE INTO contents VALUES (?, ?, ?, ?)", rows)
        place = (block.header.chain, block.header.height)
        rows = self._file.execute("SELECT * FROM chunks WHERE chain = ? AND height = ?", place)
        into._file.executemany("INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?)", rows)

    def content(self, digest: str) -> bytes:
        """The parameters of a model that are stored off the chains; nothing if they are not there as they were."""
        rows = self._file.execute("SELECT data FROM contents WHERE digest = ? ORDER BY holder", (digest,))
        return next((data for (data,) in rows if hashlib.sha256(data).hexdigest() == digest), b"")

    def _registered(self) -> Register:
        (library,) = self._file.execute("SELECT name FROM library").fetchone()
        return Register(library_named(library), dict(self._file.execute("SELECT node, public_key FROM register")))

    def _misfiled(self, chain: str, last: int | None) -> Iterator[Fault]:
        there = "chain = ? AND (? IS NULL OR height <= ?)"
        query = f"SELECT height, round, hash, data FROM blocks WHERE {there} ORDER BY height"
        listing = "SELECT * FROM transactions WHERE chain = ? AND height = ? ORDER BY position"
        for height, round_, digest, data in self._file.execute(query, (chain, last, last)).fetchall():
            block = Block.decode(Reader(data))
            header = block.header
            if (header.height, header.round, block.hash.hex()) != (height, round_, digest):
                yield Fault(height, "it is filed under another height, round or hash")
            if [tuple(row) for row in self._file.execute(listing, (chain, height))] != _entries(block):
                yield Fault(height, "the index of its transactions does not fit them")


def _entries(block: Block) -> Sequence[Entry]:
    """One entry for each transaction of a block."""
    chain, height = block.header.chain, block.header.height
    read = [read_transaction(item.payload) for item in block.transactions]
    return [Entry(chain, height, i, tx["kind"], tx["sender"], tx["task"], tx["round"]) for i, tx in enumerate(read)]
