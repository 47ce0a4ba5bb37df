"""Asking for a decision, and making it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from placet.access.answers import Question
from placet.access.check import Inquiry
from placet.access.decide import decide
from placet.access.sources import Directory
from placet.approvals.compose import compose
from placet.approvals.digest import bound_values, digest_of
from placet.approvals.evaluate import Result, evaluate
from placet.approvals.grants import grant_status
from placet.approvals.lifecycle import (
    Transition,
    Wanted,
    cancel,
    open_approval,
    review,
    settle,
    status_of,
    withdraw,
)
from placet.clock import milliseconds
from placet.errors import AccessDenied, Invalid, InvalidState, NotFound
from placet.model import (
    SYSTEM,
    Approval,
    ApprovalPolicy,
    ApprovalStatus,
    Claim,
    Grant,
    JsonObject,
    Reviews,
    Verdict,
    walk,
)
from placet.refs import encode, text_fault
from placet.services.base import Listing, Service, ask
from placet.services.cursors import read_cursor, write_cursor
from placet.services.tenant import ActorLike
from placet.services.work import Work
from placet.storage.codec import decode, label_term
from placet.storage.kinds import MAX_PAGE
from placet.storage.port import Cursor, Query, Range

__all__ = [
    "ApprovalExplanation",
    "Approvals",
    "asked_before",
    "open_under",
    "open_wanted",
    "wanted_of",
]

SCANNED = 2000
"""The most approvals that one page looks at where it has to leave some out."""


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


class Approvals(Service):
    """Requests for a decision. Who may see one: its requester and subject, whoever may review it
    or has, and who holds the right to view approvals in its scope.
    """

    def request(
        self,
        permission: str,
        on: str | None = None,
        args: Mapping[str, Any] | None = None,
        *,
        scope: str | None = None,
        properties: JsonObject | None = None,
        justification: str = "",
        contributors: Sequence[str] = (),
        labels: Mapping[str, str] | None = None,
        origin: str = "embedded",
        actor: ActorLike = None,
    ) -> Approval:
        """Ask, on purpose, that the caller (or whom it acts for) be allowed something.

        The same request again, while it is pending or its pass unused, is the same approval; after
        a rejection it is a new one. Raises InvalidState where nothing needs to be asked, and
        AccessDenied where nobody can say yes.
        """

        def use_case(work: Work) -> Approval:
            question, wanted = wanted_of(
                self, work, permission, on, args, scope=scope, properties=properties
            )
            found = asked_before(work, wanted)
            if found is not None and _still_good(work, found):
                return found
            decision = decide(Inquiry(work.snapshot, question, work.now, closed=work.closed))
            if decision.allowed:
                raise InvalidState(
                    f"{question.principal} is allowed {permission} on {question.resource} already; "
                    "there is nothing to ask for",
                    {"outcome": "allowed"},
                )
            if not decision.requestable:
                raise AccessDenied(
                    f"{question.principal} cannot ask for {permission} on {question.resource}: "
                    + "; ".join(reason.text for reason in decision.reasons),
                    permission=permission,
                    resource=str(question.resource),
                    scope=question.scope,
                )
            return open_wanted(
                work,
                msgspec.structs.replace(
                    wanted,
                    justification=justification,
                    contributors=tuple(contributors),
                    labels=dict(labels or {}),
                    origin=origin,
                ),
                decision.policies,
            )

        return self._tenant.run(actor, use_case)

    def review(
        self,
        id: str,
        verdict: Verdict,
        *,
        comment: str = "",
        digest: str | None = None,
        claimed_by: str = "",
        actor: ActorLike = None,
    ) -> Approval:
        """Say approve, reject or abstain. `digest` is that of what the reviewer was shown.

        The same verdict of the same person again changes nothing. Raises InvalidState for an
        approval that has ended or was revised since, AccessDenied for a reviewer who may not.
        """
        if verdict not in ("approve", "reject", "abstain"):
            raise Invalid(f"{verdict!r} is no verdict; it is approve, reject or abstain")

        def use_case(work: Work) -> Approval:
            approval = self._visible(work, id)
            done = review(
                approval,
                work.actor,
                verdict,
                self._directory(work, approval),
                work.now,
                digest=digest,
                comment=comment,
                claimed_by=claimed_by,
            )
            if done.happened:
                veto = self._tenant.hooks.review_veto(approval, work.actor.principal, verdict)
                if veto:
                    raise AccessDenied(f"the review was refused: {veto}")
            said: dict[str, Any] = {"verdict": verdict}
            if claimed_by:
                said["claimed_by"] = claimed_by
            write_transition(work, approval, done, **said)
            return done.approval

        return self._tenant.run(actor, use_case)

    def withdraw(self, id: str, *, actor: ActorLike = None) -> Approval:
        """Take back: the requester withdraws the request, a reviewer their review."""

        def use_case(work: Work) -> Approval:
            approval = self._visible(work, id)
            if work.actor.principal in (approval.requester, approval.subject):
                ended = cancel(approval, work.actor, work.now, by_requester=True, reason="")
                work.put(ended)
                work.record("approval.cancelled", approval=id, by_requester=True)
                return ended
            changed = withdraw(approval, work.actor, work.now)
            work.put(changed)
            work.record("review.withdrawn", approval=id)
            return changed

        return self._tenant.run(actor, use_case)

    def cancel(self, id: str, *, reason: str = "", actor: ActorLike = None) -> Approval:
        """End a request that is pending: the requester, or who holds the right to."""

        def use_case(work: Work) -> Approval:
            approval = self._visible(work, id)
            own = work.actor.principal in (approval.requester, approval.subject)
            if not own:
                work.authorize("approvals.cancel", approval.scope, id)
            ended = cancel(approval, work.actor, work.now, by_requester=own, reason=reason)
            work.put(ended)
            work.record("approval.cancelled", approval=id, by_requester=own, reason=reason)
            return ended

        return self._tenant.run(actor, use_case)

    def settle(self, id: str, *, actor: ActorLike = None) -> Approval:
        """Bring the stored approval up to what the clock and the directory say: it may expire, or
        be approved or rejected by who is entitled now. Who may see it may settle it.
        """

        def use_case(work: Work) -> Approval:
            approval = self._visible(work, id)
            done = settle(approval, self._directory(work, approval), work.now)
            write_transition(work, approval, done)
            return done.approval

        return self._tenant.run(actor, use_case)

    def get(self, id: str, *, actor: ActorLike = None) -> Approval:
        """The approval, its status as it is now. Raises NotFound, also where the caller may not
        know of it."""

        def use_case(work: Work) -> Approval:
            return as_of(self._visible(work, id), work)

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

    def list(
        self,
        *,
        status: ApprovalStatus | None = None,
        scope: str | None = None,
        requester: str | None = None,
        subject: str | None = None,
        permission: str | None = None,
        resource: str | None = None,
        reviewer: str | None = None,
        labels: Mapping[str, str] | None = None,
        descending: bool = True,
        limit: int = 50,
        after: str | None = None,
        actor: ActorLike = None,
    ) -> Listing[Approval]:
        """One page, newest first. `status` is as of now: "pending" leaves out what has expired.

        `scope` None means every scope. Approvals that the caller may not see are left out; a page
        may then be short, and `next` says whether to go on. `limit` goes from 1 to 1000.
        """
        if not 1 <= limit <= MAX_PAGE:
            raise Invalid(f"limit is {limit}; it goes from 1 to {MAX_PAGE}")
        where: dict[str, tuple[str | int, ...]] = {}
        for field, value in (
            ("requester", requester),
            ("subject", subject),
            ("permission", permission),
            ("resource", resource),
            ("reviewer", reviewer),
            ("scope", self._view.scope if scope is None else scope),
        ):
            if value is not None:
                where[field] = (value,)
        if labels:
            if len(labels) > 1:
                raise Invalid("a list is filtered by one label; filter the rest yourself")
            where["label"] = tuple(label_term(key, value) for key, value in labels.items())
        start = read_cursor("created", after)

        def use_case(work: Work) -> Listing[Approval]:
            all_visible = work.may("approvals.view", self._view.scope_or(scope))
            found: list[Approval] = []
            place = start
            scanned = 0
            while True:
                page, place = self._page(work, status, where, descending, place, limit)
                scanned += len(page)
                for approval in page:
                    if all_visible or self._may_see(work, approval):
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
            where: dict[str, tuple[str | int, ...]] = {} if at is None else {"scope": (at,)}
            return sum(
                self._tenant.store.count(self._tenant.account, query)
                for query in self._queries(work, status, where, False, None, 1)
            )

        return self._tenant.run(actor, use_case)

    def sweep(self, *, limit: int = 1000) -> int:
        """Write down, as SYSTEM, that approvals past their deadline have expired.

        Deadlines hold without it; it only makes the log complete. Returns how many it settled.
        """
        query = Query(
            "approval",
            where={"status": ("pending",)},
            range=Range("decide_by", high=milliseconds(self._tenant.clock.now()) + 1),
            limit=min(limit, MAX_PAGE),
        )
        page = self._tenant.store.find(self._tenant.account, query)
        for doc in page.docs:
            self.settle(doc.key.id, actor=SYSTEM)
        return len(page.docs)

    # -- helpers -------------------------------------------------------------------------------

    def _page(
        self,
        work: Work,
        status: ApprovalStatus | None,
        where: Mapping[str, tuple[str | int, ...]],
        descending: bool,
        after: Cursor | None,
        limit: int,
    ) -> tuple[Sequence[Approval], Cursor | None]:
        """One page of the store, and where to go on; several queries are merged into one order."""
        found: list[Approval] = []
        more = False
        for query in self._queries(work, status, where, descending, after, limit):
            page = self._tenant.store.find(self._tenant.account, query)
            found.extend(decode(Approval, doc) for doc in page.docs)
            more = more or page.next is not None
        found.sort(key=lambda one: (one.created_at, one.id), reverse=descending)
        more = more or len(found) > limit
        page_of = found[:limit]
        if not more or not page_of:
            return page_of, None
        last = page_of[-1]
        return page_of, Cursor(milliseconds(last.created_at), last.id)

    def _queries(
        self,
        work: Work,
        status: ApprovalStatus | None,
        where: Mapping[str, tuple[str | int, ...]],
        descending: bool,
        after: Cursor | None,
        limit: int,
    ) -> Iterator[Query]:
        """The status as of now in terms of what is stored: only time derives one."""
        query = Query(
            "approval",
            where=where,
            order="created",
            descending=descending,
            after=after,
            limit=limit,
        )
        if status is None:
            yield query
            return
        now = milliseconds(work.now)
        stored = msgspec.structs.replace(query, where={**where, "status": (status,)})
        if status == "pending":
            yield msgspec.structs.replace(stored, range=Range("decide_by", low=now + 1))
            return
        yield stored
        if status == "expired":
            late = msgspec.structs.replace(query, where={**where, "status": ("pending",)})
            yield msgspec.structs.replace(late, range=Range("decide_by", high=now + 1))

    def _visible(self, work: Work, id: str) -> Approval:
        approval = None if text_fault(id) else work.get(Approval, id)
        if approval is None or not self._may_see(work, approval):
            raise NotFound(f"there is no approval {id!r}")
        return approval

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
        if work.actor is SYSTEM or any(said.reviewer == principal for said in approval.reviews):
            return True
        if work.may("approvals.view", approval.scope, approval.id):
            return True
        directory = self._directory(work, approval)
        return any(
            isinstance(leaf, Reviews) and _names(directory, leaf.source, principal)
            for leaf in walk(approval.policy.requirement)
        )

    def _directory(self, work: Work, approval: Approval) -> Directory:
        return Directory(work.snapshot, approval, work.now)


def wanted_of(
    service: Service,
    work: Work,
    permission: str,
    on: str | None,
    args: Mapping[str, Any] | None,
    *,
    scope: str | None = None,
    properties: JsonObject | None = None,
) -> tuple[Question, Wanted]:
    """What the caller's words ask for, bound to its digest, and the question whether it may."""
    arguments = bound_values(dict(args or {}), "arguments")
    shown = bound_values(dict(properties or {}), "properties")
    question = ask(
        service.view,
        work.snapshot,
        work.actor.subject,
        permission,
        on,
        scope=scope,
        properties=shown,
        context=arguments,
    )
    digest = digest_of(
        account=work.account,
        scope=question.scope,
        subject=question.principal,
        permission=permission,
        resource=str(question.resource),
        arguments=arguments,
        properties=shown,
    )
    wanted = Wanted(
        permission=permission,
        resource=str(question.resource),
        scope=question.scope,
        digest=digest,
        arguments=arguments,
        properties=shown,
    )
    return question, wanted


