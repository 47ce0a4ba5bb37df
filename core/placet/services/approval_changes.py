"""What changes a pending approval otherwise than by a review: a revision, an override."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from placet.access.check import Inquiry
from placet.access.decide import decide
from placet.access.sources import Directory
from placet.approvals.compose import compose
from placet.approvals.lifecycle import Said, settle
from placet.approvals.overriding import looked_at_later, may_override, override, skipped
from placet.approvals.revising import revise
from placet.approvals.transition import refuse_ended, status_of
from placet.errors import AccessDenied, AlreadyExists, Invalid, InvalidState
from placet.model import Approval, Claim, JsonObject, Verdict
from placet.refs import spoken
from placet.services.approval_opening import ApprovalOpening
from placet.services.approval_writing import (
    asking_key,
    refuse_veto,
    wanted_of,
    write_transition,
)
from placet.services.tenant import ActorLike, Tenant
from placet.services.work import Work

__all__ = ["ApprovalChanges", "write_override"]


class ApprovalChanges(ApprovalOpening):
    """Revisions and overrides."""

    def revise(
        self,
        id: str,
        args: Mapping[str, Any] | None = None,
        *,
        properties: JsonObject | None = None,
        justification: str | None = None,
        starts_at: datetime | None = None,
        seconds: int | None = None,
        actor: ActorLike = None,
    ) -> Approval:
        """Ask for something else under the same number: other arguments, properties, another time.

        What is not given stays as it was. It becomes a new revision with a digest of its own, under
        the policies that apply to it; reviews of the one before are stale, but where `carry_if` of
        the policy keeps them. Only who asked may. Raises InvalidState where it has ended, or where
        nothing needs to be asked any more; AlreadyExists where another approval asks for just that.
        """

        def use_case(work: Work) -> Approval:
            approval = self._visible(work, id)
            _refuse_others(work, approval)
            refuse_ended(approval, work.now)
            question, wanted = wanted_of(
                self,
                work,
                approval.permission,
                approval.resource,
                approval.arguments if args is None else args,
                scope=approval.scope,
                properties=approval.properties if properties is None else properties,
                starts_at=approval.starts_at if starts_at is None else starts_at,
                seconds=approval.seconds if seconds is None else seconds,
            )
            if wanted.digest == approval.digest:
                return approval
            decision = decide(Inquiry(work.snapshot, question, work.now, closed=work.closed))
            if not decision.requestable:
                raise InvalidState(
                    f"{question.permission.id} on {question.resource} as revised is "
                    f"{decision.outcome}; there is nothing to ask for",
                    {"outcome": decision.outcome},
                )
            known = (work.snapshot.policies.get(ref) for ref in decision.policies)
            policy = compose([found for found in known if found is not None])
            wanted = msgspec.structs.replace(
                wanted,
                justification=approval.justification if justification is None else justification,
            )
            after = revise(approval, wanted, policy, decision.policies, work.now)
            self._claim_anew(work, approval, after)
            directory = work.directory(after)
            done = settle(after, directory)
            done = msgspec.structs.replace(done, happened=("approval.revised", *done.happened))
            carried = sum(review.digest == after.digest for review in after.reviews)
            write_transition(work, approval, done, revision=after.revision, carried=carried)
            return done.approval

        return self._tenant.run(actor, use_case)

    def override(
        self,
        id: str,
        verdict: Verdict = "approve",
        *,
        comment: str,
        digest: str | None = None,
        inputs: JsonObject | None = None,
        claimed_by: str = "",
        actor: ActorLike = None,
    ) -> Approval:
        """Decide in the reviewers' stead: break-glass, for a reason that is kept.

        Needs the right to override approvals, and a policy whose `override_by` names the caller.
        What it yields lasts for the policy's `override_for` seconds at most, whoever was skipped is
        named in the event, and the same people are asked to look at it afterwards: rejected then,
        it is revoked. Raises AccessDenied for who may not or stands behind the request, Invalid for
        an abstention or without a comment.
        """
        said = Said(verdict, comment, claimed_by, inputs or {}, digest)
        if said.verdict == "abstain":
            raise Invalid("an override decides: it approves or rejects")
        if not comment.strip():
            raise Invalid("an override needs a comment: the reason for which nobody was asked")

        def use_case(work: Work) -> Approval:
            approval = self._visible(work, id)
            work.authorize("approvals.override", approval.scope, approval.id)
            directory = work.directory(approval)
            if not may_override(approval, directory, work.actor.principal):
                raise AccessDenied(
                    f"policy {spoken(approval.policy.ref)} does not name {work.actor.principal} as "
                    "one who may override"
                )
            return write_override(self._tenant, work, approval, said, directory)

        return self._tenant.run(actor, use_case)

    def _claim_anew(self, work: Work, before: Approval, after: Approval) -> None:
        """Let the approval answer for what it asks for now, and no more for what it asked for."""
        held = work.get(Claim, "ask", asking_key(before.requester, before.subject, before.digest))
        if held is not None and held.holder == before.id:
            work.drop(held)
        key = asking_key(after.requester, after.subject, after.digest)
        other = work.get(Claim, "ask", key)
        waiting = None if other is None else work.get(Approval, other.holder)
        if waiting is not None and status_of(waiting, work.now) == "pending":
            raise AlreadyExists(f"approval {waiting.id} asks for exactly this already")
        work.put(Claim(purpose="ask", key=key, holder=after.id))


def write_override(
    tenant: Tenant, work: Work, approval: Approval, said: Said, directory: Directory
) -> Approval:
    """Override an approval in this commit, and have it looked at afterwards where it was approved.

    Raises what the override does.
    """
    done = override(approval, work.actor, said, directory)
    refuse_veto(tenant, work, approval, said.verdict)
    write_transition(work, approval, done, skipped=skipped(approval, directory))
    if done.approval.status == "approved":
        later = looked_at_later(approval, work.actor, directory)
        work.put(later)
        work.record("approval.requested", approval=later.id, overrides=approval.id)
    return done.approval


def _refuse_others(work: Work, approval: Approval) -> None:
    """Raise AccessDenied unless the caller is who asked."""
    if work.actor.principal not in (approval.requester, approval.subject):
        raise AccessDenied(
            f"only {approval.requester}, who asked, may revise approval {approval.id}"
        )
    acting = work.actor.on_behalf_of is not None or work.actor.principal != approval.requester
    if approval.on_behalf_of is not None and not acting:
        work.act_for(approval.on_behalf_of, approval.scope)
    if work.actor.subject != approval.subject:
        raise AccessDenied(f"approval {approval.id} was asked for {approval.subject}")
