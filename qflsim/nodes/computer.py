"""The classical computer of a node: one task after another, each with its seconds and its joules."""

from collections.abc import Callable, Iterable

import simpy

from qflsim.crypto.processors import Cost, Operation, Processor
from qflsim.crypto.signatures import SignatureScheme
from qflsim.energy import ComputeEnergy

from .context import Context
from .media import Action

__all__ = ["Computer"]


class Computer:
    """A node's processor, serving tasks in the order in which they come.

    Work is booked by arithmetic on the time until which the processor is busy: one event per task, no process. A
    computer that is ``off`` computes nothing and takes no energy; what waits for it goes on at once, and gets nowhere,
    for the radio of its node is off too.

    Parameters
    ----------
    ctx:
        The run's shared services.
    node:
        Whose computer it is.
    processor:
        What cryptographic operations take on it.
    compute:
        What any other cycles take on it.
    scheme:
        The signature scheme that all nodes use.
    """

    def __init__(
        self, ctx: Context, node: str, processor: Processor, compute: ComputeEnergy, scheme: SignatureScheme
    ) -> None:
        self._ctx = ctx
        self.node = node
        self._processor = processor
        self._compute = compute
        self._scheme = scheme
        self._verifying = scheme.verify(processor)
        self._busy_until = 0.0
        self.off = False

    @property
    def busy_until(self) -> float:
        """Simulated time [s] at which all tasks queued so far are done."""
        return self._busy_until

    def sign(self, then: Action) -> None:
        """Make one signature, then go on."""
        signing = self._scheme.signing(self._ctx.streams("signing", self.node))
        self._do(self._processor.cost((signing,)), "cryptography", then)

    def verify(self, signatures: int, then: Action) -> None:
        """Check ``signatures`` signatures, then go on."""
        time_s, energy_j = self._verifying
        self._do(Cost(signatures * time_s, signatures * energy_j), "cryptography", then)

    def signed(self) -> simpy.Event:
        """The event of having made one signature."""
        return self._event(self.sign)

    def verified(self, signatures: int = 1) -> simpy.Event:
        """The event of having checked ``signatures`` signatures."""
        return self._event(lambda then: self.verify(signatures, then))

    def operated(self, operations: Iterable[Operation]) -> simpy.Event:
        """The event of having done cryptographic ``operations``."""
        cost = self._processor.cost(operations)
        return self._event(lambda then: self._do(cost, "cryptography", then))

    def compute(self, cycles: float, then: Action) -> None:
        """Run ``cycles`` cycles of anything else, then go on: optimizer steps, aggregation, hashing."""
        self._do(Cost(self._compute.time(cycles), self._compute.energy(cycles)), "computing", then)

    def computed(self, cycles: float) -> simpy.Event:
        """The event of having run ``cycles`` cycles of anything else."""
        return self._event(lambda then: self.compute(cycles, then))

    def _do(self, cost: Cost, cause: str, then: Action) -> None:
        if self.off:
            self._ctx.after(0.0, then)
            return
        start = max(self._ctx.now, self._busy_until)
        self._busy_until = start + cost.time_s
        self._ctx.energy.charge(self.node, cause, cost.energy_j)
        self._ctx.at(self._busy_until, then)

    def _event(self, work: Callable[[Action], None]) -> simpy.Event:
        event: simpy.Event = self._ctx.env.event()
        work(lambda: event.succeed())
        return event
