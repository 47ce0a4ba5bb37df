"""Random changes to random accounts, as the widening guard sees them, and what they give."""

import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from access_oracle import NaiveWorld
from random_worlds import (
    NOW,
    PERMISSIONS,
    PRINCIPALS,
    RESOURCES,
    SCOPES,
    random_changes,
    random_noun,
)

from placet.access.advance import Fact, advance
from placet.access.answers import Question
from placet.access.check import Inquiry
from placet.access.gains import Edge
from placet.access.snapshot import Snapshot
from placet.model import Assignment, Noun, Permission, Resource, Role
from placet.refs import ResourceRef

__all__ = [
    "NOW",
    "Asked",
    "World",
    "actor_holds",
    "allowed",
    "edges",
    "edit",
    "gained",
    "random_edit",
    "random_world",
]

MOMENTS = tuple(NOW + timedelta(minutes=minutes) for minutes in (0, 30, 60, 90, 200))


class Asked(NamedTuple):
    """One question at one moment."""

    principal: str
    permission: str
    resource: tuple[str, str]
    scope: str
    at: datetime


class World(NamedTuple):
    """The same account twice: as the index has it, and as the oracle does."""

    snapshot: Snapshot
    naive: NaiveWorld


def random_world(rng: random.Random, count: int = 60) -> World:
    """An account after random changes."""
    return edit(World(Snapshot(), NaiveWorld()), random_changes(rng, count))


def actor_holds(world: World, rng: random.Random, principal: str) -> World:
    """The same account, `principal` holding much: some permissions, somewhere, for some time."""
    role = Role(id="much", permissions=tuple(rng.sample(PERMISSIONS, rng.randint(4, 5))))
    expires_at = rng.choice((None, None, NOW + timedelta(hours=1)))
    held = Assignment(
        id="much", scope=rng.choice(("", "", "o1")), principal=principal, role="much@/",
        expires_at=expires_at,
    )  # fmt: skip
    return edit(world, [Fact(role), Fact(held)])


def random_edit(rng: random.Random, world: World) -> list[Fact]:
    """One to three changes: new nouns, what is there edited or removed, permissions switched."""
    return [_one(rng, world) for _ in range(rng.randint(1, 3))]


def _one(rng: random.Random, world: World) -> Fact:
    if rng.random() < 0.1:
        status = rng.choice(("active", "inactive"))
        permission = Permission.dotted(rng.choice(PERMISSIONS))
        return Fact(msgspec.structs.replace(permission, status=status), gone=rng.random() < 0.3)
    known = [noun for noun in world.naive.nouns.values() if not isinstance(noun, Permission)]
    if known and rng.random() < 0.3:
        return Fact(rng.choice(known), gone=True)
    assignments = [noun for noun in known if isinstance(noun, Assignment)]
    if assignments and rng.random() < 0.3:
        noun = rng.choice(assignments)
        field, value = rng.choice(
            (
                ("disabled", not noun.disabled), ("scope", rng.choice(SCOPES)),
                ("resource_group", None), ("expires_at", None), ("not_before", None),
                ("role", "r0@/"), ("effect", "allow"), ("principal", "everyone"), ("only", ()),
            )
        )  # fmt: skip
        return Fact(msgspec.structs.replace(noun, **{field: value}))
    return Fact(random_noun(rng))


def edit(world: World, facts: Iterable[Fact]) -> World:
    """The account after some changes; a permission that is inactive is none to the oracle."""
    facts = list(facts)
    naive = NaiveWorld(dict(world.naive.nouns))
    for fact in facts:
        inactive = isinstance(fact.noun, Permission) and not fact.noun.grants
        (naive.drop if fact.gone or inactive else naive.put)(fact.noun)
    return World(advance(world.snapshot, facts), naive)


def edges(before: World, facts: Iterable[Fact]) -> list[Edge]:
    """Every noun that the changes touch, as it was and as it is."""
    last: dict[tuple[str, ...], Fact] = {}
    for fact in facts:
        last[_key(fact.noun)] = fact
    found: list[Edge] = []
    for fact in last.values():
        found.append(Edge(_was(before, fact.noun), None if fact.gone else fact.noun))
    return found


def gained(before: World, after: World, principals: Iterable[str] = PRINCIPALS) -> Iterator[Asked]:
    """Every question to which the answer was no and is yes, as the oracle says as well."""
    for principal in principals:
        for permission in PERMISSIONS:
            for resource in RESOURCES:
                if resource[0] != permission.rpartition(".")[0]:
                    continue
                for scope in SCOPES:
                    for at in MOMENTS:
                        asked = Asked(principal, permission, resource, scope, at)
                        if allowed(after.snapshot, asked) and not allowed(before.snapshot, asked):
                            assert after.naive.check(*asked)
                            assert not before.naive.check(*asked)
                            yield asked


def allowed(snapshot: Snapshot, asked: Asked) -> bool:
    """What the index answers; nobody holds what is not registered."""
    permission = snapshot.permissions.get(asked.permission)
    if permission is None:
        return False
    resource = ResourceRef(*asked.resource)
    question = Question(asked.principal, permission, resource, asked.scope)
    return Inquiry(snapshot, question, asked.at).allowed()


def _was(before: World, noun: Noun) -> Noun | None:
    """The noun as it was: the oracle names resources otherwise, and knows no inactive
    permission."""
    if isinstance(noun, Permission):
        return before.snapshot.permissions.get(noun.id)
    if isinstance(noun, Resource):
        return before.snapshot.resources.get(noun.ref)
    return before.naive.nouns.get(_key(noun))


def _key(noun: Noun) -> tuple[str, ...]:
    if isinstance(noun, Resource):
        return ("Resource", noun.ref)
    world = NaiveWorld()
    world.put(noun)
    (key,) = world.nouns
    return key
