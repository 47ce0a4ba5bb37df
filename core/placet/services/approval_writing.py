"""What opens an approval and moves it on, in the commit of a use case."""

from collections.abc import Mapping
from typing import Any

import msgspec

from placet.access.answers import Question
from placet.access.sources import Directory
from placet.approvals.digest import bound_values, digest_of
from placet.approvals.lifecycle import Transition, Wanted, open_approval, review, settle
from placet.errors import AccessDenied, Invalid
from placet.model import Approval, ApprovalPolicy, Claim, JsonObject, Verdict
from placet.services.asking import Ask, ask
from placet.services.base import Service
from placet.services.tenant import Tenant
from placet.services.work import Work

__all__ = [
    "Said",
    "open_under",
    "refuse_veto",
    "wanted_of",
    "write_transition",
]

_SAYING = frozenset({"approval.reviewed", "approval.overridden"})


class Said(msgspec.Struct, frozen=True):
    """What a reviewer says; `claimed_by` is who a body claims to have said it, never believed.

    Raises Invalid for a verdict that is none.
    """

    verdict: Verdict
    comment: str = ""
    claimed_by: str = ""

    def __post_init__(self) -> None:
        if self.verdict not in ("approve", "reject", "abstain"):
            raise Invalid(f"{self.verdict!r} is no verdict; it is approve, reject or abstain")


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
    asked = Ask(work.actor.subject, permission, on, scope, shown, arguments)
    question = ask(service.view, work.snapshot, asked)
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


def open_under(
    tenant: Tenant,
    work: Work,
    wanted: Wanted,
    policy: ApprovalPolicy,
    policies: tuple[str, ...],
    claim: Claim,
    said: Said | None = None,
) -> Approval:
    """Open an approval under one policy and let `claim` hold it, in this commit.

    With `said`, the caller reviews it in the same commit. Raises AccessDenied for who may not
    review it, InvalidState where the policy has decided it without anybody.
    """
    opened = open_approval(wanted, policy, policies, work.actor, work.now)
    directory = Directory(work.snapshot, opened, work.now, closed=work.closed)
    done = settle(opened, directory, work.now)
    happened = ("approval.requested", *done.happened)
    if said is not None:
        done = review(
            done.approval,
            work.actor,
            said.verdict,
            directory,
            work.now,
            comment=said.comment,
            claimed_by=said.claimed_by,
        )
        refuse_veto(tenant, work, opened, said.verdict)
        happened += done.happened
    done = msgspec.structs.replace(done, happened=happened)
    write_transition(work, opened, done, permission=wanted.permission, resource=wanted.resource)
    work.put(msgspec.structs.replace(claim, holder=opened.id))
    return done.approval


def refuse_veto(tenant: Tenant, work: Work, approval: Approval, verdict: Verdict) -> None:
    """Raise AccessDenied where a plugin lets nobody, or not this reviewer, say `verdict`."""
    veto = tenant.hooks.review_veto(approval, work.actor.principal, verdict)
    if veto:
        raise AccessDenied(f"the review was refused: {veto}")


def write_transition(work: Work, before: Approval, done: Transition, **data: Any) -> None:
    """Store what a transition changed, one event for each thing that happened.

    `data` goes into the first; a review is written down with what was said.
    """
    if not done.happened:
        return
    work.put(done.approval)
    minted = [noun for noun in (done.grant, done.assignment) if noun is not None]
    last = len(done.happened) - 1
    for at, kind in enumerate(done.happened):
        if at == last:  # what is minted belongs to the event that resolves
            for noun in minted:
                work.put(noun)
        said = _said(done.approval) if kind in _SAYING else {}
        more = data if at == 0 else {"status": done.approval.status}
        work.record(kind, approval=before.id, **more, **said)


def _said(approval: Approval) -> dict[str, Any]:
    last = approval.reviews[-1]
    said: dict[str, Any] = {"verdict": last.verdict}
    if last.claimed_by:
        said["claimed_by"] = last.claimed_by
    return said
