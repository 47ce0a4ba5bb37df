"""What would be: an approval with other reviews, under another policy, at another moment.

The same functions that decide are asked about facts that are only supposed; nothing is stored.
"""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from placet.approvals.compose import compose
from placet.approvals.eligibility import Directory
from placet.approvals.evaluate import Result, evaluate
from placet.approvals.lifecycle import entitled, settle
from placet.approvals.transition import status_of
from placet.errors import AccessDenied, Invalid, InvalidState
from placet.model import Actor, Approval, ApprovalPolicy, ApprovalStatus, Review, Verdict

__all__ = ["Supposed", "Supposition", "suppose"]


class Supposed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A review that somebody might make, in the place of `seat_of` where they are a delegate.

    Raises Invalid for a verdict that is none.
    """

    reviewer: str
    verdict: Verdict = "approve"
    seat_of: str | None = None

    def __post_init__(self) -> None:
        if self.verdict not in ("approve", "reject", "abstain"):
            raise Invalid(f"{self.verdict!r} is no verdict; it is approve, reject or abstain")


class Supposition(msgspec.Struct, frozen=True):
    """How the approval would stand: its status and result tree; and, by reviewer, why reviews that
    were supposed would not be accepted."""

    status: ApprovalStatus
    tree: Result
    refused: dict[str, str]


def suppose(
    approval: Approval,
    directory: Directory,
    *,
    add: Sequence[Supposed] = (),
    remove: Sequence[str] = (),
    policy: ApprovalPolicy | None = None,
) -> Supposition:
    """The approval as it would stand at the moment of `directory`, had nobody ended it, without the
    reviews of `remove`, with those of `add` one after the other, under `policy`.

    What a review is asked to fill in is left out of account.
    """
    gone = set(remove)
    if policy is not None:
        approval = _under(approval, compose((policy,)))
    now = msgspec.structs.replace(
        approval,
        status="pending",
        resolution=None,
        grant=None,
        reviews=tuple(said for said in approval.reviews if said.reviewer not in gone),
    )
    step = settle(now, directory)
    refused: dict[str, str] = {}
    for said in add:
        now = step.approval
        try:
            seat = entitled(now, Actor(said.reviewer), directory, of=said.seat_of)
        except (AccessDenied, InvalidState) as error:
            refused[said.reviewer] = str(error)
            continue
        review = Review(
            reviewer=said.reviewer,
            verdict=said.verdict,
            digest=now.digest,
            at=directory.now,
            seat_of=None if seat == said.reviewer else seat,
        )
        others = (one for one in now.reviews if one.reviewer != said.reviewer)
        step = settle(msgspec.structs.replace(now, reviews=(*others, review)), directory)
    tree = evaluate(step.approval, directory)
    return Supposition(status_of(step.approval, directory.now), tree, refused)


def _under(approval: Approval, policy: ApprovalPolicy) -> Approval:
    within = policy.decide_within
    due = None if within is None else approval.asked_at + timedelta(seconds=within)
    return msgspec.structs.replace(approval, policy=policy, decide_by=due)
