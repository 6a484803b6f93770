"""A member of a broadcast over lists that lies as well as the lists allow: as a sender, and as a receiver."""

from collections.abc import Mapping

import numpy as np

from qflsim.chain.agreement import Effect, Proposal, Send
from qflsim.chain.broadcast import ListBroadcast
from qflsim.chain.broadcastreplica import CLAIM, COMMAND, BroadcastReplica
from qflsim.chain.lists import Mask, Pair, proving
from qflsim.chain.seat import Seat
from qflsim.quantum.singlets import ALL_ONES, ALL_ZEROS, Entries

__all__ = ["DeceivingReplica"]


class DeceivingReplica(BroadcastReplica):
    """A member that follows the strategies behind `qflsim.quantum.listrisks`.

    As a sender it tells some receivers one block and the others another. To whom its lie must not be refuted it shows,
    where the two blocks demand different bits, T - Q places that prove what it says and A + Q places of which it knows
    nothing: with luck only A of these are wrong for the one receiver, and then Q are for the other. As a receiver it
    claims to have been told another block, with T places that the sender did not show it: first those in which it holds
    the bit that it claims itself, for the other receiver then holds the opposite, and then others.

    Parameters
    ----------
    seat:
        Its place.
    protocol:
        The protocol there.
    """

    def __init__(self, seat: Seat, protocol: ListBroadcast) -> None:
        super().__init__(protocol, protocol.checks, seat.me, seat.members, seat.validate, protocol.timeout)
        self._seat = seat

    def _command(self) -> list[Effect]:
        block = self._own
        if block is None or len(self._receivers) < 2:
            return super()._command()
        deceived = set(self._receivers[: len(self._receivers) // 2])
        blocks = {name: self._seat.rival(block) if name in deceived else block for name in self._receivers}
        return [
            Send(name, self._message_of(COMMAND, blocks[name], {
                pair: self._places(pair, name, blocks) for pair in self._entries if name in pair
            }))
            for name in self._receivers
        ]  # fmt: skip

    def _places(self, pair: Pair, name: str, blocks: Mapping[str, Proposal]) -> Mask:
        """The places of a list that one of its two members is shown."""
        entries, other = self._entries[pair], pair[1 - pair.index(name)]
        demanded, elsewhere = (self._checks.word(blocks[member].digest) for member in (name, other))
        true = proving(entries, demanded)
        differ = demanded != elsewhere
        if not differ.any() or not (self._checks.mutual or name == self._receivers[0]):
            return true
        return np.where(differ, self._doctored(true & differ, entries, differ, last=name == pair[1]), true)

    def _doctored(self, true: Mask, entries: Entries, differ: Mask, *, last: bool) -> Mask:
        """Places that differ: T - Q true ones and A + Q unknown ones, not the same for both members; else all true."""
        limits = self._checks.limits(int(differ.sum()))
        unknown = np.flatnonzero(differ & (entries != ALL_ZEROS) & (entries != ALL_ONES))
        proofs, doubtful = limits.length - limits.refuting, limits.tolerated + limits.refuting
        chosen = unknown[-doubtful:] if last else unknown[:doubtful]
        known = np.flatnonzero(true)
        if len(known) < proofs or len(chosen) < doubtful:
            return true
        shown = np.zeros_like(true)
        shown[known[:proofs]] = shown[chosen] = True
        return shown

    def _claim(self, digest: str, found: Mapping[Pair, Mask]) -> list[Effect]:
        told = self._told
        if told is None or not digest or not (self._checks.mutual or self._me == self._receivers[0]):
            return super()._claim(digest, found)
        rival = self._seat.rival(Proposal(told.digest, told.payload_byte))
        return [
            Send(name, self._message_of(CLAIM, rival.digest, {
                pair: self._forged(pair, digest, rival.digest) for pair in found if name in pair
            }))
            for name in self._receivers if name != self._me
        ]  # fmt: skip

    def _forged(self, pair: Pair, digest: str, rival: str) -> Mask:
        demanded = self._checks.word(rival)
        free = (demanded != self._checks.word(digest)) & ~self._shown[pair]
        holds = self._entries[pair] == demanded
        places = np.concatenate([np.flatnonzero(free & holds), np.flatnonzero(free & ~holds)])
        differ = int((demanded != self._checks.word(digest)).sum())
        forged: Mask = np.zeros(len(free), dtype=np.bool_)
        forged[places[: self._checks.limits(differ).length]] = True
        return forged
