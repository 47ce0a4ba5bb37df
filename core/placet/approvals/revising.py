"""Something else is asked for under the same number: what was said to it before is stale.

A review is bound to the digest of what was shown (failure mode T20). A revision keeps one only
where the policy's `carry_if` says that what changed does not matter to it (T27).
"""

from datetime import datetime, timedelta

import msgspec

from placet.approvals.lifecycle import Wanted
from placet.approvals.transition import refuse_ended
from placet.conditions import TRUE, compile
from placet.errors import InvalidState
from placet.model import Approval, ApprovalPolicy, JsonObject, Review

__all__ = ["carries", "revise"]


def revise(
    approval: Approval,
    wanted: Wanted,
    policy: ApprovalPolicy,
    policies: tuple[str, ...],
    now: datetime,
) -> Approval:
    """The approval after it has come to ask for `wanted`, under the policies that apply to that.

    Its deadline, reminders and escalation begin anew. Raises InvalidState for one that has ended,
    and for one that something else than its requester waits for.
    """
    refuse_ended(approval, now)
    if approval.gate is not None or approval.overrides is not None:
        raise InvalidState(
            f"approval {approval.id} is about one digest of a gate, or about an override; ask anew "
            "for another",
            {"status": "pending"},
        )
    kept = carries(policy, approval.arguments, wanted.arguments) and (
        _beside_arguments(approval) == _beside_arguments(wanted)
    )
    reviews = tuple(
        _carried(review, approval.digest, wanted.digest) if kept else review
        for review in approval.reviews
    )
    decide_by = None
    if policy.decide_within is not None:
        decide_by = now + timedelta(seconds=policy.decide_within)
    return msgspec.structs.replace(
        approval,
        permission=wanted.permission,
        resource=wanted.resource,
        scope=wanted.scope,
        arguments=wanted.arguments,
        properties=wanted.properties,
        justification=wanted.justification,
        starts_at=wanted.starts_at,
        seconds=wanted.seconds,
        digest=wanted.digest,
        policy=policy,
        policies=policies,
        revision=approval.revision + 1,
        revised_at=now,
        updated_at=now,
        told_at=None,
        decide_by=decide_by,
        reviews=reviews,
    )


def _beside_arguments(asked: Approval | Wanted) -> tuple[object, ...]:
    return (
        asked.permission,
        asked.resource,
        asked.scope,
        asked.properties,
        asked.starts_at,
        asked.seconds,
    )


def carries(policy: ApprovalPolicy, before: JsonObject, after: JsonObject) -> bool:
    """Whether reviews of `before` count for `after`, both being arguments.

    Only where `carry_if` is true: what it cannot tell does not carry.
    """
    if policy.carry_if is None:
        return False
    names = before.keys() | after.keys()
    changed = [
        name
        for name in sorted(names)
        if name not in before or name not in after or before[name] != after[name]
    ]
    facts = {"context": {"before": before, "after": after, "changed": changed}}
    return compile(policy.carry_if).evaluate(facts) is TRUE


def _carried(review: Review, before: str, after: str) -> Review:
    if review.digest != before or review.withdrawn_at is not None or review.rule:
        return review
    return msgspec.structs.replace(
        review, digest=after, carried_from=review.carried_from or review.digest
    )
