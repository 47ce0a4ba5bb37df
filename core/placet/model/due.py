"""When something is due about an approval: a reminder, an escalation, a window of its rules.

Follows from what is stored, and stands in the index, so that a sweeper finds what is due.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from placet.model.approval import Approval
from placet.model.requirement import Reviews, walk

__all__ = ["due_at", "escalations", "openings", "reminder_after", "told_until"]


def due_at(approval: Approval) -> datetime | None:
    """When something is to be told about a pending approval, or a window opens for its rules; None
    for never. Its deadline is not meant.
    """
    if approval.status != "pending":
        return None
    since = told_until(approval)
    moments = [at for at in escalations(approval) if at > since]
    if approval.policy.remind_after is not None:
        moments.append(reminder_after(approval, approval.policy.remind_after))
    if approval.policy.rules:
        moments += openings(approval, since)
    return min(moments, default=None)


def told_until(approval: Approval) -> datetime:
    """Up to when everything was told."""
    return approval.told_at or approval.asked_at


def openings(approval: Approval, since: datetime) -> Iterator[datetime]:
    """When the windows open in which rules speak that have said nothing yet."""
    said = {review.rule for review in approval.reviews if review.digest == approval.digest}
    for rule in approval.policy.rules:
        if rule.name not in said:
            for window in rule.during:
                opening = window.opens_after(since)
                if opening is not None:
                    yield opening


def escalations(approval: Approval) -> Iterator[datetime]:
    """When more people may review."""
    for leaf in walk(approval.policy.requirement):
        if isinstance(leaf, Reviews) and leaf.escalate_after is not None:
            yield approval.asked_at + timedelta(seconds=leaf.escalate_after)


def reminder_after(approval: Approval, every: int) -> datetime:
    """The first reminder behind what was told: they come at whole multiples of the span."""
    span = timedelta(seconds=every)
    return approval.asked_at + ((told_until(approval) - approval.asked_at) // span + 1) * span
