"""Break-glass: somebody with the right decides in the reviewers' stead, and it is looked at after.

The right replaces the seats, not the second pair of eyes: whoever stands behind the request cannot.
An override is never shown as a plain approval.
"""

from collections.abc import Iterator

import msgspec

from placet.approvals.eligibility import Directory, excluded
from placet.approvals.lifecycle import Said, refuse_excluded, refuse_other_digest, reviewed
from placet.approvals.transition import Transition, approved, refuse_ended, rejected
from placet.clock import uuid7
from placet.errors import PlacetError
from placet.model import Actor, Approval, Resolution, Reviews, walk

__all__ = ["looked_at_later", "may_override", "override", "skipped"]

NAMED = 100
"""The most approvers who are told that they were skipped."""


def may_override(approval: Approval, directory: Directory, person: str) -> bool:
    """Whether the policy names `person` as one who may override; who cannot be told may not."""
    for source in approval.policy.override_by:
        try:
            if directory.names(source, person):
                return True
        except PlacetError:
            continue
    return False


def override(approval: Approval, actor: Actor, said: Said, directory: Directory) -> Transition:
    """The approval after `actor`, who has the right to, has decided it in the reviewers' stead.

    Raises InvalidState for one that has ended or is not what was shown, AccessDenied for whoever
    stands behind it.
    """
    refuse_ended(approval, directory.now)
    refuse_other_digest(approval, said.digest)
    refuse_excluded(approval, actor, directory)
    after, last = reviewed(approval, actor, said, directory.now)
    resolution = Resolution(
        kind="override", at=directory.now, by=last.reviewer, reason=said.comment
    )
    step = rejected if said.verdict == "reject" else approved
    return step(after, resolution, ("approval.overridden",))


def skipped(approval: Approval, directory: Directory) -> tuple[str, ...]:
    """Who was not asked, of those who might have said yes and can be listed; 100 at most."""
    said = {review.seat for review in approval.reviews}
    return tuple(sorted(set(_candidates(approval, directory)) - said - excluded(approval)))[:NAMED]


def _candidates(approval: Approval, directory: Directory) -> Iterator[str]:
    for leaf in walk(approval.policy.requirement):
        if isinstance(leaf, Reviews):
            try:
                yield from directory.candidates(leaf.source) or ()
            except PlacetError:
                continue


def looked_at_later(approval: Approval, actor: Actor, directory: Directory) -> Approval:
    """The request to look at an override afterwards: the same people are asked, about the same.

    It yields nothing, and whoever overrode cannot review it.
    """
    policy = approval.policy
    after = msgspec.structs.replace(
        policy,
        rules=(),
        inputs=(),
        override_by=(),
        decide_within=None,
        also_exclude=tuple(sorted({*policy.also_exclude, "contributors"})),
    )
    return msgspec.structs.replace(
        approval,
        id=uuid7(directory.now),
        contributors=tuple(sorted({*approval.contributors, *actor.excluded})),
        policy=after,
        created_at=directory.now,
        updated_at=directory.now,
        revision=1,
        revised_at=None,
        told_at=None,
        decide_by=None,
        status="pending",
        reviews=(),
        resolution=None,
        grant=None,
        gate=None,
        overrides=approval.id,
    )
