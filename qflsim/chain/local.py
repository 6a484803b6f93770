"""What a contract reads out of the block of a committee of devices: their updates, and what is wrong with it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from qflsim.chain.block import Block
from qflsim.chain.progress import Debt
from qflsim.chain.transactions import carried_bytes, digest_of, read_transaction
from qflsim.crypto.keyring import identity

__all__ = ["TWO_UPDATES", "local_fault", "submissions_in"]

TWO_UPDATES = "it signed two different updates"
"""Why an equivocating device's updates are refused."""


def local_fault(block: Block | None, committee: Sequence[str], quorums: Sequence[int]) -> str:
    """Why a contract does not take ``block``; empty if a quorum of its ``committee`` signed it.

    Parameters
    ----------
    quorums:
        Votes that a committee of 1, 2, 3, ... members needs.
    """
    if block is None:
        return "no such block stands on its chain"
    signers = set() if block.certificate is None else set(block.certificate.signers)
    if not 1 <= len(committee) <= len(quorums):
        return "its committee is empty, or too large"
    votes = len(signers & {identity(device) for device in committee})
    needed = quorums[len(committee) - 1]
    return f"{votes} of its committee signed it, and {needed} must" if votes < needed else ""


def submissions_in(
    block: Block, task: str, owed: Mapping[str, Debt], slack_s: float
) -> Iterator[tuple[str, tuple[int, str] | None, str]]:
    """Each device of which the block says anything: its samples and digest if its update is one, else None, and why.

    A device whose updates are two different ones has none; the same one twice is taken once. Who is reported as sender
    of what is no valid update has none either.

    Parameters
    ----------
    owed:
        The updates that may come, by device.
    slack_s:
        Time [s] after an update is due in which it may be signed.
    """
    found: dict[str, tuple[tuple[int, str] | None, str]] = {}
    for item in block.transactions:
        fields = read_transaction(item.payload)
        if fields["task"] == task and fields["kind"] == "report":
            for device in fields["devices"]:
                found.setdefault(device, (None, "what came in its name is no update that it signed"))
        if fields["task"] != task or fields["kind"] != "update":
            continue
        device, update = fields["sender"], (fields["samples"], fields["digest"])
        if device in found and found[device][0] not in (None, update):
            found[device] = (None, TWO_UPDATES)
        elif device not in found:
            reason = _update_fault(fields, carried_bytes(item.payload), owed.get(device), slack_s)
            found[device] = (None if reason else update, reason)
    for device in sorted(found):
        yield device, *found[device]


def _update_fault(fields: dict[str, Any], parameters: bytes, debt: Debt | None, slack_s: float) -> str:
    """What is wrong with an update; empty if nothing is."""
    if debt is None:
        return "it owes no update"
    checks = (
        (fields["round"] == debt.round, "its update is of another round"),
        (fields["time_s"] <= debt.due_s + slack_s, "its update was signed after the deadline"),
        (fields["samples"] >= 1, "its update has no samples"),
        (not parameters or digest_of(parameters) == fields["digest"], "its digest is not that of its parameters"),
    )
    return next((reason for holds, reason in checks if not holds), "")
