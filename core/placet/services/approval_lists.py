"""Lists of approvals: pages of those that the caller may see, and counts."""

from collections.abc import Collection, Mapping
from itertools import islice
from typing import Literal

from placet.access.sources import sources_naming
from placet.approvals.lifecycle import entitled
from placet.clock import milliseconds
from placet.errors import AccessDenied, Invalid, InvalidState
from placet.model import Approval, ApprovalStatus
from placet.services.approval_pages import (
    Either,
    Where,
    all_of,
    labelled,
    page_of,
    queries,
    skipped,
)
from placet.services.approval_sight import ApprovalSight, as_of
from placet.services.base import MAX_LISTED, Listing
from placet.services.cursors import read_cursor, write_cursor
from placet.services.tenant import ActorLike
from placet.services.work import Work
from placet.storage.codec import decode, label_term
from placet.storage.kinds import MAX_PAGE
from placet.storage.port import Cursor
from placet.storage.waiting import source_term

__all__ = ["ApprovalLists", "Mine"]

SCANNED = 2000
"""The most approvals that one page looks at where it has to leave some out."""

Mine = Literal["requests", "reviews"]
"""The caller's part in an approval: they asked for it, or review it."""


class ApprovalLists(ApprovalSight):
    """Lists of approvals."""

    def list(
        self,
        *,
        status: ApprovalStatus | Collection[ApprovalStatus] | None = None,
        scope: str | None = None,
        requester: str | None = None,
        subject: str | None = None,
        permission: str | None = None,
        resource: str | None = None,
        reviewer: str | None = None,
        mine: Mine | None = None,
        labels: Mapping[str, str] | None = None,
        origin: str | None = None,
        descending: bool = True,
        limit: int = 50,
        after: str | None = None,
        skip: int | None = None,
        actor: ActorLike = None,
    ) -> Listing[Approval]:
        """One page, newest first. `status`, one or several, is as of now: "pending" leaves out
        what has expired.

        `mine` "requests" are those that were asked by or for the caller; "reviews" those that the
        caller may review now, or has reviewed. `scope` None means every scope. Approvals that the
        caller may not see are left out; a page may then be short, and `next` says whether to go
        on. `labels` have all to be there. `limit` goes from 1 to 1000. Instead of `after`, `skip`
        passes over so many, for numbered pages, which have no `next`; its cost grows with it.
        """
        if not 1 <= limit <= MAX_PAGE:
            raise Invalid(f"limit is {limit}; it goes from 1 to {MAX_PAGE}")
        if skip is not None and (skip < 0 or after is not None):
            raise Invalid(f"skip is {skip}; the least is 0, and it goes without a cursor")
        where: dict[str, tuple[str | int, ...]] = {}
        for field, value in (
            ("requester", requester),
            ("subject", subject),
            ("permission", permission),
            ("resource", resource),
            ("reviewer", reviewer),
            ("origin", origin),
            ("scope", self._view.scope if scope is None else scope),
        ):
            if value is not None:
                where[field] = (value,)
        statuses = _several(status)
        start = read_cursor("created", after)

        def use_case(work: Work) -> Listing[Approval]:
            store, account = self._tenant.store, self._tenant.account
            at = self._view.scope_or(scope)
            all_visible = work.may("approvals.view", at) or self._sees_all(
                work, at, permission, resource
            )
            labelled_where, carrying = labelled(store, account, where, labels or {})
            now = milliseconds(work.now)
            asked = tuple(queries(labelled_where, statuses, now, _either(work, mine)))

            def carries(approval: Approval) -> bool:
                terms = (
                    {label_term(*label) for label in approval.labels.items()} if carrying else ()
                )
                return carrying.issubset(terms)

            def listed(approval: Approval) -> bool:
                return (mine != "reviews" or self._is_reviewer(work, approval)) and (
                    all_visible or self._may_see(work, approval)
                )

            if skip is not None:
                if all_visible and mine != "reviews":
                    docs = skipped(
                        *(store, account, asked),
                        descending=descending,
                        skip=skip,
                        limit=limit,
                        carrying=carrying,
                    )
                    return Listing(tuple(as_of(decode(Approval, doc), work) for doc in docs))
                every = all_of(
                    *(store, account, asked),
                    descending=descending,
                    carrying=carrying,
                    size=MAX_PAGE,
                )
                known = (decode(Approval, doc) for doc in islice(every, MAX_LISTED))
                shown = islice(filter(listed, known), skip, skip + limit)
                return Listing(tuple(as_of(approval, work) for approval in shown))
            found: list[Approval] = []
            place = start
            scanned = 0
            while True:
                page, place = page_of(
                    self._tenant.store,
                    self._tenant.account,
                    asked,
                    descending=descending,
                    after=place,
                    limit=limit,
                )
                scanned += len(page)
                for approval in page:
                    if carries(approval) and listed(approval):
                        found.append(as_of(approval, work))
                        if len(found) == limit and approval is not page[-1]:
                            place = Cursor(milliseconds(approval.created_at), approval.id)
                            break
                if place is None or len(found) >= limit or scanned >= SCANNED:
                    return Listing(tuple(found), next=write_cursor("created", place))

        return self._tenant.run(actor, use_case)

    def count(
        self,
        *,
        status: ApprovalStatus | None = None,
        scope: str | None = None,
        actor: ActorLike = None,
    ) -> int:
        """How many approvals there are; needs the right to view them."""

        def use_case(work: Work) -> int:
            at = self._view.scope if scope is None else scope
            work.authorize("approvals.view", at or "")
            where: Where = {} if at is None else {"scope": (at,)}
            statuses = None if status is None else (status,)
            return sum(
                self._tenant.store.count(self._tenant.account, query)
                for query in queries(where, statuses, milliseconds(work.now))
            )

        return self._tenant.run(actor, use_case)

    def _is_reviewer(self, work: Work, approval: Approval) -> bool:
        """Whether the caller has reviewed it, or may now."""
        actor = work.actor
        if any(said.reviewer == actor.principal for said in approval.reviews):
            return True
        try:
            entitled(approval, actor, self._directory(work, approval))
        except (AccessDenied, InvalidState):
            return False
        return True


def _several(
    status: ApprovalStatus | Collection[ApprovalStatus] | None,
) -> Collection[ApprovalStatus] | None:
    """One status is a collection of one; text is never taken apart into letters."""
    return {status} if isinstance(status, str) else status


def _either(work: Work, mine: Mine | None) -> tuple[Either, ...]:
    """The ways to belong to a list, as far as an index knows them."""
    if mine is None:
        return (Either({}),)
    if mine == "requests":
        who = (work.actor.subject,)
        return (Either({"requester": who}), Either({"subject": who}))
    principal = work.actor.principal
    return (
        Either({"reviewer": (principal,)}),
        Either({"waits_for": _sources_naming(work, principal)}, while_pending=True),
    )


def _sources_naming(work: Work, principal: str) -> tuple[str, ...]:
    """The sources that may name somebody, or somebody in whose place they may review."""
    snapshot = work.snapshot
    delegations = (snapshot.delegations.get(id) for id in snapshot.delegated.get(principal) or ())
    people = {
        principal,
        *(
            known.delegator
            for known in delegations
            if known is not None and known.starts_at <= work.now < known.ends_at
        ),
    }
    held = (one for person in people for one in sources_naming(snapshot, person))
    return tuple(dict.fromkeys(source_term(one.source, one.where) for one in held))
