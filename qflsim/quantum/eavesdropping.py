"""Who listens on a quantum channel, from when until when, and the errors that it makes."""

import math
from dataclasses import dataclass

from qflsim.checks import Part, quantity

__all__ = ["InterceptResend"]


@dataclass(frozen=True, kw_only=True)
class InterceptResend(Part):
    """An eavesdropper measures a share of the pulses in a basis of her choice and sends on what she found.

    In half of the cases her basis is wrong and the receiver's bit is a coin toss: an error rate e becomes
    e + x (1/4 - e/2), x/4 on a link without errors of its own [1]_. The key rate follows from the raised error rate;
    above the limit of the protocol (11.0 % for BB84 with ideal error correction [2]_, x = 0.44) no key is made.

    Parameters
    ----------
    share:
        Share x of the pulses that she intercepts while she is there; 0 for none.
    begin, end:
        Simulated time [s] at which she begins and ends; from 0 for ever if left out.

    Raises
    ------
    ValueError
        If she ends before she begins.

    References
    ----------
    .. [1] C. H. Bennett, F. Bessette, G. Brassard, L. Salvail, J. Smolin, "Experimental quantum cryptography",
       J. Cryptology 5, 3 (1992).
    .. [2] P. W. Shor, J. Preskill, "Simple proof of security of the BB84 quantum key distribution protocol",
       Phys. Rev. Lett. 85, 441 (2000).

    *Scope*: a perfect eavesdropper who hides in the usual losses, so that only the errors tell. One attack with a
    beginning and an end.

    *Validation*: x/4; a count over random bits and bases; the limit x = 0.44.
    """

    share: float = quantity(0.0, at_least=0, at_most=1, advice="give a share, e.g. 0.2; 0 for no eavesdropper")
    begin: float = quantity(0.0, unit="s", at_least=0, advice="give it in seconds, e.g. 30 * s")
    end: float = quantity(math.inf, unit="s", above=0, infinite=True, advice="give it in seconds, e.g. 90 * s")

    def check(self) -> None:
        """Refuse an attack that ends before it begins."""
        if not self.begin < self.end:
            raise ValueError(
                f"InterceptResend.end must be > begin = {self.begin:g} s, got {self.end!r}; "
                f"give e.g. {self.begin + 60:g}"
            )

    @property
    def lasting(self) -> bool:
        """Whether she listens from the start for ever, so that the link never runs without her."""
        return self.begin == 0.0 and self.end == math.inf

    def share_at(self, time_s: float) -> float:
        """Share of the pulses that she intercepts at ``time_s`` [s]; her end is no longer hers."""
        return self.share if self.begin <= time_s < self.end else 0.0

    def next_change(self, time_s: float) -> float:
        """First time [s] after ``time_s`` at which `share_at` becomes another; infinite if none."""
        if self.share == 0.0:
            return math.inf
        return next((edge for edge in (self.begin, self.end) if edge > time_s), math.inf)

    def raised(self, error_rate: float) -> float:
        """Error rate seen while she listens, where it were ``error_rate`` without her."""
        return error_rate + self.share * (0.25 - 0.5 * error_rate)
