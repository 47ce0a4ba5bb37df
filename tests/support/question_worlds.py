"""Random accounts with everything that a question may meet: conditions, windows, denies, policies,
nested groups, a catalogue of resources, and access that an approval has minted.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

import msgspec
from random_worlds import NOW, PERMISSIONS, RESOURCES, SCOPES, random_changes, random_noun

from placet.access.advance import Fact, advance
from placet.access.snapshot import Snapshot
from placet.model import (
    ApprovalPolicy,
    Assignment,
    Membership,
    Noun,
    Permission,
    Resource,
    Role,
    ServiceAccount,
    User,
    parse_reviews,
)
from placet.services.index import Entry
from placet.services.tenant import Tenant
from placet.storage.nouns import key_of
from placet.storage.port import Committed, Key
from placet.testing import PlacetUnderTest, engine

__all__ = [
    "CONTEXT",
    "EXTRA",
    "asked_of",
    "everybody",
    "more_facts",
    "random_nouns",
    "random_snapshot",
]

CONTEXT = {"ip": "10.0.0.1", "limit": 5}
EXTRA = (("doc", "9"), ("job", "9"))
"""Resources that no catalogue ever holds."""
OTHERS = ("service_account:ci@/", "service:batch", "everyone")
CONDITIONS = (
    "subject.id == 'u1'",
    "subject.type == 'user' && resource.id != '2'",
    "subject.properties.team == resource.properties.team",
    "resource.properties.level < context.limit",
    "has(resource.properties.team)",
    "context.ip.startsWith('10.')",
    "context.absent == 1",
    "context.absent == 1 || resource.id == '1'",
    "action.properties.soft",
    "!action.properties.soft && resource.type == 'doc'",
    "action.name == 'read'",
    "now < timestamp('2026-06-01T00:00:00Z') && resource.properties.level > 1",
    "resource.properties.level.contains('x')",
    "false",
)


def random_snapshot(seed: int, *, count: int = 110, policies: bool = True) -> Snapshot:
    """The index of a random account."""
    rng = random.Random(seed)
    snapshot = advance(Snapshot(), random_changes(rng, count), revision=count)
    return advance(snapshot, more_facts(rng, policies=policies))


def random_nouns(seed: int, *, count: int = 110) -> list[Noun]:
    """What such an account holds in the end, each noun once."""
    rng = random.Random(seed)
    last: dict[Key, Fact] = {}
    for fact in (*random_changes(rng, count), *more_facts(rng)):
        last[key_of(fact.noun)] = fact
    return [fact.noun for fact in last.values() if not fact.gone]


def more_facts(rng: random.Random, *, policies: bool = True) -> Iterator[Fact]:
    """What random changes leave out: conditions, resources, policies, service accounts."""
    if rng.random() < 0.3:
        yield Fact(
            Permission(
                id="doc.read",
                resource_type="doc",
                action="read",
                allowed_scope_levels=("account", "project"),
            )
        )
    for number in range(3):
        yield Fact(User(id=f"u{number}", attributes={"team": rng.choice("ab")}))
    yield Fact(ServiceAccount(id="ci", scope=rng.choice(("", "o1"))))
    yield Fact(Membership(group="group:g0@/", member="user:unknown"))
    for type_, id in RESOURCES:
        if rng.random() < 0.7:
            yield Fact(Resource(
                type=type_, id=id, scope=rng.choice((None, *SCOPES)), attributes=_properties(rng)
            ))  # fmt: skip
    yield Fact(Role(id="r9", permissions=PERMISSIONS))
    for number in range(rng.randrange(2, 10)):
        noun = _assignment(rng)
        yield Fact(msgspec.structs.replace(
            noun,
            id=f"c{number}",
            scope=rng.choice((noun.scope, "")),
            role=rng.choice((noun.role, "r9@/")),
            principal=rng.choice((noun.principal, noun.principal, *OTHERS)),
            effect=rng.choice(("allow", "allow", "allow", "deny")),
            condition=None if rng.random() < 0.4 else rng.choice(CONDITIONS),
            policies=("four@/",) if rng.random() < 0.5 else (),
        ))  # fmt: skip
    if policies:
        for name in ("four", "eyes"):
            if rng.random() < 0.6:
                yield Fact(ApprovalPolicy(
                    id=name,
                    scope="" if name == "four" else rng.choice(SCOPES),
                    applies_to=tuple(rng.sample(PERMISSIONS, 3)),
                    when=None if rng.random() < 0.4 else rng.choice(CONDITIONS),
                    needed=rng.choice(("always", "always", "when_denied")),
                    requirement=parse_reviews("1 from group:g1@/"),
                ))  # fmt: skip


def _assignment(rng: random.Random) -> Assignment:
    while True:
        noun = random_noun(rng)
        if isinstance(noun, Assignment):
            return noun


def _properties(rng: random.Random) -> dict[str, object]:
    properties: dict[str, object] = {}
    if rng.random() < 0.7:
        properties["team"] = rng.choice("ab")
    if rng.random() < 0.7:
        properties["level"] = rng.choice((1, 4, 9, "x"))
    return properties


class _Fixed:
    """The index of an account that stands still."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.ready: Snapshot | None = snapshot
        self._snapshot = snapshot

    def current(self) -> Snapshot:
        return self._snapshot

    latest = current

    def follow(self, committed: Committed, entries: Sequence[Entry]) -> None:
        """It never moves."""

    def watched(self, key: Key, ring: Callable[[], None]) -> AbstractContextManager[None]:
        return nullcontext()  # it never moves

    def after_fork(self, resume: Callable[[], None]) -> None:
        """Nothing is forked here."""


def asked_of(snapshot: Snapshot, *, closed: bool = False) -> PlacetUnderTest:
    """An engine that answers from a snapshot, at the moment of the random worlds."""
    placet = engine(now=NOW, directory="closed" if closed else "open")
    tenant: Tenant = placet.audit.view.tenant
    tenant.index = _Fixed(snapshot)
    return placet


def everybody(snapshot: Snapshot) -> list[str]:
    """Every principal that a world may mention, and one that it never does."""
    found = {*snapshot.users, *snapshot.service_accounts, *snapshot.groups, *snapshot.parents}
    found.update(placed.principal for placed in snapshot.assignments.values())
    return sorted({*found, "user:nobody", "service_account:none@/"} - {"everyone"})