def asked_before(work: Work, wanted: Wanted) -> Approval | None:
    """The latest approval of exactly this by this subject."""
    claim = work.get(Claim, "ask", _claim_key(work.actor.subject, wanted))
    return None if claim is None else work.get(Approval, claim.holder)


def open_wanted(work: Work, wanted: Wanted, policies: Sequence[str]) -> Approval:
    """Open an approval under `policies`, in this commit; it may be decided at once."""
    known = [work.snapshot.policies.get(ref) for ref in policies]
    policy = compose([found for found in known if found is not None])
    claim = Claim(purpose="ask", key=_claim_key(work.actor.subject, wanted), holder="")
    return open_under(work, wanted, policy, tuple(policies), claim)


def open_under(
    work: Work,
    wanted: Wanted,
    policy: ApprovalPolicy,
    policies: tuple[str, ...],
    claim: Claim,
) -> Approval:
    """Open an approval under one policy and let `claim` hold it, in this commit."""
    approval = open_approval(wanted, policy, policies, work.actor, work.now)
    done = settle(approval, Directory(work.snapshot, approval, work.now), work.now)
    opened = msgspec.structs.replace(done, happened=("approval.requested", *done.happened))
    write_transition(work, approval, opened, permission=wanted.permission, resource=wanted.resource)
    work.put(msgspec.structs.replace(claim, holder=approval.id))
    return done.approval


