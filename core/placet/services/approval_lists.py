"""Lists of approvals: pages of those that the caller may see, and counts."""

from collections.abc import Collection, Mapping
from itertools import islice

from placet.clock import milliseconds
from placet.errors import Invalid
from placet.model import Approval, ApprovalStatus
from placet.services.approval_pages import (
    Where,
    all_of,
    filled,
    labelled,
    queries,
    skipped,
)
from placet.services.approval_sight import ApprovalSight, as_of
from placet.services.base import MAX_LISTED, Listing
from placet.services.cursors import read_cursor, write_cursor
from placet.services.tenant import ActorLike
from placet.services.work import Work
from placet.storage.codec import decode
from placet.storage.kinds import MAX_PAGE
from placet.storage.nouns import label_term

__all__ = ["ApprovalLists", "several"]


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

        `scope` None means every scope. Approvals that the caller may not see are left out; a page
        may then be short, and `next` says whether to go on. `labels` have all to be there. `limit`
        goes from 1 to 1000. Instead of `after`, `skip` passes over so many, for numbered pages,
        which have no `next`; its cost grows with it.
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
        statuses = several(status)
        start = read_cursor("created", after)

        def use_case(work: Work) -> Listing[Approval]:
            store, account = self._tenant.store, self._tenant.account
            at = self._view.scope_or(scope)
            all_visible = work.may("approvals.view", at) or self._sees_all(
                work, at, permission, resource
            )
            labelled_where, carrying = labelled(store, account, where, labels or {})
            now = milliseconds(work.now)
            asked = tuple(queries(labelled_where, statuses, now))

            def carries(approval: Approval) -> bool:
                terms = (
                    {label_term(*label) for label in approval.labels.items()} if carrying else ()
                )
                return carrying.issubset(terms)

            def listed(approval: Approval) -> bool:
                return all_visible or self._may_see(work, approval)

            if skip is not None:
                if all_visible:
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
            page, place = filled(
                *(store, account, asked),
                lambda approval: carries(approval) and listed(approval),
                descending=descending,
                after=start,
                limit=limit,
            )
            return Listing(
                tuple(as_of(approval, work) for approval in page),
                next=write_cursor("created", place),
            )

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


def several(
    status: ApprovalStatus | Collection[ApprovalStatus] | None,
) -> Collection[ApprovalStatus] | None:
    """One status is a collection of one; text is never taken apart into letters."""
    return {status} if isinstance(status, str) else status
