"""Waiting with an end: what is not done by then is broken off."""

from collections.abc import Generator, Iterable
from typing import Any

import simpy

__all__ = ["ending_quietly", "until"]


def until(
    env: simpy.Environment,
    parts: Iterable[Generator[Any, Any, Any]],
    patience: float,
    enough: simpy.Event | None = None,
) -> Generator[Any, Any, bool]:
    """Run ``parts`` side by side until all are done, ``enough`` has happened, or ``patience`` [s] is over.

    Parts still under way then are interrupted; `simpy.Interrupt` ends them quietly, after whatever they do on their
    own to put their books in order.

    Returns
    -------
    bool
        Whether no part had to be broken off.
    """
    running = [env.process(ending_quietly(part)) for part in parts]
    yield (env.all_of(running) if enough is None else enough) | env.timeout(patience)
    late = [process for process in running if process.is_alive]
    for process in late:
        process.interrupt("patience is over")
    return not late


def ending_quietly(part: Generator[Any, Any, Any]) -> Generator[Any, Any, None]:
    """Run ``part``; an interruption ends it without a word."""
    try:
        yield from part
    except simpy.Interrupt:
        return
