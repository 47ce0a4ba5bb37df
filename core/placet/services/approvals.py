"""Asking for a decision, and making it."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from placet.access.answers import Question
from placet.access.check import Inquiry
from placet.access.decide import decide, rule
from placet.approvals.compose import compose
from placet.approvals.digest import bound_values
from placet.approvals.grants import grant_status
from placet.approvals.lifecycle import (
    Said,
    Wanted,
    cancel,
    covers,
    review,
    settle,
    supersede,
    withdraw,
)
from placet.approvals.transition import status_of
from placet.errors import AccessDenied, Invalid, InvalidState, PlacetError
from placet.model import (
    Actor,
    Approval,
    Claim,
    Grant,
    JsonObject,
    Verdict,
)
from placet.services.approval_changes import ApprovalChanges
from placet.services.approval_reading import ApprovalExplanation, Standing
from placet.services.approval_sight import as_of
from placet.services.approval_writing import (
    asked_before,
    asking_key,
    open_under,
    refuse_veto,
    wanted_of,
    write_transition,
)
from placet.services.grant_writing import revoke_grant
from placet.services.idempotency import Once
from placet.services.tenant import ActorLike, Tenant
from placet.services.work import Work

__all__ = [
    "MAX_REVIEWED",
    "ApprovalExplanation",
    "Approvals",
    "Standing",
    "open_wanted",
    "requested",
]

_log = logging.getLogger("placet.approvals")

MAX_REVIEWED = 100
"""The most reviews of one call."""
MAX_CANCELLED = 100
"""The most approvals that one commit cancels."""
MAX_REVOKED = 1000
"""The most approvals whose grants one commit takes back."""


class Approvals(ApprovalChanges):
    """Requests for a decision."""

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
        on_behalf_of: str | None = None,
        starts_at: datetime | None = None,
        seconds: int | None = None,
        extend: bool = False,
        idempotency_key: str | None = None,
        actor: ActorLike = None,
    ) -> Approval:
        """Ask, on purpose, that the caller (or whom it acts for) be allowed something.

        The same request again, while it is pending or its pass unused, is the same approval; after
        a rejection it is a new one. Under an `idempotency_key` it is the same in any case. What it
        yields begins at `starts_at`, an aware moment, if that is later than the approval, and lasts
        for `seconds`, if that is less than the policy yields; access that could not be asked for
        when it is to begin is revoked before that. `on_behalf_of` is whom a caller says
        it asks for, which needs the right to ask for others; that of an `Actor` was authenticated.
        With `extend`, who has access by an approval may ask for more of it. Raises InvalidState
        where nothing needs to be asked, AccessDenied where nobody can say yes, and AlreadyExists
        for a key that was used for something else.
        """
        once = Once(
            idempotency_key,
            "request",
            lambda: {
                "permission": permission,
                "on": on,
                "args": bound_values(dict(args or {}), "arguments"),
                "scope": scope,
                "properties": bound_values(dict(properties or {}), "properties"),
                "on_behalf_of": on_behalf_of,
                "starts_at": starts_at,
                "seconds": seconds,
                "extend": extend,
            },
        )

        def use_case(work: Work) -> Approval:
            if on_behalf_of is not None:
                work.act_for(on_behalf_of, self._view.scope_or(scope))
            if (before := once.before(work)) is not None:
                return before
            return once.done(work, asked(work))

        def asked(work: Work) -> Approval:
            question, wanted = wanted_of(
                self,
                work,
                permission,
                on,
                args,
                scope=scope,
                properties=properties,
                starts_at=starts_at,
                seconds=seconds,
            )
            wanted = msgspec.structs.replace(
                wanted,
                justification=justification,
                contributors=tuple(contributors),
                labels=dict(labels or {}),
                origin=origin,
            )
            return requested(self._tenant, work, question, wanted, more=extend)

        return self._tenant.run(actor, use_case, writes=True)

    def review(
        self,
        id: str,
        verdict: Verdict,
        *,
        comment: str = "",
        digest: str | None = None,
        claimed_by: str = "",
        inputs: JsonObject | None = None,
        seat_of: str | None = None,
        idempotency_key: str | None = None,
        actor: ActorLike = None,
    ) -> Approval:
        """Say approve, reject or abstain. `digest` is that of what the reviewer was shown, `inputs`
        what the policy asks to be filled in, `seat_of` in whose place a delegate says it.

        The same verdict of the same person again changes nothing, and under an `idempotency_key`
        neither does the same call, whatever has happened since. Raises InvalidState for an
        approval that has ended or was revised since, AccessDenied for a reviewer who may not, and
        Invalid for inputs that are missing or not what they should be.
        """
        said = Said(verdict, comment, claimed_by, inputs or {}, digest, seat_of)
        once = Once(
            idempotency_key,
            "review",
            lambda: {"approval": id, "said": msgspec.to_builtins(said)},
        )

        def use_case(work: Work) -> Approval:
            # The key first: what it stands for was stored with it, and is read no older than it.
            before = once.before(work)
            approval = self._visible(work, id)
            if before is not None:
                return before
            done = review(approval, work.actor, said, work.directory(approval))
            if done.happened:
                refuse_veto(self._tenant, work, approval, said.verdict)
            write_transition(work, approval, done)
            return once.done(work, done.approval)

        return self._tenant.run(actor, use_case, writes=True)

    def review_many(
        self, reviews: Sequence[tuple[str, Said]], *, actor: ActorLike = None
    ) -> tuple[Approval | PlacetError, ...]:
        """Review several, each by itself and in a commit of its own: the approval after it, or the
        error that it is, in their order. At most 100. One that fails stands in no other's way.
        """
        if len(reviews) > MAX_REVIEWED:
            raise Invalid(f"{len(reviews)} reviews are too many; {MAX_REVIEWED} is the most")
        resolved = self._tenant.actor(actor)
        return tuple(self._reviewed(id, said, resolved) for id, said in reviews)

    def _reviewed(self, id: str, said: Said, actor: Actor) -> Approval | PlacetError:
        try:
            return self.review(
                id,
                said.verdict,
                comment=said.comment,
                digest=said.digest,
                claimed_by=said.claimed_by,
                inputs=said.inputs,
                seat_of=said.seat_of,
                actor=actor,
            )
        except PlacetError as error:
            return error

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
            return _cancelled(work, self._visible(work, id), reason)

        return self._tenant.run(actor, use_case)

    def cancel_all(
        self, ids: Sequence[str], *, reason: str = "", actor: ActorLike = None
    ) -> tuple[Approval, ...]:
        """End those of several requests that are pending, in one commit: all of them after it, as
        they are now. Raises InvalidState where none is pending; else as `cancel`. At most 100.
        """
        if not 1 <= len(ids) <= MAX_CANCELLED:
            raise Invalid(f"{len(ids)} approvals; it goes from 1 to {MAX_CANCELLED}")

        def use_case(work: Work) -> tuple[Approval, ...]:
            found = [as_of(self._visible(work, id), work) for id in dict.fromkeys(ids)]
            if all(approval.status != "pending" for approval in found):
                statuses = sorted({approval.status for approval in found})
                raise InvalidState(
                    f"none of {len(found)} approvals is pending any more: {', '.join(statuses)}",
                    {"status": statuses[0]},
                )
            return tuple(
                _cancelled(work, approval, reason) if approval.status == "pending" else approval
                for approval in found
            )

        return self._tenant.run(actor, use_case)

    def revoke(
        self, ids: Sequence[str], *, reason: str = "", actor: ActorLike = None
    ) -> tuple[Approval, ...]:
        """Take back what approvals have yielded, all or nothing, in one commit.

        Its own principal may, whoever approved may, and who holds the right to revoke grants in its
        scope. At most 1000. Raises InvalidState for an approval that yields nothing (any more).
        """
        if len(ids) > MAX_REVOKED:
            raise Invalid(f"{len(ids)} approvals are too many; {MAX_REVOKED} is the most at once")

        def use_case(work: Work) -> tuple[Approval, ...]:
            found = tuple(self._visible(work, id) for id in dict.fromkeys(ids))
            for approval in found:
                status = status_of(approval, work.now)
                grant = None if approval.grant is None else work.get(Grant, approval.grant)
                if grant is None:
                    raise InvalidState(
                        f"approval {approval.id} is {status}; there is nothing to revoke",
                        {"status": status},
                    )
                said_yes = any(
                    said.reviewer == work.actor.principal
                    and said.verdict == "approve"
                    and said.withdrawn_at is None
                    for said in approval.reviews
                )
                if work.actor.principal != grant.principal and not said_yes:
                    work.authorize("grants.revoke", grant.scope, grant.id)
                revoke_grant(work, grant, reason)
            return found

        return self._tenant.run(actor, use_case)

    def settle(self, id: str, *, actor: ActorLike = None) -> Approval:
        """Bring the stored approval up to what the clock and the directory say: it may expire, or
        be approved or rejected by who is entitled now. Who may see it may settle it.
        """

        def use_case(work: Work) -> Approval:
            approval = self._visible(work, id)
            done = settle(approval, work.directory(approval))
            write_transition(work, approval, done)
            return done.approval

        return self._tenant.run(actor, use_case)


def requested(
    tenant: Tenant, work: Work, question: Question, wanted: Wanted, *, more: bool
) -> Approval:
    """The approval by which the caller asks for `wanted`: the one there is, or one opened now.

    `more` lets who has access by an approval ask for more of it: that is another request. Raises
    InvalidState where it is allowed already, AccessDenied where nobody could say yes.
    """
    inquiry = Inquiry(work.snapshot, question, work.now, closed=work.closed)
    ruling = rule(inquiry)
    found = asked_before(work, wanted)
    if found is not None and covers(found, ruling.refs) and _still_good(work, found):
        return found
    if ruling.outcome == "allowed" and more:
        inquiry = Inquiry(work.snapshot, question, work.now, closed=work.closed, minted=False)
        ruling = rule(inquiry)
    if ruling.outcome == "allowed":
        raise InvalidState(
            f"{question.principal} is allowed {wanted.permission} on {question.resource} already; "
            "there is nothing to ask for",
            {"outcome": "allowed"},
        )
    if ruling.outcome == "denied":
        raise AccessDenied(
            f"{question.principal} cannot ask for {wanted.permission} on {question.resource}: "
            + "; ".join(reason.text for reason in decide(inquiry).reasons),
            permission=wanted.permission,
            resource=str(question.resource),
            scope=question.scope,
        )
    return open_wanted(tenant, work, wanted, ruling.refs, found)


def open_wanted(
    tenant: Tenant, work: Work, wanted: Wanted, policies: Sequence[str], before: Approval | None
) -> Approval:
    """Open an approval under `policies`, in this commit; it may be decided at once.

    It takes the place of the one that was `asked_before`, where that is waiting still.
    """
    known = [work.snapshot.policies.get(ref) for ref in policies]
    policy = compose([found for found in known if found is not None])
    if before is not None and status_of(before, work.now) == "pending":
        work.put(supersede(before, work.actor, work.now))
        work.record("approval.superseded", approval=before.id)
    claim = Claim(
        purpose="ask",
        key=asking_key(work.actor.principal, work.actor.subject, wanted.digest),
        holder="",
    )
    return open_under(tenant, work, wanted, policy, tuple(policies), claim)


def _cancelled(work: Work, approval: Approval, reason: str) -> Approval:
    """Cancel an approval in this commit, for its requester or who holds the right to."""
    own = work.actor.principal in (approval.requester, approval.subject)
    if not own:
        work.authorize("approvals.cancel", approval.scope, approval.id)
    ended = cancel(approval, work.actor, work.now, by_requester=own, reason=reason)
    work.put(ended)
    work.record("approval.cancelled", approval=approval.id, by_requester=own, reason=reason)
    return ended


def _still_good(work: Work, found: Approval) -> bool:
    """Whether asking again is the same request: still pending, or approved and not yet used."""
    if status_of(found, work.now) == "pending":
        return True
    if found.status != "approved" or found.grant is None:
        return False
    grant = work.get(Grant, found.grant)
    return grant is not None and grant.kind == "pass" and grant_status(grant, work.now) == "active"
