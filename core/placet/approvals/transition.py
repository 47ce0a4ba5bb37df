"""One step of an approval: what a command did, and how an approval ends.

`pending -> approved | rejected | expired | cancelled | superseded | failed`: one terminal step, and
nothing leaves a terminal state (failure mode T04). Past `decide_by` a pending approval has expired,
whether or not anybody wrote it down (T11, T12); at exactly `decide_by` it is over (T19).
"""

from datetime import datetime

import msgspec

from placet.approvals.eligibility import Directory
from placet.approvals.evaluate import evaluate
from placet.approvals.grants import mint
from placet.errors import InvalidState
from placet.model import (
    Approval,
    ApprovalStatus,
    Assignment,
    Grant,
    Resolution,
    Review,
    Reviews,
)

__all__ = ["Transition", "approved", "ended", "refuse_ended", "rejected", "resolved", "status_of"]


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """What one command did: the approval after it, what was minted, and what happened in words
    of the log ("approval.reviewed", ...). Nothing happened when `happened` is empty.
    """

    approval: Approval
    happened: tuple[str, ...] = ()
    grant: Grant | None = None
    assignment: Assignment | None = None


def status_of(approval: Approval, now: datetime) -> ApprovalStatus:
    """The status as it is at `now`."""
    if (
        approval.status == "pending"
        and approval.decide_by is not None
        and now >= approval.decide_by
    ):
        return "expired"
    return approval.status


def refuse_ended(approval: Approval, now: datetime) -> None:
    """Raise InvalidState, saying how it ended, unless the approval is pending at `now`."""
    status = status_of(approval, now)
    if status != "pending":
        raise InvalidState(_ending(approval, status), {"status": status})


def resolved(
    approval: Approval, directory: Directory, said: Review | None, happened: tuple[str, ...]
) -> Transition:
    """The approval as its reviews have it now: approved, rejected, or still pending.

    `said` is the review that has just come, if one has.
    """
    # Of reviews alone, nothing is decided before the first.
    untouched = not approval.reviews and isinstance(approval.policy.requirement, Reviews)
    status = "pending" if untouched else evaluate(approval, directory).status
    if status not in ("rejected", "satisfied"):
        return Transition(approval=approval, happened=happened)
    people = any(not review.rule for review in approval.reviews)
    resolution = Resolution(
        kind="reviews" if people else "rule",
        at=directory.now,
        by="" if said is None else said.reviewer,
        reason="" if said is None or status != "rejected" else said.comment,
    )
    step = rejected if status == "rejected" else approved
    return step(approval, resolution, happened)


def rejected(approval: Approval, resolution: Resolution, happened: tuple[str, ...]) -> Transition:
    """The approval after a no."""
    return Transition(
        approval=ended(approval, "rejected", resolution),
        happened=(*happened, "approval.rejected"),
    )


def approved(approval: Approval, resolution: Resolution, happened: tuple[str, ...]) -> Transition:
    """The approval after a yes, with what it yields."""
    after = ended(approval, "approved", resolution)
    happened = (*happened, "approval.approved")
    if approval.overrides is not None:
        # It looks at an override afterwards: there is nothing more to give.
        return Transition(approval=after, happened=happened)
    grant, assignment = mint(after, resolution)
    return Transition(
        approval=msgspec.structs.replace(after, grant=grant.id),
        happened=happened,
        grant=grant,
        assignment=assignment,
    )


def ended(approval: Approval, status: ApprovalStatus, resolution: Resolution) -> Approval:
    """The approval after its one terminal step."""
    return msgspec.structs.replace(
        approval, status=status, resolution=resolution, updated_at=resolution.at
    )


def _ending(approval: Approval, status: ApprovalStatus) -> str:
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
