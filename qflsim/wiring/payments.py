"""The payments of one world: a desk at every shard, and the client who asks there."""

from collections.abc import Sequence

from qflsim.chain.beginning import Beginning
from qflsim.chain.paymentbook import PaymentBook
from qflsim.chain.payments import ShardAccounts
from qflsim.checks import ScenarioError
from qflsim.nodes.context import Context
from qflsim.nodes.desk import Desk
from qflsim.nodes.ledger import Ledger
from qflsim.nodes.notary import Notary
from qflsim.nodes.payments import Payments
from qflsim.nodes.seats import Seats

from .common import Common

__all__ = ["desk", "payments_of"]


def desk(
    common: Common, ctx: Context, ledger: Ledger, seats: Seats, servers: Sequence[str], notary: Notary
) -> Desk:  # fmt: skip
    """Where one shard takes payments, with its accounts.

    Raises
    ------
    ScenarioError
        If there is only one shard to pay to and from.
    """
    traffic, tasks = common.scenario.payments, len(common.scenario.learning)
    if traffic is None or tasks == 1:
        raise ScenarioError(
            f"Scenario.payments go between the shards of several tasks, and there is {tasks} task; give "
            "tasks=(Task(...), Task(...))"
        )
    accounts = ShardAccounts(dict.fromkeys(range(traffic.holders), traffic.balance))
    return Desk(ctx, ledger, seats, [common.computers[name] for name in servers], notary, accounts)


def payments_of(common: Common, beginning: Beginning | None) -> Payments | None:
    """The publisher as the client of all payments, from a beginning if any; ``None`` if there are none."""
    scenario = common.scenario
    if scenario.payments is None:
        return None
    patience = scenario.agreement_deadline
    book = PaymentBook({desk.chain.name: desk.accounts for desk in common.desks})
    for block in beginning.in_order() if beginning is not None else ():
        if block.header.chain in book.accounts:
            book.read(block)
    return Payments(common.ctx, common.fabric, scenario.payments, "publisher", common.desks, patience, book)
