"""What approval policies let through, compared: the part of the widening guard about them."""

from placet.access.reach import attributes_read
from placet.access.snapshot import Snapshot
from placet.model import AccessYield, ApprovalPolicy, ConditionHolds, Reviews, walk

__all__ = ["alone", "loosened", "potential", "reads"]


def potential(snapshot: Snapshot, policy: ApprovalPolicy) -> frozenset[str]:
    """The permissions that a policy may yield to somebody who does not hold them.

    Access is minted on what was asked for, so that of its role only the permissions on resources of
    that type count. A pass of four eyes is for those who hold the permission.
    """
    known = snapshot.permissions
    if isinstance(policy.yields, AccessYield):
        types = {one.resource_type for id in policy.applies_to if (one := known.get(id))}
        given = snapshot.role_perms.get(policy.yields.role) or frozenset()
        return frozenset(
            id for id in given if (one := known.get(id)) and one.resource_type in types
        )
    if policy.needed == "when_denied" and policy.requesters:
        return frozenset(policy.applies_to)
    return frozenset()


def loosened(was: ApprovalPolicy, now: ApprovalPolicy) -> bool:
    """Whether a policy asks for less than it did, or lets more people or things through.

    The permissions themselves aside. A requirement that differs cannot be compared, and counts.
    """
    return (
        was.needed != now.needed
        or was.requirement != now.requirement
        # Four eyes are widest where they ask always, an offer where it stands always.
        or (was.when != now.when
            and (now if was.needed == "always" else was).when is not None)
        or not set(now.requesters) <= set(was.requesters)
        or not set(now.override_by) <= set(was.override_by)
        or not set(now.also_exclude) >= set(was.also_exclude)
        or (now.allow_self_review and not was.allow_self_review)
        or (now.allow_unattributed and not was.allow_unattributed)
        or (now.reject_when not in (was.reject_when, "any"))
        or (now.shared_seats and not was.shared_seats)
        or now.carry_if not in (was.carry_if, None)
        or (bool(now.override_by) and now.override_for > was.override_for)
        # A rule that approves may have come, or one that rejects may have gone.
        or now.rules != was.rules
        or _lasts_longer(was, now)
    )  # fmt: skip


def reads(policy: ApprovalPolicy, root: str, names: frozenset[str] | None) -> bool:
    """Whether some of these attributes, any for None, say when or how a policy applies."""
    texts = [leaf.when for leaf in walk(policy.requirement) if isinstance(leaf, ConditionHolds)]
    texts += [text for text in (policy.when, *(rule.when for rule in policy.rules)) if text]
    for text in texts:
        read = attributes_read(text, root)
        if read is None or (read if names is None else read & names):
            return True
    return False


def alone(policy: ApprovalPolicy) -> frozenset[str]:
    """The sources of a policy by which one person may come to what it yields, without another.

    Where people may review what they ask for, all of them; where a condition or a rule may approve,
    those by whom one may ask.
    """
    leaves = tuple(walk(policy.requirement))
    if policy.allow_self_review:
        reviewers = [leaf.source for leaf in leaves if isinstance(leaf, Reviews)]
        return frozenset((*policy.requesters, *policy.override_by, *reviewers))
    decides_itself = any(isinstance(leaf, ConditionHolds) for leaf in leaves) or any(
        rule.verdict == "approve" for rule in policy.rules
    )
    if policy.needed == "when_denied" and decides_itself:
        return frozenset(policy.requesters)
    return frozenset()


def _lasts_longer(was: ApprovalPolicy, now: ApprovalPolicy) -> bool:
    """Whether what it yields is good for longer; any access is, beside a single pass."""
    if isinstance(now.yields, AccessYield):
        return not isinstance(was.yields, AccessYield) or now.yields.seconds > was.yields.seconds
    if isinstance(was.yields, AccessYield) or was.use_within is None:
        return False
    return now.use_within is None or now.use_within > was.use_within
