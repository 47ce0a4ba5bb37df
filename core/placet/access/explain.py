"""Why: the decision with its reasons, and what nearly decided otherwise.

Near misses come from a second, slower pass over the assignments of the principal that carry the
permission, so that a check stays short.
"""

from collections.abc import Iterator

from placet.access.answers import Explanation, Reason, ReasonCode
from placet.access.check import Inquiry, place_name
from placet.access.decide import applicable_policies, asks, decide, denied_by, held
from placet.access.match import Placed
from placet.access.placements import every
from placet.conditions import FALSE, TRUE, Error, Missing
from placet.refs import is_below, spoken

__all__ = ["explain"]

_MOST = 20
# What is mended most easily first: the list is cut, and what leads on must not be cut off.
_CLOSEST: tuple[ReasonCode, ...] = (
    "denied_by",
    "approval_needed",
    "can_be_requested",
    "condition_missing",
    "condition_error",
    "condition_false",
    "not_yet",
    "expired",
    "disabled",
    "group_disabled",
    "not_in_resource_group",
    "wrong_scope",
)
_DISTANCE = {code: place for place, code in enumerate(_CLOSEST)}


def explain(inquiry: Inquiry) -> Explanation:
    """The decision, its reasons and, where it is not a plain yes, what nearly decided otherwise.

    The 20 closest near misses are listed; how many more there are is said.
    """
    decision = decide(inquiry)
    question = inquiry.question
    misses: list[Reason] = []
    if not decision.allowed:
        # Several ways may lead to one: a disabled group in which two groups are, say.
        found = dict.fromkeys(_near_misses(inquiry))
        misses = sorted((miss for miss in found if miss not in decision.reasons), key=_closeness)
    return Explanation(
        decision.outcome,
        question.principal,
        question.permission.id,
        str(question.resource),
        question.scope,
        decision.reasons,
        tuple(misses[:_MOST]),
        decision.revision,
        max(0, len(misses) - _MOST),
    )


def _closeness(miss: Reason) -> tuple[int, str, str, str]:
    """The order of near misses: that of loading does not show in it."""
    distance = _DISTANCE.get(miss.code, len(_DISTANCE))
    return distance, miss.assignment or "", miss.policy or "", miss.text


def _near_misses(inquiry: Inquiry) -> Iterator[Reason]:
    """Assignments that carry the permission and do not decide, and denies that do."""
    for placed in inquiry.reaching("deny"):
        if (denial := _denial(inquiry, placed)) is not None:
            yield denial
    for subject in inquiry.subjects:
        for placed in _carrying(inquiry, subject):
            if placed.terms.effect == "allow" and (miss := _miss(inquiry, placed)) is not None:
                yield miss
    for group in _disabled_groups(inquiry):
        for placed in _carrying(inquiry, group):
            if placed.terms.effect == "allow":
                yield Reason(
                    "group_disabled", f"{held(placed)}, but the group is disabled", placed.id
                )
    yield from _on_request(inquiry)


def _carrying(inquiry: Inquiry, subject: str) -> Iterator[Placed]:
    snapshot, permission = inquiry.snapshot, inquiry.question.permission.id
    for placed in every(snapshot.by_principal.get(subject)):
        if permission in (snapshot.role_perms.get(placed.role) or ()):
            yield placed


def _disabled_groups(inquiry: Inquiry) -> Iterator[str]:
    """The groups that would pass something on if they were enabled."""
    snapshot = inquiry.snapshot
    for subject in inquiry.subjects:
        for group in snapshot.parents.get(subject) or ():
            known = snapshot.groups.get(group)
            if known is not None and known.disabled:
                yield group


def _denial(inquiry: Inquiry, placed: Placed) -> Reason | None:
    """A deny that reaches the question: every one, for lifting the first alone helps nobody."""
    condition = placed.terms.condition
    if condition is None:
        return denied_by(placed)
    outcome = condition.evaluate(inquiry.facts)
    if outcome is FALSE:
        return None
    if outcome is TRUE:
        return denied_by(placed)
    said = f"{denied_by(placed).text}, for its condition cannot be told:"
    if isinstance(outcome, Missing):
        names = ", ".join(outcome.names)
        text = f"{said} it lacks {names}: {condition.text}"
        return Reason("condition_missing", text, placed.id)
    fault = outcome.text if isinstance(outcome, Error) else "it failed"
    return Reason("condition_error", f"{said} {fault}: {condition.text}", placed.id)


def _on_request(inquiry: Inquiry) -> Iterator[Reason]:
    """What the principal could ask for if nothing stood in the way: a deny hides it."""
    question = inquiry.question
    if inquiry.refusal() is None and inquiry.denying() is not None:
        for policy in applicable_policies(inquiry):
            if policy.needed == "when_denied" and any(
                asks(inquiry, source) for source in policy.requesters
            ):
                yield Reason(
                    "can_be_requested",
                    f"policy {spoken(policy.ref)} lets {question.principal} ask for it, once "
                    "nothing denies it",
                    policy=policy.ref,
                )


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
        if isinstance(outcome, Error):
            return miss("condition_error", f"its condition failed: {outcome.text}: {text}")
    return None
