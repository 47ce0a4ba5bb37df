"""What waits for somebody, what they have reviewed, and what they have asked for."""

from collections.abc import Callable, Collection, Iterator
from typing import Literal, NamedTuple

from placet.access.exact import exact_principal
from placet.access.sources import sources_naming
from placet.approvals.eligibility import latest_reviews
from placet.approvals.lifecycle import entitled
from placet.clock import milliseconds
from placet.errors import AccessDenied, Invalid, InvalidState
from placet.model import Actor, Approval, ApprovalStatus
from placet.services.approval_lists import several
from placet.services.approval_pages import Either, PageOrder, Where, filled, queries
from placet.services.approval_sight import ApprovalSight, as_of
from placet.services.base import Listing
from placet.services.cursors import read_cursor, write_cursor
from placet.services.tenant import ActorLike
from placet.services.work import Work
from placet.storage.kinds import MAX_PAGE
from placet.storage.port import Query, Range
from placet.storage.terms import source_term

__all__ = ["ApprovalInbox", "InboxOrder"]

InboxOrder = Literal["oldest", "newest", "deadline"]
"""What comes first: by when it was asked for, or whose deadline is next (without one last)."""


class _Order(NamedTuple):
    """How an order is asked of a store: along which of its own, and by how many terms at once.

    Somebody may hold very many roles in very many projects. A store merges the walks of some dozens
    of terms that are in the order of a page; for another order it takes them all, and sorts.
    """

    by: PageOrder
    descending: bool
    terms: int


_ORDERS: dict[str, _Order] = {
    "oldest": _Order("created", False, 50),
    "newest": _Order("created", True, 50),
    "deadline": _Order("deadline", False, 5000),
}


