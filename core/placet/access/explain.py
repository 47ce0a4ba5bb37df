"""Why: the decision with its reasons, and what nearly decided otherwise.

Near misses come from a second, slower pass over the assignments of the principal that carry the
permission, so that a check stays short.
"""

from collections.abc import Iterator

from placet.access.answers import Explanation, Reason, ReasonCode
from placet.access.check import Inquiry, place_name
from placet.access.decide import decide, held
from placet.access.match import Placed
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
        for key in snapshot.held.get(f"principal {subject}") or ():
            assignment = snapshot.assignments.get(key)
            if (
                assignment is None
                or assignment.effect != "allow"
                or permission not in (snapshot.role_perms.get(assignment.role) or ())
            ):
                continue
            for placed in snapshot.grants.get((subject, assignment.scope)) or ():
                if placed.key == key and (miss := _miss(inquiry, placed)) is not None:
                    yield miss


def _miss(inquiry: Inquiry, placed: Placed) -> Reason | None:
    """Why this assignment, which carries the permission, does not allow the question."""
    assignment, question, now = placed.assignment, inquiry.question, inquiry.now
    held_so = held(assignment)

    def miss(code: ReasonCode, why: str) -> Reason:
        return Reason(code, f"{held_so}, but {why}", assignment.id)

    if assignment.disabled:
        return miss("disabled", "the assignment is disabled")
    if assignment.not_before is not None and now < assignment.not_before:
        return miss("not_yet", f"only from {assignment.not_before.isoformat()} on")
    if assignment.expires_at is not None and now >= assignment.expires_at:
        return miss("expired", f"it expired at {assignment.expires_at.isoformat()}")
    selector = inquiry.snapshot.selector(assignment)
    if not is_below(question.scope, assignment.scope) or (
        selector is not None and not selector.reaches(assignment.scope, question.scope)
    ):
        return miss("wrong_scope", f"that does not reach {place_name(question.scope)}")
    if selector is None or not selector.covers(question.resource):
        group = assignment.resource_group
        return miss(
            "not_in_resource_group",
            f"resource group {spoken(group or '')} excludes {question.resource}",
        )
    if not placed.narrowed_to(question.resource):
        return miss("not_in_resource_group", f"only on {', '.join(assignment.only)}")
    if placed.condition is not None:
        outcome = placed.condition.evaluate(inquiry.facts)
        text = placed.condition.text
        if outcome is FALSE:
            return miss("condition_false", f"its condition is false: {text}")
        if isinstance(outcome, Missing):
            names = ", ".join(outcome.names)
            return miss("condition_missing", f"its condition lacks {names}: {text}")
        if outcome is not TRUE:
            return miss("condition_error", f"its condition failed: {outcome}")
    return None
