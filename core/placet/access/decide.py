"""Where the two halves meet: allowed, approval required, or denied.

Assignments say who may; then the approval policies are asked. A holder may need somebody else's
yes ("always"), and who holds nothing may be one of those who may ask ("when_denied").
"""

from collections.abc import Iterator

from placet.access.answers import Decision, Reason
from placet.access.check import Inquiry, place_name
from placet.access.match import Placed
from placet.access.sources import names
from placet.conditions import FALSE, TRUE, compile
from placet.errors import Invalid
from placet.model import ApprovalPolicy
from placet.refs import scope_chain, spoken

__all__ = ["allowed_by", "applicable_policies", "asks", "decide", "denied_by", "held"]


def decide(inquiry: Inquiry) -> Decision:
    """The answer with its reasons."""
    revision = inquiry.snapshot.revision
    refused = inquiry.refusal()
    if refused is not None:
        return Decision("denied", (refused,), revision)
    denying = inquiry.denying()
    if denying is not None:
        return Decision("denied", (denied_by(denying),), revision)
    allowing = tuple(inquiry.allowing())
    policies = tuple(applicable_policies(inquiry)) if inquiry.held.governed else ()
    if allowing:
        return _held(allowing, policies, revision)
    return _not_held(inquiry, policies, revision)


def _held(
    allowing: tuple[Placed, ...], policies: tuple[ApprovalPolicy, ...], revision: int
) -> Decision:
    reasons = tuple(map(allowed_by, allowing))
    # Access that an approval minted satisfies the policies under which it was approved.
    satisfied = {ref for placed in allowing for ref in placed.terms.policies}
    needed = tuple(
        policy for policy in policies if policy.needed == "always" and policy.ref not in satisfied
    )
    if not needed:
        return Decision("allowed", reasons, revision)
    asked = tuple(
        Reason(
            "approval_needed",
            f"policy {spoken(policy.ref)} wants approval first",
            policy=policy.ref,
        )
        for policy in needed
    )
    return Decision(
        "approval_required", asked + reasons, revision, tuple(policy.ref for policy in needed)
    )


def _not_held(inquiry: Inquiry, policies: tuple[ApprovalPolicy, ...], revision: int) -> Decision:
    question = inquiry.question
    nobody = Reason(
        "no_assignment",
        f"no assignment gives {question.principal} {question.permission.id} on "
        f"{question.resource} in {place_name(question.scope)}",
    )
    elevating = tuple(
        policy
        for policy in policies
        if policy.needed == "when_denied"
        and any(asks(inquiry, source) for source in policy.requesters)
    )
    if not elevating:
        return Decision("denied", (nobody,), revision)
    offered = tuple(
        Reason(
            "can_be_requested",
            f"policy {spoken(policy.ref)} lets {question.principal} ask for it",
            policy=policy.ref,
        )
        for policy in elevating
    )
    # Every policy that applies has to be met: the four eyes of an "always" one are not passed by.
    always = tuple(policy for policy in policies if policy.needed == "always")
    return Decision(
        "approval_required",
        (nobody, *offered),
        revision,
        tuple(policy.ref for policy in elevating + always),
    )


def asks(inquiry: Inquiry, source: str) -> bool:
    """Whether `source` names who asks; one that cannot be told names nobody."""
    try:
        return names(inquiry.snapshot, source, inquiry.question, inquiry.now)
    except Invalid:
        return False


def applicable_policies(inquiry: Inquiry) -> Iterator[ApprovalPolicy]:
    """The policies that speak about this question, nearest scope first.

    A policy whose `when` cannot be told applies where it protects and not where it offers: an
    error never opens a door (failure mode T45).
    """
    snapshot, question = inquiry.snapshot, inquiry.question
    chain = scope_chain(question.scope)
    found = [
        policy
        for ref in snapshot.policies_for.get(question.permission.id) or ()
        if (policy := snapshot.policies.get(ref)) is not None and policy.scope in chain
    ]
    found.sort(key=lambda policy: (chain.index(policy.scope), policy.id))
    for policy in found:
        if policy.when is None:
            yield policy
            continue
        outcome = compile(policy.when).evaluate(inquiry.facts)
        if outcome is TRUE or (outcome is not FALSE and policy.needed == "always"):
            yield policy


def held(placed: Placed) -> str:
    """An allow in words.

    >>> from placet.access.match import place
    >>> from placet.model import Assignment
    >>> held(place("|a", Assignment(id="a", principal="user:sam", role="clerk@/")))
    'user:sam has role clerk in the account'
    """
    who, role = spoken(placed.principal), spoken(placed.role)
    return f"{who} has role {role} in {place_name(placed.scope)}"


def allowed_by(placed: Placed) -> Reason:
    """The reason that an allow is."""
    expires_at = placed.terms.expires_at
    until = f" until {expires_at.isoformat()}" if expires_at else ""
    return Reason("allowed_by", held(placed) + until, placed.id)


def denied_by(placed: Placed) -> Reason:
    """The reason that a deny is."""
    who, role = spoken(placed.principal), spoken(placed.role)
    text = f"{who} is denied role {role} in {place_name(placed.scope)}"
    return Reason("denied_by", text, placed.id)
