"""What an approval yields, and how that ends.

*Access* is a time-boxed assignment, on what was asked for and nothing more; a *pass* is a single
use, bound to the digest of what was approved. Life runs from approval. Only time moves a grant
without a commit: `scheduled -> active -> ended`; all windows are half-open.
"""

from datetime import datetime, timedelta

import msgspec

from placet.clock import uuid7
from placet.errors import AccessDenied, InvalidState
from placet.model import AccessYield, Approval, Assignment, Grant, GrantStatus

__all__ = ["grant_status", "mint", "revoke", "take"]


def mint(approval: Approval, now: datetime) -> tuple[Grant, Assignment | None]:
    """The grant that `approval`, approved at `now`, yields; and the assignment of an access."""
    yields = approval.policy.yields
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
        starts_at=now,
        gate=approval.gate,
    )
    if not isinstance(yields, AccessYield):
        within = approval.policy.use_within
        ends_at = None if within is None else now + timedelta(seconds=within)
        return msgspec.structs.replace(grant, ends_at=ends_at), None
    ends_at = now + timedelta(seconds=yields.seconds)
    assignment = Assignment(
        id=f"grant_{grant.id.replace('-', '')}",
        scope=approval.scope,
        principal=approval.subject,
        role=yields.role,
        # An approval for one resource, or one type, says nothing about another (failure mode T26).
        only=(approval.resource,),
        managed=True,
        not_before=now,
        expires_at=ends_at,
        approval=approval.id,
        policies=approval.policies,
        reason=approval.justification,
    )
    access = msgspec.structs.replace(
        grant, kind="access", ends_at=ends_at, assignment=assignment.id
    )
    return access, assignment


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
