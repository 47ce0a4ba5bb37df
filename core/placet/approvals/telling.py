"""When those who are waited for are told: reminders, and that an approval was escalated.

Both follow from the policy and the clock. What was written down already is all up to `told_at`, so
that each is told once, whenever a sweeper runs (failure mode T15).
"""

from datetime import datetime

import msgspec

from placet.approvals.eligibility import Directory, excluded, latest_reviews, sources_of
from placet.approvals.evaluate import evaluate
from placet.errors import PlacetError
from placet.model import Approval, Reviews, walk
from placet.model.due import due_at, escalations, openings, reminder_after, told_until

__all__ = ["told", "waited_for"]

NAMED = 100
"""The most people who are named in one event."""


def told(approval: Approval, now: datetime) -> tuple[Approval, tuple[str, ...]]:
    """The approval after everything up to `now` was told, and the events that say so."""
    due = due_at(approval)
    if due is None or due > now:
        return approval, ()
    since = told_until(approval)
    happened = []
    if any(since < at <= now for at in escalations(approval)):
        happened.append("approval.escalated")
    every = approval.policy.remind_after
    if every is not None and reminder_after(approval, every) <= now:
        happened.append("approval.reminded")
    if any(at <= now for at in openings(approval, since)):
        happened.append("approval.window_opened")
    return msgspec.structs.replace(approval, told_at=now), tuple(happened)


def waited_for(approval: Approval, directory: Directory) -> tuple[str, ...]:
    """Who could say something now and has not, as far as they can be listed; 100 at most."""
    said = {review.seat for review in latest_reviews(approval).values()}
    tree = evaluate(approval, directory)
    found: set[str] = set()
    leaves = (leaf for leaf in walk(approval.policy.requirement) if isinstance(leaf, Reviews))
    shown = (result for result in tree.leaves() if result.kind == "reviews")
    for leaf, result in zip(leaves, shown, strict=True):
        if result.open and result.status == "pending":
            for source in sources_of(leaf, approval, directory.now):
                try:
                    found |= directory.candidates(source) or frozenset()
                except PlacetError:
                    continue
    return tuple(sorted(found - said - excluded(approval)))[:NAMED]
