"""Approvals without a store: a policy, people by group, and reviews, for pure functions."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from placet.approvals.lifecycle import Transition, Wanted, open_approval, review
from placet.errors import Invalid
from placet.model import Actor, Approval, ApprovalPolicy, Requirement, Verdict, parse_reviews

NOW = datetime(2026, 1, 1, 9, tzinfo=UTC)


class People:
    """A directory that knows who is in which source; `broken` sources cannot be told."""

    def __init__(self, broken: frozenset[str] = frozenset(), **groups: str) -> None:
        self.groups = {f"group:{name}": names.split() for name, names in groups.items()}
        self.broken = broken

    def names(self, source: str, principal: str) -> bool:
        if source in self.broken:
            raise Invalid(f"{source} cannot be told")
        if source == "everyone":
            return True
        return principal == source or principal.removeprefix("user:") in self.groups.get(source, ())

    def candidates(self, source: str) -> frozenset[str] | None:
        return frozenset(f"user:{name}" for name in self.groups.get(source, ()))

    def facts(self) -> Mapping[str, object]:
        return {
            "subject": {"type": "user", "id": "sam", "properties": {}},
            "resource": {"type": "release", "id": "7", "properties": {}},
            "action": {"name": "deploy", "properties": {}},
            "context": {"urgent": True},
            "now": NOW,
        }


def policy(requirement: str | Requirement, **fields: Any) -> ApprovalPolicy:
    """A policy for `release.deploy`."""
    tree = parse_reviews(requirement) if isinstance(requirement, str) else requirement
    return ApprovalPolicy(id="p", applies_to=("release.deploy",), requirement=tree, **fields)


def asked(
    requirement: str | Requirement,
    *,
    by: Actor | str = "user:sam",
    contributors: tuple[str, ...] = (),
    **fields: Any,
) -> Approval:
    """A pending approval that somebody asked for at NOW."""
    wanted = Wanted(
        permission="release.deploy",
        resource="release:7",
        scope="",
        digest="d1",
        contributors=contributors,
    )
    actor = Actor(by) if isinstance(by, str) else by
    frozen = policy(requirement, **fields)
    return open_approval(wanted, frozen, (frozen.ref,), actor, NOW)


def say(
    approval: Approval,
    person: str,
    people: People,
    verdict: Verdict = "approve",
    *,
    at: datetime = NOW,
    **fields: Any,
) -> Transition:
    """One review."""
    return review(approval, Actor(f"user:{person}"), verdict, people, at, **fields)
