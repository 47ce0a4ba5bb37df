"""The transitions of an approval: from facts and a moment to the next approval, or a refusal.

`pending -> approved | rejected | expired | cancelled | superseded | failed`: one terminal step, and
nothing leaves a terminal state (failure mode T04). Past `decide_by` a pending approval has expired,
whether or not anybody wrote it down (T11, T12); at exactly `decide_by` it is over (T19).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from placet.approvals.evaluate import (
    Directory,
    Result,
    counted_reviews,
    evaluate,
    excluded,
    may_review,
)
from placet.approvals.grants import mint
from placet.clock import uuid7
from placet.errors import AccessDenied, Invalid, InvalidState
from placet.model import (
    Actor,
    Approval,
    ApprovalPolicy,
    ApprovalStatus,
    Assignment,
    Grant,
    JsonObject,
    Resolution,
    Review,
    Verdict,
)
from placet.refs import PROGRAMS, parse_principal, spoken

__all__ = [
    "Transition",
    "Wanted",
    "cancel",
    "covers",
    "entitled",
    "open_approval",
    "override",
    "review",
    "settle",
    "status_of",
    "supersede",
    "withdraw",
]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks for, resolved and bound to its digest."""

    permission: str
    resource: str
    scope: str
    digest: str
    arguments: JsonObject = {}
    properties: JsonObject = {}
    justification: str = ""
    contributors: tuple[str, ...] = ()
    labels: dict[str, str] = {}
    origin: str = "embedded"
    gate: str | None = None


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """What one command did: the approval after it, what was minted, and what happened in words
    of the log ("approval.reviewed", ...). Nothing happened when `happened` is empty.
    """

    approval: Approval
    result: Result
    happened: tuple[str, ...] = ()
    grant: Grant | None = None
    assignment: Assignment | None = None


def covers(approval: Approval, policies: Iterable[str]) -> bool:
    """Whether an approval was opened under all of `policies`: those that apply by now.

    What was tightened since has to be met, also by who was approved before (failure mode T43).
    """
    return set(policies) <= set(approval.policies)


def status_of(approval: Approval, now: datetime) -> ApprovalStatus:
    """The status as it is at `now`."""
    if (
        approval.status == "pending"
        and approval.decide_by is not None
        and now >= approval.decide_by
    ):
        return "expired"
    return approval.status


def open_approval(
    wanted: Wanted,
    policy: ApprovalPolicy,
    policies: tuple[str, ...],
    actor: Actor,
    now: datetime,
) -> Approval:
    """A new pending approval; `policy` is the composed one that it freezes.

    Raises Invalid where a program asks and nobody is named who stands behind it: excluding a robot
    from review would exclude nobody.
    """
    named = (*wanted.contributors, actor.subject)
    if (
        parse_principal(actor.principal).kind in PROGRAMS
        and not any(parse_principal(person).kind == "user" for person in named)
        and not policy.allow_unattributed
    ):
        raise Invalid(
            f"{spoken(actor.principal)} is a program: name the person it asks for (on_behalf_of) "
            f"or the contributors, who then cannot review; or let policy {spoken(policy.ref)} "
            "allow_unattributed"
        )
    decide_by = None
    if policy.decide_within is not None:
        decide_by = now + timedelta(seconds=policy.decide_within)
    return Approval(
        id=uuid7(now),
        scope=wanted.scope,
        requester=actor.principal,
        on_behalf_of=actor.on_behalf_of,
        chain=actor.chain,
        contributors=wanted.contributors,
        permission=wanted.permission,
        resource=wanted.resource,
        properties=wanted.properties,
        arguments=wanted.arguments,
        justification=wanted.justification,
        labels=wanted.labels,
        origin=wanted.origin,
        digest=wanted.digest,
        policy=policy,
        policies=policies,
        created_at=now,
        updated_at=now,
        decide_by=decide_by,
        gate=wanted.gate,
    )


