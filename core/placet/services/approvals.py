"""Asking for a decision, and making it."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from placet.access.check import Inquiry
from placet.access.decide import decide
from placet.approvals.compose import compose
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
from placet.clock import milliseconds
from placet.errors import AccessDenied, Invalid, InvalidState, PlacetError
from placet.model import (
    SYSTEM,
    Actor,
    Approval,
    Claim,
    Grant,
    JsonObject,
    Verdict,
)
from placet.refs import encode
from placet.services.approval_opening import ApprovalOpening
from placet.services.approval_reading import ApprovalExplanation, Standing
from placet.services.approval_writing import (
    open_under,
    refuse_veto,
    wanted_of,
    write_transition,
)
from placet.services.grants import revoke_grant
from placet.services.tenant import ActorLike, Tenant
from placet.services.work import Work
from placet.storage.kinds import MAX_PAGE
from placet.storage.port import Query, Range

__all__ = [
    "ApprovalExplanation",
    "Approvals",
    "Standing",
    "asked_before",
    "open_wanted",
]

_log = logging.getLogger("placet.approvals")

MAX_REVOKED = 1000
"""The most approvals whose grants one commit takes back."""


class Approvals(ApprovalOpening):
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
        actor: ActorLike = None,
    ) -> Approval:
        """Ask, on purpose, that the caller (or whom it acts for) be allowed something.

        The same request again, while it is pending or its pass unused, is the same approval; after
        a rejection it is a new one. `on_behalf_of` is whom a caller says it asks for, which needs
        the right to ask for others; that of an `Actor` was authenticated. Raises InvalidState where
        nothing needs to be asked, and AccessDenied where nobody can say yes.
        """

        def use_case(work: Work) -> Approval:
            if on_behalf_of is not None:
                work.act_for(on_behalf_of, self._view.scope_or(scope))
            question, wanted = wanted_of(
                self, work, permission, on, args, scope=scope, properties=properties
            )
            decision = decide(Inquiry(work.snapshot, question, work.now, closed=work.closed))
            found = asked_before(work, wanted)
            if found is not None and covers(found, decision.policies) and _still_good(work, found):
                return found
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
                self._tenant,
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
        inputs: JsonObject | None = None,
        seat_of: str | None = None,
        actor: ActorLike = None,
    ) -> Approval:
        """Say approve, reject or abstain. `digest` is that of what the reviewer was shown, `inputs`
        what the policy asks to be filled in, `seat_of` in whose place a delegate says it.

        The same verdict of the same person again changes nothing. Raises InvalidState for an
        approval that has ended or was revised since, AccessDenied for a reviewer who may not, and
        Invalid for inputs that are missing or not what they should be.
        """
        said = Said(verdict, comment, claimed_by, inputs or {}, digest, seat_of)

        def use_case(work: Work) -> Approval:
            approval = self._visible(work, id)
            done = review(approval, work.actor, said, self._directory(work, approval))
            if done.happened:
                refuse_veto(self._tenant, work, approval, said.verdict)
            write_transition(work, approval, done)
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
            done = settle(approval, self._directory(work, approval))
            write_transition(work, approval, done)
            return done.approval

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
        settled = 0
        for doc in page.docs:
            try:
                self.settle(doc.key.id, actor=SYSTEM)
                settled += 1
            except PlacetError:
                # One that cannot be settled stands in nobody's way.
                _log.exception("approval %s could not be settled", doc.key.id)
        return settled


def asked_before(work: Work, wanted: Wanted) -> Approval | None:
    """The latest approval of exactly this that this caller has asked for this subject.

    One that was opened under fewer policies than apply by now counts for nothing: what was
    tightened since has to be met (failure mode T43). Waiting, it is superseded by the next.
    """
    claim = work.get(Claim, "ask", _claim_key(work.actor, wanted))
    return None if claim is None else work.get(Approval, claim.holder)


def open_wanted(tenant: Tenant, work: Work, wanted: Wanted, policies: Sequence[str]) -> Approval:
    """Open an approval under `policies`, in this commit; it may be decided at once."""
    known = [work.snapshot.policies.get(ref) for ref in policies]
    policy = compose([found for found in known if found is not None])
    before = asked_before(work, wanted)
    if before is not None and status_of(before, work.now) == "pending":
        work.put(supersede(before, work.actor, work.now))
        work.record("approval.superseded", approval=before.id)
    claim = Claim(purpose="ask", key=_claim_key(work.actor, wanted), holder="")
    return open_under(tenant, work, wanted, policy, tuple(policies), claim)


def _still_good(work: Work, found: Approval) -> bool:
    """Whether asking again is the same request: still pending, or approved and not yet used."""
    if status_of(found, work.now) == "pending":
        return True
    if found.status != "approved" or found.grant is None:
        return False
    grant = work.get(Grant, found.grant)
    return grant is not None and grant.kind == "pass" and grant_status(grant, work.now) == "active"


def _claim_key(actor: Actor, wanted: Wanted) -> str:
    return encode(actor.principal, actor.subject, wanted.digest)
