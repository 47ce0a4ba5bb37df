"""Random accounts with conditions, attributes and homes, which the naive oracle does not know."""

import random
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
from guarded_worlds import World, edit, random_edit, random_world
from random_worlds import NOW, PERMISSIONS, PRINCIPALS, RESOURCES, SCOPES, random_noun

from placet.access.advance import Fact
from placet.access.answers import Question
from placet.access.check import Inquiry
from placet.access.snapshot import Snapshot
from placet.model import Assignment, Resource, User
from placet.refs import ResourceRef

__all__ = ["Case", "answered", "conditioned_edit", "conditioned_world", "newly_allowed"]

CONDITIONS = (
    "subject.properties.level == 1",
    "!has(subject.properties.level)",
    "subject.id == 'u1'",
    "resource.properties.team == 'x'",
    "!has(resource.properties.team)",
    "context.office",
    "subject.properties[context.key] == 1",
)


class Case(NamedTuple):
    """A question with what the request says of the resource and of the circumstances."""

    principal: str
    permission: str
    resource: tuple[str, str]
    scope: str
    properties: Mapping[str, Any]
    context: Mapping[str, Any]


def conditioned_world(rng: random.Random) -> World:
    """An account with people and resources that have attributes, and assignments under
    conditions."""
    return edit(random_world(rng, 40), [_noun(rng) for _ in range(30)])


def conditioned_edit(rng: random.Random, world: World) -> list[Fact]:
    """One to three changes, of anything."""
    if rng.random() < 0.3:
        return random_edit(rng, world)
    return [_noun(rng) for _ in range(rng.randint(1, 3))]


def _noun(rng: random.Random) -> Fact:
    gone = rng.random() < 0.2
    kind = rng.choice(("user", "resource", "assignment", "assignment"))
    if kind == "user":
        level = rng.choice(({}, {"level": 1}, {"level": 2}, {"shoe": 43}))
        return Fact(User(id=f"u{rng.randrange(6)}", attributes=level), gone)
    if kind == "resource":
        type, id = rng.choice(RESOURCES)
        team = rng.choice(({}, {"team": "x"}, {"team": "y"}))
        home = rng.choice((None, None, *SCOPES))
        return Fact(Resource(type=type, id=id, scope=home, attributes=team), gone)
    while not isinstance(noun := random_noun(rng), Assignment):
        pass
    return Fact(msgspec.structs.replace(noun, condition=rng.choice((None, *CONDITIONS))), gone)


def answered(snapshot: Snapshot, case: Case) -> bool:
    """What the index answers; nobody holds what is not registered."""
    permission = snapshot.permissions.get(case.permission)
    if permission is None:
        return False
    question = Question(
        case.principal,
        permission,
        ResourceRef(*case.resource),
        case.scope,
        dict(case.properties),
        dict(case.context),
    )
    return Inquiry(snapshot, question, NOW).allowed()


def newly_allowed(before: World, after: World) -> Iterator[Case]:
    """Every question to which the answer was no and is yes."""
    for principal in PRINCIPALS:
        for permission in PERMISSIONS:
            for resource in RESOURCES:
                if resource[0] != permission.rpartition(".")[0]:
                    continue
                for scope in SCOPES:
                    for properties in ({}, {"team": "x"}):
                        for context in ({}, {"office": True, "key": "level"}):
                            case = Case(principal, permission, resource, scope, properties, context)
                            if answered(after.snapshot, case) and not answered(
                                before.snapshot, case
                            ):
                                yield case
