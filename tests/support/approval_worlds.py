"""Approvals without a store: a policy, people by group, and reviews, for pure functions."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from placet.approvals.compose import compose
from placet.approvals.lifecycle import Said, Wanted, open_approval, review
from placet.approvals.transition import Transition
from placet.errors import Invalid
from placet.model import Actor, Approval, ApprovalPolicy, Requirement, Verdict, parse_reviews

NOW = datetime(2026, 1, 1, 9, tzinfo=UTC)


class People:
    """A directory that knows who is in which source; `broken` sources cannot be told.

    `standing_in` has the windows in which one person may review in another's place.
    """

    def __init__(
        self,
        broken: frozenset[str] = frozenset(),
        *,
        now: datetime = NOW,
        standing_in: Mapping[tuple[str, str], tuple[datetime, datetime]] | None = None,
        **groups: str,
    ) -> None:
        self.groups = {f"group:{name}": names.split() for name, names in groups.items()}
        self.broken = broken
        self.now = now
        self.standing_in = dict(standing_in or {})

    def at(self, now: datetime) -> "People":
        """The same people at another moment."""
        other = People(self.broken, now=now, standing_in=self.standing_in)
        other.groups = self.groups
        return other

    def delegators(self, delegate: str, at: datetime) -> frozenset[str]:
        return frozenset(
            delegator
            for (delegator, other), (start, end) in self.standing_in.items()
            if other == delegate and start <= at < end
        )

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
            "now": self.now,
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
    frozen = compose([policy(requirement, **fields)])
    return open_approval(wanted, frozen, (frozen.ref,), actor, NOW)


def say(
    approval: Approval,
    person: str,
    people: People,
    verdict: Verdict = "approve",
    *,
    at: datetime | None = None,
    **fields: Any,
) -> Transition:
    """One review."""
    there = people if at is None else people.at(at)
    return review(approval, Actor(f"user:{person}"), Said(verdict, **fields), there)
