"""What opens an approval and moves it on, in the commit of a use case."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from placet.access.answers import Question
from placet.approvals.digest import bound_values, digest_of
from placet.approvals.grants import grant_status, revoke
from placet.approvals.lifecycle import Said, Wanted, covers, open_approval, review, settle
from placet.approvals.starting import refused_at_start
from placet.approvals.transition import Transition
from placet.errors import AccessDenied
from placet.model import Approval, ApprovalPolicy, Claim, Grant, JsonObject, Verdict
from placet.refs import encode
from placet.services.asking import Ask, ask
from placet.services.base import Service
from placet.services.grant_writing import revoke_grant
from placet.services.tenant import Tenant
from placet.services.work import Work

__all__ = [
    "asked_before",
    "asking_key",
    "open_under",
    "pass_for",
    "refuse_veto",
    "wanted_of",
    "write_transition",
]

_SAYING = frozenset({"approval.reviewed", "approval.overridden"})


def wanted_of(
    service: Service,
    work: Work,
    permission: str,
    on: str | None,
    args: Mapping[str, Any] | None,
    *,
    scope: str | None = None,
    properties: JsonObject | None = None,
    starts_at: datetime | None = None,
    seconds: int | None = None,
) -> tuple[Question, Wanted]:
    """What the caller's words ask for, bound to its digest, and the question whether it may."""
    arguments = bound_values(dict(args), "arguments") if args else {}
    shown = bound_values(dict(properties), "properties") if properties else {}
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
        starts_at=starts_at,
        seconds=seconds,
    )
    wanted = Wanted(
        permission=permission,
        resource=str(question.resource),
        scope=question.scope,
        digest=digest,
        arguments=arguments,
        properties=shown,
        starts_at=starts_at,
        seconds=seconds,
    )
    return question, wanted


def asking_key(requester: str, subject: str, digest: str) -> str:
    """The key of the claim that an approval is the one by which `requester` asks for a digest."""
    return encode(requester, subject, digest)


def asked_before(work: Work, wanted: Wanted) -> Approval | None:
    """The latest approval of exactly this that this caller has asked for this subject.

    One that was opened under fewer policies than apply by now counts for nothing: what was
    tightened since has to be met (failure mode T43). Waiting, it is superseded by the next.
    """
    claim = work.get(
        Claim, "ask", asking_key(work.actor.principal, work.actor.subject, wanted.digest)
    )
    found = None if claim is None else work.get(Approval, claim.holder)
    # One that was revised since asks for something else.
    return found if found is not None and found.digest == wanted.digest else None


def pass_for(work: Work, wanted: Wanted, policies: Iterable[str]) -> Grant | None:
    """The caller's unused pass for exactly this, given under all policies that apply by now."""
    found = asked_before(work, wanted)
    if found is None or found.grant is None or not covers(found, policies):
        return None
    grant = work.get(Grant, found.grant)
    if grant is None or grant.kind != "pass" or grant_status(grant, work.now) != "active":
        return None
    return grant


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
    directory = work.directory(opened)
    done = settle(opened, directory)
    happened = ("approval.requested", *done.happened)
    if said is not None:
        done = review(done.approval, work.actor, said, directory)
        refuse_veto(tenant, work, opened, said.verdict)
        happened += done.happened
    done = msgspec.structs.replace(done, happened=happened)
    write_transition(
        work, opened, done, new=True, permission=wanted.permission, resource=wanted.resource
    )
    work.put(msgspec.structs.replace(claim, holder=opened.id))
    return done.approval


def refuse_veto(tenant: Tenant, work: Work, approval: Approval, verdict: Verdict) -> None:
    """Raise AccessDenied where a plugin lets nobody, or not this reviewer, say `verdict`."""
    veto = tenant.hooks.review_veto(approval, work.actor.principal, verdict)
    if veto:
        raise AccessDenied(f"the review was refused: {veto}")


def write_transition(
    work: Work, before: Approval, done: Transition, *, new: bool = False, **data: Any
) -> None:
    """Store what a transition changed, one event for each thing that happened.

    `data` goes into the first; a review is written down with what was said. `new` says that the
    approval has just been made up.
    """
    if not done.happened:
        return
    if before.overrides is not None and done.approval.status == "rejected":
        _take_back(work, before.overrides)
    work.put(done.approval, new=new)
    refused = _refused_at_start(work, done)
    minted = [noun for noun in (done.grant, done.assignment) if noun is not None]
    if done.grant is not None and refused is not None:
        minted = [revoke(done.grant, work.actor.principal, work.now, refused)]
    last = len(done.happened) - 1
    for at, kind in enumerate(done.happened):
        if at == last:  # what is minted belongs to the event that resolves
            for noun in minted:
                work.put(noun, new=True)
        said = _said(done.approval) if kind in _SAYING else {}
        more = data if at == 0 else {"status": done.approval.status}
        work.record(kind, approval=before.id, **more, **said)
    if done.grant is not None and refused is not None:
        work.record("grant.revoked", approval=before.id, grant=done.grant.id, reason=refused)


def _refused_at_start(work: Work, done: Transition) -> str | None:
    """Why what a transition has minted is void: it begins later, and would be refused then."""
    if done.grant is None or not done.grant.begins_later:
        return None
    why = refused_at_start(done.grant, done.approval, work.world, closed=work.closed)
    return None if why is None else f"refused before it began: {why}"


def _take_back(work: Work, id: str) -> None:
    """Revoke what an override has yielded, as far as it is still good."""
    overridden = work.get(Approval, id)
    grant = (
        None
        if overridden is None or overridden.grant is None
        else work.get(Grant, overridden.grant)
    )
    if grant is not None and grant_status(grant, work.now) in ("active", "scheduled"):
        revoke_grant(work, grant, "the override was rejected afterwards")


def _said(approval: Approval) -> dict[str, Any]:
    last = approval.reviews[-1]
    said: dict[str, Any] = {"verdict": last.verdict}
    if last.claimed_by:
        said["claimed_by"] = last.claimed_by
    return said
