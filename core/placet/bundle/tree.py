"""From stages, reviews and requirement tables to the one requirement tree."""

from collections.abc import Sequence

import msgspec

from placet.bundle.document import RequirementEntry, RuleKeys
from placet.bundle.durations import seconds_of
from placet.bundle.report import Report
from placet.model import (
    MAX_REQUIREMENT_DEPTH,
    AllOf,
    AnyOf,
    AtLeast,
    ConditionHolds,
    InOrder,
    Requirement,
    Reviews,
    parse_reviews,
)

__all__ = ["Tree"]

_PLACEHOLDER = Reviews(count=1, source="everyone")
"""Stands where the file has a mistake, so that the rest of a policy is looked at as well."""
_KINDS = ("all_of", "any_of", "at_least", "in_order", "reviews", "condition")


class Tree:
    """The requirement of one policy, and where in the file each of its leaves stands.

    >>> rules = RuleKeys(reviews=("2 from group:qa",))
    >>> tree = Tree(rules, "approval_policies[0]", Report())
    >>> tree.root
    Reviews(name='', count=2, source='group:qa', escalate_after=None, escalate_to=())
    >>> tree.places
    ('approval_policies[0].reviews[0]',)
    """

    def __init__(self, rules: RuleKeys, path: str, report: Report) -> None:
        self._report = report
        self._places: list[str] = []
        self._depth = 0
        self.root = self._policy(rules, path)

    @property
    def places(self) -> tuple[str, ...]:
        """The paths of the leaves, in the order in which `walk` finds them."""
        return tuple(self._places)

    def _policy(self, rules: RuleKeys, path: str) -> Requirement:
        given = [
            key for key in ("stages", "reviews", "requirement") if getattr(rules, key) is not None
        ]
        if len(given) != 1:
            had = f"has {' and '.join(given)}" if given else "has none"
            return self._wrong(path, f"{had} of stages, reviews and requirement; write one of them")
        if rules.stages is not None:
            return InOrder(of=self._several(rules.stages, f"{path}.stages"))
        if rules.reviews is not None:
            return self._reviews(rules.reviews, f"{path}.reviews", "")
        assert rules.requirement is not None, "it is the one that was given"
        return self._node(rules.requirement, f"{path}.requirement")

    def _several(
        self, children: Sequence[RequirementEntry | str], path: str
    ) -> tuple[Requirement, ...]:
        if not children:
            return (self._wrong(path, "is empty; it would be satisfied by nobody"),)
        if self._depth == MAX_REQUIREMENT_DEPTH - 1:
            return (self._wrong(path, f"nests deeper than {MAX_REQUIREMENT_DEPTH}"),)
        self._depth += 1
        below = tuple(
            self._leaf(child, f"{path}[{at}]", "")
            if isinstance(child, str)
            else self._node(child, f"{path}[{at}]")
            for at, child in enumerate(children)
        )
        self._depth -= 1
        return below

    def _node(self, node: RequirementEntry, path: str) -> Requirement:
        given = [key for key in _KINDS if getattr(node, key) is not None]
        if len(given) != 1 or (node.of is None) == (node.at_least is not None):
            return self._wrong(
                path,
                f"needs exactly one of {', '.join(_KINDS)}, and 'of' together with at_least; "
                f"this has {' and '.join(given) or 'none'}",
            )
        if node.reviews is None and (node.escalate_after is not None or node.escalate_to):
            return self._wrong(path, "is escalated, and has no reviews; write both in one table")
        if node.all_of is not None:
            return AllOf(name=node.name, of=self._several(node.all_of, f"{path}.all_of"))
        if node.any_of is not None:
            return AnyOf(name=node.name, of=self._several(node.any_of, f"{path}.any_of"))
        if node.in_order is not None:
            return InOrder(name=node.name, of=self._several(node.in_order, f"{path}.in_order"))
        if node.condition is not None:
            self._places.append(f"{path}.condition")
            return ConditionHolds(name=node.name, when=node.condition)
        if node.reviews is not None:
            if isinstance(node.reviews, str):
                leaf = self._leaf(node.reviews, f"{path}.reviews", node.name)
            else:
                leaf = self._reviews(node.reviews, f"{path}.reviews", node.name)
            return self._escalated(leaf, node, path)
        assert node.at_least is not None, "it is the one that is left"
        assert node.of is not None, "it was seen to come with at_least"
        return self._at_least(node.at_least, node.of, node.name, path)

    def _at_least(
        self, count: int, of: Sequence[RequirementEntry | str], name: str, path: str
    ) -> Requirement:
        children = self._several(of, f"{path}.of")
        if not 1 <= count <= len(children):
            self._report.fail(f"{path}.at_least", f"is {count}; it goes from 1 to {len(children)}")
            count = 1
        return AtLeast(name=name, count=count, of=children)

    def _reviews(self, texts: Sequence[str], path: str, name: str) -> Requirement:
        """A list of reviews: all of them; one alone is the leaf itself."""
        if len(texts) == 1:
            return self._leaf(texts[0], f"{path}[0]", name)
        return AllOf(name=name, of=self._several(texts, path))

    def _escalated(self, below: Requirement, node: RequirementEntry, path: str) -> Requirement:
        """The reviews of a node with what it says of their escalation."""
        after = node.escalate_after
        seconds = after and self._report.of(f"{path}.escalate_after", seconds_of, after)
        if not seconds and not node.escalate_to:
            return below
        if isinstance(below, Reviews):
            return msgspec.structs.replace(
                below, escalate_after=seconds or None, escalate_to=node.escalate_to
            )
        assert isinstance(below, AllOf), "several reviews are all of them"
        return AllOf(
            name=below.name, of=tuple(self._escalated(one, node, path) for one in below.of)
        )

    def _leaf(self, text: str, path: str, name: str) -> Requirement:
        leaf = self._report.of(path, parse_reviews, text) or _PLACEHOLDER
        self._places.append(path)
        return msgspec.structs.replace(leaf, name=name)

    def _wrong(self, path: str, message: str) -> Requirement:
        self._report.fail(path, message)
        self._places.append(path)
        return _PLACEHOLDER
