"""Messages of one decision as they leave: each with a tag, if tags are used, when the key for it is there."""

from .business import Outcome
from .context import Context
from .fabric import Fabric
from .media import Action
from .tags import Tag, Tagger

__all__ = ["Postage"]


class Postage:
    """Pays for messages and sends them, and adds up what they take.

    Parameters
    ----------
    ctx, fabric, tagger:
        The run's shared services, its links, and who pays tags.
    outcome:
        Where messages, bits, tags and waits are counted.
    """

    def __init__(self, ctx: Context, fabric: Fabric, tagger: Tagger, outcome: Outcome) -> None:
        self._ctx = ctx
        self._fabric = fabric
        self._tagger = tagger
        self._outcome = outcome
        self._unpaid: dict[Tag, Action] = {}  # tags that wait for key, and whom to tell if it never comes, in order
        self._closed = False

    @property
    def tag_bit(self) -> float:
        """Bits of a tag."""
        return self._tagger.tag_bit

    def send(self, kind: str, name: str, receiver: str, size_bit: float, arrived: Action, lost: Action) -> None:
        """Send when the key for the tag is there; what waits for key when the decision is over is not sent."""
        tag: Tag | None = None

        def send() -> None:
            if tag is not None:
                del self._unpaid[tag]
                self._note_paid(tag)
            self._outcome.messages += 1
            self._outcome.size_bit += size_bit
            self._fabric.send(kind, name, receiver, size_bit, arrived, lost)

        tag = self._tagger.pay(name, receiver, send)
        if tag is None:
            return
        if not tag.waiting:
            self._note_paid(tag)
        elif self._closed:
            self._give_up(tag, lost)
        else:
            self._unpaid[tag] = lost

    def close(self) -> None:
        """The decision is over: nobody waits for key any more."""
        self._closed = True
        unpaid, self._unpaid = self._unpaid, {}
        for tag, lost in unpaid.items():
            self._give_up(tag, lost)

    def _note_paid(self, tag: Tag) -> None:
        self._outcome.tag_bit += tag.bits
        self._outcome.tag_wait_s = max(self._outcome.tag_wait_s, self._ctx.now - tag.asked_s)

    def _give_up(self, tag: Tag, lost: Action) -> None:
        self._outcome.tag_wait_s = max(self._outcome.tag_wait_s, self._ctx.now - tag.asked_s)
        tag.withdraw()
        lost()
