"""What one replica has heard about one height, and what counts as proof."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from qflsim.chain.agreement import Message

__all__ = [
    "COMMIT",
    "DECISION",
    "NEW_VIEW",
    "PREPARE",
    "PRE_PREPARE",
    "VIEW_CHANGE",
    "Rules",
    "VoteLog",
    "latest_prepared",
    "without_blocks",
]

PRE_PREPARE, PREPARE, COMMIT = "pre-prepare", "prepare", "commit"
VIEW_CHANGE, NEW_VIEW, DECISION = "view-change", "new-view", "decision"


class VoteLog:
    """Votes by what they are for, and requests to change view by the view they ask for."""

    def __init__(self) -> None:
        self._votes: dict[tuple[str, int, str], dict[str, Message]] = {}
        self._changes: dict[int, dict[str, Message]] = {}

    def add(self, vote: Message) -> None:
        """Note a vote; the same sender counts once."""
        self.votes(vote.kind, vote.view, vote.digest).setdefault(vote.sender, vote)

    def votes(self, kind: str, view: int, digest: str) -> dict[str, Message]:
        """Votes of one kind for one digest in one view, by sender."""
        return self._votes.setdefault((kind, view, digest), {})

    def add_change(self, request: Message) -> bool:
        """Note a request to change view; False if its sender had asked for that view before."""
        requests = self.changes(request.view)
        if request.sender in requests:
            return False
        requests[request.sender] = request
        return True

    def changes(self, view: int) -> dict[str, Message]:
        """Requests for one view, by sender."""
        return self._changes.setdefault(view, {})

    def askers_beyond(self, view: int) -> dict[str, int]:
        """Who asks for views beyond ``view``, and the latest each asks for."""
        pairs = ((s, v) for v in sorted(self._changes) if v > view for s in self._changes[v])
        return dict(pairs)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a committee accepts as proof at one height."""

    members: frozenset[str]
    quorum: int
    height: int
    leader: Callable[[int], str]

    def prepared(self, evidence: tuple[Message, ...], before: int) -> bool:
        """Whether ``evidence`` shows a block prepared in a view below ``before``: a leader's word and its votes."""
        if not evidence or evidence[0].kind != PRE_PREPARE:
            return False
        word, votes = evidence[0], evidence[1:]
        if word.sender != self.leader(word.view) or word.view >= before or word.height != self.height:
            return False
        return len(self._voters(votes, PREPARE, word) | {word.sender}) >= self.quorum

    def committed(self, evidence: tuple[Message, ...]) -> bool:
        """Whether ``evidence`` is a quorum of commits to one digest in one view."""
        return bool(evidence) and len(self._voters(evidence, COMMIT, evidence[0])) >= self.quorum

    def asks(self, request: Message) -> bool:
        """Whether a request to change view is well-formed: it proves what it claims to have prepared, if anything."""
        in_place = request.kind == VIEW_CHANGE and request.view >= 1 and request.height == self.height
        return in_place and (not request.evidence or self.prepared(request.evidence, request.view))

    def justified(self, new_view: Message) -> bool:
        """Whether a new leader's proposal follows from a quorum of requests: the latest prepared block, else any."""
        requests = new_view.evidence
        if not all(request.view == new_view.view and self.asks(request) for request in requests):
            return False
        senders = {request.sender for request in requests} & self.members
        latest = latest_prepared(requests)
        return len(senders) >= self.quorum and (latest is None or latest.digest == new_view.digest)

    def _voters(self, votes: Iterable[Message], kind: str, about: Message) -> set[str]:
        """Members whose vote of ``kind`` agrees with ``about``; a leader's vote to prepare is its proposal."""
        voters = {
            vote.sender
            for vote in votes
            if (vote.kind, vote.height, vote.view, vote.digest) == (kind, self.height, about.view, about.digest)
        }
        return voters & self.members


def latest_prepared(requests: Iterable[Message]) -> Message | None:
    """The proposal of the highest view that any of ``requests`` proves prepared."""
    words = [request.evidence[0] for request in requests if request.evidence]
    return max(words, key=lambda word: word.view, default=None)


def without_blocks(requests: Iterable[Message]) -> tuple[Message, ...]:
    """Requests to change view without the blocks they prove prepared, which the new-view carries once itself."""
    return tuple(_without_block(request) for request in requests)


def _without_block(request: Message) -> Message:
    if not request.evidence:
        return request
    word, *prepares = request.evidence
    return replace(request, evidence=(replace(word, payload_byte=0), *prepares))
