"""How probable it is that a broadcast over lists of singlets fails: with honest members, a lying sender, a lying other.

A sender S tells two others, R and R', a bit and in which places its list shows that they hold the other bit. Who finds
T such places and at most A that are wrong accepts. R shows R' the places that it found right; R' takes them as proof
that the sender said so if there are T at least, of which fewer than Q are wrong for R'. So it is in [1]_ with A = 0;
A > 0 lets lists be wrong here and there, as those from noisy pairs are.

References
----------
.. [1] Z. Guba et al., "Resource analysis for quantum-aided Byzantine agreement with the four-qubit singlet state",
   arXiv:2207.04939: the protocol, its strategies for liars, and the sums for A = 0 and lists without errors.

*Scope*: the liars play the strategies of [1]_, adapted to A > 0. As there, states with which a strategy cannot be
played count as failures: the numbers bound what these strategies achieve.

*Validation*: for A = 0 the values published with [1]_; else Monte Carlo of the protocol, message by message.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Risks", "Thresholds", "escapes", "failure_risks", "thresholds"]

Floats = NDArray[np.float64]

_NEVER = 1e-15
"""Probability of a number of places below which what follows from it is left out."""


class Thresholds(NamedTuple):
    """What it takes to accept, for a number of states."""

    length: int
    """Right places T without which nothing is accepted."""
    tolerated: int
    """Wrong places A up to which a sender is believed."""
    refuting: int
    """Wrong places Q with which another's proof is none."""


class Risks(NamedTuple):
    """Probabilities of failure, at most."""

    abort: float
    """All are honest, and one of the others accepts nothing."""
    sender: float
    """The sender tells R one bit and R' another, and neither notices."""
    receiver: float
    """R makes R', whom the sender told the truth, believe that the sender lied."""

    @property
    def worst(self) -> float:
        """The largest of them."""
        return max(self)


def thresholds(states: int, length: float, agreeing: float, tolerance: float) -> Thresholds:
    """T = ceil(length states), A = floor(tolerance T), Q = T - ceil(agreeing T) + 1."""
    least = math.ceil(length * states)
    return Thresholds(least, math.floor(tolerance * least), least - math.ceil(agreeing * least) + 1)


@lru_cache(maxsize=512)
def failure_risks(states: int, limits: Thresholds, first: float, second: float) -> Risks:
    """The risks of ``states`` singlets, entries of R and R' being turned with probabilities ``first``, ``second``."""
    alike = _binomial(states, 1.0 / 3.0)  # places that prove the sender's bit
    believed = _accepted(states, limits, first), _accepted(states, limits, second)
    playable, undone = _sender(states, limits, believed[1])
    return Risks(
        abort=_capped(1.0 - float(alike @ (believed[0] * believed[1]))),
        sender=_capped(1.0 - playable + undone * _split(limits, first, second)),
        receiver=_capped(_receiver(states, limits, first, second, alike, believed[1])),
    )


def _accepted(states: int, limits: Thresholds, error: float) -> Floats:
    """Probability that an honest sender is believed that shows l places, for l = 0 to ``states``."""
    from scipy.stats import binom

    shown = np.arange(states + 1)
    return np.asarray(binom.cdf(np.minimum(limits.tolerated, shown - limits.length), shown, error))


def escapes(states: int, limits: Thresholds, first: float, second: float) -> float:
    """Probability that a lying sender can play its strategy and is not found out: what is to be seen in many trials."""
    _, undone = _sender(states, limits, _accepted(states, limits, second))
    return undone * _split(limits, first, second)


def _sender(states: int, limits: Thresholds, believed: Floats) -> tuple[float, float]:
    """One bit for R', truthfully, and for R the other: T - Q places that prove it, A + Q that show different bits.

    Returns the probability that there are as many, and that R' then believes it.
    """
    proofs, doubtful = limits.length - limits.refuting, limits.tolerated + limits.refuting
    playable = undone = 0.0
    for true, chance in enumerate(_binomial(states, 1.0 / 3.0)):  # places that prove the bit for R'
        if chance < _NEVER or true < limits.length or true + doubtful > states:
            continue
        rest = _binomial(states - true, 0.5)  # of the others, those that prove the bit for R
        fits = float(chance) * float(rest[proofs : states - true - doubtful + 1].sum())
        playable += fits
        undone += fits * float(believed[true])
    return playable, undone


def _split(limits: Thresholds, first: float, second: float) -> float:
    """Probability that R finds at most A places wrong, and R' at least Q of those that R finds right."""
    from scipy.stats import binom

    proofs, doubtful = limits.length - limits.refuting, limits.tolerated + limits.refuting
    differ = first + second - 2.0 * first * second
    total = 0.0
    for a in range(limits.tolerated + 1):  # proofs that are wrong for R
        for b in range(limits.tolerated - a + 1):  # doubtful places that are
            chance = binom.pmf(a, proofs, first) * binom.pmf(b, doubtful, 0.5)
            wrong = np.convolve(_binomial(proofs - a, second), _binomial(doubtful - b, 1.0 - differ))
            total += float(chance) * float(wrong[limits.refuting :].sum())
    return total


def _receiver(states: int, limits: Thresholds, first: float, second: float, alike: Floats, believed: Floats) -> float:
    """R shows places that the sender did not: first those where it holds the bit that it claims, then guesses."""
    holds = 0.25 + 0.5 * first  # probability that it holds that bit, outside the sender's places
    sure = (0.25 + 0.25 * first) / holds  # that R' holds the other there, which makes the place right
    guess = (0.5 - 0.25 * first) / (1.0 - holds)  # that it does elsewhere
    sure, guess = (p + second * (1.0 - 2.0 * p) for p in (sure, guess))
    fooled = _fooled(limits, 1.0 - sure, 1.0 - guess)
    total = 0.0
    for shown, chance in enumerate(alike):
        if chance < _NEVER:
            continue
        if shown + limits.length > states:  # too few places are left
            total += float(chance)
            continue
        at_hand = _binomial(states - shown, holds)
        best = float(at_hand @ fooled[np.minimum(np.arange(len(at_hand)), limits.length)])
        total += float(chance) * (1.0 - float(believed[shown]) * (1.0 - best))
    return total


def _fooled(limits: Thresholds, sure: float, guess: float) -> Floats:
    """Probability that T places pass, s of which are wrong with probability ``sure``, the rest with ``guess``."""
    passes = np.empty(limits.length + 1)
    for s in range(limits.length + 1):
        wrong = np.convolve(_binomial(s, sure), _binomial(limits.length - s, guess))
        passes[s] = wrong[: limits.refuting].sum()
    return passes


@lru_cache(maxsize=4096)
def _binomial(trials: int, chance: float) -> Floats:
    """Probabilities of 0 to ``trials`` successes."""
    from scipy.stats import binom

    return np.asarray(binom.pmf(np.arange(trials + 1), trials, chance), dtype=np.float64)


def _capped(probability: float) -> float:
    return min(1.0, max(0.0, probability))
