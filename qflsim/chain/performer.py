"""What carries out what replicas ask for, wherever they run: on simulated links or in memory."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from qflsim.chain.agreement import (
    Abort,
    Broadcast,
    CancelTimer,
    Decide,
    Effects,
    Entangle,
    Extend,
    Send,
    SetTimer,
    Spend,
    Transmit,
)

__all__ = ["Performer"]


class _Acts(dict[type, Callable[[str, Any], None]]):
    """What to do on each kind of effect."""

    def __missing__(self, kind: type) -> Callable[[str, Any], None]:
        known = ", ".join(effect.__name__ for effect in self)
        raise TypeError(f"the effects of a replica must be {known}; got a {kind.__name__}")


class Performer(ABC):
    """Carries out the effects of all replicas of a committee, in their order: one method for each kind."""

    def __init__(self) -> None:
        self._act = _Acts({
            Send: self._send,
            Broadcast: self._broadcast,
            SetTimer: self._set_timer,
            CancelTimer: self._cancel_timer,
            Decide: self._decide,
            Extend: self._extend,
            Spend: self._spend,
            Entangle: self._entangle,
            Transmit: self._transmit,
            Abort: self._abort,
        })  # fmt: skip

    def perform(self, name: str, effects: Effects) -> None:
        """Do what the replica of ``name`` asks for.

        Raises
        ------
        TypeError
            If that is no tuple of effects.
        """
        act = self._act
        try:
            asked = iter(effects)
        except TypeError:
            raise TypeError(
                f"a replica must return a tuple of effects, () for none; {name} returned {effects!r}"
            ) from None
        for effect in asked:
            act[type(effect)](name, effect)

    @abstractmethod
    def _send(self, name: str, send: Send) -> None:
        """A message to one member."""

    @abstractmethod
    def _broadcast(self, name: str, broadcast: Broadcast) -> None:
        """A message to every other member."""

    @abstractmethod
    def _set_timer(self, name: str, timer: SetTimer) -> None:
        """Run a timer."""

    @abstractmethod
    def _cancel_timer(self, name: str, timer: CancelTimer) -> None:
        """Forget a timer, which may be over."""

    @abstractmethod
    def _decide(self, name: str, decide: Decide) -> None:
        """Take in a decision."""

    @abstractmethod
    def _extend(self, name: str, block: Extend) -> None:
        """Take in that a block of a tree was made."""

    @abstractmethod
    def _spend(self, name: str, spent: Spend) -> None:
        """Charge energy."""

    @abstractmethod
    def _entangle(self, name: str, order: Entangle) -> None:
        """Have lists made and read."""

    @abstractmethod
    def _transmit(self, name: str, sent: Transmit) -> None:
        """Count qubits."""

    @abstractmethod
    def _abort(self, name: str, abort: Abort) -> None:
        """Take in that a replica will decide on nothing."""
