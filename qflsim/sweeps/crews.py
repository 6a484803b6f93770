"""Who carries the points of a sweep out: processes on this machine, or those of a Dask cluster; joblib hands both out.

A process may die, by itself or with its machine. The points that are not finished are then handed out again; one under
whose hands processes die again and again counts as failed, and the rest go on.
"""

import logging
import queue
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Protocol
from urllib.parse import urlsplit

from qflsim.checks import ScenarioError

from .identity import made_by
from .worker import Order, Outcome, carry, under_way

__all__ = ["Cluster", "Crew", "CrewError", "LocalProcesses", "carry_all"]

_KNOCK_S = 3.0
"""Time that a scheduler has to answer before anything runs."""

_TRIES = 3
"""How often a point is handed out whose process died, and a cluster asked that brought nothing."""

_GROWTH = int(4e9)
"""Bytes by which a local process may grow after its first point before loky takes that for a leak and begins anew."""


class CrewError(RuntimeError):
    """Processes died with points under way, or the cluster is gone."""


class Crew(Protocol):
    """Whoever carries points out and tells of each as it is done."""

    def carry(self, orders: Sequence[Order]) -> Iterator[Outcome]:
        """Carry out; raises `CrewError` when processes died."""


@dataclass(frozen=True)
class LocalProcesses:
    """Processes on this machine, used again for one point after the other."""

    workers: int

    def carry(self, orders: Sequence[Order]) -> Iterator[Outcome]:
        """Carry out in as many processes; a single one is this process itself."""
        from joblib import Parallel, delayed, parallel_config
        from joblib.externals.loky.process_executor import TerminatedWorkerError

        with parallel_config(backend="loky", inner_max_num_threads=1):
            try:
                jobs = min(self.workers, max(2, len(orders)))  # joblib would start them all
                yield from Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)(
                    delayed(_carry_on)(order) for order in orders
                )
            except TerminatedWorkerError:
                raise CrewError("a worker process was killed") from None


def _carry_on(order: Order) -> Outcome:
    """Carry out in a process that goes on to the next point even if that one is larger.

    By itself loky ends a process that has grown by 300 MB. Images after a handful of features take more than that, and
    a new process spends seconds on imports and compiles everything again.
    """
    from joblib.externals.loky import process_executor

    process_executor._MAX_MEMORY_LEAK_SIZE = _GROWTH
    return carry(order)


@dataclass(frozen=True)
class Cluster:
    """The workers of a Dask cluster that is there already, by the address of its scheduler."""

    address: str
    patience_s: float = 10.0

    def __post_init__(self) -> None:
        address = self.address if isinstance(self.address, str) else ""
        if not re.fullmatch(r"[a-z]+://.+:[0-9]{1,5}", address) or int(address.rpartition(":")[2]) > 65535:
            raise ScenarioError(f"scheduler must be an address such as tcp://10.0.0.1:8786, got {self.address!r}")

    def refuse_silence(self) -> None:
        """Refuse an address at which nobody listens, and a cluster without Dask here, before anything is written.

        Raises
        ------
        ScenarioError
            If the scheduler is not there.
        """
        if find_spec("distributed") is None:
            raise ScenarioError("a cluster needs Dask; install it with: pip install 'qflsim[cluster]'")
        place = urlsplit(self.address)
        if place.scheme not in ("tcp", "tls") or place.hostname is None or place.port is None:
            return  # Dask knows more ways
        try:
            socket.create_connection((place.hostname, place.port), timeout=_KNOCK_S).close()
        except OSError as error:
            raise ScenarioError(
                f"no Dask scheduler listens at {self.address} ({error}); start one there with 'dask scheduler', or "
                "leave the scheduler out to use the cores of this machine"
            ) from None

    def carry(self, orders: Sequence[Order]) -> Iterator[Outcome]:
        """Carry out on all workers, after making sure that they have this very program and see the folder."""
        with _quiet():
            client = self._connect()
            try:
                self._inspect(client, orders[0])
                yield from _watched(client, orders)
            finally:
                client.close(timeout=5)

    def _connect(self) -> Any:
        from distributed import Client

        connect: Any = Client  # which has no types
        with ExitStack() as opened:
            try:
                client = connect(self.address, timeout=self.patience_s, set_as_default=False)
                opened.callback(client.close, timeout=5)  # one that finds no workers is not left open
                client.wait_for_workers(1, timeout=self.patience_s)
            except (OSError, TimeoutError) as error:
                reason = str(error).splitlines()[0] if str(error) else "no answer"
                raise CrewError(f"no Dask cluster with workers at {self.address} ({reason})") from None
            opened.pop_all()
        return client

    def _inspect(self, client: Any, order: Order) -> None:
        """Refuse workers that have no qflsim or another one, or do not see the folder: joblib would wait for ever."""
        sign = order.home / ".here"
        sign.write_text("here\n", encoding="utf-8")
        try:
            answers = client.run(_look, str(sign), on_error="return")
        finally:
            sign.unlink()
        for worker, found in answers.items():
            if isinstance(found, Exception):
                raise ScenarioError(f"worker {worker} cannot use qflsim: {found}; install this version of it there")
            program, sees = found
            differs = next((name for name, value in made_by().items() if program.get(name) != value), None)
            if differs:
                raise ScenarioError(
                    f"worker {worker} has {differs} {program.get(differs)}, here is {made_by()[differs]}; "
                    "install the same on both"
                )
            if not sees:
                raise ScenarioError(f"worker {worker} does not see {order.home}; give a folder that all machines share")


