"""What a server gives up or uses of the work that its devices are at."""

from collections.abc import Iterable

from .context import Context
from .contribution import Contribution, Rules
from .gathering import Gathering
from .workbook import Labour, WorkBook

__all__ = ["Supervision"]

NO_MODEL = "no model came"


class Supervision:
    """One server's eye on the work under way for it, and its word on what becomes of each.

    Parameters
    ----------
    ctx:
        The run's shared services.
    server:
        For whom the devices work.
    rules:
        What it goes by.
    works:
        Which devices are at work, for whichever server.
    """

    def __init__(self, ctx: Context, server: str, rules: Rules, works: WorkBook) -> None:
        self._ctx = ctx
        self._server = server
        self._rules = rules
        self._works = works

    @property
    def under_way(self) -> list[Labour]:
        """The work that is neither used nor given up, by device."""
        return list(self._works.of(self._server))

    def break_off_old(self) -> None:
        """Devices whose update would be too stale, or whose model never came, are freed."""
        rules, now = self._rules, self._ctx.now
        for labour in self.under_way:
            if self._ctx.round - labour.round > rules.participation.oldest:
                self._works.drop(labour, "too stale")
            elif not labour.begun and now - labour.chosen_s >= rules.update_deadline:
                self._works.drop(labour, NO_MODEL)

    def break_off_unfinished(self) -> None:
        """Devices without an update are freed, if none may come late."""
        if not self._rules.participation.oldest:
            self._break_off(labour for labour in self.under_way if labour.update is None)

    def _break_off(self, labours: Iterable[Labour]) -> None:
        for labour in labours:
            self._works.drop(labour, "late" if labour.begun else NO_MODEL)

    def look_through(self, contribution: Contribution, gathering: Gathering) -> None:
        """After the decision: what has no chance of being used in a later round is given up."""
        keeps = self._rules.participation.oldest > 0
        for labour in self.under_way:
            labour.arrived_s = gathering.arrived_s.get(labour.device, labour.arrived_s)
            if labour.device in contribution.works:
                continue
            if gathering.rejected(labour.device):
                self._works.drop(labour, "rejected")
            elif labour.rivals and labour.device in gathering.arrived_s:
                self._works.drop(labour, "two updates")
            elif labour.update is None and labour.process is not None and not labour.process.is_alive:
                self._works.drop(labour, NO_MODEL)  # it came, and was wrong
            elif not keeps:
                held = labour.device in gathering.arrived_s
                self._works.drop(labour, "no agreement on its block" if held else "not with the leader in time")

    def settle(self, contribution: Contribution, *, present: bool) -> None:
        """After the round: what became of the updates in its block, which is ``present`` in the shard or not."""
        aggregated = {update.device for update in contribution.updates}
        for device, labour in contribution.works.items():
            staleness = self._ctx.round - labour.round
            if not present:
                self._works.drop(labour, "its block did not get across")
            elif device not in aggregated:
                self._works.drop(labour, "too few updates to aggregate")
            else:
                self._works.use(labour, staleness, self._rules.participation.weight(staleness))