class ApprovalInbox(ApprovalSight):
    """The approvals of one person; those of others need the right to view approvals."""

    def inbox(
        self,
        principal: str | None = None,
        *,
        scope: str | None = None,
        permission: str | None = None,
        order: InboxOrder = "oldest",
        limit: int = 50,
        after: str | None = None,
        actor: ActorLike = None,
    ) -> Listing[Approval]:
        """A page of what waits for `principal`, the caller if None: every pending approval to which
        a review of theirs would be accepted now, and to which they have said nothing yet.

        What they may review in somebody else's place is among it. `scope` None means every scope.
        `limit` goes from 1 to 1000, and there is no total: what a page costs does not grow with the
        number of approvals. Where very much has to be left out, a page may be short; `next` says
        whether to go on. Raises AccessDenied for a caller who may not view approvals in the scope
        (the account where none is named) and asks about somebody else.
        """
        if order not in _ORDERS:
            raise Invalid(f"order is {order!r}; it is one of {', '.join(_ORDERS)}")
        _check_limit(limit)
        by, descending, most = _ORDERS[order]
        start = read_cursor(order, after)
        where = self._where(scope, permission=permission)

        def use_case(work: Work) -> Listing[Approval]:
            whose = self._whose(work, principal, scope)
            coming = Range("deadline", low=milliseconds(work.now) + 1)
            page, place = filled(
                self._tenant.store,
                self._tenant.account,
                [
                    Query("approval", {**where, "waits_for": terms}, coming)
                    for terms in _terms(work, whose.principal, most)
                ],
                lambda approval: (
                    whose.principal not in latest_reviews(approval)
                    and self._may_review(work, approval, whose)
                    and self._shown(work, approval, whose)
                ),
                order=by,
                descending=descending,
                after=start,
                limit=limit,
            )
            return Listing(tuple(page), next=write_cursor(order, place))

        return self._tenant.run(actor, use_case)

    def requests(
        self,
        principal: str | None = None,
        *,
        status: ApprovalStatus | Collection[ApprovalStatus] | None = None,
        scope: str | None = None,
        subject: str | None = None,
        permission: str | None = None,
        resource: str | None = None,
        limit: int = 50,
        after: str | None = None,
        actor: ActorLike = None,
    ) -> Listing[Approval]:
        """A page of what `principal`, the caller if None, has asked for, or others for them, newest
        first.

        `status`, one or several, is as of now. The other arguments are those of `inbox`, and of
        `list`.
        """
        return self._newest(
            principal,
            scope,
            self._where(scope, subject=subject, permission=permission, resource=resource),
            status,
            limit,
            after,
            actor,
            ways=_asked_by,
            keep=lambda work, approval, whose: True,
        )

    def reviews(
        self,
        principal: str | None = None,
        *,
        status: ApprovalStatus | Collection[ApprovalStatus] | None = None,
        scope: str | None = None,
        permission: str | None = None,
        limit: int = 50,
        after: str | None = None,
        actor: ActorLike = None,
    ) -> Listing[Approval]:
        """A page of what `principal`, the caller if None, has reviewed, or may review now, newest
        first: the inbox with what was done with it.

        `status`, one or several, is as of now. The other arguments are those of `inbox`.
        """
        return self._newest(
            principal,
            scope,
            self._where(scope, permission=permission),
            status,
            limit,
            after,
            actor,
            ways=_reviewed_by,
            keep=self._is_reviewer,
        )

    def _newest(
        self,
        principal: str | None,
        scope: str | None,
        where: Where,
        status: ApprovalStatus | Collection[ApprovalStatus] | None,
        limit: int,
        after: str | None,
        actor: ActorLike,
        *,
        ways: Callable[[Work, Actor], Iterator[Either]],
        keep: Callable[[Work, Approval, Actor], bool],
    ) -> Listing[Approval]:
        _check_limit(limit)
        start = read_cursor("newest", after)
        statuses = several(status)

        def use_case(work: Work) -> Listing[Approval]:
            whose = self._whose(work, principal, scope)
            asked = queries(where, statuses, milliseconds(work.now), tuple(ways(work, whose)))
            page, place = filled(
                self._tenant.store,
                self._tenant.account,
                tuple(asked),
                lambda approval: keep(work, approval, whose) and self._shown(work, approval, whose),
                after=start,
                limit=limit,
            )
            return Listing(
                tuple(as_of(approval, work) for approval in page),
                next=write_cursor("newest", place),
            )

        return self._tenant.run(actor, use_case)

    def _where(self, scope: str | None, **fields: str | None) -> Where:
        fields["scope"] = self._view.scope if scope is None else scope
        return {field: (value,) for field, value in fields.items() if value is not None}

    def _whose(self, work: Work, principal: str | None, scope: str | None) -> Actor:
        """Whose approvals are asked for; raises AccessDenied where the caller may not."""
        if principal is None:
            return work.actor
        at = self._view.scope_or(scope)
        whose = Actor(exact_principal(work.snapshot, principal, at))
        if whose != work.actor:
            work.authorize("approvals.view", at)
        return whose

    def _shown(self, work: Work, approval: Approval, whose: Actor) -> bool:
        """Whether the caller may see an approval of somebody's: they see their own."""
        return whose == work.actor or self._may_see(work, approval)

    def _is_reviewer(self, work: Work, approval: Approval, whose: Actor) -> bool:
        """Whether somebody has reviewed it, or may now."""
        said = any(review.reviewer == whose.principal for review in approval.reviews)
        return said or self._may_review(work, approval, whose)

    def _may_review(self, work: Work, approval: Approval, whose: Actor) -> bool:
        try:
            entitled(approval, whose, work.directory(approval))
        except (AccessDenied, InvalidState):
            return False
        return True


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= MAX_PAGE:
        raise Invalid(f"limit is {limit}; it goes from 1 to {MAX_PAGE}")


def _asked_by(work: Work, whose: Actor) -> Iterator[Either]:
    yield Either({"requester": (whose.subject,)})
    yield Either({"subject": (whose.subject,)})


def _reviewed_by(work: Work, whose: Actor) -> Iterator[Either]:
    yield Either({"reviewer": (whose.principal,)})
    for terms in _terms(work, whose.principal, _ORDERS["newest"].terms):
        yield Either({"waits_for": terms}, while_pending=True)


def _terms(work: Work, principal: str, most: int) -> Iterator[tuple[str, ...]]:
    """The terms of an index under which stands what waits for somebody, or for those in whose place
    they may review; so many at once."""
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
    terms = tuple(dict.fromkeys(source_term(one.source, one.where) for one in held))
    for start in range(0, len(terms), most):
        yield terms[start : start + most]
