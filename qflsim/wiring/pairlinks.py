"""The fibres of one world on which servers and devices make entangled pairs, and what their terminals take."""

from qflsim.nodes.models import PairLink
from qflsim.quantum.chainpairs import store_of
from qflsim.quantum.transports import Content, EntangledTransport, ModelTransport

from .fibres import AttemptMeter, Fibres

__all__ = ["PairLinks"]


class PairLinks:
    """A fibre from every device that its server reaches to that server, and over the sites to any other.

    Parameters
    ----------
    fibres:
        What they are laid over.

    Raises
    ------
    ValueError
        If no pair can be made over a fibre.
    """

    def __init__(self, fibres: Fibres) -> None:
        self._fibres = fibres
        self._scenario = scenario = fibres.scenario
        self.transports: dict[str, ModelTransport] = {
            server: scenario.model_transport.of_server(index) for index, server in enumerate(fibres.placement.servers)
        }
        self._links: dict[tuple[str, str], PairLink] = {}
        self._meter = AttemptMeter()
        for server, devices in fibres.reached.items():
            if isinstance(self.transports[server], EntangledTransport):
                for device in devices:
                    self.link(server, device)
        self._home = tuple(self._links)

    def link(self, server: str, device: str) -> PairLink:
        """Where a server and a device make pairs; the same whenever it is asked for."""
        ends = (server, device)
        if ends not in self._links:
            self._links[ends] = self._laid(server, device)
        return self._links[ends]

    def refuse_hopeless(self, content: Content) -> None:
        """Refuse links over which a model like ``content`` can never arrive, or not one of them in time.

        Raises
        ------
        ValueError
            If pairs over a link err too much, or come too slowly over the quickest of all links.
        """
        times: dict[tuple[str, str], float] = {}
        for (server, device), link in self._links.items():
            transport = self.transports[server]
            if isinstance(transport, EntangledTransport):
                lengths = link.store.plan.lengths
                transport.refuse_errors(f"{server} and {device}", lengths)
                times[server, device] = transport.expected_time(content, lengths)
        patience = self._scenario.update_deadline
        if times and min(times.values()) > patience:
            quickest = min(times, key=lambda ends: times[ends])
            raise ValueError(
                f"Scenario.update_deadline must leave time for pairs: those for one model take {times[quickest]:.4g} s "
                f"between {' and '.join(quickest)}, where they come quickest, got {patience:g} s; raise "
                "update_deadline, or give more memories or a better link"
            )

    def upkeep(self, duration: float, now: float) -> None:
        """Charge terminals for ``duration`` [s], and the attempts made until ``now`` [s] that were not charged yet.

        Every device has a terminal, and so has its server for it; the two of a repeater are the server's.
        """
        model, charge = self._scenario.energy.entanglement, self._fibres.ctx.energy.charge
        for server, device in self._home:
            segments = len(self._links[server, device].store.plan.lengths)
            charge(device, "entanglement", model.terminal_energy(duration))
            charge(server, "entanglement", (2 * segments - 1) * model.terminal_energy(duration))
        for ends, link in self._links.items():
            joules = model.attempt_energy(self._meter.new(ends, link, now))
            for node in ends:
                charge(node, "entanglement", 0.5 * joules)

    def _laid(self, server: str, device: str) -> PairLink:
        transport = self.transports[server]
        if not isinstance(transport, EntangledTransport):
            raise RuntimeError(f"{server} hands out models without pairs")
        last = self._fibres.length(device, self._fibres.placement.home[device])
        graph = self._fibres.among(device)
        path = transport.routing.choose(graph, server, device, transport.plan((last,)), transport.repeaters)
        rng = self._fibres.ctx.streams("pairs", server, device)
        return PairLink(store_of(transport.plan(path.lengths), transport.memories, rng), sum(path.lengths))
