"""The life of an approval: opened, reviewed, withdrawn from, settled, cancelled, superseded.

Each command is a function from facts and a moment to the next approval, or a refusal.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from placet.approvals.eligibility import Directory, excluded, latest_reviews
from placet.approvals.evaluate import evaluate, seat_for
from placet.approvals.rules import by_rules
from placet.approvals.transition import (
    Transition,
    ended,
    refuse_ended,
    resolved,
    status_of,
)
from placet.clock import uuid7
from placet.errors import AccessDenied, Invalid, InvalidState
from placet.model import (
    AccessYield,
    Actor,
    Approval,
    ApprovalPolicy,
    JsonObject,
    Resolution,
    Review,
    Time,
    Verdict,
    input_problems,
)
from placet.refs import EVERYONE, PROGRAMS, parse_principal, spoken

__all__ = [
    "Said",
    "Wanted",
    "cancel",
    "covers",
    "entitled",
    "open_approval",
    "refuse_excluded",
    "refuse_other_digest",
    "review",
    "reviewed",
    "settle",
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
    starts_at: Time | None = None
    seconds: int | None = None


class Said(msgspec.Struct, frozen=True):
    """What a reviewer says: a verdict, with a comment and what the policy asks to be filled in.

    `digest` is that of what the reviewer was shown; None means the current one. `seat_of` is in
    whose place, for a delegate; None where it may be anybody's. `claimed_by` is who a body claims
    to have said it, never believed. Raises Invalid for a verdict that is none.
    """

    verdict: Verdict
    comment: str = ""
    claimed_by: str = ""
    inputs: JsonObject = {}
    digest: str | None = None
    seat_of: str | None = None

    def __post_init__(self) -> None:
        if self.verdict not in ("approve", "reject", "abstain"):
            raise Invalid(f"{self.verdict!r} is no verdict; it is approve, reject or abstain")


def covers(approval: Approval, policies: Iterable[str]) -> bool:
    """Whether an approval was opened under all of `policies`: those that apply by now.

    What was tightened since has to be met, also by who was approved before (failure mode T43).
    """
    return set(policies) <= set(approval.policies)


def open_approval(
    wanted: Wanted,
    policy: ApprovalPolicy,
    policies: tuple[str, ...],
    actor: Actor,
    now: datetime,
) -> Approval:
    """A new pending approval; `policy` is the composed one that it freezes.

    Raises Invalid where a program asks and nobody is named who stands behind it, for excluding a
    robot from review would exclude nobody; where it is asked for a group, whose members could then
    approve it for themselves; and where more time is asked for than the policy yields.
    """
    if parse_principal(actor.subject).kind in (EVERYONE, "group"):
        raise Invalid(
            f"{spoken(actor.subject)} is more than one person: ask for each of them, so that "
            "nobody reviews their own request"
        )
    yields = policy.yields
    most = yields.seconds if isinstance(yields, AccessYield) else None
    if wanted.seconds is not None and most is not None and wanted.seconds > most:
        raise Invalid(
            f"{wanted.seconds} seconds are more than the {most} that policy {spoken(policy.ref)} "
            "yields"
        )
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
        starts_at=wanted.starts_at,
        seconds=wanted.seconds,
    )


def review(approval: Approval, actor: Actor, said: Said, directory: Directory) -> Transition:
    """The approval after `actor` has said something to it.

    The same verdict of the same person again changes nothing. Raises InvalidState for one that is
    decided, expired or revised since it was shown (failure modes T07, T25); AccessDenied for an
    excluded or ineligible reviewer; Invalid for inputs that are missing or not what they should be.
    """
    now = directory.now
    before = latest_reviews(approval).get(actor.principal)
    repeated = (
        before is not None
        and before.verdict == said.verdict
        and said.inputs in ({}, before.inputs)
        and said.seat_of in (None, before.seat)
        and before.reviewer not in excluded(approval)
    )
    if repeated and approval.status in ("approved", "rejected"):
        return Transition(approval=approval)
    refuse_ended(approval, now)
    refuse_other_digest(approval, said.digest)
    seat = entitled(approval, actor, directory, of=said.seat_of)
    if repeated:
        return Transition(approval=approval)
    after, _ = reviewed(approval, actor, said, now, seat=seat)
    after, events = by_rules(after, directory)
    return resolved(after, directory, after.reviews[-1], ("approval.reviewed", *events))


def refuse_other_digest(approval: Approval, shown: str | None) -> None:
    """Raise InvalidState where somebody decides on something else than what is asked for now."""
    if shown is not None and shown != approval.digest:
        raise InvalidState(
            f"approval {approval.id} is not what was shown: its digest is {approval.digest}, the "
            f"review is for {shown}; read it again and decide on what it says now",
            {"status": approval.status, "digest": approval.digest},
        )


def entitled(
    approval: Approval, actor: Actor, directory: Directory, *, of: str | None = None
) -> str:
    """Whose seat `actor` fills, if it may review the approval now.

    Who acts for somebody has to be entitled as well as them, and stands in for nobody else. Raises
    InvalidState for one that has ended, AccessDenied for an excluded or ineligible reviewer.
    """
    refuse_ended(approval, directory.now)
    refuse_excluded(approval, actor, directory)
    person = actor.principal
    if actor.on_behalf_of is None:
        seat = seat_for(approval, directory, person, of)
    else:
        seat = person if of in (None, person) else None
        for one in dict.fromkeys((person, actor.subject)):
            if seat_for(approval, directory, one, one) is None:
                seat, person = None, one
                break
    if seat is None:
        raise AccessDenied(_refusal(approval, directory, person))
    return seat


def refuse_excluded(approval: Approval, actor: Actor, directory: Directory) -> None:
    """Refuse whoever stands behind the request, also behind the reviewer (failure mode T35)."""
    behind = actor.excluded & excluded(approval)
    if behind:
        raise AccessDenied(_refusal(approval, directory, min(behind)))


def reviewed(
    approval: Approval, actor: Actor, said: Said, now: datetime, *, seat: str | None = None
) -> tuple[Approval, Review]:
    """The approval with one more review, in place of what the same person said before.

    Raises Invalid for inputs that are missing, unknown or not what they should be.
    """
    problems = input_problems(
        approval.policy.inputs, said.inputs, approving=said.verdict == "approve"
    )
    if problems:
        raise Invalid("; ".join(map(str, problems)), problems)
    last = Review(
        reviewer=actor.principal,
        verdict=said.verdict,
        digest=approval.digest,
        at=now,
        comment=said.comment,
        inputs=said.inputs,
        on_behalf_of=actor.on_behalf_of,
        seat_of=None if seat == actor.principal else seat,
        chain=actor.chain,
        claimed_by=said.claimed_by,
    )
    earlier = (one for one in approval.reviews if one.reviewer != last.reviewer)
    return msgspec.structs.replace(approval, reviews=(*earlier, last), updated_at=now), last


def settle(approval: Approval, directory: Directory) -> Transition:
    """The approval as the directory, the clock and the rules have it now."""
    now = directory.now
    if approval.status == "pending" and status_of(approval, now) == "expired":
        over = ended(approval, "expired", Resolution(kind="deadline", at=now))
        return Transition(approval=over, happened=("approval.expired",))
    if approval.status != "pending":
        return Transition(approval=approval)
    after, events = by_rules(approval, directory)
    last = after.reviews[-1] if events else None
    return resolved(after, directory, last, events)


def withdraw(approval: Approval, actor: Actor, now: datetime) -> Approval:
    """The approval after a reviewer has taken back what they said.

    Raises InvalidState for one that is decided; AccessDenied where they have said nothing.
    """
    refuse_ended(approval, now)
    if actor.principal not in latest_reviews(approval):
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
    refuse_ended(approval, now)
    resolution = Resolution(
        kind="withdrawn" if by_requester else "cancelled",
        at=now,
        by=actor.principal,
        reason=reason,
    )
    return ended(approval, "cancelled", resolution)


def supersede(approval: Approval, actor: Actor, now: datetime) -> Approval:
    """The approval after a newer one for the same has taken its place."""
    resolution = Resolution(kind="system", at=now, by=actor.principal, reason="asked anew")
    return ended(approval, "superseded", resolution)


def _refusal(approval: Approval, directory: Directory, person: str) -> str:
    behind = (approval.requester, approval.subject, *approval.chain)
    if person in behind and not approval.policy.allow_self_review:
        return (
            f"{person} stands behind approval {approval.id} and cannot review it; somebody else "
            "has to"
        )
    if person in approval.contributors and person in excluded(approval):
        return f"{person} contributed to approval {approval.id} and cannot review it"
    why = evaluate(approval, directory).why
    return f"{person} is not among those who may review approval {approval.id} now: {why}"
