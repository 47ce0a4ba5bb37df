"""Random accounts and random changes to them, for differential tests."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from placet.access.advance import Fact
from placet.model import (
    Assignment,
    Effect,
    Group,
    IncludedScope,
    Membership,
    Noun,
    Permission,
    ResourceGroup,
    ResourceSelector,
    Role,
    User,
)

NOW = datetime(2026, 1, 1, 9, tzinfo=UTC)
SCOPES = ("", "o1", "o2", "o1/p1", "o1/p2", "o2/p1")
PERMISSIONS = ("doc.read", "doc.write", "job.run", "job.stop", "docs.list")
RESOURCES = (("doc", "1"), ("doc", "2"), ("job", "1"), ("docs", "x"))
PRINCIPALS = tuple(f"user:u{number}" for number in range(6))
GROUPS = tuple(f"group:g{number}@/" for number in range(4))


def _some(rng: random.Random, values: tuple[str, ...], most: int) -> tuple[str, ...]:
    return tuple(rng.sample(values, rng.randint(0, min(most, len(values)))))


def random_noun(rng: random.Random) -> Noun:
    """One noun; groups nest downwards only, so that no circle arises."""
    kind = rng.choice(("user", "group", "member", "nest", "role", "rg", "assign", "assign"))
    if kind == "user":
        return User(id=f"u{rng.randrange(6)}", disabled=rng.random() < 0.2)
    if kind == "group":
        return Group(id=f"g{rng.randrange(4)}", disabled=rng.random() < 0.2)
    if kind == "member":
        return Membership(group=rng.choice(GROUPS), member=rng.choice(PRINCIPALS))
    if kind == "nest":
        inner, outer = sorted(rng.sample(range(4), 2))
        return Membership(group=GROUPS[outer], member=GROUPS[inner])
    if kind == "role":
        number = rng.randrange(4)
        patterns = (*PERMISSIONS, "doc.*", "job.*")
        includes = tuple(f"r{inner}@/" for inner in range(number) if rng.random() < 0.3)
        return Role(id=f"r{number}", permissions=_some(rng, patterns, 3), includes=includes)
    if kind == "rg":
        return _resource_group(rng)
    return _assignment(rng)


def _resource_group(rng: random.Random) -> ResourceGroup:
    ids = None if rng.random() < 0.4 else _some(rng, ("1", "2", "x"), 2)
    included = None
    if rng.random() < 0.3:
        included = tuple(
            IncludedScope(scope, rng.random() < 0.5) for scope in _some(rng, SCOPES, 2)
        )
    return ResourceGroup(
        id=f"rg{rng.randrange(3)}",
        all=rng.random() < 0.2,
        resources=(ResourceSelector(rng.choice(("doc", "job")), ids),),
        include_child_scopes=rng.random() < 0.5,
        included_scopes=included,
    )


def _assignment(rng: random.Random) -> Assignment:
    effect: Effect = "deny" if rng.random() < 0.15 else "allow"
    hours = rng.choice((None, None, None, -1, 0, 1))
    moment = None if hours is None else NOW + timedelta(hours=hours)
    return Assignment(
        id=f"a{rng.randrange(12)}",
        scope=rng.choice(SCOPES),
        principal=rng.choice((*PRINCIPALS, *GROUPS, "everyone")),
        role=f"r{rng.randrange(4)}@/",
        resource_group=rng.choice((None, "rg0@/", "rg1@/", "rg2@/")),
        only=("doc:1",) if rng.random() < 0.1 else (),
        effect=effect,
        disabled=rng.random() < 0.1,
        not_before=moment if rng.random() < 0.5 else None,
        expires_at=None if moment is None or rng.random() < 0.5 else moment + timedelta(hours=2),
    )


def random_changes(rng: random.Random, count: int) -> Iterator[Fact]:
    """Nouns that come, change and go; a removal names what is there, or what never was."""
    for permission in PERMISSIONS:
        yield Fact(Permission.dotted(permission))
    for _ in range(count):
        yield Fact(random_noun(rng), gone=rng.random() < 0.2)


def random_question(rng: random.Random) -> tuple[str, str, tuple[str, str], str]:
    """A principal, a permission, a resource of its type, and a scope."""
    permission = rng.choice(PERMISSIONS)
    wanted = permission.rpartition(".")[0]
    resources = [resource for resource in RESOURCES if resource[0] == wanted]
    return rng.choice(PRINCIPALS), permission, rng.choice(resources), rng.choice(SCOPES)
