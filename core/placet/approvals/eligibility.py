"""Who may review, and whose reviews count: exclusions, escalation, delegation, stages.

Asked when a review arrives and again at every evaluation (failure mode T37): whoever lost what
made them a reviewer stops counting.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from placet.approvals.ways import children
from placet.errors import PlacetError
from placet.model import (
    AllOf,
    AnyOf,
    Approval,
    ApprovalPolicy,
    AtLeast,
    InOrder,
    Requirement,
    Review,
    Reviews,
    walk,
)
from placet.refs import PROGRAMS, parse_principal

__all__ = [
    "Directory",
    "counted_reviews",
    "earlier_leaves",
    "entitled_to",
    "excluded",
    "latest_reviews",
    "reviewed_earlier",
    "sources_of",
]


class Directory(Protocol):
    """Who is named by the sources of one approval, at one moment."""

    @property
    def now(self) -> datetime:
        """The moment."""

    def names(self, source: str, principal: str) -> bool:
        """Whether `source` names `principal`; raises PlacetError where that cannot be told."""

    def candidates(self, source: str) -> frozenset[str] | None:
        """Everybody whom `source` names, None where that cannot be listed."""

    def delegators(self, delegate: str, at: datetime) -> frozenset[str]:
        """In whose place `delegate` may review at `at`, by the delegations that there are now."""

    def facts(self) -> Mapping[str, object]:
        """What conditions see: subject, resource, action, context, now."""


def excluded(approval: Approval) -> frozenset[str]:
    """Everybody who stands behind the request and so must not review it (failure mode T35).

    With `allow_self_review` the requester, the subject and the programs between them may. The
    contributors whom a program names stand in its place, and are always excluded.
    """
    behind: set[str] = set()
    if not approval.policy.allow_self_review:
        behind.update((approval.requester, approval.subject, *approval.chain))
    if approval.contributors and (
        "contributors" in approval.policy.also_exclude
        or parse_principal(approval.requester).kind in PROGRAMS
    ):
        behind.update(approval.contributors)
    return frozenset(behind)


def latest_reviews(approval: Approval) -> dict[str, Review]:
    """The review of each reviewer that stands: the latest, not withdrawn, on today's digest."""
    if not approval.reviews:
        return {}
    latest = {review.reviewer: review for review in approval.reviews}
    return {
        reviewer: review
        for reviewer, review in latest.items()
        if review.withdrawn_at is None and review.digest == approval.digest
    }


def counted_reviews(approval: Approval, directory: Directory) -> dict[str, Review]:
    """The standing reviews that may count: of nobody who is excluded, in nobody's place who is.

    A delegate counts by a delegation that there still is, and that was open at the review: one that
    was taken back takes its reviews along.
    """
    latest = latest_reviews(approval)
    if not latest:
        return latest
    barred = excluded(approval)
    return {
        reviewer: review
        for reviewer, review in latest.items()
        if reviewer not in barred
        and (
            review.seat_of is None
            or (
                review.seat_of not in barred
                and review.seat_of in directory.delegators(reviewer, review.at)
            )
        )
    }


def sources_of(leaf: Reviews, approval: Approval, now: datetime) -> tuple[str, ...]:
    """Who may fill the seats of a leaf at `now`: wider once it is escalated, never fewer seats."""
    after = leaf.escalate_after
    if after is None or now < approval.asked_at + timedelta(seconds=after):
        return (leaf.source,)
    return leaf.sources


def entitled_to(leaf: Reviews, approval: Approval, directory: Directory, person: str) -> bool:
    """Whether `person` may fill a seat of a leaf; its stage and the exclusions are not asked.

    Raises PlacetError where that cannot be told: an error never opens a door (failure mode T45).
    """
    return any(
        directory.names(source, person) for source in sources_of(leaf, approval, directory.now)
    )


def earlier_leaves(policy: ApprovalPolicy) -> Mapping[int, tuple[Reviews, ...]]:
    """For each reviews leaf, by number, those of the stages before it."""
    return dict(_earlier(policy.requirement, 0, ()))


def _earlier(
    requirement: Requirement, number: int, before: tuple[Reviews, ...]
) -> Iterator[tuple[int, tuple[Reviews, ...]]]:
    if isinstance(requirement, Reviews):
        yield number, before
    elif isinstance(requirement, AllOf | AnyOf | AtLeast | InOrder):
        for at, child in children(requirement, number):
            yield from _earlier(child, at, before)
            if isinstance(requirement, InOrder):
                before += tuple(leaf for leaf in walk(child) if isinstance(leaf, Reviews))


def reviewed_earlier(
    leaf_number: int, approval: Approval, directory: Directory, person: str
) -> bool:
    """Whether the policy bars `person` from a leaf, for being a reviewer of a stage before it."""
    if "earlier_reviewers" not in approval.policy.also_exclude:
        return False
    if person not in {review.seat for review in latest_reviews(approval).values()}:
        return False
    for leaf in earlier_leaves(approval.policy).get(leaf_number, ()):
        try:
            if entitled_to(leaf, approval, directory, person):
                return True
        except PlacetError:
            # Who cannot be told not to be one is taken to be one.
            return True
    return False
