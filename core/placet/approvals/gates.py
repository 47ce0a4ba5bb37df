"""The status of a gate: derived from its approval and grant, never stored.

Because it is derived, a gate can never disagree with its request.
"""

from datetime import datetime

from placet.approvals.grants import grant_status
from placet.approvals.transition import status_of
from placet.model import Approval, GateStatus, Grant

__all__ = ["gate_status"]


def gate_status(approval: Approval | None, grant: Grant | None, now: datetime) -> GateStatus:
    """What the gate says about one digest: `approval` and `grant` are those of that digest.

    >>> from datetime import UTC
    >>> gate_status(None, None, datetime(2026, 1, 1, tzinfo=UTC))
    'closed'
    """
    if approval is None:
        return "closed"
    status = status_of(approval, now)
    if status == "pending":
        return "waiting"
    if status in ("rejected", "expired"):
        return "rejected" if status == "rejected" else "expired"
    if status == "approved" and grant is not None:
        taken = grant_status(grant, now)
        if taken == "active":
            return "open"
        if taken == "consumed":
            return "passed"
    return "closed"
