"""The QKD links of one world: who shares a pool with whom, how fast it fills, and what the terminals take."""

import itertools
from collections.abc import Mapping, Sequence

from qflsim.checks import ScenarioError
from qflsim.crypto.keypool import KeyPool
from qflsim.network.placement import Placement
from qflsim.nodes.context import Context
from qflsim.scenario import Scenario
from qflsim.units import km

__all__ = ["KeyLinks"]


class KeyLinks:
    """A pool for every link that draws session keys: every reached device with its server, and every two servers.

    Parameters
    ----------
    scenario:
        What the world is.
    placement:
        Where everybody stands.
    ctx:
        The run's shared services.
    reached:
        The devices of each server that its base station reaches.

    Raises
    ------
    ScenarioError
        If a link that needs QKD keys lies out of reach.
    """

    def __init__(
        self, scenario: Scenario, placement: Placement, ctx: Context, reached: Mapping[str, Sequence[str]]
    ) -> None:
        self._scenario = scenario
        self._placement = placement
        self._ctx = ctx
        self._reached = reached
        self.pools = {ends: self._pool(*ends) for ends in self._keyed()} if scenario.keys.qkd else {}

    def upkeep(self, duration: float) -> None:
        """Charge QKD terminals, which run whether key is drawn or not, for ``duration`` [s].

        The devices of a cell share one receiver at their server in time; every backhaul link has a pair of its own.
        """
        if not self.pools:
            return
        model, charge = self._scenario.energy.qkd, self._ctx.energy.charge
        for server in self._placement.servers:
            if self._reached[server]:
                charge(server, "qkd", model.receiver_energy(duration))
        for first, second in self.pools:
            charge(first, "qkd", model.transmitter_energy(duration))
            if second not in self._placement.home and first not in self._placement.home:
                charge(second, "qkd", model.receiver_energy(duration))

    def _keyed(self) -> list[tuple[str, str]]:
        servers = self._placement.servers
        access = [(min(d, s), max(d, s)) for s in servers for d in self._reached[s]]
        return [*access, *((min(pair), max(pair)) for pair in itertools.combinations(servers, 2))]

    def _pool(self, first: str, second: str) -> KeyPool:
        """The QKD pool of a link along its fibre; the devices of a cell take turns at their server's receiver."""
        qkd, home = self._scenario.keys.qkd, self._placement.home
        if qkd is None:
            raise ValueError(f"{self._scenario.keys.name} has no QKD")
        length = self._scenario.backhaul.length(self._placement.distance(first, second))
        server = home.get(first) or home.get(second)
        users = len(self._reached[server]) if server else 1
        rate = qkd.key_rate(length, users)
        if not rate:
            tapped = qkd.eavesdropping.share
            spy = f" with an eavesdropper on {tapped:.0%} of the pulses" if tapped else ""
            reach = qkd.reach()
            advice = "move them closer, or use keys=KEMKeys()" if reach else "use keys=KEMKeys()"
            raise ScenarioError(
                f"no QKD key reaches from {first} to {second}: their fibre is {length / km:.4g} km and the reach "
                f"{reach / km:.4g} km{spy} (error rate {qkd.error_rate(length):.3g}); {advice}"
            )
        return KeyPool(rate, self._scenario.key_pool)
