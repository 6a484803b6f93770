"""Agreement by quantum coin flips in a constant number of rounds, counted but not played: an idealisation."""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from qflsim.chain.agreement import (
    Abort,
    Agreement,
    Broadcast,
    Draws,
    Effect,
    Message,
    Transmit,
    Validate,
)
from qflsim.chain.heights import HeightReplica
from qflsim.checks import quantity
from qflsim.streams import Streams

__all__ = ["IdealisedBenOrHassidim", "QuantumCoinReplica"]

BLOCK, ECHO, SECOND, STEP, FINAL, FETCH = "block", "echo", "second", "step", "final", "get-block"
SAID = (BLOCK, ECHO, SECOND)
"""What members say in the phases before the steps."""


@dataclass(frozen=True, kw_only=True)
class IdealisedBenOrHassidim(Agreement):
    """Idealised: Byzantine agreement whose coin is flipped by all members together with shared quantum states [1]_.

    The leader sends its block; in two more rounds members find out whether there is one block that nearly all of them
    hold (``echo``, ``second``) [2]_, and then agree on that one bit in steps. In each step everybody tells everybody
    its bit and follows n - f that say the same. If there are none, it takes 0 in the first of three steps, 1 in the
    second and the coin in the third; who sees n - f zeros in a first or ones in a second step has decided and says so
    for good (``final``) [3]_. Without a fault the block is decided after five delays and (n - 1)(5 n + 1) messages and
    no coin is flipped; with split members each flip ends it with probability ``fairness`` at least, so that 1/fairness
    flips are expected at most, however many members there are.

    What is idealised: the coin. Each member would send each other one its part of a GHZ state of n qubits and of a
    state of n^3 levels that elects whose coin counts, 1 + ceil(3 log2 n) qubits; these are counted and nothing else:
    they take no time and no energy, arrive without loss and errors, and are kept until used. That no member cheats with
    its states takes verifiable sharing of quantum secrets, which is granted and not counted.

    Parameters
    ----------
    fairness:
        Probability with which all correct members see 0, and that with which all see 1; else each sees a coin of its
        own. 1/3 is what [1]_ is cited to reach in synchronous networks (Quantum Protocol Zoo).
    timeout:
        Time [s] of each phase of the protocol, counted from the start: what comes later counts as not sent. Who has
        heard everybody goes on sooner. 10 s is an *assumption*.

    References
    ----------
    .. [1] M. Ben-Or, A. Hassidim, "Fast quantum Byzantine agreement", STOC (2005).
    .. [2] R. Turpin, B. A. Coan, "Extending binary Byzantine agreement to multivalued Byzantine agreement", Inf.
       Process. Lett. 18, 73 (1984).
    .. [3] S. Micali, "Byzantine agreement, made trivial" (2016), after P. Feldman, S. Micali, SIAM J. Comput. 26, 873
       (1997).

    *Scope*: synchronous: all begin at the same time, and a message that is late makes its sender one of the f faulty.
    No qubit, pair or gate is modelled. A decision against the block ends the height without one.

    *Validation*: messages and delays without faults; flips until split members agree against the geometric law; no two
    decisions with f liars.
    """

    name: ClassVar[str] = "idealised Ben-Or-Hassidim"

    fairness: float = quantity(1 / 3, above=0, at_most=0.5, advice="give a probability up to 0.5, e.g. 1/3")
    timeout: float = quantity(10.0, unit="s", above=0, advice="give it in seconds, e.g. 10 * s")

    @property
    def assumption(self) -> str:
        """What is granted."""
        return "quantum coins reach all members at once, without loss, errors or cost, and nobody cheats with them"

    def replica(self, me: str, members: tuple[str, ...], validate: Validate | None = None) -> "QuantumCoinReplica":
        """The part of ``me`` among ``members``, with coins of seed 0."""
        return self.seat(me, members, validate=validate, draws=Streams(0).fresh, memory=None)

    def seat(
        self, me: str, members: tuple[str, ...], *, validate: Validate | None, draws: Draws, memory: object
    ) -> "QuantumCoinReplica":
        """The part of ``me`` among ``members``, with the world's coins."""
        return QuantumCoinReplica(self, me, members, validate, draws)

    def messages(self, validators: int) -> int:
        """Messages of one decision among n correct validators: (n - 1)(5 n + 1)."""
        return (validators - 1) * (5 * validators + 1)

    def qubits(self, validators: int) -> int:
        """Qubits that one member sends for one flip: (n - 1)(1 + ceil(3 log2 n))."""
        return (validators - 1) * (1 + math.ceil(3.0 * math.log2(validators)))

    def flip(self, draws: Draws, height: int, number: int, me: str) -> str:
        """What ``me`` sees of a flip: the same as all others, or with probability 1 - 2 fairness a coin of its own."""
        common = draws("quantum-coin", str(height), str(number)).random()
        if common < 2.0 * self.fairness:
            return "0" if common < self.fairness else "1"
        return str(int(draws("quantum-coin", str(height), str(number), me).integers(2)))