def write_transition(work: Work, before: Approval, done: Transition, **data: Any) -> None:
    """Store what a transition changed, one event for each thing that happened."""
    if not done.happened:
        return
    work.put(done.approval)
    first, *rest = done.happened
    work.record(first, approval=before.id, **data)
    if done.grant is not None:
        work.put(done.grant)
    if done.assignment is not None:
        work.put(done.assignment)
    for kind in rest:
        work.record(kind, approval=before.id, status=done.approval.status)


def as_of(approval: Approval, work: Work) -> Approval:
    """The approval with its status as it is now."""
    status = status_of(approval, work.now)
    return (
        approval if status == approval.status else msgspec.structs.replace(approval, status=status)
    )


def _still_good(work: Work, found: Approval) -> bool:
    """Whether asking again is the same request: still pending, or approved and not yet used."""
    if status_of(found, work.now) == "pending":
        return True
    if found.status != "approved" or found.grant is None:
        return False
    grant = work.get(Grant, found.grant)
    return grant is not None and grant.kind == "pass" and grant_status(grant, work.now) == "active"


def _claim_key(subject: str, wanted: Wanted) -> str:
    return encode(subject, wanted.digest)


def _names(directory: Directory, source: str, principal: str) -> bool:
    try:
        return directory.names(source, principal)
    except Invalid:
        return False


def _nameless(tree: Result) -> Result:
    return msgspec.structs.replace(tree, reviewers=(), of=tuple(map(_nameless, tree.of)))
