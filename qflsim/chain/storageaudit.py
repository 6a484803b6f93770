"""What an audit finds wrong with contents and chunks that nodes keep apart from the chains."""

from collections.abc import Iterator

from qflsim.chain.archive import Archive
from qflsim.chain.erasure import encode
from qflsim.chain.transactions import carried_bytes, digest_of, read_transaction

__all__ = ["damaged_stores", "missing_contents"]


def damaged_stores(ledger: Archive, chain: str) -> Iterator[tuple[str, str]]:
    """Who stores something that does not fit ``chain``, and what is wrong with it."""
    for digest, holder, data in ledger.contents(chain):
        if digest_of(data) != digest:
            yield holder, f"the parameters {digest[:16]} of chain {chain} are not those that were deposited"
    yield from _chunks(ledger, chain)


def missing_contents(ledger: Archive, chain: str) -> Iterator[str]:
    """What ``chain`` names by its digest and nobody holds whole: lost on its way, or taken away since."""
    kept = ledger.contents(chain)
    whole = {digest for digest, _, data in kept if digest_of(data) == digest}
    for entry in ledger.find(chain):
        if entry.chain != chain:
            continue
        payload = ledger.block(chain, entry.height).transactions[entry.position].payload
        digest = str(read_transaction(payload).get("digest", ""))
        if digest and not carried_bytes(payload) and digest not in whole:
            yield f"nobody holds the parameters {digest[:16]} in block {entry.height} of chain {chain}"


def _chunks(ledger: Archive, chain: str) -> Iterator[tuple[str, str]]:
    """Chunks that are not those of their block."""
    made: dict[int, list[bytes]] = {}
    kept = ledger.chunks(chain)
    most = {height: 1 + max(number for at, number, *_ in kept if at == height) for height in {row[0] for row in kept}}
    for height, number, holder, needed, data in kept:
        if height not in made:
            made = {height: encode(ledger.block(chain, height).body, needed, max(0, most[height] - needed))}
        if data != made[height][number]:
            yield holder, f"chunk {number} of block {height} of chain {chain} is not that of the block"
