"""Offered against capacity: what key the sessions of a round ask of each link, and what the links can give."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from qflsim.checks import ScenarioError
from qflsim.crypto.keyrouting import Ends, ends_of
from qflsim.readable import show

__all__ = ["KeyDemand", "Offer"]


@dataclass(frozen=True)
class Offer:
    """The session keys that two nodes ask for in a round.

    Parameters
    ----------
    first, second:
        The two nodes.
    key_bit:
        Bits of one key [bit].
    keys:
        Keys in a round.
    """

    first: str
    second: str
    key_bit: float
    keys: int


@dataclass
class KeyDemand:
    """What a round offers to every link of the key network; a relayed key is offered to all links of its way.

    Ways are the shortest; what tags take comes on top.

    Parameters
    ----------
    offers:
        What the nodes ask for.
    capacity:
        Mean key rate [bit/s] of every link that makes key all the time, nobody listening. Others, filled by passes or
        visits, have none that could be told beforehand.
    """

    offers: tuple[Offer, ...]
    capacity: Mapping[Ends, float]
    offered: dict[Ends, float] = field(init=False)

    def __post_init__(self) -> None:
        self.offered = {}
        for offer in self.offers:
            for ends in self._way(offer):
                self.offered[ends] = self.offered.get(ends, 0.0) + offer.key_bit * offer.keys

    def refuse_impossible(self, room: float, longest_s: float) -> None:
        """Refuse a demand that can never be met.

        Parameters
        ----------
        room:
            Bits that a key store can hand out at once [bit].
        longest_s:
            Time [s] that the whole run may take if every wait in it lasts to its deadline.

        Raises
        ------
        ScenarioError
            If a key is larger than a store, or takes longer to make than the run can last.
        """
        for offer in self.offers:
            who = f"{offer.first} and {offer.second} ask for {show(offer.key_bit, 'bit')} of key at once (offered)"
            if offer.key_bit > room:
                raise ScenarioError(
                    f"{who}, and a key store hands out at most {show(room, 'bit')} (capacity): this demand can "
                    "never be met; raise KeyStore.maximum, or use sealing=AES256()"
                )
            for ends in self._way(offer):
                rate = self.capacity.get(ends)
                if rate is not None and rate * longest_s < offer.key_bit:
                    raise ScenarioError(
                        f"{who}, and the link of {ends[0]} and {ends[1]} makes {rate:.3g} bit/s (capacity), "
                        f"{show(rate * longest_s, 'bit')} in the longest run that the deadlines allow: this demand can "
                        "never be met; use faster QKD, shorter fibres, or keys=EitherKeys()"
                    )

    def notes(self, quickest_s: float) -> Iterator[str]:
        """A sentence on the link that falls short by most, if there is one when rounds take ``quickest_s`` [s]."""
        asked = {ends: bits / quickest_s for ends, bits in self.offered.items() if ends in self.capacity}
        short = {ends: rate / self.capacity[ends] for ends, rate in asked.items() if rate > self.capacity[ends] > 0.0}
        if short:
            worst = max(short, key=lambda ends: short[ends])
            yield (
                f"rounds will wait for keys: {worst[0]} and {worst[1]} ask for {show(self.offered[worst], 'bit')} "
                f"a round, at most {show(asked[worst], 'bit')}/s (offered), and their link makes "
                f"{show(self.capacity[worst], 'bit')}/s (capacity)"
            )

    def _way(self, offer: Offer) -> Iterable[Ends]:
        """The links over which a key goes; none if the two have no way of such links."""
        import networkx as nx

        graph = nx.Graph(list(self.capacity))
        if offer.first not in graph or offer.second not in graph or not nx.has_path(graph, offer.first, offer.second):
            return ()
        path = nx.shortest_path(graph, offer.first, offer.second)
        return [ends_of(*hop) for hop in pairwise(path)]
