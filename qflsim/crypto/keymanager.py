"""The key manager of two nodes: it keeps the key that their QKD link makes and serves requests for it in order."""

import heapq
import math
from collections import deque

from qflsim.crypto.keylots import Lots
from qflsim.crypto.keystore import KeyRequest, KeyStore, StoreState

__all__ = ["KeyManager"]

_ROUNDING = 8  # units in the last place by which an event may miss the instant it was scheduled for


class KeyManager:
    """The store of key bits between two nodes: filled by their link, emptied by requests in their order.

    Bits come as a steady flow (`set_rate`), as lumps (`deposit`), or both. A request is served when nobody waits
    before it and the store can give its bits without falling below the minimum; its bits are then *set aside* until
    they are handed out (`hand_out`) or given back (`withdraw`). One that is not served by its deadline expires. A
    large request is not overtaken by small ones behind it. At every moment::

        minimum + made = level + set aside + drawn + spent + expired
        level + set aside <= maximum

    where *drawn* bits were handed out, *spent* ones authenticated the link's own post-processing, and *expired* ones
    grew too old. The link rests from the time at which the store is full until it has fallen below the threshold, or
    a request waits.

    A state machine that is told the time: the owner of the clock asks `next_event` after every call, comes back at that
    time with `advance`, and is told which requests ended.

    Parameters
    ----------
    store:
        The marks of the store; at time 0 it holds its minimum.

    Notes
    -----
    *Scope*: both ends hold the same bits and agree on their order at no cost.

    *Validation*: against a fluid queue computed step by step; a request at a dry store is served after bits / rate;
    requests at random meet the waits of M/D/1; a random walk through all calls keeps the two laws above.
    """

    def __init__(self, store: KeyStore) -> None:
        self.store = store
        self.rate_bps = 0.0
        self.made_bit = self.drawn_bit = self.spent_bit = self.expired_bit = self.discarded_bit = 0.0
        self.set_aside_bit = 0.0
        self.producing = True
        self._level = store.minimum
        self._now = 0.0
        self._lots = Lots(store.lifetime) if math.isfinite(store.lifetime) else None
        self._queue: deque[KeyRequest] = deque()
        self._deadlines: list[tuple[float, int, KeyRequest]] = []
        self._ended: list[KeyRequest] = []
        self._count = 0

    # what is there

    @property
    def waiting(self) -> int:
        """Requests in the queue."""
        return len(self._queue)

    def level(self, now: float) -> float:
        """Bits in the store at ``now`` [s] that are not set aside."""
        self._bring(now)
        return self._level

    def state(self, now: float) -> StoreState:
        """Whether the store is empty, low or ready at ``now`` [s]."""
        level = self.level(now)
        if level <= self.store.minimum:
            return "empty"
        return "low" if level < self.store.low else "ready"

    def next_event(self) -> float | None:
        """When something happens on its own [s]: a request is served or expires, key grows too old; None if never."""
        if self._ended:
            return self._now
        times = []
        if self._queue and (served := self._next_service()) is not None:
            times.append(served)
        while self._deadlines and self._deadlines[0][2].state != "waiting":
            heapq.heappop(self._deadlines)
        if self._deadlines:
            times.append(self._deadlines[0][0])
        if self._lots is not None and self._lots.next_expiry_s < math.inf:
            times.append(self._lots.next_expiry_s)
        return max(self._now, min(times)) if times else None

    # what the link does

    def set_rate(self, now: float, rate_bps: float) -> None:
        """From ``now`` [s] on the link makes ``rate_bps`` [bit/s] while it produces."""
        if not 0.0 <= rate_bps < math.inf:
            raise ValueError(f"rate_bps must be >= 0 bit/s and finite, got {rate_bps!r}; give e.g. 100 * kbit / s")
        self._bring(now)
        self.rate_bps = rate_bps

    def deposit(self, now: float, bits: float) -> float:
        """Put a lump of ``bits`` into the store at ``now`` [s]; returns what there was room for, the rest is lost."""
        if not 0.0 <= bits < math.inf:
            raise ValueError(f"bits must be >= 0 and finite, got {bits!r}; give e.g. 1e6")
        self._bring(now)
        kept = self._fill(now, bits)
        self.discarded_bit += bits - kept
        self._settle()
        return kept

    def spend(self, now: float, bits: float) -> bool:
        """Take ``bits`` for the link's own authentication, out of the reserve if need be; whether they were there."""
        self._bring(now)
        if bits > self._level:
            return False
        if self._lots is not None:
            self._lots.take(min(bits, max(0.0, self._level - self.store.minimum)))
        self._level -= bits
        self.spent_bit += bits
        self._settle()
        return True

    # what users do

    def request(self, now: float, bits: float, deadline_s: float = math.inf) -> KeyRequest:
        """Ask for ``bits`` at ``now`` [s], to be served by ``deadline_s`` [s]; served at once if nobody waits.

        Raises
        ------
        ValueError
            If ``bits`` is negative or more than the store can ever serve, or the deadline lies in the past.
        """
        if not 0.0 <= bits <= self.store.room:
            raise ValueError(
                f"bits must be >= 0 and <= {self.store.room:g}, what the store can serve at once, got {bits!r}; "
                "draw in parts or raise KeyStore.maximum"
            )
        if not now <= deadline_s:
            raise ValueError(f"deadline_s must be >= now = {now!r} s, got {deadline_s!r}; give a time to come")
        self._bring(now)
        if self._queue:
            self._settle()
        request = KeyRequest(self._count, now, bits, deadline_s)
        self._count += 1
        if not self._queue and self._serve(request):
            self._rest_or_resume()
            return request
        self._queue.append(request)
        if deadline_s < math.inf:
            heapq.heappush(self._deadlines, (deadline_s, request.number, request))
        self._rest_or_resume()
        return request

    def advance(self, now: float) -> list[KeyRequest]:
        """Let time pass until ``now`` [s]; returns the requests that were served or expired since the last call."""
        self._bring(now)
        self._settle()
        while self._deadlines and self._deadlines[0][0] <= now:
            request = heapq.heappop(self._deadlines)[2]
            if request.state == "waiting":
                request.state = "expired"
                self._queue.remove(request)
                self._ended.append(request)
                self._settle()
        ended, self._ended = self._ended, []
        return ended

    def hand_out(self, now: float, request: KeyRequest) -> None:
        """Give the bits of a served request away at ``now`` [s]; they are never used again."""
        self._refuse_unless_served(request)
        self._bring(now)
        request.state = "handed out"
        self.set_aside_bit -= request.bits
        self.drawn_bit += request.bits
        self._rest_or_resume()

    def withdraw(self, now: float, request: KeyRequest) -> None:
        """Give up a request at ``now`` [s]: one that waits leaves the queue, a served one gives its bits back.

        Raises
        ------
        ValueError
            If its bits were handed out, or it ended otherwise.
        """
        self._bring(now)
        if request.state == "waiting":
            self._queue.remove(request)
        else:
            self._refuse_unless_served(request)
            self.set_aside_bit -= request.bits
            if self._lots is not None:
                self._lots.give_back(now, min(request.bits, max(0.0, self._level + request.bits - self.store.minimum)))
            self._level += request.bits
        request.state = "withdrawn"
        self._settle()

    # how time passes

    def _bring(self, now: float) -> None:
        """Let key be made and grow old until ``now``."""
        if now > self._now:
            if now == math.inf:
                raise ValueError(f"now must be a finite time, got {now!r} s")
            if self._lots is not None:
                self._grow_old(self._lots, now)
            self._step(now)
        elif not now >= self._now - _slack(now):
            raise ValueError(f"time must not run backwards, got {now!r} s after {self._now!r} s")

    def _grow_old(self, lots: Lots, now: float) -> None:
        """Let time pass lot by lot, dropping those that have reached their lifetime."""
        while self._now < now:
            self._step(min(now, self._now + lots.grain_s, max(self._now, lots.next_expiry_s)))
            if (dropped := lots.expire(self._now)) > 0.0:
                self._level = max(self.store.minimum, self._level - dropped)
                self.expired_bit += dropped
                self._rest_or_resume()

    def _step(self, until: float) -> None:
        if self.rate_bps and self.producing:
            self._fill(self._now, self.rate_bps * (until - self._now))
            self._rest_or_resume()
        self._now = until

    def _fill(self, made_s: float, bits: float) -> float:
        """Put in as much of ``bits`` as there is room for."""
        kept = min(bits, max(0.0, self.store.maximum - self._level - self.set_aside_bit))
        if self._lots is not None:
            self._lots.add(made_s, min(kept, max(0.0, self._level + kept - self.store.minimum)))
        self._level += kept
        self.made_bit += kept
        return kept

    def _settle(self) -> None:
        """Serve whom the store can serve, in order."""
        while self._queue and self._serve(self._queue[0]):
            self._ended.append(self._queue.popleft())
        self._rest_or_resume()

    def _serve(self, request: KeyRequest) -> bool:
        """Set the request's bits aside if that leaves the minimum; what is missing by rounding counts as made."""
        missing = self.store.minimum + request.bits - self._level
        if missing > 0.0:
            if missing > self.rate_bps * _slack(self._now) + _slack(self._level):
                return False
            self._level += missing
            self.made_bit += missing
        if self._lots is not None:
            self._lots.take(request.bits)
        self._level -= request.bits
        self.set_aside_bit += request.bits
        request.state, request.served_s = "served", self._now
        request.made_bit, request.level_bit = self.made_bit, self._level
        request.drawn_bit = self.drawn_bit + self.set_aside_bit
        return True

    def _next_service(self) -> float | None:
        """When the first request in the queue will have its bits if nothing changes."""
        needed = self.store.minimum + self._queue[0].bits
        if needed <= self._level:
            return self._now
        if not (self.producing and self.rate_bps) or needed + self.set_aside_bit > self.store.maximum:
            return None
        return self._now + (needed - self._level) / self.rate_bps

    def _rest_or_resume(self) -> None:
        """The link rests when the store is full, and works again below the threshold or when a request waits."""
        held = self._level + self.set_aside_bit
        if held >= self.store.maximum:
            self.producing = False
        elif self._queue or held < self.store.low:
            self.producing = True

    def _refuse_unless_served(self, request: KeyRequest) -> None:
        if request.state != "served":
            raise ValueError(f"a request must be served and not handed out, got one that is {request.state}")


def _slack(value: float) -> float:
    """Rounding that a time or a level can pick up on its way."""
    return _ROUNDING * math.ulp(abs(value))