class QuantumCoinReplica(HeightReplica):
    """One member; phases 1 and 2 are ``echo`` and ``second``, and those from 3 on the steps."""

    def __init__(
        self,
        protocol: IdealisedBenOrHassidim,
        me: str,
        members: tuple[str, ...],
        validate: Validate | None,
        draws: Draws,
    ) -> None:
        super().__init__(protocol, me, members, validate, protocol.timeout)
        self._protocol = protocol
        self._draws = draws
        self._needed = len(members) - self._committee.tolerated

    def _reactions(self) -> Mapping[str, Callable[[Message], list[Effect]]]:
        return {
            BLOCK: self._on_block, ECHO: self._on_word, SECOND: self._on_word, STEP: self._on_word,
            FINAL: self._on_final, FETCH: lambda message: [],
        }  # fmt: skip

    def _begin(self) -> list[Effect]:
        self._phase = self._tick = 0
        self._heard: dict[int, dict[str, str]] = {}  # what each member said in each phase
        self._finals: dict[str, str] = {}
        self._candidate = ""
        self._halted = ""
        if self._me == self.leader(0) and self._own is not None:
            block = self._message(BLOCK, self._own.digest, payload_byte=self._own.size_byte)
            return [self._set_timer("tick"), Broadcast(block), *self._say(1, self._own.digest)]
        return [self._set_timer("tick")]

    def _proves(self, decision: Message) -> bool:
        """The block is known already, only its bytes are not."""
        return self._halted == "1" and decision.digest == self._candidate

    def _asks(self, message: Message) -> bool:
        return message.kind == FETCH

    def _time_out(self, purpose: str) -> list[Effect]:
        """Every phase ends at a time of its own, the same for all, so that nobody is ahead of the others for long."""
        if self._halted:
            return []
        late = self._phase <= self._tick
        self._tick += 1
        return [self._set_timer("tick"), *(self._go_on() if late else [])]

    def _on_block(self, message: Message) -> list[Effect]:
        if message.sender != self.leader(0) or not message.payload_byte:
            return []
        self._blocks.setdefault(message.digest, message.payload_byte)
        if self._phase:
            return []
        return self._say(1, message.digest if self._validate(message.digest) else "")

    def _say(self, phase: int, word: str) -> list[Effect]:
        """Tell everybody ``word`` in a new phase."""
        self._phase = phase
        self._heard.setdefault(phase, {})[self._me] = word
        kind = SAID[phase] if phase < len(SAID) else STEP
        return [Broadcast(self._message(kind, word, view=phase)), *self._go_on_if_complete()]

    def _on_word(self, message: Message) -> list[Effect]:
        self._heard.setdefault(message.view, {}).setdefault(message.sender, message.digest)
        return self._go_on_if_complete() if message.view == self._phase else []

    def _on_final(self, message: Message) -> list[Effect]:
        self._finals.setdefault(message.sender, message.digest)
        return self._go_on_if_complete()

    def _words(self) -> dict[str, str]:
        """What each member says in the present phase; who has decided says the same for good."""
        return self._heard.get(self._phase, {}) | (self._finals if self._phase >= len(SAID) else {})

    def _go_on_if_complete(self) -> list[Effect]:
        complete = self._phase and len(self._words()) == len(self._committee.members)
        return self._go_on() if complete and not self._halted else []

    def _go_on(self) -> list[Effect]:
        """Make of what was said in this phase what to say in the next one."""
        said = Counter(word for word in self._words().values() if word)
        word, count = max(said.items(), key=lambda item: (item[1], item[0]), default=("", 0))
        if self._phase == 0:
            return self._say(1, "")
        if self._phase == 1:
            return self._say(2, word if count >= self._needed else "")
        if self._phase == 2:
            self._candidate = word if count > self._committee.tolerated else ""
            return self._say(3, "1" if count >= self._needed else "0")
        return self._step(word if count >= self._needed else "")

    def _step(self, word: str) -> list[Effect]:
        """Follow n - f that agree, else 0, 1 or the coin in turn."""
        number, turn = divmod(self._phase - len(SAID), 3)
        if turn == 2:
            flipped = self._protocol.flip(self._draws, self._height, number, self._me)
            members = len(self._committee.members)
            return [Transmit(self._protocol.qubits(members)), *self._say(self._phase + 1, word or flipped)]
        if word == str(turn):
            return self._halt(word, number)
        return self._say(self._phase + 1, word or str(turn))

    def _halt(self, bit: str, number: int) -> list[Effect]:
        self._halted = bit
        told: list[Effect] = [Broadcast(self._message(FINAL, bit, view=self._phase)), *self._stop_timers()]
        if bit == "0":
            return [*told, Abort(self._height, "the members agreed on no block")]
        if self._candidate in self._blocks:
            return [*told, *self._decide(number, self._candidate, ())]
        return [*told, Broadcast(self._message(FETCH, "", view=self._phase))]
