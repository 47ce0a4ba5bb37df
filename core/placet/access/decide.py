"""Where the two halves meet: allowed, approval required, or denied.

Assignments say who may; then the approval policies are asked. A holder may need somebody else's
yes ("always"), and who holds nothing may be one of those who may ask ("when_denied").
"""

from collections.abc import Iterator

import msgspec

from placet.access.answers import Decision, Outcome, Question, Reason
from placet.access.check import Inquiry, place_name
from placet.access.match import Placed
from placet.access.sources import names
from placet.conditions import FALSE, TRUE, compile
from placet.errors import Invalid
from placet.model import ApprovalPolicy
from placet.refs import scope_chain, spoken

__all__ = [
    "Ruling",
    "allowed_by",
    "applicable_policies",
    "asks",
    "decide",
    "denied_by",
    "held",
    "rule",
]


class Ruling(msgspec.Struct, frozen=True):
    """An answer without words: the outcome, and what it rests on.

    `policies` are those that ask for approval; of "approval_required", `allowing` is empty where it
    is theirs to offer what is not held.
    """

    outcome: Outcome
    policies: tuple[ApprovalPolicy, ...] = ()
    allowing: tuple[Placed, ...] = ()
    denying: Placed | None = None
    refused: Reason | None = None

    @property
    def refs(self) -> tuple[str, ...]:
        """The policies that ask for approval, as exact references."""
        return tuple([policy.ref for policy in self.policies])


def rule(inquiry: Inquiry) -> Ruling:
    """The answer, for whoever wants no reasons."""
    refused = inquiry.refusal()
    if refused is not None:
        return Ruling("denied", refused=refused)
    denying = inquiry.denying()
    if denying is not None:
        return Ruling("denied", denying=denying)
    allowing = tuple(inquiry.allowing())
    if not inquiry.held.governed:
        return Ruling("allowed", (), allowing) if allowing else Ruling("denied")
    policies = tuple(applicable_policies(inquiry))
    always = tuple(policy for policy in policies if policy.needed == "always")
    if allowing:
        # Access that an approval minted satisfies the policies under which it was approved.
        satisfied = {ref for placed in allowing for ref in placed.terms.policies}
        needed = tuple(policy for policy in always if policy.ref not in satisfied)
        return Ruling("approval_required" if needed else "allowed", needed, allowing)
    elevating = tuple(
        policy
        for policy in policies
        if policy.needed == "when_denied"
        and any(asks(inquiry, source) for source in policy.requesters)
    )
    # Every policy that applies has to be met: the four eyes of an "always" one are not passed by.
    return Ruling("approval_required", elevating + always) if elevating else Ruling("denied")


def decide(inquiry: Inquiry) -> Decision:
    """The answer with its reasons."""
    ruling = rule(inquiry)
    return Decision(
        ruling.outcome,
        _reasons(inquiry.question, ruling),
        inquiry.snapshot.revision,
        ruling.refs,
    )


def _reasons(question: Question, ruling: Ruling) -> tuple[Reason, ...]:
    """What decided, in words."""
    if ruling.refused is not None:
        return (ruling.refused,)
    if ruling.denying is not None:
        return (denied_by(ruling.denying),)
    if ruling.allowing:
        return (*map(_wanted_by, ruling.policies), *map(allowed_by, ruling.allowing))
    nobody = Reason(
        "no_assignment",
        f"no assignment gives {question.principal} {question.permission.id} on "
        f"{question.resource} in {place_name(question.scope)}",
    )
    offering = [policy for policy in ruling.policies if policy.needed == "when_denied"]
    return (nobody, *(_offered_by(policy, question) for policy in offering))


def _wanted_by(policy: ApprovalPolicy) -> Reason:
    text = f"policy {spoken(policy.ref)} wants approval first"
    return Reason("approval_needed", text, policy=policy.ref)


def _offered_by(policy: ApprovalPolicy, question: Question) -> Reason:
    text = f"policy {spoken(policy.ref)} lets {question.principal} ask for it"
    return Reason("can_be_requested", text, policy=policy.ref)


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
    if len(found) > 1:
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
