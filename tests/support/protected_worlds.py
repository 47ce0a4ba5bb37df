"""Random accounts in which policies protect and offer, beside conditions, attributes and homes."""

import random
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
from conditioned_worlds import CONDITIONS, conditioned_edit, conditioned_world
from guarded_worlds import World, edit
from random_worlds import GROUPS, NOW, PERMISSIONS, PRINCIPALS, RESOURCES, SCOPES

from placet.access.advance import Fact
from placet.access.answers import Outcome, Question
from placet.access.check import Inquiry
from placet.access.decide import decide
from placet.model import (
    ALL_LEVELS,
    ApprovalPolicy,
    Assignment,
    Permission,
    Resource,
    User,
    parse_reviews,
)
from placet.refs import ResourceRef, scope_level

__all__ = ["Told", "answers", "protected_edit", "protected_world"]


class Told(NamedTuple):
    """A question with what the request says besides, and the answers before and after."""

    principal: str
    permission: str
    resource: str
    scope: str
    was: Outcome
    now: Outcome

    def owned(self, world: World) -> bool:
        """Whether who asks owns the resource, in that world."""
        stored = world.snapshot.resources.get(self.resource)
        owner = None if stored is None else stored.attributes.get("owner")
        return self.principal in (owner, f"user:{owner}")

    def means_something(self, world: World) -> bool:
        """Whether the permission is used at that level, and the resource at home there."""
        stored = world.snapshot.resources.get(self.resource)
        known = world.snapshot.permissions.get(self.permission)
        return (
            known is not None
            and scope_level(self.scope) in known.allowed_scope_levels
            and (stored is None or stored.scope in (None, self.scope))
        )


def protected_world(rng: random.Random) -> World:
    """An account with policies."""
    return edit(conditioned_world(rng), [_noun(rng) for _ in range(12)])


def protected_edit(rng: random.Random, world: World) -> list[Fact]:
    """One to three changes, of anything."""
    if rng.random() < 0.5:
        return conditioned_edit(rng, world)
    return [_noun(rng) for _ in range(rng.randint(1, 3))]


def answers(before: World, after: World, principal: str, *, closed: bool) -> Iterator[Told]:
    """Every question of somebody, as it was answered and is answered now."""
    for permission in PERMISSIONS:
        for resource in (*RESOURCES, ("doc", "never")):
            if resource[0] != permission.rpartition(".")[0]:
                continue
            for scope in (*SCOPES, "o3"):
                for properties in ({}, {"team": "x"}):
                    for context in ({}, {"office": True, "key": "level"}):
                        was, now = (
                            _outcome(world, principal, permission, resource, scope, properties,
                                     context, closed)
                            for world in (before, after)
                        )  # fmt: skip
                        yield Told(principal, permission, ":".join(resource), scope, was, now)


def _outcome(
    world: World,
    principal: str,
    permission: str,
    resource: tuple[str, str],
    scope: str,
    properties: Mapping[str, Any],
    context: Mapping[str, Any],
    closed: bool,
) -> Outcome:
    known = world.snapshot.permissions.get(permission)
    if known is None:
        return "denied"
    question = Question(
        principal, known, ResourceRef(*resource), scope, dict(properties), dict(context)
    )
    return decide(Inquiry(world.snapshot, question, NOW, closed=closed)).outcome


def _noun(rng: random.Random) -> Fact:
    gone = rng.random() < 0.2
    kind = rng.choice(("policy", "policy", "policy", "permission", "owned", "minted", "user"))
    if kind == "policy":
        return Fact(_policy(rng), gone)
    if kind == "permission":
        levels = tuple(level for level in ALL_LEVELS if rng.random() < 0.7) or ALL_LEVELS
        permission = Permission.dotted(rng.choice(PERMISSIONS))
        return Fact(msgspec.structs.replace(permission, allowed_scope_levels=levels))
    if kind == "owned":
        owner = rng.choice(
            ({}, {"owner": "u1"}, {"owner": "user:u2"}, {"owner": "u3", "team": "x"})
        )
        type, id = rng.choice(RESOURCES)
        return Fact(Resource(type=type, id=id, attributes=owner), gone)
    if kind == "user":
        return Fact(User(id=f"u{rng.randrange(6)}", disabled=rng.random() < 0.3), gone)
    minted = Assignment(
        id=f"m{rng.randrange(4)}",
        scope=rng.choice(SCOPES),
        principal=rng.choice(PRINCIPALS),
        role=f"r{rng.randrange(4)}@/",
        only=(":".join(rng.choice(RESOURCES)),),
        approval="some",
        policies=tuple(f"p{number}@/" for number in range(4) if rng.random() < 0.5),
    )
    return Fact(minted, gone)


def _policy(rng: random.Random) -> ApprovalPolicy:
    offers = rng.random() < 0.5
    return ApprovalPolicy(
        id=f"p{rng.randrange(4)}",
        scope=rng.choice(("", "", "o1", "o1/p1")),
        applies_to=tuple(rng.sample(PERMISSIONS, rng.randint(1, 3))),
        when=rng.choice((None, None, *CONDITIONS)),
        needed="when_denied" if offers else "always",
        requesters=(
            tuple(rng.sample(("everyone", "owner", *GROUPS, *PRINCIPALS), rng.randint(1, 2)))
            if offers
            else ()
        ),
        requirement=parse_reviews("1 from everyone"),
    )
