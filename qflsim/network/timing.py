"""The time a message spends in the slots and processors of a radio interface, before and after its bits."""

import math
from dataclasses import dataclass

import numpy as np

from qflsim.checks import Part, quantity
from qflsim.units import ms, s, us

__all__ = ["SLOTS_OF_125_US", "SlotTiming"]

SYMBOLS_PER_SLOT = 14
DECODE_SYMBOLS = (8, 10, 17, 20)  # N1, capability 1, without additional reference symbols, numerology 0 to 3
PREPARE_SYMBOLS = (10, 12, 23, 36)  # N2, capability 1, numerology 0 to 3


@dataclass(frozen=True, kw_only=True)
class SlotTiming(Part):
    """A message waits for the next slot, is prepared, sent, decoded, and sent again when decoding fails.

    One way: t = U(0, T_slot) + N2/2 + T_slot + t_decode + K T_round, with slot T_slot = 1 ms / 2^mu, preparation
    time N2 of the device [1]_, decoding time of the receiver and K retransmissions, geometric with the block
    error rate; each costs one round T_round = N1 + T_slot + N2 (decode, feedback slot, prepare) [1]_.

    Parameters
    ----------
    numerology:
        mu: subcarriers are 15 kHz 2^mu apart; 3 gives 120 kHz and slots of 125 us.
    decode_time:
        Decoding of a transport block at the receiver [s]; 100 us as in 5G-LENA [2]_.
    block_error:
        Probability that a transmission fails; 0.1 is the usual target of link adaptation [3]_.
    failure_time:
        Length of an outage after which the link counts as failed and its messages are given up [s]; 1 s, timer T310
        [4]_ (from memory).

    References
    ----------
    .. [1] 3GPP TS 38.211 (slots); TS 38.214, tables 5.3-1 (N1) and 6.4-1 (N2), processing capability 1 (from memory).
    .. [2] CTTC, 5G-LENA, attributes of nr-gnb-phy and nr-ue-phy: decode latency 100 us.
    .. [3] 3GPP TS 38.214, clause 5.2.2.1: block error rate of 0.1 for channel quality reports.
    .. [4] 3GPP TS 38.331, clauses 5.3.10.3 (radio link failure) and 9.2.3 (default timers).

    Notes
    -----
    *Scope*: configured grants: no scheduling request, no random access, no core network. One transport block decides:
    a long message is late by its last block. Retransmission goes on until success.

    *Validation*: mu = 3 without errors: 62.5 + 160.7 + 125 + 100 = 448.2 us on average, between IMT-2020's 1 ms and
    IMT-2030's target of 0.1 ms.
    """

    numerology: int = quantity(3, at_least=0, at_most=3, advice="give a whole number from 0 to 3")
    decode_time: float = quantity(100 * us, unit="s", at_least=0, advice="give it in seconds, e.g. 100 * us")
    block_error: float = quantity(0.1, at_least=0, below=1, advice="give a probability, e.g. 0.1")
    failure_time: float = quantity(1 * s, unit="s", above=0, advice="give it in seconds, e.g. 1 * s")

    @property
    def slot(self) -> float:
        """Duration of one slot [s]."""
        return math.ldexp(1 * ms, -self.numerology)

    @property
    def preparation(self) -> float:
        """Time N2 in which a device prepares a transmission [s]."""
        return PREPARE_SYMBOLS[self.numerology] * self.slot / SYMBOLS_PER_SLOT

    @property
    def retransmission(self) -> float:
        """Time that one retransmission adds [s]."""
        decoding = DECODE_SYMBOLS[self.numerology] * self.slot / SYMBOLS_PER_SLOT
        return decoding + self.slot + self.preparation

    def mean_delay(self) -> float:
        """Expected access delay [s]."""
        failures = self.block_error / (1.0 - self.block_error)
        return self._after_alignment() + self.slot / 2 + failures * self.retransmission

    def access_delay(self, rng: np.random.Generator) -> float:
        """Access delay [s] of one message, its bits on the air left out; always takes two draws from ``rng``."""
        alignment, chance = rng.random(), rng.random()
        delay = self._after_alignment() + alignment * self.slot
        if self.block_error > 0.0:
            # inverse of the geometric distribution; 1 - chance lies in (0, 1]
            delay += math.floor(math.log(1.0 - chance) / math.log(self.block_error)) * self.retransmission
        return delay

    def _after_alignment(self) -> float:
        return self.preparation / 2 + self.slot + self.decode_time


SLOTS_OF_125_US = SlotTiming()
