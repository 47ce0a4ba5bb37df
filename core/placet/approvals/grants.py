"""What an approval yields, and how that ends.

*Access* is a time-boxed assignment, on what was asked for and nothing more; a *pass* is a single
use, bound to the digest of what was approved. Life runs from activation. Only time moves a grant
without a commit: `scheduled -> active -> ended`; all windows are half-open.
"""

from datetime import datetime, timedelta

import msgspec

from placet.clock import uuid7
from placet.errors import AccessDenied, InvalidState
from placet.model import AccessYield, Approval, Assignment, Grant, GrantStatus, Resolution

__all__ = ["grant_status", "mint", "revoke", "take"]


def mint(approval: Approval, resolution: Resolution) -> tuple[Grant, Assignment | None]:
    """The grant that `approval`, approved by `resolution`, yields; and the assignment of an access.

    Its life runs from when it becomes active: from the approval, or from when it was asked for if
    that is later. It lasts as long as the policy yields, or as was asked for if that is shorter;
    after an override, no longer than the policy has it then.
    """
    policy, now = approval.policy, resolution.at
    yields = policy.yields
    starts_at = now if approval.starts_at is None else max(now, approval.starts_at)
    limits = [approval.seconds]
    limits.append(yields.seconds if isinstance(yields, AccessYield) else policy.use_within)
    if resolution.kind == "override":
        limits.append(policy.override_for)
    seconds = min((limit for limit in limits if limit is not None), default=None)
    ends_at = None if seconds is None else starts_at + timedelta(seconds=seconds)
    grant = Grant(
        id=uuid7(now),
        kind="pass",
        approval=approval.id,
        principal=approval.subject,
        permission=approval.permission,
        resource=approval.resource,
        scope=approval.scope,
        digest=approval.digest,
        created_at=now,
        starts_at=starts_at,
        ends_at=ends_at,
        gate=approval.gate,
    )
    if not isinstance(yields, AccessYield):
        return grant, None
    assignment = Assignment(
        id=f"grant_{grant.id.replace('-', '')}",
        scope=approval.scope,
        principal=approval.subject,
        role=yields.role,
        # An approval for one resource, or one type, says nothing about another (failure mode T26).
        only=(approval.resource,),
        managed=True,
        not_before=starts_at,
        expires_at=ends_at,
        approval=approval.id,
        policies=approval.policies,
        reason=approval.justification,
    )
    return msgspec.structs.replace(grant, kind="access", assignment=assignment.id), assignment


def grant_status(grant: Grant, now: datetime) -> GrantStatus:
    """The status as it is at `now`."""
    if grant.status != "active":
        return grant.status
    if now < grant.starts_at:
        return "scheduled"
    if grant.ends_at is not None and now >= grant.ends_at:
        return "ended"
    return "active"


def take(grant: Grant, principal: str, digest: str, now: datetime) -> Grant:
    """The pass after `principal` has used it for what `digest` binds.

    Raises AccessDenied for a pass of somebody else or for something else (failure mode T26), and
    InvalidState for one that is used, revoked or over.
    """
    if grant.kind != "pass" or grant.principal != principal:
        raise AccessDenied(f"grant {grant.id} is not a pass of {principal}")
    if grant.digest != digest:
        raise AccessDenied(
            f"pass {grant.id} was approved for {grant.digest}, not for {digest}: what is asked has "
            "changed since; ask again"
        )
    status = grant_status(grant, now)
    if status != "active":
        raise InvalidState(f"pass {grant.id} is {status}; ask again", {"status": status})
    return msgspec.structs.replace(grant, status="consumed", status_at=now, status_by=principal)


def revoke(grant: Grant, by: str, now: datetime, reason: str) -> Grant:
    """The grant after somebody with the right has taken it back.

    Raises InvalidState for one that has ended already.
    """
    status = grant_status(grant, now)
    if status not in ("active", "scheduled"):
        raise InvalidState(
            f"grant {grant.id} is {status} already; there is nothing to revoke", {"status": status}
        )
    return msgspec.structs.replace(
        grant, status="revoked", status_at=now, status_by=by, reason=reason
    )