@contextmanager
def _quiet() -> Iterator[None]:
    """Let Dask write no tracebacks of its own to the terminal: what breaks is told in a sentence, once."""
    import distributed  # whose loggers are there from now on

    prefix = distributed.__name__
    named = [logging.getLogger(name) for name in (prefix, *logging.root.manager.loggerDict) if name.startswith(prefix)]
    levels = {logger: logger.level for logger in named if logger.level}  # the others ask those above them
    for logger in levels:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)


def _look(sign: str) -> tuple[dict[str, str], bool]:
    """What a worker of a cluster has and sees."""
    from pathlib import Path

    from qflsim.sweeps.identity import made_by

    return made_by(), Path(sign).exists()


def _watched(client: Any, orders: Sequence[Order]) -> Iterator[Outcome]:
    """Hand out over joblib in a thread of its own, since joblib waits for ever for a cluster that is gone."""
    told: queue.Queue[Outcome | BaseException | None] = queue.Queue()

    def hand_out() -> None:
        from joblib import Parallel, delayed, parallel_config

        try:
            with parallel_config(backend="dask", client=client):
                for outcome in Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch="all")(
                    delayed(carry)(order) for order in orders
                ):
                    told.put(outcome)
            told.put(None)
        except BaseException as error:
            told.put(error)

    threading.Thread(target=hand_out, daemon=True).start()
    while True:
        try:
            outcome = told.get(timeout=1.0)
        except queue.Empty:
            if client.status != "running":
                raise CrewError("the connection to the Dask cluster broke") from None
            continue
        if outcome is None:
            return
        if isinstance(outcome, BaseException):
            raise CrewError(f"the Dask cluster gave up: {outcome}") from None
        yield outcome


def carry_all(
    crew: Crew, orders: Sequence[Order], done: Callable[[Outcome], None], told: Callable[[str], object]
) -> None:
    """Carry out all points, and hand out again those whose process died.

    Raises
    ------
    CrewError
        If no point was finished in several tries.
    """
    left = {order.key: order for order in orders}
    strikes: Counter[str] = Counter()
    idle = 0
    while left:
        before = len(left)
        try:
            for outcome in crew.carry(list(left.values())):
                del left[outcome.key]
                done(outcome)
        except CrewError as lost:
            _settle(left, strikes, done)
            idle = 0 if len(left) < before else idle + 1
            if idle >= _TRIES:
                raise
            if left:
                told(f"{lost}; {len(left)} points are not finished yet and are handed out again")
                time.sleep(idle)


def _settle(left: dict[str, Order], strikes: Counter[str], done: Callable[[Outcome], None]) -> None:
    """Sort out what is left after processes died: finished without a word, under way too often, or to be run again."""
    for key, order in list(left.items()):
        if (order.home / key).exists():
            del left[key]
            done(Outcome(key))
        elif under_way(order.home, key).exists():
            strikes[key] += 1
            left[key] = left.pop(key)  # behind those that have done no harm
            if strikes[key] >= _TRIES:
                del left[key]
                done(Outcome(key, f"its process died {_TRIES} times; perhaps it needs more memory than there is"))
