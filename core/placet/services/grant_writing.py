"""What ends a grant, in the commit of a use case."""

from placet.approvals.grants import revoke, take
from placet.model import Assignment, Grant
from placet.services.work import Work

__all__ = ["revoke_grant", "take_pass"]


def take_pass(work: Work, grant: Grant, principal: str, digest: str) -> Grant:
    """Consume a pass in this commit."""
    taken = take(grant, principal, digest, work.now)
    work.put(taken)
    work.record("grant.consumed", approval=grant.approval, grant=grant.id)
    return taken


def revoke_grant(work: Work, grant: Grant, reason: str) -> Grant:
    """Take a grant back in this commit, with the access that it gave."""
    revoked = revoke(grant, work.actor.principal, work.now, reason)
    work.put(revoked)
    changes = 1
    if grant.assignment is not None:
        assignment = work.get(Assignment, grant.scope, grant.assignment)
        if assignment is not None and work.left(assignment) is not None:
            work.drop(assignment)
            changes = 2
    work.record(
        "grant.revoked", approval=grant.approval, last=changes, grant=grant.id, reason=reason
    )
    return revoked