def review(
    approval: Approval,
    actor: Actor,
    verdict: Verdict,
    directory: Directory,
    now: datetime,
    *,
    digest: str | None = None,
    comment: str = "",
    claimed_by: str = "",
) -> Transition:
    """The approval after `actor` has said `verdict` to it.

    `digest` is that of what the reviewer was shown; None means the current one. The same verdict
    of the same person again changes nothing. Raises InvalidState for one that is decided, expired
    or revised since it was shown (failure modes T07, T25); AccessDenied for an excluded or
    ineligible reviewer.
    """
    before = counted_reviews(approval).get(actor.principal)
    repeated = before is not None and before.verdict == verdict
    status = status_of(approval, now)
    if status != "pending":
        if repeated and approval.status in ("approved", "rejected"):
            return Transition(approval=approval, result=evaluate(approval, directory))
        raise InvalidState(_ended(approval, status), {"status": status})
    if digest is not None and digest != approval.digest:
        raise InvalidState(
            f"approval {approval.id} is not what was shown: its digest is {approval.digest}, the "
            f"review is for {digest}; read it again and decide on what it says now",
            {"status": status, "digest": approval.digest},
        )
    result = entitled(approval, actor, directory, now)
    if repeated:
        return Transition(approval=approval, result=result)
    reviewed, said = _reviewed(approval, actor, verdict, now, comment, claimed_by)
    return _resolved(reviewed, directory, now, said, ("approval.reviewed",))


def entitled(approval: Approval, actor: Actor, directory: Directory, now: datetime) -> Result:
    """The result tree, if `actor` may review the approval now.

    Raises InvalidState for one that has ended, AccessDenied for an excluded or ineligible reviewer.
    """
    status = status_of(approval, now)
    if status != "pending":
        raise InvalidState(_ended(approval, status), {"status": status})
    result = evaluate(approval, directory)
    _refuse_excluded(approval, actor, result)
    for person in dict.fromkeys((actor.principal, actor.subject)):
        if not may_review(approval, directory, result, person):
            raise AccessDenied(_refusal(approval, result, person))
    return result


def _refuse_excluded(approval: Approval, actor: Actor, result: Result) -> None:
    """Refuse whoever stands behind the request, also behind the reviewer (failure mode T35)."""
    for person in sorted(actor.excluded & excluded(approval)):
        raise AccessDenied(_refusal(approval, result, person))


def override(
    approval: Approval,
    actor: Actor,
    verdict: Literal["approve", "reject"],
    directory: Directory,
    now: datetime,
    *,
    comment: str = "",
    claimed_by: str = "",
) -> Transition:
    """The approval after `actor`, who has the right to, has decided it in the reviewers' stead.

    Raises InvalidState for one that has ended, AccessDenied for whoever stands behind it: the right
    replaces the seats, not the second pair of eyes.
    """
    status = status_of(approval, now)
    if status != "pending":
        raise InvalidState(_ended(approval, status), {"status": status})
    result = evaluate(approval, directory)
    _refuse_excluded(approval, actor, result)
    reviewed, said = _reviewed(approval, actor, verdict, now, comment, claimed_by)
    result = msgspec.structs.replace(result, status="overridden", why="it was overridden")
    resolution = Resolution(kind="override", at=now, by=said.reviewer, reason=comment)
    happened = ("approval.overridden",)
    if verdict == "reject":
        return _rejected(reviewed, result, resolution, now, happened)
    return _approved(reviewed, result, resolution, now, happened)


def settle(approval: Approval, directory: Directory, now: datetime) -> Transition:
    """The approval as the directory and the clock have it now: expired, resolved or as it was."""
    if approval.status == "pending" and status_of(approval, now) == "expired":
        result = evaluate(approval, directory)
        ended = _end(approval, "expired", Resolution(kind="deadline", at=now), now)
        return Transition(approval=ended, result=result, happened=("approval.expired",))
    if approval.status != "pending":
        return Transition(approval=approval, result=evaluate(approval, directory))
    return _resolved(approval, directory, now, None, ())


def withdraw(approval: Approval, actor: Actor, now: datetime) -> Approval:
    """The approval after a reviewer has taken back what they said.

    Raises InvalidState for one that is decided; AccessDenied where they have said nothing.
    """
    status = status_of(approval, now)
    if status != "pending":
        raise InvalidState(_ended(approval, status), {"status": status})
    if actor.principal not in counted_reviews(approval):
        raise AccessDenied(f"{actor.principal} has no review of approval {approval.id} to withdraw")
    reviews = tuple(
        msgspec.structs.replace(said, withdrawn_at=now)
        if said.reviewer == actor.principal and said.withdrawn_at is None
        else said
        for said in approval.reviews
    )
    return msgspec.structs.replace(approval, reviews=reviews, updated_at=now)


