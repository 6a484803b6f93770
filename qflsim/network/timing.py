"""The time a message spends in the slots and processors of a radio interface, before and after its bits."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from qflsim.checks import Part, quantity
from qflsim.units import ms, s, us

__all__ = ["SLOTS_OF_125_US", "Access", "SlotTiming"]

SYMBOLS_PER_SLOT = 14
DECODE_SYMBOLS = (8, 10, 17, 20)  # N1, capability 1, without additional reference symbols, numerology 0 to 3
PREPARE_SYMBOLS = (10, 12, 23, 36)  # N2, capability 1, numerology 0 to 3


@dataclass(frozen=True, slots=True)
class Access:
    """What the slots and repetitions of a radio interface do to one message.

    Parameters
    ----------
    delay_s:
        Time from its last bit on the band to its arrival, or to its being given up [s].
    lost:
        Whether it was given up.
    """

    delay_s: float
    lost: bool


@dataclass(frozen=True, kw_only=True)
class SlotTiming(Part):
    """A message waits for the next slot, is prepared, sent, decoded, and sent again when decoding fails.

    One way: t = U(0, T_slot) + N2/2 + T_slot + t_decode + (K - 1) T_round + A T_retry, with slot T_slot = 1 ms / 2^mu,
    preparation time N2 of the device [1]_, decoding time of the receiver, K transmissions, and a round
    T_round = N1 + T_slot + N2 (decode, feedback slot, prepare) for each transmission after the first [1]_.

    HARQ: a block is sent up to M times, and the receiver combines what it got (Chase). Link adaptation leaves the error
    to fading, which is Rayleigh and new each time: a transmission fails if the fading falls short, and m of them
    together fail with probability p_m = P(m, theta), the regularised lower incomplete gamma function, where
    theta = -ln(1 - p_1) [5]_: 0.1, 0.0052, 1.8e-4, 4.7e-6 for p_1 = 0.1.

    RLC in acknowledged mode: when M transmissions have failed, the block is sent anew, A times and at most R, each time
    after T_retry and with nothing left to combine [6]_. What R + 1 series of M transmissions do not bring over is lost,
    with probability p_M^(R+1). A message of n blocks is late by its worst block, and lost with any of them:
    1 - (1 - p_M^(R+1))^n.

    Parameters
    ----------
    numerology:
        mu: subcarriers are 15 kHz 2^mu apart; 3 gives 120 kHz and slots of 125 us.
    decode_time:
        Decoding of a transport block at the receiver [s]; 100 us as in 5G-LENA [2]_.
    block_error:
        Probability p_1 that a transmission fails; 0.1 is the usual target of link adaptation [3]_.
    transmissions:
        Largest number M of transmissions of a block before HARQ gives up; 4, as in ns-3 and 5G-LENA [2]_ (from memory).
    retries:
        Largest number R of times that RLC sends a block anew; 8, maxRetxThreshold [6]_.
    retry_time:
        Time T_retry after which it does [s]; 45 ms, t-PollRetransmit [6]_.
    failure_time:
        Length of an outage after which the link counts as failed and its messages are given up [s]; 1 s, timer T310
        [4]_ (from memory).

    References
    ----------
    .. [1] 3GPP TS 38.211 (slots); TS 38.214, tables 5.3-1 (N1) and 6.4-1 (N2), processing capability 1 (from memory).
    .. [2] CTTC, 5G-LENA, attributes of nr-gnb-phy and nr-ue-phy: decode latency 100 us.
    .. [3] 3GPP TS 38.214, clause 5.2.2.1: block error rate of 0.1 for channel quality reports.
    .. [4] 3GPP TS 38.331, clauses 5.3.10.3 (radio link failure) and 9.2.3 (default timers).
    .. [5] G. Caire, D. Tuninetti, "The throughput of hybrid-ARQ protocols for the Gaussian collision channel", IEEE
       Trans. Inf. Theory 47(5) (2001): repetition with combining over block fading.
    .. [6] 3GPP TS 38.322, clause 5.3 (retransmission); TS 38.331, clause 9.2.1 (default configuration, read in a public
       implementation).

    Notes
    -----
    *Scope*: configured grants: no scheduling request, no random access, no core network. A block holds what the full
    band carries in one slot. The band's time for repetitions is in the efficiency of the link adaptation already.

    *Validation*: mu = 3 without errors: 62.5 + 160.7 + 125 + 100 = 448.2 us on average, between IMT-2020's 1 ms and
    IMT-2030's target of 0.1 ms; p_m and the residual loss in closed form.
    """

    numerology: int = quantity(3, at_least=0, at_most=3, advice="give a whole number from 0 to 3")
    decode_time: float = quantity(100 * us, unit="s", at_least=0, advice="give it in seconds, e.g. 100 * us")
    block_error: float = quantity(0.1, at_least=0, below=1, advice="give a probability, e.g. 0.1")
    transmissions: int = quantity(4, at_least=1, most=100, advice="give a whole number, e.g. 4")
    retries: int = quantity(8, at_least=0, most=1_000, advice="give a whole number, e.g. 8")
    retry_time: float = quantity(45 * ms, unit="s", at_least=0, advice="give it in seconds, e.g. 45 * ms")
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

    def blocks(self, size_bit: float, rate_bps: float) -> int:
        """Number of transport blocks of a message of ``size_bit`` [bit] on a band that carries ``rate_bps`` [bit/s]."""
        return max(1, math.ceil(size_bit / (rate_bps * self.slot)))

    def failure(self, transmissions: int) -> float:
        """Probability that a block is not over after so many transmissions, HARQ and RLC together."""
        series, rest = divmod(transmissions, self.transmissions)
        return _combined(self.block_error, self.transmissions) ** series * _combined(self.block_error, rest)

    def loss(self, blocks: int = 1) -> float:
        """Probability that a message of so many ``blocks`` is lost."""
        return self._some(blocks, self._most)

    def mean_delay(self, blocks: int = 1) -> float:
        """Expected access delay [s] of a message of so many ``blocks``, until it has arrived or is given up."""
        waits = (self._some(blocks, sent) * self._wait(sent) for sent in range(1, self._most + 1))
        return self._after_alignment() + self.slot / 2 + math.fsum(waits)

    def access(self, rng: np.random.Generator, blocks: int = 1) -> Access:
        """What happens to a message of so many ``blocks``; always takes two draws from ``rng``."""
        alignment, chance = rng.random(), rng.random()
        delay, sent = self._after_alignment() + alignment * self.slot, 1
        while chance < self._some(blocks, sent):
            delay += self._wait(sent)
            if sent == self._most:
                return Access(delay, lost=True)
            sent += 1
        return Access(delay, lost=False)

    @property
    def _most(self) -> int:
        """Transmissions after which a block is lost."""
        return self.transmissions * (self.retries + 1)

    def _some(self, blocks: int, transmissions: int) -> float:
        """Probability that at least one of ``blocks`` is not over after so many transmissions."""
        return -math.expm1(blocks * math.log1p(-self.failure(transmissions)))

    def _wait(self, transmissions: int) -> float:
        """Time [s] from the failure of the last of so many transmissions to that of the next, or to giving up."""
        anew = transmissions % self.transmissions == 0 and transmissions < self._most
        return self.retransmission + (self.retry_time if anew else 0.0)

    def _after_alignment(self) -> float:
        return self.preparation / 2 + self.slot + self.decode_time


@cache
def _combined(error: float, transmissions: int) -> float:
    """P(m, theta) = exp(-theta) sum of theta^j / j! over j >= m, with theta = -ln(1 - error)."""
    theta = -math.log1p(-error)
    term, total, j = math.exp(-theta) * theta**transmissions / math.factorial(transmissions), 0.0, transmissions
    while term > total * 1e-17:
        total += term
        j += 1
        term *= theta / j
    return min(1.0, total)


SLOTS_OF_125_US = SlotTiming()
