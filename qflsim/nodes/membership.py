"""Which server each device trains for. Members change between rounds only."""

from collections.abc import Callable, Mapping, Sequence

__all__ = ["Membership"]


class Membership:
    """The devices of every server in the round that goes on.

    A device trains for the server whose station serves it when the server selects, and stays its member until the next
    selection: keys, votes and updates go to and fro between the two over the backhaul if it is handed over before. A
    device that no station reaches, or whose battery is empty, is nobody's member.

    Parameters
    ----------
    servers:
        All servers, by name.
    home:
        The server of every device before the first round.
    reached:
        The devices that a server's station serves and reaches now.
    """

    def __init__(
        self,
        servers: Sequence[str],
        home: Mapping[str, str],
        reached: Callable[[str], Sequence[str]],
    ) -> None:
        self._servers = tuple(servers)
        self._server_of = dict(home)
        self._reached = reached
        self._members: dict[str, tuple[str, ...]] = {}
        self.renew()
        self._stated = dict(self._members)  # as all know it: from the beginning, and from the chain

    def renew(self) -> None:
        """Let every device be a member of the server whose station serves it now."""
        self._members = {server: tuple(self._reached(server)) for server in self._servers}
        self._server_of.update({device: server for server in self._servers for device in self._members[server]})

    def members(self, server: str) -> tuple[str, ...]:
        """The devices that train for ``server``, by name."""
        return self._members[server]

    def news(self, server: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Devices that have joined ``server``, and those that have left it, since that was last on a chain, by name."""
        before, now = set(self._stated[server]), set(self._members[server])
        return tuple(sorted(now - before)), tuple(sorted(before - now))

    def state(self, server: str) -> None:
        """The members of ``server`` stand on a chain as they are."""
        self._stated[server] = self._members[server]

    def server_of(self, device: str) -> str:
        """The server that ``device`` trains for, or was last a member of."""
        return self._server_of[device]
