"""Several policies, one requirement: every policy that applies has to be met."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from placet.approvals.ways import children
from placet.errors import Invalid
from placet.model import (
    AccessYield,
    AllOf,
    ApprovalPolicy,
    ConditionHolds,
    Input,
    PassYield,
    Quorum,
    RejectWhen,
    Requirement,
    Reviews,
    Rule,
    Yield,
    walk,
)

__all__ = ["compose"]


def compose(policies: Sequence[ApprovalPolicy]) -> ApprovalPolicy:
    """The policy that an approval freezes: the union of `policies`, the first one leading.

    Requirements add up, deadlines shorten, exclusions grow: a lower scope only tightens (failure
    mode T43). A pass is stricter than access, and the shorter access than the longer. Raises
    Invalid where there is none: without a policy nothing can be requested.
    """
    if not policies:
        raise Invalid("no approval policy applies, so that nobody can say yes to this")
    first = policies[0]
    if len(policies) == 1:
        if not first.rules:
            return first
        return msgspec.structs.replace(first, rules=tuple(_numbered(first, 0)))
    return msgspec.structs.replace(
        first,
        requirement=AllOf(
            of=tuple(
                msgspec.structs.replace(
                    policy.requirement, name=policy.requirement.name or policy.id
                )
                for policy in policies
            )
        ),
        yields=_least_yield(policies),
        decide_within=_least(policy.decide_within for policy in policies),
        use_within=_least(policy.use_within for policy in policies),
        also_exclude=tuple(sorted({part for policy in policies for part in policy.also_exclude})),
        allow_self_review=all(policy.allow_self_review for policy in policies),
        allow_unattributed=all(policy.allow_unattributed for policy in policies),
        reject_when=_strictest(policies),
        override_by=tuple(
            source
            for source in first.override_by
            if all(source in policy.override_by for policy in policies)
        ),
        override_for=min(policy.override_for for policy in policies),
        shared_seats=all(policy.shared_seats for policy in policies),
        inputs=_inputs(policies),
        rules=tuple(_rules(policies)),
        carry_if=_carry_if(policies),
        remind_after=_least(policy.remind_after for policy in policies),
    )


def _inputs(policies: Sequence[ApprovalPolicy]) -> tuple[Input, ...]:
    """What all of them ask for. Two that ask for one thing differently both have to be content."""
    return tuple(dict.fromkeys(wanted for policy in policies for wanted in policy.inputs))


def _carry_if(policies: Sequence[ApprovalPolicy]) -> str | None:
    """A review is kept where every policy keeps it."""
    texts = [policy.carry_if for policy in policies]
    if None in texts:
        return None
    return " && ".join(f"({text})" for text in texts)


def _rules(policies: Sequence[ApprovalPolicy]) -> Iterator[Rule]:
    """The rules of all, each for the leaves of its own policy: another's are not its to fill."""
    number = 1
    for policy in policies:
        for rule in _numbered(policy, number):
            name = rule.name if policy is policies[0] else f"{policy.ref}.{rule.name}"
            yield msgspec.structs.replace(rule, name=name)
        number += len(walk(policy.requirement))


def _numbered(policy: ApprovalPolicy, number: int) -> Iterator[Rule]:
    """The rules with the numbers of their leaves, the requirement standing at `number`."""
    for rule in policy.rules:
        leaves = tuple(_covered(policy.requirement, number, rule, covered=not rule.stages))
        yield msgspec.structs.replace(rule, leaves=leaves)


def _covered(requirement: Requirement, number: int, rule: Rule, *, covered: bool) -> Iterator[int]:
    covered = covered or requirement.name in rule.stages
    if isinstance(requirement, Reviews):
        if covered:
            yield number
    elif not isinstance(requirement, ConditionHolds):
        for at, child in children(requirement, number):
            yield from _covered(child, at, rule, covered=covered)


def _least(limits: Iterable[int | None]) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _least_yield(policies: Sequence[ApprovalPolicy]) -> Yield:
    """The least that any of the policies yields; an access only where all of them yield one."""
    access = [policy.yields for policy in policies if isinstance(policy.yields, AccessYield)]
    if len(access) < len(policies):
        return PassYield()
    seconds = min(yields.seconds for yields in access)
    return msgspec.structs.replace(access[0], seconds=seconds)


def _strictest(policies: Sequence[ApprovalPolicy]) -> RejectWhen:
    """The reject rule that ends an approval first: any, then the smallest quorum."""
    rules = [policy.reject_when for policy in policies]
    if "any" in rules:
        return "any"
    quorums = [rule for rule in rules if isinstance(rule, Quorum)]
    if quorums:
        return min(quorums, key=lambda rule: rule.quorum)
    return "unreachable"
