"""Rules that review: what they say is a review like any other, by a service principal.

They are asked when an approval is opened, and whenever it is looked at again. What a rule has said
stands, as what a person has said does.
"""

import msgspec

from placet.approvals.eligibility import Directory, latest_reviews
from placet.conditions import FALSE, TRUE, compile
from placet.errors import PlacetError
from placet.model import Approval, Review, Rule

__all__ = ["by_rules"]


def by_rules(approval: Approval, directory: Directory) -> tuple[Approval, tuple[str, ...]]:
    """The approval with the reviews of the rules that hold now and have said nothing yet, and an
    event for each.

    Rejections come last, for the reason that is shown. While it cannot be told whether a rule
    rejects, none approves: an error never opens a door (failure mode T45).
    """
    if not approval.policy.rules:
        return approval, ()
    said = {review.rule for review in latest_reviews(approval).values()}
    waiting = [rule for rule in approval.policy.rules if rule.name not in said]
    holding = [(rule, _holds(rule, approval, directory)) for rule in waiting]
    unsure = any(held is None for rule, held in holding if rule.verdict == "reject")
    speaking = [
        rule for rule, held in holding if held and not (unsure and rule.verdict == "approve")
    ]
    for rule in sorted(speaking, key=lambda one: one.verdict == "reject"):
        review = Review(
            reviewer=rule.reviewer,
            verdict=rule.verdict,
            digest=approval.digest,
            at=directory.now,
            comment=rule.comment,
            inputs=rule.inputs,
            rule=rule.name,
        )
        others = (one for one in approval.reviews if one.reviewer != rule.reviewer)
        approval = msgspec.structs.replace(
            approval, reviews=(*others, review), updated_at=directory.now
        )
    return approval, ("approval.reviewed_by_rule",) * len(speaking)


def _holds(rule: Rule, approval: Approval, directory: Directory) -> bool | None:
    """Whether all that the rule asks for holds; None where that cannot be told."""
    if rule.during and not any(window.holds(directory.now) for window in rule.during):
        return False
    try:
        if rule.subjects and not any(
            directory.names(source, approval.subject) for source in rule.subjects
        ):
            return False
    except PlacetError:
        return None
    if rule.when is None:
        return True
    outcome = compile(rule.when).evaluate(directory.facts())
    return True if outcome is TRUE else False if outcome is FALSE else None
