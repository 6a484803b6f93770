"""What spread in a run, sorted by what it was: read from the propagation table by summaries and figures."""

from collections.abc import Iterator
from typing import Any

__all__ = ["families"]

_SORTS = {"committed-block": "committed blocks", "public-block": "public blocks"}
_CHAINS = {"global": "global", "shard": "shard", "lmuc": "LMUC"}


def families(rows: Any) -> Iterator[tuple[str, Any]]:
    """Rows of the propagation table by sort: proposals of each kind of chain, committed blocks, transactions."""
    names = [_family(row.chain, row.height, row.kind) for row in rows.itertuples()]
    yield from rows.groupby(names, sort=True)


def _family(chain: str, height: int, kind: str) -> str:
    if not height:
        return f"{kind}s"
    if kind in _SORTS:
        return _SORTS[kind]
    return f"{_CHAINS.get(chain.split('-')[0], chain)} proposals"
