"""From the assignments of a principal to the portable filter of what it may act on.

Each clause of the rule of `check` becomes a clause of the tree: what narrows an allow, what a deny
takes away, what a policy asks for. A part that has no place in the tree is an error that names its
assignment; leaving one out gives wrong lists (failure modes 30, 31 and 33).
"""

from collections.abc import Collection, Iterator

from placet.access.check import Inquiry
from placet.access.filters import (
    Holds,
    IdIn,
    ResourceFilter,
    ScopeLevelIn,
    ScopeWithin,
    Tree,
    TypeIs,
    all_of,
    any_of,
    not_,
)
from placet.access.match import Placed, Selector
from placet.access.placements import every
from placet.conditions import FALSE, TRUE, compile
from placet.conditions.roots import roots_of
from placet.errors import Invalid
from placet.model import ALL_LEVELS, JsonObject
from placet.model.json_values import json_fault
from placet.refs import is_below

__all__ = ["resource_filter"]

Clause = tuple[Placed, Tree]


def resource_filter(inquiry: Inquiry) -> ResourceFilter:
    """The rows of the permission's type that `check` would allow the principal, wherever they live.

    The inquiry is about the type as a whole; of its scope nothing is used. Raises Invalid, naming
    the assignment or the policy, for what a filter cannot say.
    """
    question = inquiry.question
    return ResourceFilter(
        question.resource.type, _tree(inquiry), inquiry.snapshot.revision, inquiry.now
    )


def _tree(inquiry: Inquiry) -> Tree:
    permission = inquiry.question.permission
    if not permission.grants or inquiry.principal_refusal() is not None:
        return any_of(())
    clauses = tuple(_clauses(inquiry))
    allows = [clause for clause in clauses if clause[0].terms.effect == "allow"]
    denies = [tree for placed, tree in clauses if placed.terms.effect == "deny"]
    levels = permission.allowed_scope_levels
    return all_of(
        (
            any_of(tree for _, tree in allows),
            *(not_(tree) for tree in denies),
            *_policies(inquiry, allows),
            *(() if set(levels) == set(ALL_LEVELS) else (ScopeLevelIn(levels),)),
            TypeIs(inquiry.question.resource.type),
        )
    )


def _clauses(inquiry: Inquiry) -> Iterator[Clause]:
    """Every assignment that could decide, with the rows for which it does."""
    snapshot = inquiry.snapshot
    permission = inquiry.question.permission.id
    for subject in inquiry.subjects:
        for placed in every(snapshot.by_principal.get(subject)):
            if placed.terms.open_at(inquiry.now) and permission in (
                snapshot.role_perms.get(placed.role) or ()
            ):
                yield placed, _clause(inquiry, placed)


def _clause(inquiry: Inquiry, placed: Placed) -> Tree:
    selector = inquiry.snapshot.selector(placed)
    if selector is None:
        return any_of(())
    terms, type_ = placed.terms, inquiry.question.resource.type
    parts = [_scopes(selector, placed.scope), _selected(selector, type_)]
    if terms.only is not None:
        parts.append(_listed(terms.only, type_))
    if terms.condition is not None:
        parts.append(
            _condition(
                inquiry,
                terms.condition.text,
                undecided=terms.effect == "deny",
                whose=f"assignment {placed.id!r}",
            )
        )
    return all_of(parts)


def _scopes(selector: Selector, placed: str) -> Tree:
    if selector.included is None:
        return _within(placed, selector.include_child_scopes)
    # An assignment never reaches above its own scope.
    return any_of(
        _within(root, below) if is_below(root, placed) else _within(placed, True)
        for root, below in selector.included
        if is_below(root, placed) or (below and is_below(placed, root))
    )


def _within(scope: str, below: bool) -> Tree:
    return all_of(()) if below and not scope else ScopeWithin(scope, below)


def _selected(selector: Selector, type_: str) -> Tree:
    if selector.all or type_ in selector.types:
        return all_of(())
    return _listed(selector.resources, type_)


def _listed(resources: Collection[str], type_: str) -> Tree:
    """Rows of a type that are named one by one, or all of them where the type is."""
    if type_ in resources:
        return all_of(())
    start = f"{type_}:"
    ids = tuple(sorted(one.removeprefix(start) for one in resources if one.startswith(start)))
    return IdIn(ids) if ids else any_of(())


def _policies(inquiry: Inquiry, allows: list[Clause]) -> Iterator[Tree]:
    """For every policy that may ask for somebody's yes: where it does not, or where it is met."""
    snapshot = inquiry.snapshot
    for ref in snapshot.policies_for.get(inquiry.question.permission.id) or ():
        policy = snapshot.policies.get(ref)
        if policy is None or policy.needed != "always":
            continue
        asked = [_within(policy.scope, True)]
        if policy.when is not None:
            # A policy that cannot be told to apply protects.
            asked.append(
                _condition(inquiry, policy.when, undecided=True, whose=f"policy {policy.id!r}")
            )
        met = (tree for placed, tree in allows if ref in placed.terms.policies)
        yield any_of((not_(all_of(asked)), *met))


def _condition(inquiry: Inquiry, text: str, *, undecided: bool, whose: str) -> Tree:
    """A condition on rows: decided now where it is not about the resource, and else kept whole with
    the facts that it names."""
    roots = roots_of(text)
    facts = inquiry.facts
    if "resource" not in roots:
        outcome = compile(text).evaluate(facts)
        holds = outcome is TRUE or (undecided and outcome is not FALSE)
        return all_of(()) if holds else any_of(())
    bound: dict[str, JsonObject] = {}
    for name in ("subject", "action", "context"):
        if name in roots:
            if fault := json_fault(facts[name], name):
                raise Invalid(f"{whose} cannot be said in a filter: {fault}", [fault])
            bound[name] = facts[name]
    return Holds(text, undecided, now=inquiry.now if "now" in roots else None, **bound)
