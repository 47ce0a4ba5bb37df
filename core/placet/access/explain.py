"""Why: the decision with its reasons, and what nearly decided otherwise.

Near misses come from a second, slower pass over the assignments of the principal that carry the
permission, so that a check stays short.
"""

from collections.abc import Iterator

from placet.access.answers import Explanation, Reason, ReasonCode
from placet.access.check import Inquiry, place_name
from placet.access.decide import decide, held
from placet.access.match import Placed
from placet.access.placements import every
from placet.conditions import FALSE, TRUE, Missing
from placet.refs import is_below, spoken

__all__ = ["explain"]

_MOST = 20


def explain(inquiry: Inquiry) -> Explanation:
    """The decision, its reasons and, where it is not a plain yes, at most 20 near misses."""
    decision = decide(inquiry)
    question = inquiry.question
    misses = () if decision.allowed else tuple(_near_misses(inquiry))[:_MOST]
    return Explanation(
        decision.outcome,
        question.principal,
        question.permission.id,
        str(question.resource),
        question.scope,
        decision.reasons,
        misses,
        decision.revision,
    )


def _near_misses(inquiry: Inquiry) -> Iterator[Reason]:
    snapshot, permission = inquiry.snapshot, inquiry.question.permission.id
    for subject in inquiry.subjects:
        for placed in every(snapshot.by_principal.get(subject)):
            if (
                placed.terms.effect == "allow"
                and permission in (snapshot.role_perms.get(placed.role) or ())
                and (miss := _miss(inquiry, placed)) is not None
            ):
                yield miss


def _miss(inquiry: Inquiry, placed: Placed) -> Reason | None:
    """Why this assignment, which carries the permission, does not allow the question."""
    terms, question, now = placed.terms, inquiry.question, inquiry.now
    held_so = held(placed)

    def miss(code: ReasonCode, why: str) -> Reason:
        return Reason(code, f"{held_so}, but {why}", placed.id)

    if terms.disabled:
        return miss("disabled", "the assignment is disabled")
    if terms.not_before is not None and now < terms.not_before:
        return miss("not_yet", f"only from {terms.not_before.isoformat()} on")
    if terms.expires_at is not None and now >= terms.expires_at:
        return miss("expired", f"it expired at {terms.expires_at.isoformat()}")
    selector = inquiry.snapshot.selector(placed)
    if not is_below(question.scope, placed.scope) or (
        selector is not None and not selector.reaches(placed.scope, question.scope)
    ):
        return miss("wrong_scope", f"that does not reach {place_name(question.scope)}")
    if selector is None or not selector.covers(question.resource):
        group = placed.resource_group
        return miss(
            "not_in_resource_group",
            f"resource group {spoken(group or '')} excludes {question.resource}",
        )
    if not terms.narrowed_to(question.resource):
        only = ", ".join(sorted(terms.only or ()))
        return miss("not_in_resource_group", f"only on {only}")
    if terms.condition is not None:
        outcome = terms.condition.evaluate(inquiry.facts)
        text = terms.condition.text
        if outcome is FALSE:
            return miss("condition_false", f"its condition is false: {text}")
        if isinstance(outcome, Missing):
            names = ", ".join(outcome.names)
            return miss("condition_missing", f"its condition lacks {names}: {text}")
        if outcome is not TRUE:
            return miss("condition_error", f"its condition failed: {outcome}")
    return None
