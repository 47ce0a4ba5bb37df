"""Reading approvals: who may see one, what they may know of it, and pages of them."""

from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from typing import Any, Literal, Self

import msgspec

from placet.access.answers import Question
from placet.access.check import Inquiry
from placet.access.decide import decide
from placet.access.sources import Directory, sources_naming
from placet.approvals.eligibility import excluded, sources_of
from placet.approvals.evaluate import Result, evaluate
from placet.approvals.lifecycle import entitled
from placet.approvals.transition import status_of
from placet.clock import milliseconds
from placet.errors import AccessDenied, Invalid, InvalidState, NotFound
from placet.model import (
    SYSTEM,
    Approval,
    ApprovalStatus,
    Grant,
    Resource,
    Reviews,
    ServiceAccount,
    User,
    parse_source,
    walk,
)
from placet.refs import ResourceRef, parse_resource, text_fault
from placet.services.approval_pages import (
    Either,
    Where,
    all_of,
    labelled,
    page_of,
    queries,
    skipped,
)
from placet.services.asking import Ask, ask
from placet.services.base import MAX_LISTED, Listing, Service
from placet.services.cursors import read_cursor, write_cursor
from placet.services.grants import grant_as_of
from placet.services.tenant import ActorLike
from placet.services.work import Work
from placet.storage.codec import decode, label_term
from placet.storage.kinds import MAX_PAGE
from placet.storage.port import Cursor

__all__ = ["ApprovalExplanation", "ApprovalReading", "Mine", "Standing", "as_of"]

SCANNED = 2000
"""The most approvals that one page looks at where it has to leave some out."""
NAMED = 100
"""The most reviewers of one approval that are named."""

Mine = Literal["requests", "reviews"]
"""The caller's part in an approval: they asked for it, or review it."""


class ApprovalExplanation(msgspec.Struct, frozen=True):
    """Why an approval stands as it does: its status now, the tree, and a sentence."""

    approval: str
    status: ApprovalStatus
    why: str
    tree: Result

    def as_dict(self) -> dict[str, Any]:
        """The explanation as JSON-like values."""
        value: dict[str, Any] = msgspec.to_builtins(self)
        return value


class Standing(msgspec.Struct, frozen=True):
    """What else the caller may know of an approval: what it has yielded, with its status as it is
    now; by whom it may be reviewed, as far as its policy names people or groups; who ended it.

    `reviewers`, of whom there are 100 at most, and `ended_by` are empty for a caller who must not
    know them (failure mode T50).
    """

    approval: str
    grant: Grant | None = None
    reviewers: tuple[str, ...] = ()
    ended_by: str = ""


