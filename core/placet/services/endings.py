"""What ends with what it was about: requests, passes and access of who or what is gone.

Whoever comes later under the same name inherits nothing (failure mode 38). A query finds what is
to end, and each is read again, so that the commit guards it; what is made in the meantime meets the
account's authority, which the same commit puts.
"""

from collections.abc import Iterator, Mapping

import msgspec

from placet.approvals.grants import grant_status
from placet.approvals.lifecycle import cancel
from placet.approvals.transition import status_of
from placet.clock import milliseconds
from placet.errors import InvalidState
from placet.model import Approval, Assignment, Grant
from placet.services.approval_pages import queries
from placet.services.grant_writing import revoke_grant
from placet.services.work import Work
from placet.storage.kinds import MAX_PAGE
from placet.storage.port import Query, Store

__all__ = ["cancel_requests", "end_minted", "revoke_grants"]

MOST = 10_000
"""The most that ends in one commit."""


def cancel_requests(store: Store, work: Work, where: Mapping[str, str], reason: str) -> None:
    """Cancel every pending approval whose indexed fields are those of `where`."""
    clauses = {field: (value,) for field, value in where.items()}
    (query,) = queries(clauses, {"pending"}, milliseconds(work.now))
    for approval in work.get_all(Approval, _found(store, work, query, reason)):
        approval = None if approval is None else work.left(approval)
        if approval is None or status_of(approval, work.now) != "pending":
            continue
        work.put(cancel(approval, work.actor, work.now, by_requester=False, reason=reason))
        work.record(
            "approval.cancelled", approval=approval.id, last=1, by_requester=False, reason=reason
        )


def revoke_grants(store: Store, work: Work, principal: str, reason: str) -> None:
    """Revoke every grant of a principal that is still good."""
    query = Query("grant", where={"principal": (principal,), "status": ("active",)})
    for grant in work.get_all(Grant, _found(store, work, query, reason)):
        if grant is not None and grant_status(grant, work.now) in ("active", "scheduled"):
            revoke_grant(work, grant, reason)


def end_minted(work: Work, assignment: Assignment, reason: str) -> bool:
    """Revoke the grant that minted an assignment, which goes with it; False where none did."""
    approval = None if assignment.approval is None else work.get(Approval, assignment.approval)
    if approval is None or approval.grant is None:
        return False
    grant = work.get(Grant, approval.grant)
    if grant is None or grant_status(grant, work.now) not in ("active", "scheduled"):
        return False
    revoke_grant(work, grant, reason)
    return True


def _found(store: Store, work: Work, query: Query, reason: str) -> Iterator[tuple[str]]:
    query = msgspec.structs.replace(query, limit=MAX_PAGE)
    found = 0
    while True:
        page = store.find(work.account, query)
        for doc in page.docs:
            yield (doc.key.id,)
        found += len(page.docs)
        if found > MOST:
            raise InvalidState(f"more than {MOST} would end because {reason}; end them first")
        if page.next is None:
            return
        query = msgspec.structs.replace(query, after=page.next)
