"""What has to be said, and by whom: the requirement tree of a policy."""

import re

import msgspec

from placet.errors import Invalid
from placet.model._base import Checker
from placet.refs import parse_owned, parse_principal

__all__ = [
    "MAX_REQUIREMENT_DEPTH",
    "AllOf",
    "AnyOf",
    "AtLeast",
    "ConditionHolds",
    "InOrder",
    "Requirement",
    "Reviews",
    "parse_reviews",
    "parse_source",
    "walk",
]

MAX_SEATS = 50
MAX_REQUIREMENT_DEPTH = 16
"""Deeper, nobody could read who has to say yes."""

_REVIEWS = re.compile(r"\s*(\d+)\s+from\s+(\S.*?)\s*", re.ASCII)
_RELATIONS = frozenset({"owner", "manager", "everyone"})


class _Node(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", kw_only=True):
    name: str = ""


class Reviews(_Node, frozen=True, omit_defaults=True, tag="reviews", kw_only=True):
    """`count` approvals from people whom `source` names; one person fills one seat.

    A source is `group:`, `user:`, `service_account:` (a check that reviews, say), `role:` (its
    holders at the scope), `permission:` (its holders), `owner` (of the resource), `manager` (of the
    subject) or `everyone`. `escalate_after` seconds after the request was made, or last revised,
    those whom `escalate_to` names may review as well; the count stays.
    """

    count: int
    source: str
    escalate_after: int | None = None
    escalate_to: tuple[str, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """Everybody who may ever fill a seat: the source, and whom it is escalated to."""
        return (self.source, *self.escalate_to)


class ConditionHolds(_Node, frozen=True, omit_defaults=True, tag="condition", kw_only=True):
    """A condition that has to be true; missing data and errors never count as true."""

    when: str


class AllOf(_Node, frozen=True, omit_defaults=True, tag="all_of", kw_only=True):
    """Every one of `of`."""

    of: tuple["Requirement", ...]


class AnyOf(_Node, frozen=True, omit_defaults=True, tag="any_of", kw_only=True):
    """At least one of `of`."""

    of: tuple["Requirement", ...]


class AtLeast(_Node, frozen=True, omit_defaults=True, tag="at_least", kw_only=True):
    """At least `count` of `of`."""

    count: int
    of: tuple["Requirement", ...]


class InOrder(_Node, frozen=True, omit_defaults=True, tag="in_order", kw_only=True):
    """Stages: each of `of` opens when the one before it is satisfied."""

    of: tuple["Requirement", ...]


Requirement = AllOf | AnyOf | AtLeast | InOrder | Reviews | ConditionHolds


def parse_reviews(text: str) -> Reviews:
    """Read the short form of a reviews leaf.

    >>> parse_reviews("2 from group:qa")
    Reviews(name='', count=2, source='group:qa', escalate_after=None, escalate_to=())
    """
    found = _REVIEWS.fullmatch(text) if isinstance(text, str) else None
    if not found:
        raise Invalid(f"{text!r} is not a review requirement; write '2 from group:qa'")
    leaf = Reviews(count=int(found[1]), source=found[2])
    check = Checker()
    check_requirement(check, leaf, "reviews")
    check.raise_for(f"review requirement {text!r}")
    return leaf


def parse_source(source: str) -> tuple[str, str]:
    """Take the source of reviews apart into its kind and the rest.

    >>> parse_source("permission:invoice.pay")
    ('permission', 'invoice.pay')
    """
    if source in _RELATIONS:
        return source, ""
    kind, _, rest = source.partition(":") if isinstance(source, str) else ("", "", "")
    if kind in ("group", "user", "service_account"):
        parse_principal(source)
    elif kind == "role":
        parse_owned(rest, "role")
    elif kind != "permission" or not rest:
        raise Invalid(
            f"{source!r} names nobody; write group:, user:, service_account:, role:, permission:, "
            "'owner', 'manager' or 'everyone'"
        )
    return kind, rest


def walk(requirement: Requirement) -> tuple[Requirement, ...]:
    """The requirement and everything under it, parents first."""
    if isinstance(requirement, Reviews | ConditionHolds):
        return (requirement,)
    return (requirement, *(node for child in requirement.of for node in walk(child)))


def check_requirement(check: Checker, requirement: Requirement, path: str, depth: int = 1) -> None:
    """Report a count below 1 (failure mode T29), an empty list, or a source that is none."""
    leaf = isinstance(requirement, Reviews | ConditionHolds)
    if depth > MAX_REQUIREMENT_DEPTH and not leaf:
        check.fail(path, f"nests deeper than {MAX_REQUIREMENT_DEPTH}")
        return
    check.text(f"{path}.name", requirement.name, 256)
    if isinstance(requirement, Reviews):
        if not 1 <= requirement.count <= MAX_SEATS:
            check.fail(
                f"{path}.count", f"is {requirement.count}; the least is 1, the most {MAX_SEATS}"
            )
        check.parses(f"{path}.source", parse_source, requirement.source)
        for at, source in enumerate(requirement.escalate_to):
            check.parses(f"{path}.escalate_to[{at}]", parse_source, source)
        if (requirement.escalate_after is None) is bool(requirement.escalate_to):
            check.fail(path, "has only one of escalate_after and escalate_to; write both")
        if requirement.escalate_after is not None and requirement.escalate_after < 1:
            check.fail(f"{path}.escalate_after", f"is {requirement.escalate_after}; the least is 1")
    elif isinstance(requirement, ConditionHolds):
        if not requirement.when.strip():
            check.fail(f"{path}.when", "is empty")
    else:
        if not requirement.of:
            check.fail(f"{path}.of", "is empty; it would be satisfied by nobody")
        if isinstance(requirement, AtLeast) and not 1 <= requirement.count <= len(requirement.of):
            check.fail(
                f"{path}.count", f"is {requirement.count}; it goes from 1 to {len(requirement.of)}"
            )
        for at, child in enumerate(requirement.of):
            check_requirement(check, child, f"{path}.of[{at}]", depth + 1)