class ApprovalReading(Service):
    """Who may see an approval: its requester and subject, whoever may review it or has, and who
    holds the right to view approvals in its scope.
    """

    _seen_with: str | None = None

    def seen_with(self, permission: str) -> Self:
        """The same service, for callers who see an approval because they hold `permission` on what
        it is about.

        A list is then for those who hold it on the resource that is asked for, or else on its whole
        type; and who holds it on nothing is told so, instead of what there is: AccessDenied.
        """
        other = type(self)(self._view)
        other._seen_with = permission
        return other

    def get(self, id: str, *, actor: ActorLike = None) -> Approval:
        """The approval, its status as it is now. Raises NotFound, also where the caller may not
        know of it."""

        def use_case(work: Work) -> Approval:
            return as_of(self._visible(work, id), work)

        return self._tenant.run(actor, use_case)

    def reviewable(self, id: str, *, actor: ActorLike = None) -> Approval:
        """The approval, if the caller may review it now; raises as a review would, and says
        nothing.
        """

        def use_case(work: Work) -> Approval:
            approval = self._visible(work, id)
            entitled(approval, work.actor, self._directory(work, approval))
            return approval

        return self._tenant.run(actor, use_case)

    def people(
        self, approvals: Sequence[Approval], *, actor: ActorLike = None
    ) -> Mapping[str, User | ServiceAccount]:
        """The caller, and who asked for, reviewed or ended approvals that it was given: by
        reference, as the directory knows them now; whom it does not know is left out.
        """

        def use_case(work: Work) -> Mapping[str, User | ServiceAccount]:
            snapshot = work.snapshot
            named = {
                principal
                for approval in approvals
                if self._may_see(work, approval)
                for principal in (
                    approval.requester,
                    approval.subject,
                    approval.resolution.by if approval.resolution else "",
                    work.actor.principal,
                    *(said.reviewer for said in approval.reviews),
                )
            }
            known = {
                principal: snapshot.users.get(principal) or snapshot.service_accounts.get(principal)
                for principal in named
            }
            return {ref: found for ref, found in known.items() if found is not None}

        return self._tenant.run(actor, use_case)

    def explain(self, id: str, *, actor: ActorLike = None) -> ApprovalExplanation:
        """Why it is still pending, or how it ended: the result tree in words.

        Reviewers are named to those only who may view approvals in its scope, or review this one
        (failure mode T50).
        """

        def use_case(work: Work) -> ApprovalExplanation:
            approval = self._visible(work, id)
            tree = evaluate(approval, self._directory(work, approval))
            if not self._privileged(work, approval):
                tree = _nameless(tree)
            status = status_of(approval, work.now)
            why = tree.why if status == "pending" else f"it is {status}"
            return ApprovalExplanation(id, status, why, tree)

        return self._tenant.run(actor, use_case)

    def standings(
        self, approvals: Sequence[Approval], *, actor: ActorLike = None
    ) -> tuple[Standing, ...]:
        """What else the caller may know of approvals that it was given, in their order: nothing
        of one that it may not see (any more).
        """

        def use_case(work: Work) -> tuple[Standing, ...]:
            ids = [approval.grant for approval in approvals if approval.grant is not None]
            grants = dict(zip(ids, work.get_all(Grant, [(id,) for id in ids]), strict=True))
            people: dict[str, frozenset[str]] = {}
            found = []
            for approval in approvals:
                if not self._may_see(work, approval):
                    found.append(Standing(approval.id))
                    continue
                grant = grants.get(approval.grant or "")
                ended_by = approval.resolution.by if approval.resolution else ""
                known = self._privileged(work, approval)
                found.append(
                    Standing(
                        approval.id,
                        None if grant is None else grant_as_of(grant, work),
                        self._reviewers(work, approval, people) if known else (),
                        ended_by if known or ended_by == work.actor.principal else "",
                    )
                )
            return tuple(found)

        return self._tenant.run(actor, use_case)

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

    def requestable(
        self, permission: str, *, on_behalf_of: str | None = None, actor: ActorLike = None
    ) -> tuple[Resource, ...]:
        """The stored resources on which the caller may do `permission`, or ask to, by reference;
        with `on_behalf_of`, for whom a caller says it asks, which needs the right to.

        Looks at 100,000 resources at most. Raises Invalid for a permission that is not registered.
        """

        def use_case(work: Work) -> tuple[Resource, ...]:
            if on_behalf_of is not None:
                work.act_for(on_behalf_of, self._view.scope or "")
            snapshot = work.snapshot
            asked = ask(self._view, snapshot, Ask(work.actor.subject, permission))
            kind = asked.permission.resource_type
            known = [one for one in snapshot.resources.values() if one.type == kind][:MAX_LISTED]

            def answer(resource: Resource) -> bool:
                question: Question = msgspec.structs.replace(
                    asked,
                    resource=ResourceRef(resource.type, resource.id),
                    scope=self._view.scope_or(None, resource.scope or ""),
                )
                said = decide(Inquiry(snapshot, question, work.now, closed=work.closed))
                return said.allowed or said.requestable

            return tuple(sorted(filter(answer, known), key=lambda one: one.ref))

        return self._tenant.run(actor, use_case)

    # -- who may see what ----------------------------------------------------------------------

    def _visible(self, work: Work, id: str) -> Approval:
        approval = None if text_fault(id) else work.get(Approval, id)
        if approval is None or not self._may_see(work, approval):
            if self._seen_with is not None:
                # Who may not look at all learns nothing of what is there.
                at = self._view.scope or ""
                work.require(self._seen_with, self._sight(work, self._seen_with), at)
            raise NotFound(f"there is no approval {id!r}")
        return approval

    def _sight(self, work: Work, permission: str) -> ResourceRef:
        """The type of resource, as a whole, that a permission to see is about."""
        return ask(self._view, work.snapshot, Ask(work.actor.subject, permission)).resource

    def _sees_all(
        self, work: Work, scope: str, permission: str | None, resource: str | None
    ) -> bool:
        """Whether the caller sees all of a list of approvals of `permission`, by what it holds.

        Raises AccessDenied where it may not look.
        """
        if self._seen_with is None:
            return False
        about = self._sight(work, self._seen_with)
        if work.holds_throughout(self._seen_with, about.type, scope):
            listed = work.snapshot.permissions.get(permission or "")
            return listed is not None and listed.resource_type == about.type
        if resource is not None and parse_resource(resource).type == about.type:
            about = parse_resource(resource)
        work.require(self._seen_with, about, scope)
        return False

    def _may_see(self, work: Work, approval: Approval) -> bool:
        actor = work.actor
        if actor is SYSTEM or actor.principal in (
            approval.requester,
            approval.subject,
            *approval.contributors,
            *approval.chain,
        ):
            return True
        return self._privileged(work, approval)

    def _privileged(self, work: Work, approval: Approval) -> bool:
        """Whether the caller may know who reviewed, and who could."""
        principal = work.actor.principal
        if self._seen_with is not None:
            about = parse_resource(approval.resource)
            if about.type == self._sight(work, self._seen_with).type and work.holds(
                self._seen_with, about, approval.scope
            ):
                return True
        if work.actor is SYSTEM or any(said.reviewer == principal for said in approval.reviews):
            return True
        if any(
            work.may(right, approval.scope, approval.id)
            for right in ("approvals.view", "approvals.override")
        ):
            return True
        directory = self._directory(work, approval)
        people = {principal, *directory.delegators(principal, work.now)}
        return any(
            _names(directory, source, person)
            for leaf in walk(approval.policy.requirement)
            if isinstance(leaf, Reviews)
            for source in sources_of(leaf, approval, work.now)
            for person in people
        )

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

    def _reviewers(
        self, work: Work, approval: Approval, people: dict[str, frozenset[str]]
    ) -> tuple[str, ...]:
        """Who may review; `people` keeps what is found by the sources that name the same people
        in every approval."""
        directory = self._directory(work, approval)
        named: set[str] = set()
        for leaf in walk(approval.policy.requirement):
            if isinstance(leaf, Reviews) and parse_source(leaf.source)[0] in ("user", "group"):
                if leaf.source not in people:
                    people[leaf.source] = directory.candidates(leaf.source) or frozenset()
                named |= people[leaf.source]
        return tuple(sorted(named - excluded(approval))[:NAMED])

    def _directory(self, work: Work, approval: Approval) -> Directory:
        return Directory(work.snapshot, approval, work.now, closed=work.closed)


def as_of(approval: Approval, work: Work) -> Approval:
    """The approval with its status as it is now."""
    status = status_of(approval, work.now)
    return (
        approval if status == approval.status else msgspec.structs.replace(approval, status=status)
    )


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
    named = (source for person in people for source in sources_naming(snapshot, person))
    return tuple(dict.fromkeys(named))


def _names(directory: Directory, source: str, principal: str) -> bool:
    try:
        return directory.names(source, principal)
    except Invalid:
        return False


def _nameless(tree: Result) -> Result:
    return msgspec.structs.replace(tree, reviewers=(), of=tuple(map(_nameless, tree.of)))
