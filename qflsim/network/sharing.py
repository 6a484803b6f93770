"""A radio band that all its transfers share equally, moment by moment."""

import heapq
import math
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["SharedBand"]

_ROUNDING = 8  # units in the last place by which an event may miss the instant it was scheduled for


@dataclass(slots=True)
class _Flow:
    """A transfer under way: its place in the order of starts, the virtual time of its end, its efficiency."""

    number: int
    end: float
    efficiency: float


class SharedBand:
    """Transfers in one cell take turns so quickly that each gets an equal share of the time on the band.

    Egalitarian processor sharing, the fluid limit of round-robin scheduling [1]_: with n transfers at once, each
    is served at bandwidth * available / n [Hz]. A transfer of s bits at efficiency e is worth s/e [Hz s] of work.
    Work served per transfer since the band was last idle is a *virtual time* common to all; a transfer that starts
    at virtual time V with work w ends when virtual time reaches V + w [2]_. The next end is the smallest such number,
    so that every event costs O(log n). When the efficiency of a transfer under way changes from e to e', its remaining
    bits (w - V) e become work (w - V) e / e': `rescale`.

    The owner of the clock asks `next_completion`, comes back at that time with `complete`, and asks again after
    every change.

    Parameters
    ----------
    bandwidth:
        Width of the band [Hz].

    References
    ----------
    .. [1] L. Kleinrock, "Time-shared systems: a theoretical treatment", J. ACM 14(2) (1967).
    .. [2] A. K. Parekh and R. G. Gallager, "A generalized processor sharing approach to flow control", IEEE/ACM Trans.
       Netw. 1(3) (1993): virtual time.

    Notes
    -----
    *Scope*: fluid: no slot boundaries (they are in the access delay), equal weights, each transfer alone able to
    use the full band.

    *Validation*: closed forms for two and for n equal transfers, and for an efficiency that changes on the way; a fluid
    integrator; the mean sojourn time of M/G/1-PS, E[S]/(1 - rho), whatever the distribution of S.
    """

    def __init__(self, bandwidth: float) -> None:
        if not 0.0 < bandwidth < math.inf:
            raise ValueError(f"bandwidth must be a finite number > 0 Hz, got {bandwidth!r}; e.g. 200 * MHz")
        self._bandwidth = bandwidth
        self._available = 1.0
        self._now = 0.0
        self._virtual = 0.0
        self._started = 0
        self._heap: list[tuple[float, int, str]] = []
        self._flows: dict[str, _Flow] = {}
        self.served = 0.0

    def __len__(self) -> int:
        return len(self._flows)

    def start(self, now: float, flow_id: str, size_bit: float, efficiency: float) -> None:
        """Let transfer ``flow_id`` of ``size_bit`` bits at ``efficiency`` [bit/s/Hz] begin at ``now`` [s].

        Raises
        ------
        ValueError
            If the transfer is in outage or empty, its name is taken, or a completion before ``now`` was missed.
        """
        if not (size_bit > 0.0 and efficiency > 0.0):
            raise ValueError(
                f"transfer {flow_id!r} must have size > 0 bit and efficiency > 0 bit/s/Hz, got {size_bit!r} and "
                f"{efficiency!r}; a link in outage (efficiency 0) carries nothing"
            )
        if flow_id in self._flows:
            raise ValueError(f"flow_id must be new on this band, got {flow_id!r}, which is still being sent")
        self._advance(now)
        flow = self._flows[flow_id] = _Flow(self._started, self._virtual + size_bit / efficiency, efficiency)
        heapq.heappush(self._heap, (flow.end, flow.number, flow_id))
        self._started += 1

    def next_completion(self) -> tuple[float, str] | None:
        """Time [s] and name of the next transfer to end if nothing changes; ``None`` on an idle band."""
        if not self._flows:
            return None
        end, _, flow_id = self._heap[0]
        return self._now + max(0.0, end - self._virtual) / self._pace(), flow_id

    def complete(self, now: float) -> list[str]:
        """End the transfers that are due at ``now`` [s], the time `next_completion` gave; in order of end and start.

        Raises
        ------
        ValueError
            If no transfer is due at ``now``.
        """
        due = self.next_completion()
        if due is None or now < due[0] - _slack(now):
            raise ValueError(f"no transfer ends at {now!r} s; the next completion is {due!r}")
        self._advance(now)
        self._virtual = max(self._virtual, self._heap[0][0])
        ended = []
        while self._heap and self._heap[0][0] <= self._virtual:
            ended.append(heapq.heappop(self._heap)[2])
            del self._flows[ended[-1]]
            self._drop_cancelled()
        self._rest()
        return ended

    def remaining(self, now: float, flow_id: str) -> float:
        """Bits of transfer ``flow_id`` that are still to be sent at ``now`` [s]."""
        self._advance(now)
        flow = self._known(flow_id)
        return max(0.0, flow.end - self._virtual) * flow.efficiency

    def cancel(self, now: float, flow_id: str) -> float:
        """Take transfer ``flow_id`` off the band at ``now`` [s]; returns the bits that were still to be sent."""
        remaining = self.remaining(now, flow_id)
        del self._flows[flow_id]
        self._drop_cancelled()
        self._rest()
        return remaining

    def rescale(self, now: float, efficiencies: Mapping[str, float]) -> None:
        """From ``now`` [s] on, the named transfers go on at other efficiencies [bit/s/Hz]; no bit is lost or won.

        Raises
        ------
        ValueError
            If one of them is not under way, or would be in outage.
        """
        self._advance(now)
        for flow_id, efficiency in efficiencies.items():
            flow = self._known(flow_id)
            if not efficiency > 0.0:
                raise ValueError(
                    f"efficiency of {flow_id!r} must be > 0 bit/s/Hz, got {efficiency!r}; cancel a transfer in outage"
                )
            flow.end = self._virtual + max(0.0, flow.end - self._virtual) * flow.efficiency / efficiency
            flow.efficiency = efficiency
        self._heap = [(flow.end, flow.number, flow_id) for flow_id, flow in self._flows.items()]
        heapq.heapify(self._heap)

    def set_available(self, now: float, share: float) -> None:
        """From ``now`` [s] on, only ``share`` (0 < share <= 1) of the band is there for these transfers."""
        if not 0.0 < share <= 1.0:
            raise ValueError(f"share of the band must be in (0, 1], got {share!r}")
        self._advance(now)
        self._available = share

    def _pace(self) -> float:
        """Work [Hz s] that each transfer gets per second: the speed of virtual time."""
        return self._bandwidth * self._available / len(self._flows)

    def _advance(self, now: float) -> None:
        """Bring the served work up to ``now``; completions on the way must have been taken."""
        if now < self._now - _slack(now):
            raise ValueError(f"time must not run backwards, got {now!r} s after {self._now!r} s")
        elapsed = max(0.0, now - self._now)
        if self._flows:
            due = self.next_completion()
            if due is not None and now > due[0] + _slack(now):
                raise ValueError(f"transfer {due[1]!r} ended at {due[0]!r} s; call complete() before {now!r} s")
            self._virtual = min(self._virtual + elapsed * self._pace(), self._heap[0][0])
            self.served += elapsed * self._bandwidth * self._available
        self._now = max(now, self._now)

    def _drop_cancelled(self) -> None:
        """Take transfers that were given up off the top of the heap."""
        while self._heap:
            _, number, flow_id = self._heap[0]
            flow = self._flows.get(flow_id)
            if flow is not None and flow.number == number:
                return
            heapq.heappop(self._heap)

    def _known(self, flow_id: str) -> "_Flow":
        if flow_id not in self._flows:
            raise ValueError(f"flow_id must name a transfer under way, got {flow_id!r}")
        return self._flows[flow_id]

    def _rest(self) -> None:
        """Start virtual time afresh on an idle band, so that rounding never builds up."""
        if not self._flows:
            self._heap.clear()
            self._virtual = 0.0


def _slack(now: float) -> float:
    """Rounding [s] that an event scheduled as now + (due - now) can pick up."""
    return _ROUNDING * math.ulp(abs(now))