def cancel(
    approval: Approval, actor: Actor, now: datetime, *, by_requester: bool, reason: str
) -> Approval:
    """The approval after the requester withdrew the request, or somebody with the right cancelled.

    Raises InvalidState for one that has ended.
    """
    status = status_of(approval, now)
    if status != "pending":
        raise InvalidState(_ended(approval, status), {"status": status})
    resolution = Resolution(
        kind="withdrawn" if by_requester else "cancelled",
        at=now,
        by=actor.principal,
        reason=reason,
    )
    return _end(approval, "cancelled", resolution, now)


def supersede(approval: Approval, actor: Actor, now: datetime) -> Approval:
    """The approval after a newer one for the same has taken its place."""
    resolution = Resolution(kind="system", at=now, by=actor.principal, reason="asked anew")
    return _end(approval, "superseded", resolution, now)


def _resolved(
    approval: Approval,
    directory: Directory,
    now: datetime,
    said: Review | None,
    happened: tuple[str, ...],
) -> Transition:
    result = evaluate(approval, directory)
    by = said.reviewer if said else ""
    kind: Literal["reviews", "rule"] = "reviews" if approval.reviews else "rule"
    if result.status == "rejected":
        resolution = Resolution(kind=kind, at=now, by=by, reason=said.comment if said else "")
        return _rejected(approval, result, resolution, now, happened)
    if result.status != "satisfied":
        return Transition(approval=approval, result=result, happened=happened)
    return _approved(approval, result, Resolution(kind=kind, at=now, by=by), now, happened)


def _reviewed(
    approval: Approval,
    actor: Actor,
    verdict: Verdict,
    now: datetime,
    comment: str,
    claimed_by: str,
) -> tuple[Approval, Review]:
    said = Review(
        reviewer=actor.principal,
        verdict=verdict,
        digest=approval.digest,
        at=now,
        comment=comment,
        on_behalf_of=actor.on_behalf_of,
        chain=actor.chain,
        claimed_by=claimed_by,
    )
    earlier = (review for review in approval.reviews if review.reviewer != said.reviewer)
    reviews = (*earlier, said)
    return msgspec.structs.replace(approval, reviews=reviews, updated_at=now), said


def _rejected(
    approval: Approval,
    result: Result,
    resolution: Resolution,
    now: datetime,
    happened: tuple[str, ...],
) -> Transition:
    return Transition(
        approval=_end(approval, "rejected", resolution, now),
        result=result,
        happened=(*happened, "approval.rejected"),
    )


def _approved(
    approval: Approval,
    result: Result,
    resolution: Resolution,
    now: datetime,
    happened: tuple[str, ...],
) -> Transition:
    grant, assignment = mint(approval, now)
    ended = _end(approval, "approved", resolution, now)
    return Transition(
        approval=msgspec.structs.replace(ended, grant=grant.id),
        result=result,
        happened=(*happened, "approval.approved"),
        grant=grant,
        assignment=assignment,
    )


def _end(
    approval: Approval, status: ApprovalStatus, resolution: Resolution, now: datetime
) -> Approval:
    return msgspec.structs.replace(approval, status=status, resolution=resolution, updated_at=now)


def _ended(approval: Approval, status: ApprovalStatus) -> str:
    if approval.resolution is not None:
        by = f" by {approval.resolution.by}" if approval.resolution.by else ""
        return (
            f"approval {approval.id} was {status}{by} at {approval.resolution.at.isoformat()}; "
            "nothing can be added to it"
        )
    assert approval.decide_by is not None, "only the deadline ends an approval without a commit"
    return (
        f"approval {approval.id} expired at {approval.decide_by.isoformat()}; ask again for a new "
        "one"
    )


def _refusal(approval: Approval, result: Result, person: str) -> str:
    behind = (approval.requester, approval.subject, *approval.chain)
    if person in behind and not approval.policy.allow_self_review:
        return (
            f"{person} stands behind approval {approval.id} and cannot review it; somebody else "
            "has to"
        )
    if person in approval.contributors and person in excluded(approval):
        return f"{person} contributed to approval {approval.id} and cannot review it"
    return f"{person} is not among those who may review approval {approval.id} now: {result.why}"
