"""Processors that do cryptography: how seconds and joules follow from cycles."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from qflsim.checks import Part, quantity

__all__ = ["CortexM4", "Cost", "Operation", "Processor", "X86Core", "measured"]

X86_BENCHMARK_CLOCK = 2.5e9
"""Nominal clock [Hz] of the core on which the x86-64 times below and in the schemes were measured."""


class Operation(NamedTuple):
    """Cycles that one cryptographic operation takes on the two classes of processors with published figures."""

    cortex_m4: float
    """Cycles on an Arm Cortex-M4 without wait states."""
    x86: float
    """Cycles on an x86-64 core with AVX2."""


def measured(*, cortex_m4: float, x86_us: float) -> Operation:
    """An operation from its tables: cycles on the Cortex-M4, microseconds on the x86-64 core at 2.5 GHz."""
    return Operation(cortex_m4, x86_us * 1e-6 * X86_BENCHMARK_CLOCK)


class Cost(NamedTuple):
    """What an operation takes on a given processor."""

    time_s: float
    energy_j: float


@dataclass(frozen=True, kw_only=True)
class Processor(Part, ABC):
    """A core that does one operation after the other: time = cycles / clock, energy = cycles x energy per cycle.

    *Scope*: not modelled: wait states of memories at high clocks, several cores, other work on the same core.
    """

    clock: float = quantity(unit="Hz", above=0, advice="give it in hertz, e.g. 120 * MHz")
    energy_per_cycle: float = quantity(unit="J", at_least=0, advice="give it in joules, e.g. 0.6e-9")

    @abstractmethod
    def cycles(self, operation: Operation) -> float:
        """Cycles that ``operation`` takes on this processor."""

    def cost(self, operations: Iterable[Operation]) -> Cost:
        """Seconds and joules of ``operations``, one after the other."""
        cycles = sum(self.cycles(operation) for operation in operations)
        return Cost(cycles / self.clock, cycles * self.energy_per_cycle)


@dataclass(frozen=True, kw_only=True)
class CortexM4(Processor):
    """The microcontroller of a device: Arm Cortex-M4.

    Parameters
    ----------
    clock:
        120 MHz, the highest clock of the STM32L4R5 that the cycle counts [1]_ were taken on. They were taken at
        24 MHz, without wait states; that they hold at 120 MHz is an assumption.
    energy_per_cycle:
        0.6 nJ, from 2.83 mJ in 35.7 ms at 133 MHz for an ML-KEM-512 exchange on a smaller core [2]_ (assumption
        for the Cortex-M4; data sheets of STM32L4 suggest 0.2 to 0.4 nJ).

    References
    ----------
    .. [1] M. J. Kannwischer, R. Petri, J. Rijneveld, P. Schwabe, K. Stoffelen, "PQM4: Post-quantum crypto library
       for the ARM Cortex-M4", https://github.com/mupq/pqm4, benchmarks.md, commit cc2c1b9 (2026).
    .. [2] Chhetri, arXiv:2603.19340 (2026), abstract.
    """

    clock: float = quantity(120e6, unit="Hz", above=0, advice="give it in hertz, e.g. 120 * MHz")
    energy_per_cycle: float = quantity(0.6e-9, unit="J", at_least=0, advice="give it in joules, e.g. 0.6e-9")

    def cycles(self, operation: Operation) -> float:
        """Cycles of ``operation`` on the Cortex-M4."""
        return operation.cortex_m4


@dataclass(frozen=True, kw_only=True)
class X86Core(Processor):
    """One core of an edge server: x86-64 with AVX2.

    Parameters
    ----------
    clock:
        2.5 GHz, the nominal clock of the core on which the times were measured [1]_.
    energy_per_cycle:
        3.2 nJ: 8 W per core (assumption, within the 5 to 10 W of server cores) at 2.5 GHz.

    References
    ----------
    .. [1] Open Quantum Safe, liboqs 0.16, https://github.com/open-quantum-safe/liboqs, and OpenSSL 3.0.19
       (``openssl speed``): CPU time on a shared 2.5 GHz core, good to a factor of two.
    """

    clock: float = quantity(X86_BENCHMARK_CLOCK, unit="Hz", above=0, advice="give it in hertz, e.g. 2.5 * GHz")
    energy_per_cycle: float = quantity(3.2e-9, unit="J", at_least=0, advice="give it in joules, e.g. 3.2e-9")

    def cycles(self, operation: Operation) -> float:
        """Cycles of ``operation`` on the x86-64 core."""
        return operation.x86
