"""May the caller go on, here and now? Allowed, or with a pass that is taken before the act."""

from collections.abc import Mapping
from typing import Any

import msgspec

from placet.access.answers import Decision, Question
from placet.access.check import Inquiry
from placet.access.decide import decide
from placet.approvals.evaluate import evaluate
from placet.approvals.lifecycle import Wanted, covers
from placet.approvals.transition import status_of
from placet.errors import AccessDenied, ApprovalRequired
from placet.model import SYSTEM, Approval, JsonObject
from placet.services.approval_writing import asked_before, pass_for, wanted_of
from placet.services.approvals import open_wanted
from placet.services.base import Service
from placet.services.grant_writing import take_pass
from placet.services.tenant import ActorLike
from placet.services.work import Work

__all__ = ["Permit", "Permits"]


class Permit(msgspec.Struct, frozen=True):
    """That the caller may go on: `grant` is the pass that was taken for it, None without one."""

    principal: str
    permission: str
    resource: str
    scope: str
    digest: str
    approval: str | None = None
    grant: str | None = None


class _Refused(msgspec.Struct, frozen=True):
    """A refusal that a commit comes before: the approval that was opened has to be stored."""

    approval: Approval
    why: str


class Permits(Service):
    """Permits."""

    def permit(
        self,
        permission: str,
        on: str | None = None,
        args: Mapping[str, Any] | None = None,
        *,
        scope: str | None = None,
        properties: JsonObject | None = None,
        justification: str = "",
        origin: str = "embedded",
        open_approval: bool = True,
        actor: ActorLike = None,
    ) -> Permit:
        """Let the caller go on, taking its pass where one is needed, or say what is missing.

        Raises ApprovalRequired with the approval that is pending for exactly this, opened once
        unless `open_approval` is false or the store is joined to a transaction, whose rollback
        would lose it; AccessDenied where the answer is no, also after a
        rejection, until it is asked for again on purpose.
        """

        def use_case(work: Work) -> Permit | _Refused:
            question, wanted = wanted_of(
                self, work, permission, on, args, scope=scope, properties=properties
            )
            self._refuse_lent_rights(work, question)
            decision = decide(Inquiry(work.snapshot, question, work.now, closed=work.closed))
            permit = Permit(
                question.principal, permission, wanted.resource, question.scope, wanted.digest
            )
            if decision.allowed:
                return permit
            if not decision.requestable:
                raise _denied(question, decision)
            wanted = msgspec.structs.replace(wanted, justification=justification, origin=origin)
            opening = open_approval and not self._tenant.joined
            return self._with_pass(work, question, wanted, decision, permit, opening)

        result = self._tenant.run(actor, use_case)
        if isinstance(result, _Refused) and result.approval.status == "approved":
            # A policy that approves at once has yielded a pass: this very call may take it.
            result = self._tenant.run(actor, use_case)
        if isinstance(result, Permit):
            return result
        raise ApprovalRequired(
            f"{permission} needs approval first: {result.why}",
            approval=result.approval.id,
            status=result.approval.status,
            url=self._tenant.approval_url(result.approval.id),
            why=result.why,
        )

    def _with_pass(
        self,
        work: Work,
        question: Question,
        wanted: Wanted,
        decision: Decision,
        permit: Permit,
        open_approval: bool,
    ) -> Permit | _Refused:
        found = asked_before(work, wanted)
        if found is not None and covers(found, decision.policies):
            status = status_of(found, work.now)
            if status == "pending":
                return self._refused(work, found)
            if status == "rejected":
                said = found.resolution.reason if found.resolution else ""
                raise AccessDenied(
                    f"{question.permission.id} on {question.resource} was rejected"
                    + (f": {said}" if said else "")
                    + "; ask again on purpose to have it looked at anew",
                    permission=question.permission.id,
                    resource=str(question.resource),
                    scope=question.scope,
                )
            grant = pass_for(work, wanted, decision.policies)
            if grant is not None:
                take_pass(work, grant, question.principal, wanted.digest)
                return msgspec.structs.replace(permit, approval=found.id, grant=grant.id)
        if not open_approval:
            raise ApprovalRequired(
                f"{question.permission.id} on {question.resource} needs approval first; ask for it "
                "outside the transaction",
                why="; ".join(reason.text for reason in decision.reasons),
            )
        return self._refused(
            work, open_wanted(self._tenant, work, wanted, decision.policies, found)
        )

    def _refuse_lent_rights(self, work: Work, question: Question) -> None:
        """Refuse a program that acts for somebody and may not itself: it lends its hands, and
        nobody's rights."""
        principal = work.actor.principal
        if principal == question.principal or work.actor is SYSTEM:
            return
        own = msgspec.structs.replace(question, principal=principal)
        if not Inquiry(work.snapshot, own, work.now, closed=work.closed).allowed():
            raise AccessDenied(
                f"{principal} acts for {question.principal}, and may not "
                f"{question.permission.id} on {question.resource} itself",
                permission=question.permission.id,
                resource=str(question.resource),
                scope=question.scope,
            )

    def _refused(self, work: Work, approval: Approval) -> _Refused:
        tree = evaluate(approval, work.directory(approval))
        return _Refused(approval, tree.why)


def _denied(question: Question, decision: Decision) -> AccessDenied:
    return AccessDenied(
        f"{question.principal} may not {question.permission.id} on {question.resource}: "
        + "; ".join(reason.text for reason in decision.reasons),
        permission=question.permission.id,
        resource=str(question.resource),
        scope=question.scope,
    )
