"""From references as written to exact ones, in the world as the bundle would leave it.

The bundle is laid over what is stored first, so that its nouns may name each other in any order;
then every reference is looked up in that world. Mistakes are collected, not raised.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from placet.access.advance import Fact, advance
from placet.access.snapshot import Snapshot
from placet.bundle.nouns import Item, assignment_id
from placet.bundle.report import Report
from placet.errors import Invalid
from placet.model import (
    AccessYield,
    ApprovalPolicy,
    Assignment,
    Gate,
    Group,
    Membership,
    Record,
    Requirement,
    Reviews,
    Role,
    Rule,
    walk,
)
from placet.refs import parse_principal
from placet.services.assignments import check_level, exact_assignment
from placet.services.directory import refuse_circle
from placet.services.policies import check_satisfiable, check_yield
from placet.services.references import (
    exact_requirement,
    exact_source,
    known_pattern,
    known_permission,
    known_policy,
    known_principal,
    known_resource_group,
    known_role,
)
from placet.services.roles import refuse_role_circle

__all__ = ["Resolved", "resolve"]

Items = dict[type[Record], list[Item]]


class Resolved(NamedTuple):
    """The nouns with exact references, and the world in which they were looked up."""

    items: Items
    world: Snapshot


def resolve(snapshot: Snapshot, items: Items, *, closed: bool, report: Report) -> Resolved:
    """Make every reference exact; nouns with one to nothing are reported and left out.

    `closed` says whether users have to be in the directory.
    """
    world = advance(
        snapshot,
        (
            Fact(item.noun)
            for noun, found in items.items()
            if noun not in (Membership, Role, Gate, Assignment)
            for item in found
        ),
    )
    # Roles name roles: first all of them by name, then what they include.
    roles = advance(world, (Fact(item.noun) for item in items[Role]))
    step = _Resolver(roles, closed, report)
    exact = dict(items)
    exact[Role] = step.each(items[Role], step.role)
    exact[Membership] = step.each(items[Membership], step.membership)
    step.world = world = advance(
        world, (Fact(item.noun) for noun in (Role, Membership) for item in exact[noun])
    )
    _refuse_circles(world, exact, report)
    exact[ApprovalPolicy] = step.each(items[ApprovalPolicy], step.policy)
    exact[Gate] = step.each(items[Gate], step.gate)
    exact[Assignment] = step.assignments(items[Assignment])
    return Resolved(exact, world)


def _refuse_circles(world: Snapshot, exact: Items, report: Report) -> None:
    for item in exact[Role]:
        if item.noun.includes:
            report.of(f"{item.path}.includes", refuse_role_circle, world, item.noun)
    nesting = {
        item.noun.group for item in exact[Membership] if item.noun.member.startswith("group:")
    }
    for item in exact[Group]:
        if item.noun.ref in nesting:
            report.of(f"{item.path}.members", refuse_circle, world, item.noun.ref)


class _Resolver:
    def __init__(self, world: Snapshot, closed: bool, report: Report) -> None:
        self.world = world
        self.closed = closed
        self.report = report

    def each(self, items: Iterable[Item], exact: Callable[[Item], Any]) -> list[Item]:
        """The items that have no mistake, exact."""
        found = []
        for item in items:
            before = len(self.report.problems)
            noun = exact(item)
            if len(self.report.problems) == before:
                found.append(msgspec.structs.replace(item, noun=noun))
        return found

    def role(self, item: Item) -> Role:
        role: Role = item.noun
        if not role.permissions and not role.includes:
            return role
        first: dict[str, int] = {}
        for at, pattern in enumerate(role.permissions):
            path = f"{item.path}.permissions[{at}]"
            if first.setdefault(pattern, at) != at:
                self.report.fail(path, f"{pattern!r} is there twice")
            self.report.of(path, known_pattern, self.world, pattern)
        includes = (
            self.report.of(f"{item.path}.includes[{at}]", known_role, self.world, ref, role.scope)
            for at, ref in enumerate(role.includes)
        )
        return msgspec.structs.replace(role, includes=tuple(ref or "" for ref in includes))

    def membership(self, item: Item) -> Membership:
        noun: Membership = item.noun
        if noun.member == "everyone":
            self.report.fail(
                item.path, "everyone is in every account already and cannot be in a group"
            )
        scope = parse_principal(noun.group).owner or ""
        member = self.report.of(
            item.path, known_principal, self.world, noun.member, scope, closed=self.closed
        )
        return msgspec.structs.replace(noun, member=member or "")

    def policy(self, item: Item) -> ApprovalPolicy:
        policy: ApprovalPolicy = item.noun
        for at, permission in enumerate(policy.applies_to):
            self.report.of(
                f"{item.path}.applies_to[{at}]", known_permission, self.world, permission
            )
        before = len(self.report.problems)
        leaves = (leaf for leaf in walk(policy.requirement) if not hasattr(leaf, "of"))
        for leaf, place in zip(leaves, item.places, strict=True):
            if isinstance(leaf, Reviews):
                for source in leaf.sources:
                    self._source(source, policy.scope, place)
        requirement: Requirement = policy.requirement
        if len(self.report.problems) == before:
            requirement = exact_requirement(
                self.world, requirement, policy.scope, closed=self.closed
            )
        exact = msgspec.structs.replace(
            policy,
            requirement=requirement,
            requesters=self._sources(policy, item, "requesters"),
            override_by=self._sources(policy, item, "override_by"),
            rules=tuple(self._rules(policy, item)),
        )
        if len(self.report.problems) == before:
            self.report.of(item.path, check_satisfiable, self.world, exact)
        if not isinstance(exact.yields, AccessYield):
            return exact
        path = f"{item.path}.yields.role"
        role = self.report.of(path, known_role, self.world, exact.yields.role, policy.scope)
        if role is None:
            return exact
        yields = msgspec.structs.replace(exact.yields, role=role)
        exact = msgspec.structs.replace(exact, yields=yields)
        self.report.of(path, check_yield, self.world, exact)
        return exact

    def gate(self, item: Item) -> Gate:
        gate: Gate = item.noun
        policy = self.report.of(
            f"{item.path}.policy", known_policy, self.world, gate.policy, gate.scope
        )
        return msgspec.structs.replace(gate, policy=policy or "")

    def assignments(self, items: Sequence[Item]) -> list[Item]:
        """The assignments, each once: two texts may mean the same principal and role."""
        seen: dict[tuple[str, str], str] = {}
        found: list[Item] = []
        nouns = [self._assignment(item) for item in items]
        for item, noun in zip(items, nouns, strict=True):
            if noun is None:
                continue
            if item.derived:
                noun = msgspec.structs.replace(noun, id=assignment_id(noun))
            first = seen.setdefault((noun.scope, noun.id), item.path)
            if len(seen) == len(found):
                self.report.fail(item.path, f"is the same assignment as {first}")
            else:
                found.append(msgspec.structs.replace(item, noun=noun))
        return found

    def _assignment(self, item: Item) -> Assignment | None:
        """The assignment with exact references; None where it has a mistake, which is reported."""
        try:
            exact = exact_assignment(self.world, item.noun, closed=self.closed)
            check_level(self.world, exact)
        except Invalid:
            self._why_not(item)
            return None
        return exact

    def _why_not(self, item: Item) -> None:
        """Report what is wrong with an assignment, field by field: rare, so it may be slow."""
        noun: Assignment = item.noun
        before = len(self.report.problems)
        self.report.of(
            item.at("principal"),
            known_principal,
            self.world,
            noun.principal,
            noun.scope,
            closed=self.closed,
        )
        role = self.report.of(item.at("role"), known_role, self.world, noun.role, noun.scope)
        group = noun.resource_group
        if group is not None:
            group = self.report.of(
                item.at("resource_group"), known_resource_group, self.world, group, noun.scope
            )
        if len(self.report.problems) == before:
            exact = msgspec.structs.replace(noun, role=role, resource_group=group)
            self.report.of(item.at("scope"), check_level, self.world, exact)

    def _rules(self, policy: ApprovalPolicy, item: Item) -> Iterator[Rule]:
        for at, rule in enumerate(policy.rules):
            path = f"{item.path}.rules[{at}].subjects"
            subjects = (
                self._source(source, policy.scope, f"{path}[{number}]")
                for number, source in enumerate(rule.subjects)
            )
            yield msgspec.structs.replace(rule, subjects=tuple(subjects))

    def _sources(self, policy: ApprovalPolicy, item: Item, field: str) -> tuple[str, ...]:
        return tuple(
            self._source(source, policy.scope, f"{item.path}.{field}[{at}]")
            for at, source in enumerate(getattr(policy, field))
        )

    def _source(self, source: str, scope: str, path: str) -> str:
        exact = self.report.of(path, exact_source, self.world, source, scope, closed=self.closed)
        return exact or ""
