"""An approval as the vendor's clients read it.

Every item has every key, null or not: its command writes tables whose columns are those of the
first row.
"""

from typing import Any

from placet import Actor, Placet
from placet.model import Approval, Grant
from placet.services.approvals import Standing
from placet_falcon.britive.catalogue import CONSUMERS
from placet_falcon.britive.words import minutes, moment, person, status_word, usable_minutes

__all__ = ["item_of", "items_of"]

_BY_PERMISSION = {consumer.permission: consumer for consumer in CONSUMERS.values()}


def items_of(placet: Placet, approvals: tuple[Approval, ...], actor: Actor) -> list[dict[str, Any]]:
    """The items of approvals that `actor` was given."""
    standings = placet.approvals.standings(approvals, actor=actor)
    return [item_of(*both) for both in zip(approvals, standings, strict=True)]


def item_of(approval: Approval, standing: Standing) -> dict[str, Any]:
    """One item; it names those who may review only as far as its reader may know them."""
    consumer = _BY_PERMISSION.get(approval.permission)
    resource_type, _, resource_id = approval.resource.partition(":")
    created, decide_by = approval.created_at, approval.decide_by
    grant = standing.grant
    return {
        "requestId": approval.id,
        "userId": person(approval.subject),
        # Ids of other types could be mistaken for one another without their type.
        "resource": resource_id if consumer else approval.resource,
        "action": approval.permission,
        "consumer": consumer.name if consumer else resource_type,
        "justification": approval.justification,
        "approvers": {"userIds": [person(one) for one in standing.reviewers]},
        "createdAt": moment(created),
        "updatedAt": moment(approval.updated_at),
        "status": status_word(approval, grant),
        "validFor": usable_minutes(approval),
        "timeToApprove": minutes(None if decide_by is None else decide_by - created),
        "expirationTimeForApproveRequest": moment(decide_by),
        "expirationTimeApproval": moment(grant.ends_at if grant is not None else None),
        "actionBy": person(standing.ended_by),
        "approverComment": _comment(approval, grant),
    }


def _comment(approval: Approval, grant: Grant | None) -> str:
    """What was said by whoever decided last."""
    if grant is not None and grant.status == "revoked":
        return grant.reason
    if approval.status not in ("approved", "rejected"):
        return ""
    said = [review.comment for review in approval.reviews if review.withdrawn_at is None]
    return said[-1] if said else ""
