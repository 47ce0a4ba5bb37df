"""How long an approval took: to its first review, to its decision, and stage by stage."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from math import ceil

import msgspec

from placet.approvals.evaluate import Result
from placet.model import Approval

__all__ = ["Spread", "decision_time", "first_review_time", "spread", "stage_times"]


class Spread(msgspec.Struct, frozen=True):
    """How many were measured, and within how many seconds 50 and 95 of 100 were done; None where
    there are none."""

    count: int
    p50: float | None = None
    p95: float | None = None


def spread(seconds: Sequence[float]) -> Spread:
    """The spread of some times, by nearest rank: each figure is one of them.

    >>> spread([3.0, 1.0, 2.0])
    Spread(count=3, p50=2.0, p95=3.0)
    """
    if not seconds:
        return Spread(0)
    ordered = sorted(seconds)
    p50, p95 = (ordered[ceil(share * len(ordered) / 100) - 1] for share in (50, 95))
    return Spread(len(ordered), p50, p95)


def first_review_time(approval: Approval) -> float | None:
    """Seconds from the request to what the first person said that still stands in it; None where
    nobody has. Of each person the latest review stands, also one that was withdrawn."""
    said = [review.at for review in approval.reviews if not review.rule]
    return (min(said) - approval.created_at).total_seconds() if said else None


def decision_time(approval: Approval) -> float | None:
    """Seconds from the request to the yes or no; None where there was neither."""
    if approval.status not in ("approved", "rejected") or approval.resolution is None:
        return None
    return (approval.resolution.at - approval.created_at).total_seconds()


def stage_times(approval: Approval, tree: Result) -> Iterator[tuple[str, float]]:
    """The stages that are satisfied, and the seconds from when each opened to its last review.

    A stage without a name goes by its place: "stage 2". What `tree` does not count any more, for
    its reviewer has lost the right, ends the list of its stages.
    """
    said = {review.reviewer: review.at for review in approval.reviews}
    for node in _nodes(tree):
        if node.kind == "in_order":
            opened: datetime = approval.asked_at
            for place, stage in enumerate(node.of, 1):
                done = [said[who] for leaf in stage.leaves() for who in leaf.reviewers]
                if stage.status != "satisfied":
                    break
                # What was said before the stage opened met it as soon as it did.
                closed = max([opened, *done])
                yield stage.name or f"stage {place}", (closed - opened).total_seconds()
                opened = closed


def _nodes(tree: Result) -> Iterator[Result]:
    yield tree
    for child in tree.of:
        yield from _nodes(child)
