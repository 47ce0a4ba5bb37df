"""The status of a gate: derived from its approval and grant, never stored.

Because it is derived, a gate can never disagree with its request. What was approved is looked at
again whenever it is asked: under the policy as it is now, by who is entitled now (failure modes
T20, T37). A later policy may so tighten what was approved, and never loosens what waits.
"""

from datetime import datetime

import msgspec

from placet.approvals.compose import compose
from placet.approvals.eligibility import Directory
from placet.approvals.evaluate import evaluate
from placet.approvals.grants import grant_status
from placet.approvals.transition import status_of
from placet.model import Approval, ApprovalPolicy, Gate, GateStatus, Grant

__all__ = ["gate_status", "lets_through", "still_satisfied"]


def gate_status(
    gate: Gate,
    approval: Approval | None,
    grant: Grant | None,
    now: datetime,
    *,
    required: bool = True,
    satisfied: bool = True,
) -> GateStatus:
    """What the gate says about one digest: `approval` and `grant` are those of that digest.

    `required` is whether its policy is about it at all, `satisfied` whether what was approved
    still is. "blocked" is what could pass, but not now.

    >>> from datetime import UTC
    >>> gate = Gate(id="prod", policy="p@/")
    >>> gate_status(gate, None, None, datetime(2026, 1, 1, tzinfo=UTC))
    'closed'
    """
    status = _asked(approval, grant, now, satisfied=satisfied) if required else "not_required"
    if status in ("open", "not_required") and not lets_through(gate, now):
        return "blocked"
    return status


def lets_through(gate: Gate, now: datetime) -> bool:
    """Whether it lets anything through at a moment: in one of its windows, in no blackout."""
    if any(blackout.holds(now) for blackout in gate.blackouts):
        return False
    return not gate.windows or any(window.holds(now) for window in gate.windows)


def still_satisfied(
    approval: Approval, policy: ApprovalPolicy | None, directory: Directory
) -> bool:
    """Whether an approval that was given would be given by now, `policy` being that of today.

    An override stands for as long as it lasts: nobody was asked for it.
    """
    if policy is None or policy.ref != approval.policy.ref:
        return False
    if approval.resolution is not None and approval.resolution.kind == "override":
        return True
    today = msgspec.structs.replace(approval, policy=compose((policy,)))
    return evaluate(today, directory).status == "satisfied"


def _asked(
    approval: Approval | None, grant: Grant | None, now: datetime, *, satisfied: bool
) -> GateStatus:
    if approval is None:
        return "closed"
    status = status_of(approval, now)
    if status == "pending":
        return "waiting"
    if status in ("rejected", "expired"):
        return "rejected" if status == "rejected" else "expired"
    if status == "approved" and grant is not None:
        taken = grant_status(grant, now)
        if taken == "active" and satisfied:
            return "open"
        if taken == "consumed":
            return "passed"
    return "closed"
